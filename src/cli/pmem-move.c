/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend pmem move: another path for a backing, another slot, or both. */

#include "base/err.h"
#include "cli/pmem-file.h"

static const struct lend_option options[] = {
	LEND_OPTION_SLOT, LEND_OPTION_PLAN,   LEND_OPTION_CHANGE,
	LEND_OPTION_JSON, LEND_OPTION_COMMON,
};

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_change change;
	lend_auto_plan *plan = NULL;
	struct lend_pmem_place place;
	struct lend_pmem_file file;
	struct lend_inside inside;
	struct lend_opt_u64 slot;

	if (lend_change_init(&change, args, err) < 0)
		return -1;
	if (args->sources.n != 2) {
		lend_hint(err, "lend pmem move FILE TO");
		return lend_fail(err, LEND_E_USAGE,
				 "the file and its new place have to be said");
	}
	if (lend_pmem_slot(args, &slot, err) < 0 ||
	    lend_pmem_see_file(&change, args->sources.items[0], &inside, &file, err) < 0 ||
	    lend_pmem_see_place(&change, &file, args->sources.items[1], &place, err) < 0 ||
	    lend_plan_pmem_move(&file, &place, slot, &plan, err) < 0)
		return -1;
	lend_pmem_warn_users(&change, plan, inside.path);
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
	.run = run,
};
