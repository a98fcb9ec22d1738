/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All journals, with what became of their steps: status and log. */

#include <errno.h>

#include "apply/engine.h"
#include "base/err.h"

enum { LOOK_MS = 3000 }; /* for one monitor, however many steps are about its VM */

const char *lend_journal_phase_text(enum lend_journal_phase phase)
{
	static const char *const texts[] = {
		[LEND_JOURNAL_APPLIED] = "applied",
		[LEND_JOURNAL_HALF] = "half way",
		[LEND_JOURNAL_MANUAL] = "waits for you",
		[LEND_JOURNAL_UNDOING] = "going back",
		[LEND_JOURNAL_KEPT] = "undone, data kept",
		[LEND_JOURNAL_UNDONE] = "undone",
		[LEND_JOURNAL_PASSED] = "done",
	};

	return texts[phase];
}

static const char *keep_text(struct lend_journals *all, const char *text)
{
	return text != NULL ? lend_arena_strdup(&all->arena, text) : NULL;
}

static void look_at(struct lend_run *run, size_t i, struct lend_journals *all,
		    struct lend_journal_step *step)
{
	struct lend_err err = { 0 };
	struct lend_state now = { 0 };
	lend_auto_buf text = { 0 };
	enum lend_at at;

	if (lend_run_look(run, i, &at, &now, &err) < 0) {
		step->phase = LEND_STEP_CANNOT_TELL;
		step->why = keep_text(all, err.what);
		return;
	}
	switch (at) {
	case LEND_AT_AFTER:
		step->phase = LEND_STEP_DONE;
		break;
	case LEND_AT_BEFORE:
		step->phase = LEND_STEP_NOT_DONE;
		break;
	case LEND_AT_NOT_YET:
		step->phase = LEND_STEP_CANNOT_TELL;
		step->why = "what it belongs to is not there";
		break;
	case LEND_AT_ELSE:
		step->phase = LEND_STEP_DRIFTED;
		lend_state_text(&text, &now);
		step->now = keep_text(all, lend_buf_text(&text));
		break;
	}
}

static void take_steps(struct lend_run *run, bool looking, struct lend_journals *all,
		       struct lend_journal_view *view)
{
	view->steps = lend_arena_array(&all->arena, view->plan->n_steps, sizeof(*view->steps));
	for (size_t i = 0; i < view->plan->n_steps; i++) {
		const struct lend_journal_entry *entry = &run->journal.entries[i];
		struct lend_journal_step *step = &view->steps[i];

		step->intended = entry->intended;
		step->kept = entry->kept;
		step->phase = entry->done && !entry->gone ? LEND_STEP_DONE : LEND_STEP_NOT_DONE;
		step->why = keep_text(all, entry->why);
		if (looking && entry->intended)
			look_at(run, i, all, step);
	}
}

static void take(struct lend_run *run, const char *id, const char *boot, bool looking,
		 struct lend_journals *all)
{
	struct lend_journal_view *view;
	struct lend_err err = { 0 };
	int r = lend_journal_open(run->writer, &run->options->places, id, false, &run->journal,
				  &err);

	if (r == 1)
		return;
	view = LEND_PUSH(&all->arena, all->items, all->n, all->cap);
	view->id = keep_text(all, id);
	if (r < 0) {
		view->broken = keep_text(all, err.what);
		return;
	}
	run->plan = run->journal.plan;
	view->time = keep_text(all, run->journal.time);
	view->command = keep_text(all, run->journal.command);
	view->phase = lend_journal_phase(&run->journal);
	view->this_boot = boot[0] != '\0' && strcmp(boot, run->journal.boot) == 0;
	view->plan = run->plan;
	take_steps(run,
		   looking && view->phase != LEND_JOURNAL_UNDONE &&
			   view->phase != LEND_JOURNAL_PASSED,
		   all, view);
	/* The plan outlives the journal here. */
	*LEND_PUSH(&all->arena, all->plans, all->n_plans, all->cap_plans) = run->journal.plan;
	run->journal.plan = NULL;
	lend_journal_done(&run->journal);
}

static bool is_in_force(const struct lend_journal_view *view)
{
	return view->broken == NULL && view->phase != LEND_JOURNAL_UNDONE &&
	       view->phase != LEND_JOURNAL_PASSED && view->phase != LEND_JOURNAL_KEPT;
}

/* Was it done, and is it not taken back?  Also what was kept of a journal that was. */
static bool counts(const struct lend_journal_view *view, size_t i)
{
	return view->steps[i].intended && (is_in_force(view) || view->steps[i].kept);
}

/* Kinds whose name is the path of a file for a guest. */
static bool is_of_file(const struct lend_step *step)
{
	static const char *const kinds[] = { "backing", "copy",    "disk",  "grow",
					     "move",    "relabel", "remove" };

	for (size_t i = 0; i < LEND_COUNT(kinds); i++) {
		if (strcmp(step->kind, kinds[i]) == 0)
			return true;
	}
	return false;
}

/* Made by another kind of step, a file is the same one by its path; a move takes it away. */
static bool is_same_file(const struct lend_step *later, const struct lend_step *step)
{
	const char *from = lend_pairs_get(&later->args, "from");

	if (!is_of_file(later) || !is_of_file(step))
		return false;
	if (strcmp(later->name, step->name) == 0)
		return true;
	return strcmp(later->kind, "move") == 0 && from != NULL &&
	       strcmp(from, step->name) == 0;
}

static bool is_about(const struct lend_journal_view *view, const struct lend_step *step)
{
	for (size_t i = 0; view->broken == NULL && i < view->plan->n_steps; i++) {
		const struct lend_step *later = &view->plan->steps[i];

		if (!counts(view, i))
			continue;
		if (is_same_file(later, step) || (strcmp(later->kind, step->kind) == 0 &&
						  strcmp(later->name, step->name) == 0))
			return true;
	}
	return false;
}

/* A later step of the same journal has carried it to another path. */
static bool is_moved_on(const struct lend_journal_view *view, size_t s)
{
	for (size_t k = s + 1; k < view->plan->n_steps; k++) {
		if (view->steps[k].intended &&
		    is_same_file(&view->plan->steps[k], &view->plan->steps[s]))
			return true;
	}
	return false;
}

/* What a newer journal made of it is no drift. */
static void look_ahead(struct lend_journals *all, size_t i)
{
	struct lend_journal_view *view = &all->items[i];

	for (size_t s = 0; is_in_force(view) && s < view->plan->n_steps; s++) {
		struct lend_journal_step *step = &view->steps[s];

		if (step->phase != LEND_STEP_DRIFTED && step->phase != LEND_STEP_NOT_DONE)
			continue;
		if (is_moved_on(view, s)) {
			step->phase = LEND_STEP_CHANGED_BY;
			step->why = view->id;
		}
		for (size_t k = i + 1; k < all->n; k++) {
			if (!is_about(&all->items[k], &view->plan->steps[s]))
				continue;
			step->phase = LEND_STEP_CHANGED_BY;
			step->why = all->items[k].id;
		}
	}
}

int lend_journals_read(const struct lend_apply_options *options, bool looking,
		       struct lend_journals *ret, struct lend_err *err)
{
	struct lend_outcome outcome = { 0 };
	struct lend_run run;
	const char **ids;
	const char *boot;
	size_t n = 0;
	int r;

	*ret = (struct lend_journals){ 0 };
	lend_run_init(&run, options, &outcome);
	if (looking)
		lend_writer_ask_once(run.writer, LOOK_MS);
	boot = lend_boot_id(run.writer, &run.arena);
	r = lend_journal_ids(run.writer, &options->places, &run.arena, &ids, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		take(&run, ids[i], boot, looking, ret);
	for (size_t i = 0; r == 0 && looking && i < ret->n; i++)
		look_ahead(ret, i);
	lend_run_done(&run);
	lend_outcome_done(&outcome);
	return r;
}

void lend_journals_done(struct lend_journals *journals)
{
	for (size_t i = 0; i < journals->n_plans; i++)
		lend_plan_free(journals->plans[i]);
	lend_arena_done(&journals->arena);
	*journals = (struct lend_journals){ 0 };
}
