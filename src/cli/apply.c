/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend apply: a wish or a saved plan is done; or one that stopped goes on. */

#include "base/err.h"
#include "cli/change.h"
#include "cli/wishes.h"
#include "io/out.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_FLAG, "continue", '\0', go_on, NULL,
		    "go on with a journal that stopped: after a manual\n"
		    "step, a reboot, a crash"),
	LEND_OPTION(LEND_OPTION_FLAG, "abort", '\0', abort, NULL,
		    "take a journal back that stopped"),
	LEND_OPTION_CONNECT,
	LEND_OPTION_PATIENCE,
	LEND_OPTION_CHANGE,
	LEND_OPTION_COMMON,
};

/* The journal that was named, or the only one that stopped. */
static int find_journal(struct lend_change *change, const struct lend_args *args,
			const char **ret, struct lend_err *err)
{
	struct lend_journals all;
	size_t n = 0;

	if (args->sources.n == 1) {
		*ret = args->sources.items[0];
		return 0;
	}
	if (lend_journals_read(&change->options, false, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		const struct lend_journal_view *view = &all.items[i];

		if (view->broken != NULL ||
		    (view->phase != LEND_JOURNAL_HALF && view->phase != LEND_JOURNAL_MANUAL))
			continue;
		n++;
		*ret = lend_arena_strdup(&change->arena, view->id);
	}
	lend_journals_done(&all);
	if (n == 1)
		return 0;
	lend_hint(err, n == 0 ? "lend status shows what is in force"
			      : "lend log shows them; name one");
	return lend_fail(err, LEND_E_USAGE,
			 n == 0 ? "no journal has stopped half way"
				: "several journals have stopped half way");
}

static int resume(struct lend_change *change, const struct lend_args *args,
		  struct lend_err *err)
{
	struct lend_outcome outcome = { 0 };
	lend_auto_buf out = { 0 };
	const char *id = NULL;
	int r;

	if (args->sources.n > 1 || (args->go_on && args->abort))
		return lend_fail(err, LEND_E_USAGE, "one journal, to go on or to go back");
	if (find_journal(change, args, &id, err) < 0)
		return -1;
	if (args->go_on)
		r = lend_apply_continue(id, &change->options, &outcome, err);
	else
		r = lend_undo_journal(id, &change->options, &outcome, err);
	r = lend_change_report(change, &outcome, NULL, r, err);
	lend_outcome_done(&outcome);
	if (r != 0)
		return r;
	lend_buf_printf(&out, "journal %s is %s\n", id, args->go_on ? "done" : "taken back");
	return lend_out(&out, err);
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_plan *plan = NULL;
	lend_auto_change change;

	if (lend_change_init(&change, args, err) < 0)
		return -1;
	if (args->go_on || args->abort)
		return resume(&change, args, err);
	if (args->sources.n != 1) {
		lend_hint(err, "lend apply db1.yaml");
		return lend_fail(err, LEND_E_USAGE, "lend apply takes one wish, or one plan");
	}
	if (lend_wish_or_plan(&change, args, &plan, err) < 0)
		return -1;
	return lend_change_apply(&change, plan, args, false, err);
}

const struct lend_command lend_command_apply = {
	.name = "apply",
	.synopsis = "WISH|PLAN | --continue [JOURNAL] | --abort [JOURNAL]",
	.summary = "do what a wish or a plan says, so that it can be undone",
	.about =
		"Plans, shows the plan, asks, and does it, one step after the other; each is in a\n"
		"journal before it is done.  What fails is taken back.  At a manual step it stops\n"
		"and says what to do; --continue checks that and goes on.\n",
	.examples = "  lend apply db1.yaml\n"
		    "  lend plan db1.yaml -o db1.plan; lend apply db1.plan\n"
		    "  lend apply --continue\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.changes = true,
	.run = run,
};
