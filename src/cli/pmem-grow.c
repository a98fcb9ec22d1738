/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend pmem grow: a backing becomes larger, and keeps its labels. */

#include "base/err.h"
#include "cli/pmem-file.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_TEXT, "size", 's', size, "SIZE",
		    "what the guest shall get, without the label area"),
	LEND_OPTION_LABEL_SIZE,
	LEND_OPTION_PLAN,
	LEND_OPTION_CHANGE,
	LEND_OPTION_JSON,
	LEND_OPTION_COMMON,
};

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_change change;
	lend_auto_plan *plan = NULL;
	struct lend_pmem_file file;
	struct lend_inside inside;
	struct lend_opt_u64 label;
	uint64_t guest_bytes;

	if (lend_change_init(&change, args, err) < 0)
		return -1;
	if (args->sources.n != 1 || args->size == NULL) {
		lend_hint(err, "lend pmem grow --size 8GiB FILE");
		return lend_fail(err, LEND_E_USAGE,
				 "one file and its new size have to be said");
	}
	if (lend_pmem_size("size", args->size, &guest_bytes, err) < 0 ||
	    lend_pmem_label_size(args, &label, err) < 0 ||
	    lend_pmem_see_file(&change, args->sources.items[0], label, &inside, &file, err) <
		    0 ||
	    lend_plan_pmem_grow(&file, guest_bytes, &plan, err) < 0)
		return -1;
	lend_pmem_warn_users(&change, plan, inside.path);
	return lend_pmem_apply(&change, plan, args, false, err);
}

const struct lend_command lend_command_pmem_grow = {
	.name = "grow",
	.of = "pmem",
	.synopsis = "--size SIZE [OPTION...] FILE",
	.summary = "make a backing larger, with its labels at the new end",
	.about = "The VM has to be stopped, and gets the new size= afterwards.\n",
	.examples = "  lend pmem grow --size 8GiB /mnt/log.img\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.changes = true,
	.run = run,
};
