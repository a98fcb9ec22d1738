/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan is done, step by step; what fails is taken back. */

#include "apply/apply.h"

#include "apply/engine.h"
#include "base/err.h"
#include "io/io.h"

enum { FRESH_MS = 1000 };

/* ---- before anything is done ---- */

static int refuse(const struct lend_plan *plan, struct lend_err *err)
{
	for (size_t i = 0; i < plan->n_remarks; i++) {
		if (plan->remarks[i].level != LEND_REMARK_REFUSE)
			continue;
		if (plan->remarks[i].hint != NULL)
			lend_hint(err, "%s", plan->remarks[i].hint);
		return lend_fail(err, LEND_E_REFUSED, "%s", plan->remarks[i].text);
	}
	return 0;
}

static bool is_text(const char *text)
{
	size_t len = strlen(text), n = 0;

	for (size_t at = 0; at < len; at += n) {
		n = lend_utf8_len(text + at, len - at);
		if (n == 0)
			return false;
	}
	return true;
}

static bool are_texts(const struct lend_pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (!is_text(pairs->items[i].key) || !is_text(pairs->items[i].value))
			return false;
	}
	return true;
}

/* A journal is JSON: what is no UTF-8 would come back from it as something else. */
static int check_texts(const struct lend_plan *plan, struct lend_err *err)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct lend_step *step = &plan->steps[i];

		if (!is_text(step->name) || !are_texts(&step->args) ||
		    !are_texts(&step->before.pairs) || !are_texts(&step->after.pairs))
			return lend_fail(err, LEND_E_USAGE,
					 "step %zu: '%.100s' holds bytes that are not UTF-8",
					 i + 1, step->name);
	}
	return 0;
}

/* An earlier step is about the same thing, so it is not yet as this one will find it. */
static bool is_changed_before(const struct lend_plan *plan, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(plan->steps[k].kind, plan->steps[i].kind) == 0 &&
		    strcmp(plan->steps[k].name, plan->steps[i].name) == 0)
			return true;
	}
	return false;
}

static int stale(struct lend_run *run, size_t i, const struct lend_state *now,
		 struct lend_err *err)
{
	lend_auto_buf is = { 0 };
	lend_auto_buf was = { 0 };

	lend_hint(err, "make the plan again");
	if (lend_state_is_file(now) || lend_state_is_file(&run->plan->steps[i].before))
		return lend_fail(err, LEND_E_STALE, "%s was changed since the plan was made",
				 lend_run_name(run, i));
	lend_state_text(&is, now);
	lend_state_text(&was, &run->plan->steps[i].before);
	return lend_fail(err, LEND_E_STALE,
			 "%s: it is %.60s, and was %.60s when it was planned",
			 lend_run_name(run, i), lend_buf_text(&is), lend_buf_text(&was));
}

/*
 * The first step of a plan that was made a moment ago need not ask a program that
 * refuses what is there already: when it does, nothing has been done.
 */
static bool may_find_out(const struct lend_run *run, size_t i)
{
	const struct lend_step *step = &run->plan->steps[i];
	const struct lend_step_kind *kind = lend_step_kind(step->kind);

	return i == 0 && kind != NULL && kind->answers && step->before.absent &&
	       run->looked != 0 && lend_now_ms() - run->looked < FRESH_MS;
}

/* Consent for what needs it; everything as it was planned. */
static int look_at_all(struct lend_run *run, struct lend_err *err)
{
	run->seen_before =
		lend_arena_array(&run->arena, run->plan->n_steps, sizeof(*run->seen_before));
	for (size_t i = 0; i < run->plan->n_steps; i++) {
		const struct lend_step *step = &run->plan->steps[i];
		struct lend_doing doing = lend_run_doing(run, i);
		struct lend_state now = { 0 };
		enum lend_at at = LEND_AT_BEFORE;

		if (!may_find_out(run, i) && lend_run_look(run, i, &at, &now, err) < 0)
			return -1;
		if (at != LEND_AT_BEFORE && at != LEND_AT_NOT_YET &&
		    !is_changed_before(run->plan, i))
			return stale(run, i, &now, err);
		if (at == LEND_AT_BEFORE && !is_changed_before(run->plan, i))
			run->seen_before[i] = lend_now_ms();
		if (step->consent != NULL &&
		    lend_consent_given(&doing, step->consent, step->note, err) < 0)
			return -1;
	}
	return 0;
}

/* Journal, lock and record in one folder, or none of them would be of use. */
static int check_state(const struct lend_plan *plan, const struct lend_places *places,
		       struct lend_err *err)
{
	if (plan->state == NULL || strcmp(plan->state, places->state) == 0)
		return 0;
	lend_hint(err, "--state-dir %s, or make the plan again", plan->state);
	return lend_fail(err, LEND_E_USAGE, "the plan was made for the state folder '%.100s'",
			 plan->state);
}

/* ---- one step after the other ---- */

/*
 * With the intents that are known by then: that of the first step, unless
 * learned is NULL, and those behind it that prepare nothing and are asked for
 * by a program's answer.  A step that was intended and is as before was not done.
 */
static int begin(struct lend_run *run, const struct lend_pairs *learned, struct lend_err *err)
{
	struct lend_journal_first first = { .n = learned != NULL ? 1 : 0, .learned = learned };

	while (first.n > 0 && first.n < run->plan->n_steps) {
		const struct lend_step_kind *kind =
			lend_step_kind(run->plan->steps[first.n].kind);

		if (kind == NULL || !kind->answers || kind->prepare != NULL)
			break;
		first.n++;
	}
	return lend_journal_new(run->writer, &run->options->places, run->plan,
				run->options->command, &first, &run->journal, err);
}

/* What prepare leaves when it is cut is found by the number of the journal, so that comes
 * first.
 */
static int prepare(struct lend_run *run, size_t i, struct lend_doing *doing,
		   struct lend_err *err)
{
	const struct lend_step *step = &run->plan->steps[i];
	const struct lend_step_kind *kind = lend_step_kind(step->kind);

	doing->learned = (struct lend_pairs){ 0 };
	if (kind->prepare == NULL)
		return 0;
	if (run->journal.fd < 0 && begin(run, NULL, err) < 0)
		return -1;
	doing->journal = run->journal.id;
	return kind->prepare(doing, step, err);
}

static int intend(struct lend_run *run, size_t i, const struct lend_doing *doing,
		  struct lend_err *err)
{
	if (run->journal.fd < 0)
		return begin(run, &doing->learned, err);
	if (run->journal.entries[i].intended &&
	    lend_step_kind(run->plan->steps[i].kind)->prepare == NULL)
		return 0; /* it is where it has to be */
	return lend_journal_intent(run->writer, &run->journal, i, &doing->learned, err);
}

/* For people, and for a look at many journals: its loss changes nothing. */
static void note(struct lend_run *run, const char *word, size_t i)
{
	struct lend_err ignored = { 0 };

	(void)!lend_journal_note(run->writer, &run->journal, word, i, &ignored);
}

/* What is there by that name somebody else has made since it was looked at. */
static void disown(struct lend_run *run, size_t i)
{
	run->journal.entries[i].intended = false;
	note(run, "refused", i);
}

static int prepare_and_set(struct lend_run *run, size_t i, struct lend_err *err)
{
	const struct lend_step *step = &run->plan->steps[i];
	const struct lend_step_kind *kind = lend_step_kind(step->kind);
	struct lend_doing doing = lend_run_doing(run, i);
	int r = -1;

	if (prepare(run, i, &doing, err) == 0 && intend(run, i, &doing, err) == 0) {
		doing.journal = run->journal.id;
		r = kind->set(&doing, step, &step->before, &step->after, err);
		if (r < 0 && doing.refused)
			disown(run, i);
	}
	lend_made_close(&doing.made);
	return r;
}

/* The first step may say ahead what it will ask for: that does nothing yet. */
static void get_ready(struct lend_run *run)
{
	const struct lend_step *step = &run->plan->steps[0];
	const struct lend_step_kind *kind = lend_step_kind(step->kind);
	struct lend_doing doing = lend_run_doing(run, 0);

	if (kind != NULL && kind->ready != NULL)
		kind->ready(&doing, step);
}

/* Still as it was planned, right before it is done. */
static int look_again(struct lend_run *run, size_t i, struct lend_err *err)
{
	const struct lend_step_kind *kind = lend_step_kind(run->plan->steps[i].kind);
	struct lend_state now = { 0 };
	enum lend_at at;

	if (kind != NULL && kind->answers && run->seen_before != NULL &&
	    run->seen_before[i] != 0 && lend_now_ms() - run->seen_before[i] < FRESH_MS)
		return 0;
	if (lend_run_look(run, i, &at, &now, err) < 0)
		return -1;
	if (at == LEND_AT_NOT_YET)
		return lend_fail(err, LEND_E_STALE, "what it needs is not there");
	return at == LEND_AT_BEFORE ? 0 : stale(run, i, &now, err);
}

/* 1: a person has to do it. */
static int do_step(struct lend_run *run, size_t i, struct lend_err *err)
{
	const struct lend_step *step = &run->plan->steps[i];
	int r;

	lend_run_say(run, "step %zu of %zu: %s %s", i + 1, run->plan->n_steps, step->kind,
		     step->name);
	if (look_again(run, i, err) < 0)
		return -1;
	r = prepare_and_set(run, i, err);
	if (r < 0)
		return -1;
	if (r == LEND_WAIT)
		return 1;
	return lend_step_kind(step->kind)->answers
		       ? 0
		       : lend_run_settle(run, i, LEND_AT_AFTER, err);
}

static void end(struct lend_run *run, const char *how)
{
	struct lend_err ignored = { 0 };

	(void)!lend_journal_end(run->writer, &run->journal, how, &ignored);
}

/* The guest that this very journal started has seen nobody's data yet. */
static void agree_to_own(struct lend_run *run)
{
	const char **names;
	size_t n = 0;

	names = lend_arena_array(&run->arena, 2 * run->plan->n_steps + run->consent.n_accept,
				 sizeof(*names));
	for (size_t i = 0; i < run->consent.n_accept; i++)
		names[n++] = run->consent.accept[i];
	for (size_t i = 0; i < run->plan->n_steps; i++) {
		const struct lend_step *step = &run->plan->steps[i];

		const char *ran = lend_pairs_get(&step->before.pairs, "runs");
		bool starts = strcmp(step->kind, "vm") == 0
				      ? step->before.absent
				      : strcmp(step->kind, "libvirt-start") == 0 &&
						ran != NULL && strcmp(ran, "no") == 0;

		if (!starts || !run->journal.entries[i].intended)
			continue;
		names[n++] = lend_arena_printf(&run->arena, "stop:%s", step->name);
		names[n++] = lend_arena_printf(&run->arena, "kill:%s", step->name);
	}
	run->consent.accept = names;
	run->consent.n_accept = n;
	run->consent.ask = NULL;
}

/* *err is why step i failed; afterwards it is the whole story. */
static int take_back(struct lend_run *run, size_t i, struct lend_err *err)
{
	struct lend_err second = { 0 };
	const struct lend_left *left;
	bool touched;
	int r;

	lend_where(err, "%s", lend_run_name(run, i));
	if (run->journal.fd < 0)
		return -1; /* nothing was intended */
	lend_run_say(run, "that failed; taking back what was done");
	agree_to_own(run);
	r = lend_run_back(run, &touched, &second);
	if (r == 0 && run->outcome->n_left == 0) {
		end(run, "undone");
		return -1;
	}
	if (r == 0)
		end(run, "kept");
	err->code = LEND_E_HALF;
	left = run->outcome->n_left > 0 ? &run->outcome->left[0] : NULL;
	if (left != NULL)
		lend_where(err, "%s %s is left (%.60s)", left->kind, left->name, left->why);
	else
		lend_where(err, "%.80s, and this could not be taken back", second.what);
	(void)snprintf(err->hint, sizeof(err->hint), "lend undo %s%s tries again",
		       run->journal.id, lend_run_where(run));
	return -1;
}

/* From step first on; those before are done. */
static int go_on(struct lend_run *run, size_t first, struct lend_err *err)
{
	for (size_t i = first; i < run->plan->n_steps; i++) {
		int r = do_step(run, i, err);

		if (r < 0)
			return take_back(run, i, err);
		if (r == 1) {
			const struct lend_pairs *args = &run->plan->steps[i].args;
			const char *what = lend_pairs_get(args, "do");

			note(run, "manual", i);
			run->outcome->wait = lend_arena_strdup(
				&run->outcome->arena,
				what != NULL ? what : run->plan->steps[i].name);
			return 1;
		}
		note(run, "done", i);
	}
	end(run, "applied");
	return 0;
}

static void tell_journal(struct lend_run *run)
{
	if (run->journal.id != NULL)
		run->outcome->journal =
			lend_arena_strdup(&run->outcome->arena, run->journal.id);
}

int lend_apply_plan(const struct lend_plan *plan, const struct lend_apply_options *options,
		    struct lend_outcome *ret, struct lend_err *err)
{
	struct lend_run run;
	int r = -1;

	*ret = (struct lend_outcome){ 0 };
	if (refuse(plan, err) < 0 || check_state(plan, &options->places, err) < 0 ||
	    check_texts(plan, err) < 0)
		return -1;
	if (plan->n_steps == 0)
		return 0;
	lend_run_init(&run, options, ret);
	run.plan = plan;
	get_ready(&run);
	if ((options->show == NULL || options->show(options->show_context, err) == 0) &&
	    lend_run_lock(&run, plan->lock, err) == 0 && look_at_all(&run, err) == 0)
		r = go_on(&run, 0, err);
	tell_journal(&run);
	lend_run_done(&run);
	return r;
}

/* ---- going on ---- */

/* The first step that is not done; all before it are. */
static int find_place(struct lend_run *run, size_t *ret_first, struct lend_err *err)
{
	for (size_t i = 0; i < run->plan->n_steps; i++) {
		struct lend_state now = { 0 };
		enum lend_at at;

		if (lend_run_look(run, i, &at, &now, err) < 0)
			return -1;
		if (at == LEND_AT_AFTER && run->journal.entries[i].intended)
			continue;
		*ret_first = i;
		if (at == LEND_AT_BEFORE || at == LEND_AT_NOT_YET)
			return 0;
		return stale(run, i, &now, err);
	}
	*ret_first = run->plan->n_steps;
	return 0;
}

static int can_go_on(const struct lend_run *run, struct lend_err *err)
{
	const char *id = run->journal.id;

	switch (lend_journal_phase(&run->journal)) {
	case LEND_JOURNAL_HALF:
	case LEND_JOURNAL_MANUAL:
		return 0;
	case LEND_JOURNAL_APPLIED:
	case LEND_JOURNAL_PASSED:
		return lend_fail(err, LEND_E_USAGE, "journal %s is done", id);
	case LEND_JOURNAL_UNDOING:
		lend_hint(err, "lend undo %s%s", id, lend_run_where(run));
		return lend_fail(err, LEND_E_USAGE, "journal %s is being taken back", id);
	case LEND_JOURNAL_KEPT:
	case LEND_JOURNAL_UNDONE:
		break;
	}
	return lend_fail(err, LEND_E_USAGE, "journal %s was taken back", id);
}

static int open_journal(struct lend_run *run, const char *id, bool writing,
			struct lend_err *err)
{
	int r = lend_journal_open(run->writer, &run->options->places, id, writing,
				  &run->journal, err);

	if (r == 1)
		return lend_fail(err, LEND_E_USAGE,
				 "journal %s is empty: nothing was done for it", id);
	return r;
}

/* Opened twice: the first time tells which lock it is. */
int lend_run_open(struct lend_run *run, const char *id, struct lend_err *err)
{
	const char *lock;

	if (open_journal(run, id, false, err) < 0)
		return -1;
	lock = lend_arena_strdup(&run->arena, run->journal.plan->lock);
	lend_journal_done(&run->journal);
	if (lend_run_lock(run, lock, err) < 0 || open_journal(run, id, true, err) < 0)
		return -1;
	run->plan = run->journal.plan;
	return 0;
}

int lend_apply_continue(const char *journal, const struct lend_apply_options *options,
			struct lend_outcome *ret, struct lend_err *err)
{
	struct lend_run run;
	size_t first;
	int r = -1;

	*ret = (struct lend_outcome){ 0 };
	lend_run_init(&run, options, ret);
	if (lend_run_open(&run, journal, err) == 0 && can_go_on(&run, err) == 0 &&
	    find_place(&run, &first, err) == 0)
		r = go_on(&run, first, err);
	tell_journal(&run);
	lend_run_done(&run);
	return r;
}
