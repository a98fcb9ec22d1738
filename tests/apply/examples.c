/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the worlds and plans of the loop share, and the list of them. */

#include "tests/apply/example.h"

const char *ex_in(struct lend_plan *plan, const char *folder, const char *name)
{
	return lend_arena_printf(&plan->arena, "%s/%s", folder, name);
}

void ex_put(struct lend_plan *plan, struct lend_state *state, const char *key,
	    const char *value)
{
	lend_pairs_add(&plan->arena, &state->pairs, key, value);
}

void ex_put_sizes(struct lend_plan *plan, struct lend_state *state, uint64_t size)
{
	lend_pairs_add_u64(&plan->arena, &state->pairs, "size", size);
	lend_pairs_add_u64(&plan->arena, &state->pairs, "label-size", LABEL);
}

struct lend_step *ex_add(struct lend_plan *plan, const char *kind, const char *name,
			 enum lend_back back)
{
	struct lend_step *step = lend_plan_step(plan, kind, name);

	step->before.absent = true;
	step->back = back;
	return step;
}

void ex_add_backing(struct lend_plan *plan, const struct world *world, const char *name)
{
	struct lend_step *step =
		ex_add(plan, "backing", ex_in(plan, world->things, name), LEND_BACK_IF_UNUSED);

	lend_plan_arg(plan, step, "vm", "db1");
	lend_plan_arg(plan, step, "label-size", "131072");
	ex_put_sizes(plan, &step->after, SMALL);
}

void ex_add_record(struct lend_plan *plan, const struct world *world, const char *before,
		   const char *after)
{
	struct lend_step *step = ex_add(plan, "record", "db1", LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "path",
		      ex_in(plan, world->places.state, "vms/db1/wish.yaml"));
	step->before.absent = before == NULL;
	if (before != NULL)
		ex_put(plan, &step->before, "text", before);
	ex_put(plan, &step->after, "text", after);
}

void ex_end_qemus(struct world *world)
{
	fakehost_end_all(world->host);
}

static const struct example *const *const tables[] = { examples_files, examples_qemu,
						       examples_nd, examples_libvirt };

const struct example *nth_example(size_t n)
{
	for (size_t i = 0; i < LEND_COUNT(tables); i++) {
		for (size_t k = 0; tables[i][k] != NULL; k++) {
			if (n-- == 0)
				return tables[i][k];
		}
	}
	return NULL;
}
