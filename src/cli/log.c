/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend log: the history, newest first. */

#include "base/err.h"
#include "base/json.h"
#include "cli/change.h"
#include "render/grid.h"

static const struct lend_option options[] = {
	LEND_OPTION_JSON,
	LEND_OPTION_NO_HEADINGS,
	LEND_OPTION_STATE_DIR,
	LEND_OPTION_COMMON,
};

static void put_rows(const struct lend_journals *all, const struct lend_args *args,
		     struct lend_buf *out)
{
	static const char *const columns[] = { "journal", "time", "state", "command" };
	struct lend_style style = { .no_headings = args->no_headings };
	lend_auto_grid struct lend_grid grid = { 0 };

	for (size_t i = 0; i < LEND_COUNT(columns); i++)
		lend_grid_column(&grid, columns[i], i == 0);
	for (size_t i = all->n; i-- > 0;) {
		const struct lend_journal_view *view = &all->items[i];

		lend_grid_safe_cell(&grid, view->id);
		lend_grid_safe_cell(&grid, view->broken != NULL ? "?" : view->time);
		lend_grid_safe_cell(&grid, view->broken != NULL
						   ? view->broken
						   : lend_journal_phase_text(view->phase));
		lend_grid_safe_cell(&grid, view->broken != NULL ? "?" : view->command);
	}
	if (all->n > 0)
		lend_grid_print(&grid, &style, out);
}

static void put_json(const struct lend_journals *all, struct lend_buf *out)
{
	struct lend_jsonw w = { .out = out, .indent = 2 };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_u64(&w, "lend-log", 1);
	lend_jsonw_open(&w, "journals", '[');
	for (size_t i = all->n; i-- > 0;) {
		const struct lend_journal_view *view = &all->items[i];

		lend_jsonw_open(&w, NULL, '{');
		lend_jsonw_str(&w, "id", view->id);
		lend_jsonw_str(&w, "broken", view->broken);
		if (view->broken == NULL) {
			lend_jsonw_str(&w, "time", view->time);
			lend_jsonw_str(&w, "state", lend_journal_phase_text(view->phase));
			lend_jsonw_str(&w, "command", view->command);
			lend_jsonw_bool(&w, "this_boot", view->this_boot);
			lend_plan_save_json(view->plan, &w, "plan");
		}
		lend_jsonw_close(&w, '}');
	}
	lend_jsonw_close(&w, ']');
	lend_jsonw_close(&w, '}');
	lend_buf_putc(out, '\n');
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_change change;
	struct lend_journals all;
	lend_auto_buf out = { 0 };

	if (lend_change_init(&change, args, err) < 0 ||
	    lend_journals_read(&change.options, false, &all, err) < 0)
		return -1;
	if (args->json)
		put_json(&all, &out);
	else
		put_rows(&all, args, &out);
	if (all.n == 0 && !args->json)
		(void)fprintf(stderr, "lend has changed nothing here yet\n");
	lend_journals_done(&all);
	return lend_out(&out, err);
}

const struct lend_command lend_command_log = {
	.name = "log",
	.synopsis = "",
	.summary = "the history of what lend changed",
	.about = "Newest first.  --json has each plan with all its steps.\n",
	.examples = "  lend log\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.run = run,
};
