/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was done meanwhile by somebody else, such as another lend with the same VM. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/apply.h"
#include "base/err.h"
#include "tests/must.h"

static char folder[] = "stale-XXXXXX";
static struct lend_arena arena;
static struct lend_places places;

static int remember(const char *before, const char *after, struct lend_err *err)
{
	const struct lend_apply_options options = { .places = places, .command = "test" };
	lend_auto_plan *plan = lend_plan_new("remember", "db1", "vm-db1");
	struct lend_step *step = lend_plan_step(plan, "record", "db1");
	struct lend_outcome outcome;
	int r;

	lend_plan_arg(plan, step, "path",
		      lend_arena_printf(&plan->arena, "%s/vms/db1/wish.yaml", places.state));
	step->before.absent = before == NULL;
	if (before != NULL)
		lend_pairs_add(&plan->arena, &step->before.pairs, "text", before);
	lend_pairs_add(&plan->arena, &step->after.pairs, "text", after);
	*err = (struct lend_err){ 0 };
	r = lend_apply_plan(plan, &options, &outcome, err);
	lend_outcome_done(&outcome);
	return r;
}

/* Of two at once one has the lock; the plan of the other is then of yesterday. */
static void record(void)
{
	static const char *const before[] = { NULL, "# The record\nvm: db1\n" };
	struct lend_err err;

	must(remember(NULL, "# The record\nvm: db1\n", &err) == 0);
	must(remember(before[1], "# The record\nvm: db1\npmem: a\n", &err) == 0);
	for (size_t i = 0; i < LEND_COUNT(before); i++) {
		must(remember(before[i], "# The record\nvm: db1\npmem: b\n", &err) == -1);
		must_u64(err.code, LEND_E_STALE);
		must_str(err.what, "step 1, record db1 was changed since the plan was made");
		must_str(err.hint, "make the plan again");
	}
}

int main(void)
{
	char path[PATH_MAX];

	must(mkdtemp(folder) != NULL && realpath(folder, path) != NULL);
	places = (struct lend_places){ .state = path, .run = path };
	record();
	must(system(lend_arena_printf(&arena, "rm -r %s", folder)) == 0);
	lend_arena_done(&arena);
	return 0;
}
