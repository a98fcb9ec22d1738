/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's own persistent memory. */

#include "tests/apply/example.h"

#define NAMESPACE "0b1e6c2a-7d1f-4a52-9c0e-3f5a0c1d2e3f"
#define FS_UUID   "5d3c2b1a-0f9e-4d8c-b7a6-958473625140"

static void before_nd(struct world *world)
{
	fakehost_nd(world->host, world->things);
}

static struct lend_step *add_nd(struct lend_plan *plan, const struct world *world,
				const char *kind, const char *name, enum lend_back back)
{
	struct lend_step *step = ex_add(plan, kind, name, back);

	lend_plan_arg(plan, step, "namespace", NAMESPACE);
	lend_plan_arg(plan, step, "sys", ex_in(plan, world->things, "sys"));
	lend_plan_arg(plan, step, "dev", ex_in(plan, world->things, "dev"));
	lend_plan_arg(plan, step, "mounts", ex_in(plan, world->things, "mounts"));
	return step;
}

static void add_namespace(struct lend_plan *plan, const struct world *world, const char *mode)
{
	struct lend_step *step =
		add_nd(plan, world, "nd-namespace", "region0:lend", LEND_BACK_IF_UNUSED);

	lend_plan_arg(plan, step, "region", "region0");
	lend_plan_arg(plan, step, "mode", mode);
	ex_put(plan, &step->after, "mode", mode);
	ex_put(plan, &step->after, "uuid", NAMESPACE);
}

static struct lend_plan *plan_fsdax(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("provision region0", NULL, "host");
	struct lend_step *step;

	add_namespace(plan, world, "fsdax");
	step = add_nd(plan, world, "file-system", "region0:lend", LEND_BACK_IF_UNUSED);
	ex_put(plan, &step->after, "type", "ext4");
	ex_put(plan, &step->after, "uuid", FS_UUID);
	step = add_nd(plan, world, "mount", ex_in(plan, world->things, "mnt"), LEND_BACK_EXACT);
	ex_put(plan, &step->after, "namespace", NAMESPACE);
	ex_put(plan, &step->after, "type", "ext4");
	ex_put(plan, &step->after, "dax", "on");
	return plan;
}

static struct lend_plan *plan_devdax(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("provision region0", NULL, "host");

	add_namespace(plan, world, "devdax");
	return plan;
}

const struct example *const examples_nd[] = {
	&(const struct example){ .name = "fsdax",
				 .kinds = "nd-namespace file-system mount",
				 .before = before_nd,
				 .plan = plan_fsdax },
	&(const struct example){ .name = "devdax",
				 .kinds = "nd-namespace",
				 .before = before_nd,
				 .plan = plan_devdax },
	NULL,
};
