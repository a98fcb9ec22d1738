/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One step: who looks at it, in which order, and what is remembered. */

#include "apply/engine.h"

#include <poll.h>
#include <stdarg.h>

#include "base/auto.h"
#include "base/err.h"
#include "io/io.h"
#include "io/line.h"

enum {
	SETTLE_MS = 10000, /* what a kernel or a monitor said is done shows up by then */
	SETTLE_TICK_MS = 20,
};

void lend_outcome_done(struct lend_outcome *outcome)
{
	lend_arena_done(&outcome->arena);
	*outcome = (struct lend_outcome){ 0 };
}

/* Nobody is asked the same twice: consent is looked for before anything is done, and when it is
 * needed. */
static bool ask_once(void *context, const char *what)
{
	struct lend_run *run = context;
	const struct lend_consent *user = &run->options->consent;

	for (size_t i = 0; i < run->n_granted; i++) {
		if (strcmp(run->granted[i], what) == 0)
			return true;
	}
	if (user->ask == NULL || !user->ask(user->context, what))
		return false;
	*LEND_PUSH(&run->arena, run->granted, run->n_granted, run->cap_granted) =
		lend_arena_strdup(&run->arena, what);
	return true;
}

void lend_run_init(struct lend_run *run, const struct lend_apply_options *options,
		   struct lend_outcome *outcome)
{
	*run = (struct lend_run){ .options = options, .lock = -1, .outcome = outcome };
	run->journal.fd = -1;
	run->looked = lend_line_at(options->line);
	run->writer = lend_writer_new(options->hooks);
	lend_writer_take_line(run->writer, options->line);
	run->consent = options->consent;
	if (options->consent.ask != NULL) {
		run->consent.ask = ask_once;
		run->consent.context = run;
	}
}

void lend_run_done(struct lend_run *run)
{
	lend_journal_done(&run->journal);
	lend_close_fd(&run->lock);
	lend_writer_free(run->writer);
	lend_arena_done(&run->arena);
}

int lend_run_lock(struct lend_run *run, const char *lock, struct lend_err *err)
{
	const struct lend_places *places = &run->options->places;
	int r;

	if (strchr(lock, '/') != NULL || lock[0] == '\0' || lock[0] == '.')
		return lend_fail(err, LEND_E_FORMAT, "'%.60s' is no name of a lock", lock);
	if (lend_state_ready(run->writer, places, err) < 0)
		return -1;
	r = lend_write_lock(run->writer,
			    lend_arena_printf(&run->arena, "%s/lock/%s", places->state, lock),
			    false, &run->lock, err);
	if (r == 1) {
		lend_hint(err, "wait for it to end; lend status shows what it has done");
		return lend_fail(err, LEND_E_REFUSED, "another lend is at work on %s",
				 strncmp(lock, "vm-", 3) == 0 ? lock + 3 : lock);
	}
	return r;
}

struct lend_doing lend_run_doing(struct lend_run *run, size_t step)
{
	struct lend_doing doing = {
		.arena = &run->arena,
		.writer = run->writer,
		.places = &run->options->places,
		.consent = &run->consent,
		.plan = run->plan,
		.journal = run->journal.id,
		.index = step,
	};

	if (run->journal.entries != NULL)
		doing.learned = run->journal.entries[step].learned;
	return doing;
}

const char *lend_run_name(struct lend_run *run, size_t step)
{
	return lend_arena_printf(&run->arena, "step %zu, %s %s", step + 1,
				 run->plan->steps[step].kind, run->plan->steps[step].name);
}

void lend_run_say(struct lend_run *run, const char *fmt, ...)
{
	lend_auto_buf line = { 0 };
	va_list ap;

	if (run->options->say == NULL)
		return;
	va_start(ap, fmt);
	lend_buf_vprintf(&line, fmt, ap);
	va_end(ap);
	run->options->say(run->options->say_context, lend_buf_text(&line));
}

/* With what prepare learned, the thing is known again: another one is no "after". */
static bool is_after(const struct lend_run *run, size_t i, const struct lend_state *now)
{
	const struct lend_step *step = &run->plan->steps[i];
	struct lend_state learned = { 0 };

	if (!lend_state_is(now, &step->after))
		return false;
	if (step->after.absent || run->journal.entries == NULL)
		return true;
	learned.pairs = run->journal.entries[i].learned;
	return lend_state_is(now, &learned);
}

/*
 * Steps of one plan can be about the same thing, one after the other: what it
 * was before an earlier one, or is after a later one, is nobody else's doing.
 */
static enum lend_at in_the_chain(const struct lend_run *run, size_t i,
				 const struct lend_state *now)
{
	const struct lend_step *step = &run->plan->steps[i];

	for (size_t k = 0; k < run->plan->n_steps; k++) {
		const struct lend_step *other = &run->plan->steps[k];

		if (k == i || strcmp(other->kind, step->kind) != 0 ||
		    strcmp(other->name, step->name) != 0)
			continue;
		if (k < i && lend_state_is(now, &other->before))
			return LEND_AT_BEFORE;
		if (k > i && lend_state_is(now, &other->after))
			return LEND_AT_AFTER;
	}
	return LEND_AT_ELSE;
}

int lend_run_look(struct lend_run *run, size_t i, enum lend_at *ret, struct lend_state *now,
		  struct lend_err *err)
{
	const struct lend_step *step = &run->plan->steps[i];
	const struct lend_step_kind *kind = lend_step_kind(step->kind);
	struct lend_doing doing = lend_run_doing(run, i);
	struct lend_state state = { 0 };
	int r;

	if (kind == NULL) {
		lend_hint(err, "it was made by a newer lend");
		return lend_fail(err, LEND_E_FORMAT, "no step of kind '%.60s' is known",
				 step->kind);
	}
	r = kind->look(&doing, step, &state, err);
	if (r < 0)
		return lend_where(err, "looking at %s", lend_run_name(run, i));
	if (r == LEND_LOOK_NOT_YET)
		*ret = LEND_AT_NOT_YET;
	else if (lend_state_is(&state, &step->before))
		*ret = LEND_AT_BEFORE;
	else
		*ret = is_after(run, i, &state) ? LEND_AT_AFTER : in_the_chain(run, i, &state);
	if (now != NULL)
		*now = state;
	return 0;
}

int lend_run_settle(struct lend_run *run, size_t i, enum lend_at wanted, struct lend_err *err)
{
	int64_t deadline = lend_now_ms() + SETTLE_MS;
	struct lend_state now = { 0 };
	lend_auto_buf text = { 0 };
	enum lend_at at;

	do {
		if (lend_run_look(run, i, &at, &now, err) < 0)
			return -1;
		if (at == wanted)
			return 0;
		(void)poll(NULL, 0, SETTLE_TICK_MS);
	} while (lend_now_ms() < deadline);
	if (at == LEND_AT_NOT_YET)
		lend_buf_puts(&text, "gone");
	else
		lend_state_text(&text, &now);
	return lend_fail(err, LEND_E_SYSTEM, "%s was done, but it is %.100s",
			 lend_run_name(run, i), lend_buf_text(&text));
}
