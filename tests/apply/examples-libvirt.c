/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains of libvirt. */

#include "format/domain-xml.h"
#include "tests/apply/example.h"
#include "tests/must.h"

#define URI  "qemu:///system"
#define UUID "0b1e6c2a-7d1f-4a52-9c0e-3f5a0c1d2e3f"

static const char domain_start[] = "<domain type='qemu'><name>db1</name>\n";
static const char domain_end[] =
	"<maxMemory slots='4' unit='GiB'>8</maxMemory><memory unit='MiB'>512</memory>"
	"<os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>"
	"<cpu><numa><cell id='0' cpus='0' memory='512' unit='MiB'/></numa></cpu>"
	"<devices></devices></domain>\n";
static const char nvdimm[] =
	"<memory model='nvdimm' access='shared'><source><path>/p/log.img</path></source>"
	"<target><size unit='MiB'>130</size><node>0</node>"
	"<label><size unit='MiB'>2</size></label></target>"
	"<address type='dimm' slot='1'/></memory>";

static struct lend_step *add_domain_step(struct lend_plan *plan, const char *kind,
					 const char *name, enum lend_back back)
{
	struct lend_step *step = ex_add(plan, kind, name, back);

	lend_plan_arg(plan, step, "uri", URI);
	lend_plan_arg(plan, step, "vm", "db1");
	lend_plan_arg(plan, step, "patience-s", "0");
	return step;
}

static struct lend_plan *plan_domain(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("start db1", "db1", "vm-db1");
	struct lend_step *step;

	ex_add_backing(plan, world, "log.img");
	step = add_domain_step(plan, "libvirt-define", "db1", LEND_BACK_EXACT);
	lend_plan_arg(plan, step, "xml",
		      lend_arena_printf(&plan->arena, "%s%s", domain_start, domain_end));
	ex_put(plan, &step->after, "memory", "536870912");
	step = add_domain_step(plan, "libvirt-start", "db1", LEND_BACK_EXACT);
	step->before.absent = false;
	ex_put(plan, &step->before, "runs", "no");
	ex_put(plan, &step->after, "runs", "yes");
	return plan;
}

static void put_domain(struct world *world, const char *device, bool runs)
{
	struct lend_arena arena = { 0 };
	const char *end = strstr(domain_end, "</devices>");

	fakehost_domain(world->host,
			lend_arena_printf(&arena, "%s<uuid>" UUID "</uuid>%.*s%s%s",
					  domain_start, (int)(end - domain_end), domain_end,
					  device, end),
			runs);
	lend_arena_done(&arena);
}

static void before_attach(struct world *world)
{
	put_domain(world, "", true);
}

static void before_detach(struct world *world)
{
	put_domain(world, nvdimm, false);
}

static void add_attach(struct lend_plan *plan, const char *where, bool back)
{
	struct lend_step *step = add_domain_step(
		plan, "libvirt-attach", lend_arena_printf(&plan->arena, "db1:log:%s", where),
		strcmp(where, "live") == 0 ? LEND_BACK_NEXT_START : LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "where", where);
	lend_plan_arg(plan, step, "slot", "1");
	lend_plan_arg(plan, step, "uuid", UUID);
	lend_plan_arg(plan, step, "xml", nvdimm);
	step->before.absent = !back;
	step->after.absent = back;
	ex_put(plan, back ? &step->before : &step->after, "slot-1",
	       "/p/log.img size=136314880 label=2097152");
}

static struct lend_plan *plan_domain_attach(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("attach log", "db1", "vm-db1");

	ex_add_backing(plan, world, "log.img");
	add_attach(plan, "config", false);
	add_attach(plan, "live", false);
	return plan;
}

static struct lend_plan *plan_domain_detach(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("detach log", "db1", "vm-db1");

	(void)world;
	add_attach(plan, "config", true);
	return plan;
}

/* What it is the step learns. */
static struct lend_plan *plan_domain_leave_out(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("detach log", "db1", "vm-db1");
	struct lend_step *step =
		add_domain_step(plan, "libvirt-detach", "db1:nvdimm1", LEND_BACK_EXACT);

	(void)world;
	lend_plan_arg(plan, step, "where", "config");
	lend_plan_arg(plan, step, "slot", "1");
	step->before.absent = false;
	step->after.absent = true;
	return plan;
}

/* As lend writes it, so that it is the same when it is back. */
static void before_leave_out(struct world *world)
{
	const struct lend_domain_memory memory = {
		.model = "nvdimm",
		.access = "shared",
		.path = "/p/log.img",
		.size_bytes = lend_opt(136314880),
		.node = lend_opt(0),
		.label_bytes = lend_opt(2 << 20),
		.slot = lend_opt(1),
	};
	lend_auto_buf xml = { 0 };

	lend_domain_write_memory(&xml, &memory);
	put_domain(world, lend_buf_text(&xml), false);
}

const struct example *const examples_libvirt[] = {
	&(const struct example){ .name = "domain",
				 .kinds = "libvirt-define libvirt-start",
				 .plan = plan_domain },
	&(const struct example){ .name = "domain-attach",
				 .kinds = "libvirt-attach",
				 .before = before_attach,
				 .plan = plan_domain_attach,
				 .release = ex_end_qemus },
	&(const struct example){ .name = "domain-detach",
				 .kinds = "libvirt-attach",
				 .before = before_detach,
				 .plan = plan_domain_detach },
	&(const struct example){ .name = "domain-leave-out",
				 .kinds = "libvirt-detach",
				 .before = before_leave_out,
				 .plan = plan_domain_leave_out },
	NULL,
};
