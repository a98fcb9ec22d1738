/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend pmem move: another path for a backing, another slot, or both. */

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
	    lend_plan_pmem_move(&two.file, &two.place, two.slot, &plan, err) < 0)
		return -1;
	lend_pmem_warn_users(&change, plan, two.inside.path);
	return lend_pmem_apply(&change, plan, args, false, err);
}

const struct lend_command lend_command_pmem_move = {
	.name = "move",
	.of = "pmem",
	.synopsis = "[OPTION...] FILE TO",
	.summary = "move a backing, to the same slot or another one",
	.about =
		"The VM has to be stopped.  With --slot TO may be FILE itself: then nothing but\n"
		"its labels changes.\n",
	.examples = "  lend pmem move /mnt/log.img /srv/log.img\n"
		    "  lend pmem move --slot 3 /mnt/log.img /mnt/log.img\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.changes = true,
	.run = run,
};
