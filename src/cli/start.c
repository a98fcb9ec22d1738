/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend start: a VM that was applied before, as it is recorded. */

#include "base/err.h"
#include "cli/change.h"
#include "cli/known.h"
#include "cli/wishes.h"

static const struct lend_option options[] = {
	LEND_OPTION_JSON,
	LEND_OPTION(LEND_OPTION_FLAG, "plan", '\0', only_plan, NULL,
		    "show the plan and do nothing"),
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_CHANGE,
	LEND_OPTION_COMMON,
};

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_look struct lend_look look = { 0 };
	lend_auto_plan *plan = NULL;
	lend_auto_change change;

	if (lend_change_init(&change, args, err) < 0)
		return -1;
	if (args->sources.n != 1) {
		lend_hint(err, "lend status lists them");
		return lend_fail(err, LEND_E_USAGE, "lend start takes one VM");
	}
	if (lend_look_record(&change, &look, args->sources.items[0], err) < 0)
		return -1;
	if (look.request.record == NULL) {
		if (lend_known_domain(&change, args->sources.items[0], "start", err) < 0)
			return -1;
		lend_hint(err, "lend apply WISH makes one");
		return lend_fail(err, LEND_E_USAGE, "lend knows no VM '%.60s'",
				 args->sources.items[0]);
	}
	if (lend_wish_parse(&look.arena, "its record", look.request.record, look.record.len,
			    &look.wish, err) < 0)
		return lend_where(err, "%.60s", args->sources.items[0]);
	if (lend_look_wish(&change, args, NULL, 0, &look, err) < 0 ||
	    lend_plan_start(&look.request, &plan, err) < 0)
		return -1;
	return lend_change_apply(&change, plan, args, true, err);
}

const struct lend_command lend_command_start = {
	.name = "start",
	.synopsis = "VM",
	.summary = "start a VM that lend made, as it is recorded",
	.about =
		"What was attached and detached since lend apply is in the record.  lend undo\n"
		"does not take a start back by itself: lend stop does.\n",
	.examples = "  lend start db1\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.changes = true,
	.run = run,
};
