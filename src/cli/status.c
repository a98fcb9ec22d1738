/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend status: what is lent to whom, by which journal, and what has changed since. */

#include "base/err.h"
#include "base/json.h"
#include "cli/change.h"
#include "cli/persists.h"
#include "collect/sources.h"
#include "render/grid.h"
#include "render/plan-text.h"

static const struct lend_option options[] = {
	LEND_OPTION_JSON,
	LEND_OPTION_NO_HEADINGS,
	LEND_OPTION_STATE_DIR,
	LEND_OPTION_COMMON,
};

struct row {
	const struct lend_journal_view *view;
	size_t at; /* which of its steps */
	const struct lend_step *step;
	const struct lend_journal_step *now;
	bool bad;
};

static bool is_shown(const struct lend_journal_view *view, size_t i)
{
	switch (view->phase) {
	case LEND_JOURNAL_UNDONE:
	case LEND_JOURNAL_PASSED:
		return false;
	case LEND_JOURNAL_KEPT:
		return view->steps[i].kept;
	case LEND_JOURNAL_APPLIED:
	case LEND_JOURNAL_HALF:
	case LEND_JOURNAL_MANUAL:
	case LEND_JOURNAL_UNDOING:
		break;
	}
	return view->steps[i].intended || view->phase != LEND_JOURNAL_UNDOING;
}

/* One word or two of what is there now, against what the journal says. */
static const char *state_of(const struct row *row, bool *ret_bad)
{
	const struct lend_journal_step *now = row->now;

	*ret_bad = false;
	if (row->view->phase == LEND_JOURNAL_KEPT)
		return now->phase == LEND_STEP_NOT_DONE ? "not there" : "kept";
	if (!now->intended) {
		*ret_bad = true;
		return "not done";
	}
	switch (now->phase) {
	case LEND_STEP_DONE:
		*ret_bad = row->view->phase != LEND_JOURNAL_APPLIED;
		return "as lent";
	case LEND_STEP_DRIFTED:
		*ret_bad = true;
		return "changed";
	case LEND_STEP_CHANGED_BY:
		return "as lent";
	case LEND_STEP_CANNOT_TELL:
		*ret_bad = true;
		return "cannot tell";
	case LEND_STEP_NOT_DONE:
		break;
	}
	*ret_bad = row->view->phase != LEND_JOURNAL_UNDOING;
	return strcmp(row->step->kind, "vm") == 0 ? "stopped" : "not there";
}

static void put_is(const struct row *row, struct lend_buf *out)
{
	if (row->now->phase == LEND_STEP_DRIFTED && row->now->now != NULL)
		lend_buf_puts(out, row->now->now); /* escaped where it was made */
	else if (row->now->phase == LEND_STEP_CHANGED_BY)
		lend_buf_printf(out, "changed by journal %s", row->now->why);
	else if (row->now->phase == LEND_STEP_NOT_DONE && row->now->kept)
		lend_buf_puts(out, "was kept, and is gone");
	else if (row->now->why != NULL)
		lend_buf_put_safe(out, row->now->why, strlen(row->now->why));
	else if (row->now->phase == LEND_STEP_NOT_DONE)
		lend_buf_puts(out, "");
	else
		lend_render_state(out, &row->step->after);
}

/* "db1", or with the libvirt of another host that has it. */
static const char *lent_to(const struct row *row, struct lend_buf *out)
{
	const char *uri = lend_pairs_get(&row->step->args, "uri");

	if (row->view->plan->vm == NULL)
		return "-";
	lend_buf_puts(out, row->view->plan->vm);
	if (uri != NULL && lend_libvirt_is_remote(uri))
		lend_buf_printf(out, " at %s", uri);
	return lend_buf_text(out);
}

/* What the rows are made of, and where they go. */
struct shown {
	const struct lend_journals *all;
	struct lend_persists_look persists;
	struct lend_grid grid;
	struct lend_jsonw json;
	size_t n;
	bool bad, blind;
};

static void put_cells(struct shown *shown, const struct row *row, const char *state)
{
	struct lend_grid *grid = &shown->grid;
	lend_auto_buf whose = { 0 };
	const char *const texts[] = { lent_to(row, &whose), row->step->kind, row->step->name,
				      row->view->id, state };
	lend_auto_buf persists = { 0 };
	lend_auto_buf is = { 0 };

	for (size_t i = 0; i < LEND_COUNT(texts); i++)
		lend_grid_safe_cell(grid, texts[i]);
	lend_persists_text(&shown->persists, shown->all, row->view, row->at, &persists);
	lend_grid_cell(grid, persists.len > 0 ? persists.text : "-");
	put_is(row, &is);
	lend_grid_cell(grid, is.len > 0 ? is.text : "-");
}

static void put_json(struct shown *shown, const struct row *row, const char *state)
{
	struct lend_jsonw *w = &shown->json;

	lend_jsonw_open(w, NULL, '{');
	lend_jsonw_str(w, "vm", row->view->plan->vm);
	lend_jsonw_str(w, "uri", lend_pairs_get(&row->step->args, "uri"));
	lend_jsonw_str(w, "kind", row->step->kind);
	lend_jsonw_str(w, "name", row->step->name);
	lend_jsonw_str(w, "journal", row->view->id);
	lend_jsonw_str(w, "journal_state", lend_journal_phase_text(row->view->phase));
	lend_jsonw_str(w, "state", state);
	lend_jsonw_str(w, "now", row->now->now);
	lend_jsonw_str(w, "why", row->now->why);
	lend_pairs_save_json(&row->step->after.pairs, w, "after");
	lend_persists_json(&shown->persists, shown->all, row->view, row->at, w);
	lend_jsonw_close(w, '}');
}

static void show(struct shown *shown, bool as_json)
{
	const struct lend_journals *all = shown->all;

	for (size_t i = 0; i < all->n; i++) {
		const struct lend_journal_view *view = &all->items[i];

		if (view->broken != NULL) {
			lend_auto_buf text = { 0 };

			lend_buf_printf(&text, "journal %s cannot be read: %s", view->id,
					view->broken);
			lend_note(lend_buf_text(&text), NULL);
			shown->blind = true;
			continue;
		}
		for (size_t k = 0; k < view->plan->n_steps; k++) {
			struct row row = { .view = view,
					   .at = k,
					   .step = &view->plan->steps[k],
					   .now = &view->steps[k] };
			const char *state;

			if (!is_shown(view, k))
				continue;
			shown->n++;
			state = state_of(&row, &row.bad);
			shown->bad = shown->bad || row.bad;
			if (as_json)
				put_json(shown, &row, state);
			else
				put_cells(shown, &row, state);
		}
	}
}

/* How to go on, for what is half done. */
static void hint_half(const struct lend_journals *all, const char *where)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct lend_journal_view *view = &all->items[i];

		if (view->broken != NULL)
			continue;
		if (view->phase == LEND_JOURNAL_HALF || view->phase == LEND_JOURNAL_MANUAL)
			(void)fprintf(stderr,
				      "hint: journal %s %s: lend apply%s --continue %s, or "
				      "lend undo%s %s\n",
				      view->id, lend_journal_phase_text(view->phase), where,
				      view->id, where, view->id);
		else if (view->phase == LEND_JOURNAL_UNDOING)
			(void)fprintf(stderr,
				      "hint: journal %s is going back: lend undo%s %s\n",
				      view->id, where, view->id);
	}
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	static const char *const columns[] = { "lent to", "kind",        "thing", "journal",
					       "state",   "persistence", "is" };
	struct lend_style style = { .no_headings = args->no_headings };
	struct shown shown = { 0 };
	lend_auto_change change;
	struct lend_journals all;
	lend_auto_buf out = { 0 };

	if (lend_change_init(&change, args, err) < 0 ||
	    lend_journals_read(&change.options, true, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < LEND_COUNT(columns); i++)
		lend_grid_column(&shown.grid, columns[i], i == 3);
	shown.all = &all;
	lend_persists_look_at(&all, args->no_hints, &shown.persists);
	shown.json = (struct lend_jsonw){ .out = &out, .indent = 2 };
	if (args->json) {
		lend_jsonw_open(&shown.json, NULL, '{');
		lend_jsonw_u64(&shown.json, "lend-status", 1);
		lend_jsonw_open(&shown.json, "things", '[');
	}
	show(&shown, args->json);
	if (args->json) {
		lend_jsonw_close(&shown.json, ']');
		lend_jsonw_close(&shown.json, '}');
		lend_buf_putc(&out, '\n');
	} else if (shown.n > 0) {
		lend_grid_print(&shown.grid, &style, &out);
	} else {
		(void)fprintf(stderr, "nothing is lent\n");
	}
	if (!args->no_hints)
		hint_half(&all, change.options.where);
	lend_grid_done(&shown.grid);
	lend_persists_done(&shown.persists);
	lend_journals_done(&all);
	if (lend_out(&out, err) < 0)
		return -1;
	if (shown.bad)
		return LEND_EXIT_FINDINGS;
	return shown.blind ? LEND_EXIT_BLIND : LEND_EXIT_GOOD;
}

const struct lend_command lend_command_status = {
	.name = "status",
	.synopsis = "",
	.summary = "what is lent to whom, and what has changed since",
	.about =
		"One line for each thing that a journal in force is about: \"as lent\", \"changed\",\n"
		"\"not there\", \"stopped\", or \"kept\" when it was taken back but for its data.\n"
		"Of NVDIMMs in guests that run it says whether what these write outlives a\n"
		"crash of the host; no QEMU is woken for that.\n"
		"The exit status is 1 when something is not as lent.\n",
	.examples = "  lend status\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.run = run,
};
