/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMUs, what is plugged into them, and what a person does. */

#include "tests/apply/example.h"

static const char *word_of(struct lend_arena *arena, const struct world *world)
{
	return lend_arena_printf(arena,
				 "socket,id=lend-qmp,path=%s/db1/qmp.sock,server=on,wait=off",
				 world->places.run);
}

static void put_vm_args(struct lend_plan *plan, struct lend_step *step,
			const struct world *world)
{
	lend_plan_arg(plan, step, "vm", "db1");
	lend_plan_arg(plan, step, "monitor", ex_in(plan, world->places.run, "db1/qmp.sock"));
	lend_plan_arg(plan, step, "word", word_of(&plan->arena, world));
	lend_plan_arg(plan, step, "patience-s", "0");
}

static void add_vm(struct lend_plan *plan, const struct world *world)
{
	struct lend_step *step = ex_add(plan, "vm", "db1", LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "argv", "qemu-system-x86_64");
	lend_plan_arg(plan, step, "argv", "-chardev");
	lend_plan_arg(plan, step, "argv", word_of(&plan->arena, world));
	put_vm_args(plan, step, world);
	lend_plan_arg(plan, step, "folder", ex_in(plan, world->places.run, "db1"));
	lend_plan_arg(plan, step, "log", ex_in(plan, world->places.state, "vms/db1/qemu.log"));
	ex_put(plan, &step->after, "runs", "yes");
}

static struct lend_plan *plan_whole(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("start db1", "db1", "vm-db1");

	ex_add_backing(plan, world, "log.img");
	ex_add_backing(plan, world, "data.img");
	ex_add_record(plan, world, NULL, "vm: db1\n");
	add_vm(plan, world);
	return plan;
}

static void before_plug(struct world *world)
{
	struct lend_arena arena = { 0 };
	const char *argv[] = { "qemu-system-x86_64", "-chardev", word_of(&arena, world), NULL };

	fakehost_vm(world->host, argv);
	lend_arena_done(&arena);
}

static void add_plugs(struct lend_plan *plan, const struct world *world)
{
	struct lend_step *step;

	step = ex_add(plan, "plug-backend", "db1:mem-log", LEND_BACK_EXACT);
	put_vm_args(plan, step, world);
	ex_put(plan, &step->after, "qom-type", "memory-backend-file");
	ex_put(plan, &step->after, "mem-path", ex_in(plan, world->things, "log.img"));
	lend_pairs_add_u64(&plan->arena, &step->after.pairs, "size", SMALL);
	ex_put(plan, &step->after, "share", "on");
	step = ex_add(plan, "plug-device", "db1:log", LEND_BACK_NEXT_START);
	put_vm_args(plan, step, world);
	ex_put(plan, &step->after, "driver", "nvdimm");
	ex_put(plan, &step->after, "memdev", "mem-log");
	ex_put(plan, &step->after, "slot", "2");
	ex_put(plan, &step->after, "label-size", "131072");
}

static struct lend_plan *plan_plug(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("attach log", "db1", "vm-db1");

	ex_add_backing(plan, world, "log.img");
	add_plugs(plan, world);
	ex_add_record(plan, world, NULL, "vm: db1\npmem: []\n");
	return plan;
}

/* Both intents go to the disk at once. */
static struct lend_plan *plan_plug_there(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("attach log", "db1", "vm-db1");

	add_plugs(plan, world);
	return plan;
}

static struct lend_plan *plan_manual(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("manual", NULL, "host");
	struct lend_step *step;

	ex_add_backing(plan, world, "log.img");
	step = ex_add(plan, "manual", "the switch", LEND_BACK_NEVER);
	lend_plan_arg(plan, step, "do", "flip the switch");
	lend_plan_arg(plan, step, "verify", "there");
	lend_plan_arg(plan, step, "path", ex_in(plan, world->things, "switch"));
	ex_put(plan, &step->after, "is", "yes");
	ex_add_record(plan, world, NULL, "vm: db1\n");
	return plan;
}

const struct example *const examples_qemu[] = {
	&(const struct example){
		.name = "whole", .kinds = "backing record vm", .plan = plan_whole },
	&(const struct example){ .name = "plug",
				 .kinds = "plug-backend plug-device",
				 .before = before_plug,
				 .plan = plan_plug,
				 .release = ex_end_qemus },
	&(const struct example){ .name = "plug-there",
				 .kinds = "plug-backend plug-device",
				 .before = before_plug,
				 .plan = plan_plug_there,
				 .release = ex_end_qemus },
	&(const struct example){ .name = "manual", .kinds = "manual", .plan = plan_manual },
	NULL,
};
