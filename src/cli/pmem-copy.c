/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend pmem copy: a second backing with the same data. */

#include "cli/pmem-file.h"

static const struct lend_option options[] = {
	LEND_OPTION_SLOT,   LEND_OPTION_LABEL_SIZE, LEND_OPTION_PLAN,
	LEND_OPTION_CHANGE, LEND_OPTION_JSON,       LEND_OPTION_COMMON,
};

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_change change;
	lend_auto_plan *plan = NULL;
	struct lend_pmem_two two;

	if (lend_change_init(&change, args, err) < 0 ||
	    lend_pmem_see_two(&change, args, &two, err) < 0 ||
	    lend_plan_pmem_copy(&two.file, &two.place, two.slot, &plan, err) < 0)
		return -1;
	return lend_pmem_apply(&change, plan, args, true, err);
}

const struct lend_command lend_command_pmem_copy = {
	.name = "copy",
	.of = "pmem",
	.synopsis = "[OPTION...] FILE TO",
	.summary = "copy a backing, for the same slot or another one",
	.about = "Every block of the copy is real.  The VM has to be stopped.\n",
	.examples = "  lend pmem copy --slot 3 /mnt/log.img /mnt/log2.img\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.changes = true,
	.run = run,
};
