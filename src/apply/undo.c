/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Taking back.  Data is never destroyed: what holds some is kept, and named;
 * what somebody changed since is left alone until that is agreed to
 * ("leave:NAME").
 */

#include "apply/engine.h"
#include "base/err.h"
#include "base/num.h"

static void leave(struct lend_run *run, size_t i, int outcome, const char *why)
{
	struct lend_outcome *out = run->outcome;
	struct lend_left *left = LEND_PUSH(&out->arena, out->left, out->n_left, out->cap_left);
	const struct lend_step *step = &run->plan->steps[i];

	left->journal = lend_arena_strdup(&out->arena, run->journal.id);
	left->kind = lend_arena_strdup(&out->arena, step->kind);
	left->name = lend_arena_strdup(&out->arena, step->name);
	left->outcome = outcome;
	left->why = lend_arena_strdup(&out->arena, why != NULL ? why : "");
}

/* Lines for people: their loss changes nothing. */
static void note(struct lend_run *run, const char *word, size_t i)
{
	struct lend_err ignored = { 0 };

	(void)!lend_journal_note(run->writer, &run->journal, word, i, &ignored);
}

static int keep(struct lend_run *run, size_t i, const char *why)
{
	struct lend_err ignored = { 0 };

	leave(run, i, LEND_KEEP, why);
	(void)!lend_journal_kept(run->writer, &run->journal, i, why, &ignored);
	return 0;
}

/* It is neither as it was nor as lend made it. */
static int changed_since(struct lend_run *run, size_t i, const struct lend_state *now,
			 struct lend_err *err)
{
	const struct lend_step *step = &run->plan->steps[i];
	struct lend_doing doing = lend_run_doing(run, i);
	const char *name = lend_arena_printf(&run->arena, "leave:%s", step->name);
	lend_auto_buf is = { 0 };
	const char *why;

	lend_state_text(&is, now);
	why = lend_arena_printf(&run->arena, "changed since lend made it, it is %s",
				lend_buf_text(&is));
	if (lend_consent_given(&doing, name,
			       lend_arena_printf(&run->arena,
						 "%s %s was changed since; leave it as it is",
						 step->kind, step->name),
			       NULL) == 0)
		return keep(run, i, why);
	lend_hint(err, "put it right, or leave it as it is: --accept %s", name);
	return lend_fail(err, LEND_E_STALE, "%s %s", lend_run_name(run, i), why);
}

/* It is as lend made it.  0 also when it is kept; 1: it has to wait. */
static int take_back(struct lend_run *run, size_t i, bool *ret_touched, struct lend_err *err)
{
	const struct lend_step *step = &run->plan->steps[i];
	const struct lend_step_kind *kind = lend_step_kind(step->kind);
	struct lend_doing doing = lend_run_doing(run, i);
	const char *why = NULL;
	int r = 0;

	doing.went_back = *ret_touched;
	if (step->back == LEND_BACK_NEVER)
		return keep(run, i, step->note != NULL ? step->note : "cannot be taken back");
	if (kind->may != NULL)
		r = kind->may(&doing, step, &step->after, &step->before, &why, err);
	if (r == LEND_KEEP)
		return keep(run, i, why);
	if (r == LEND_WAIT) {
		leave(run, i, LEND_WAIT, why);
		return 1;
	}
	if (r < 0)
		return lend_where(err, "%s", lend_run_name(run, i));
	lend_run_say(run, "taking back %s", lend_run_name(run, i));
	note(run, "back", i);
	*ret_touched = true;
	r = kind->set(&doing, step, &step->after, &step->before, err);
	if (r == LEND_WAIT) {
		leave(run, i, LEND_WAIT, "a person has to do it");
		return 1;
	}
	if (r < 0 || lend_run_settle(run, i, LEND_AT_BEFORE, err) < 0)
		return lend_where(err, "taking back %s", lend_run_name(run, i));
	note(run, "gone", i);
	return 0;
}

/* Taken back earlier: what is there now is somebody else's, a newer journal's for example. */
static bool is_over(const struct lend_run *run, size_t i)
{
	const struct lend_journal_entry *entry = &run->journal.entries[i];

	return entry->gone || (run->only_kept && !entry->kept);
}

/* As lend_run_look; what changed and is still what lend made is as lend made it. */
static int look_back(struct lend_run *run, size_t i, enum lend_at *ret_at,
		     struct lend_state *ret_now, struct lend_err *err)
{
	const struct lend_step *step = &run->plan->steps[i];
	const struct lend_step_kind *kind = lend_step_kind(step->kind);
	struct lend_doing doing = lend_run_doing(run, i);
	int r;

	if (lend_run_look(run, i, ret_at, ret_now, err) < 0)
		return -1;
	if (*ret_at != LEND_AT_ELSE || kind == NULL || kind->is_own == NULL)
		return 0;
	r = kind->is_own(&doing, step, ret_now, err);
	if (r < 0)
		return lend_where(err, "%s", lend_run_name(run, i));
	if (r == 0)
		*ret_at = LEND_AT_AFTER;
	return 0;
}

static int back_one(struct lend_run *run, size_t i, bool *ret_touched, struct lend_err *err)
{
	const struct lend_step *step = &run->plan->steps[i];
	const struct lend_step_kind *kind = lend_step_kind(step->kind);
	struct lend_doing doing = lend_run_doing(run, i);
	struct lend_state now = { 0 };
	enum lend_at at;
	int r = 0;

	if (!run->journal.entries[i].intended && (kind == NULL || kind->forget == NULL))
		return 0;
	if (run->journal.entries[i].intended && !is_over(run, i)) {
		if (look_back(run, i, &at, &now, err) < 0)
			return -1;
		if (at == LEND_AT_AFTER)
			r = take_back(run, i, ret_touched, err);
		else if (at == LEND_AT_ELSE)
			r = changed_since(run, i, &now, err);
	}
	if (r == 0 && kind->forget != NULL && kind->forget(&doing, step, err) < 0)
		return lend_where(err, "cleaning up after %s", lend_run_name(run, i));
	return r;
}

int lend_run_back(struct lend_run *run, bool *ret_touched, struct lend_err *err)
{
	*ret_touched = false;
	for (size_t i = run->plan->n_steps; i-- > 0;) {
		int r = back_one(run, i, ret_touched, err);

		if (r != 0)
			return r; /* those before it may be what it stands on */
	}
	return 0;
}

/* ---- a whole journal ---- */

/* Everything that has to be agreed to, before anything is touched. */
static int ask_first(struct lend_run *run, struct lend_err *err)
{
	for (size_t i = run->plan->n_steps; i-- > 0;) {
		const struct lend_step *step = &run->plan->steps[i];
		const struct lend_step_kind *kind = lend_step_kind(step->kind);
		struct lend_doing doing = lend_run_doing(run, i);
		struct lend_state now = { 0 };
		const char *why = NULL;
		enum lend_at at;
		int r;

		if (!run->journal.entries[i].intended || is_over(run, i) || kind == NULL ||
		    kind->may == NULL || step->back == LEND_BACK_NEVER)
			continue;
		if (look_back(run, i, &at, &now, err) < 0)
			return -1;
		if (at != LEND_AT_AFTER)
			continue;
		r = kind->may(&doing, step, &step->after, &step->before, &why, err);
		if (r < 0)
			return -1;
		if (r == LEND_WAIT)
			return 0; /* what stands on it waits, too */
	}
	return 0;
}

/* It has been carried elsewhere: to take it back here would find nothing. */
static bool is_taken_away(const struct lend_step *step, const struct lend_step *later)
{
	const char *from = lend_pairs_get(&later->args, "from");

	return strcmp(later->kind, "move") == 0 && from != NULL &&
	       strcmp(from, step->name) == 0;
}

static bool shares_a_thing(const struct lend_plan *a, const struct lend_plan *b)
{
	if (a->vm != NULL && b->vm != NULL)
		return strcmp(a->vm, b->vm) == 0;
	for (size_t i = 0; i < a->n_steps; i++) {
		for (size_t k = 0; k < b->n_steps; k++) {
			if (strcmp(a->steps[i].name, b->steps[k].name) == 0 ||
			    is_taken_away(&a->steps[i], &b->steps[k]))
				return true;
		}
	}
	return false;
}

static bool is_in_force(const struct lend_journal *journal)
{
	switch (lend_journal_phase(journal)) {
	case LEND_JOURNAL_APPLIED:
	case LEND_JOURNAL_HALF:
	case LEND_JOURNAL_MANUAL:
	case LEND_JOURNAL_UNDOING:
		return true;
	case LEND_JOURNAL_KEPT:
	case LEND_JOURNAL_UNDONE:
	case LEND_JOURNAL_PASSED:
		break;
	}
	return false;
}

/* The newest goes first: what it found is what this one made. */
static int none_builds_on_it(struct lend_run *run, struct lend_err *err)
{
	const struct lend_places *places = &run->options->places;
	const char **ids;
	uint64_t own = 0;
	size_t n;

	(void)!lend_parse_u64(run->journal.id, 10, &own);
	if (lend_journal_ids(run->writer, places, &run->arena, &ids, &n, err) < 0)
		return -1;
	for (size_t i = n; i-- > 0;) {
		lend_auto_journal other = { .fd = -1 };
		uint64_t number = 0;
		int r;

		(void)!lend_parse_u64(ids[i], 10, &number);
		if (number <= own)
			break;
		r = lend_journal_open(run->writer, places, ids[i], false, &other, err);
		if (r < 0)
			return lend_where(err, "whether it builds on journal %s is not known",
					  run->journal.id);
		if (r == 1 || !is_in_force(&other) || !shares_a_thing(run->plan, other.plan))
			continue;
		lend_hint(err, "lend undo %s%s first%s%s%s", ids[i], lend_run_where(run),
			  run->plan->vm != NULL ? ", or all of them: lend undo " : "",
			  run->plan->vm != NULL ? run->plan->vm : "",
			  run->plan->vm != NULL ? lend_run_where(run) : "");
		return lend_fail(err, LEND_E_REFUSED, "journal %s (%.80s) builds on it", ids[i],
				 other.plan->title);
	}
	return 0;
}

static int can_go_back(const struct lend_run *run, struct lend_err *err)
{
	const char *id = run->journal.id;

	switch (lend_journal_phase(&run->journal)) {
	case LEND_JOURNAL_UNDONE:
		return lend_fail(err, LEND_E_USAGE, "journal %s was taken back already", id);
	case LEND_JOURNAL_PASSED:
		return lend_fail(err, LEND_E_USAGE,
				 "journal %s (%.80s) has nothing to take back", id,
				 run->plan->title);
	case LEND_JOURNAL_APPLIED:
	case LEND_JOURNAL_HALF:
	case LEND_JOURNAL_MANUAL:
	case LEND_JOURNAL_UNDOING:
	case LEND_JOURNAL_KEPT:
		break;
	}
	return 0;
}

static int undo(struct lend_run *run, struct lend_err *err)
{
	struct lend_err ignored = { 0 };
	bool kept = false, touched = false;
	int r;

	run->only_kept = lend_journal_phase(&run->journal) == LEND_JOURNAL_KEPT;
	if (can_go_back(run, err) < 0 || none_builds_on_it(run, err) < 0 ||
	    ask_first(run, err) < 0)
		return -1;
	r = lend_run_back(run, &touched, err);
	for (size_t i = 0; i < run->outcome->n_left; i++)
		kept = kept || run->outcome->left[i].outcome == LEND_KEEP;
	if (r == 0)
		(void)!lend_journal_end(run->writer, &run->journal, kept ? "kept" : "undone",
					&ignored);
	if (r < 0 && touched && err != NULL) {
		err->code = LEND_E_HALF;
		lend_hint(err, "lend undo %s%s goes on", run->journal.id, lend_run_where(run));
	}
	return r;
}

int lend_undo_journal(const char *journal, const struct lend_apply_options *options,
		      struct lend_outcome *ret, struct lend_err *err)
{
	struct lend_run run;
	int r = -1;

	*ret = (struct lend_outcome){ 0 };
	lend_run_init(&run, options, ret);
	if (lend_run_open(&run, journal, err) == 0) {
		ret->journal = lend_arena_strdup(&ret->arena, journal);
		r = undo(&run, err);
	}
	lend_run_done(&run);
	return r;
}
