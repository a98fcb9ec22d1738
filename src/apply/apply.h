/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Doing a plan, going on with it, taking it back: the engine.
 * docs/design/engine.md is its description.
 */

#ifndef LEND_APPLY_APPLY_H
#define LEND_APPLY_APPLY_H

#include "apply/step.h"

struct lend_apply_options {
	struct lend_places places;
	struct lend_consent consent;
	/* What lend has to be told to find this journal again, " --state-dir DIR"; NULL:
	 * nothing. */
	const char *where;
	const char *command; /* as the user typed it, for the history */
	const struct lend_write_hooks *hooks;
	struct lend_line
		*line; /* NULL, or a monitor of the plan's VM (io/line.h): is emptied */
	/* Told what is being done: "step 2 of 4: ..."; NULL: nobody. */
	void (*say)(void *context, const char *line);
	void *say_context;
	/*
	 * NULL, or shows a plan that nobody has to agree to: nothing is done
	 * before it is 0, but what QEMU reads slowly is on its way to it.
	 */
	int (*show)(void *context, struct lend_err *err);
	void *show_context;
};

/* What became of a thing when a journal was taken back. */
struct lend_left {
	const char *journal;
	const char *kind, *name;
	int outcome;     /* LEND_KEEP or LEND_WAIT */
	const char *why; /* one line */
};

struct lend_outcome {
	struct lend_arena arena;
	const char *journal; /* number; NULL when none was made */
	struct lend_left *left;
	size_t n_left, cap_left;
	const char *wait; /* a manual step that has to be done first: what to do; or NULL */
};
void lend_outcome_done(struct lend_outcome *outcome);

/*
 * 0: done.  -1 with code
 *   LEND_E_STALE, LEND_E_REFUSED, others: as before;
 *   LEND_E_HALF: stopped half way, *err names the step and what is left.
 * 1: stopped at a manual step (ret->wait).
 */
int lend_apply_plan(const struct lend_plan *plan, const struct lend_apply_options *options,
		    struct lend_outcome *ret, struct lend_err *err) LEND_MUST_CHECK;

/* The same for a journal that was left at a manual step, or cut. */
int lend_apply_continue(const char *journal, const struct lend_apply_options *options,
			struct lend_outcome *ret, struct lend_err *err) LEND_MUST_CHECK;

/*
 * 0: as before, but for what ret->left has as kept; 1: something has to wait
 * (ret->left); -1: LEND_E_HALF or a reason why nothing was done.
 */
int lend_undo_journal(const char *journal, const struct lend_apply_options *options,
		      struct lend_outcome *ret, struct lend_err *err) LEND_MUST_CHECK;

/* What status and log show. */
enum lend_journal_phase {
	LEND_JOURNAL_APPLIED,
	LEND_JOURNAL_HALF,    /* cut, or it failed and could not be taken back */
	LEND_JOURNAL_MANUAL,  /* waits for a person */
	LEND_JOURNAL_UNDOING, /* being taken back: something waits, or it was cut */
	LEND_JOURNAL_KEPT,    /* taken back, but for what holds data */
	LEND_JOURNAL_UNDONE,  /* as before */
	LEND_JOURNAL_PASSED,  /* a passing one that was done */
};

enum lend_step_phase {
	LEND_STEP_NOT_DONE,
	LEND_STEP_DONE,
	LEND_STEP_CANNOT_TELL, /* why says so */
	LEND_STEP_DRIFTED,     /* neither before nor after; now says what is there */
	LEND_STEP_CHANGED_BY,  /* a newer journal, whose number is why, is about the same thing
				*/
};

struct lend_journal_step {
	bool intended;
	bool kept; /* taken back, but for this */
	enum lend_step_phase phase;
	const char *now, *why;
};

struct lend_journal_view {
	const char *id;
	const char *time; /* "2026-11-21T20:47:09Z" */
	const char *command;
	enum lend_journal_phase phase;
	bool this_boot; /* of the host, since the journal was made */
	const struct lend_plan *plan;
	struct lend_journal_step *steps; /* as many as the plan has */
	const char *broken;              /* why it cannot be read; then nothing but id is set */
};

struct lend_journals {
	struct lend_arena arena;
	struct lend_journal_view *items; /* oldest first */
	size_t n, cap;
	struct lend_plan **plans; /* theirs */
	size_t n_plans, cap_plans;
};

/* looking: look at what the steps are about, too. */
int lend_journals_read(const struct lend_apply_options *options, bool looking,
		       struct lend_journals *ret, struct lend_err *err) LEND_MUST_CHECK;
void lend_journals_done(struct lend_journals *journals);
const char *lend_journal_phase_text(enum lend_journal_phase phase);

/* Which VMs have these absolute paths in their records (apply/claims.h). */
struct lend_claim;
int lend_claims_read(const struct lend_places *places, const char *const *paths, size_t n_paths,
		     struct lend_arena *arena, struct lend_claim **ret, size_t *ret_n,
		     struct lend_err *err) LEND_MUST_CHECK;

/*
 * state_dir: NULL, or what --state-dir says.  Makes nothing.  runtime and
 * state_home are $XDG_RUNTIME_DIR and $XDG_STATE_HOME, home is $HOME; NULL when unset.
 */
int lend_places_find(struct lend_arena *arena, const char *state_dir, const char *runtime,
		     const char *state_home, const char *home, struct lend_places *ret,
		     struct lend_err *err) LEND_MUST_CHECK;

/* Is it a good place, or will it be?  Makes nothing. */
int lend_state_check(const struct lend_places *places, struct lend_err *err) LEND_MUST_CHECK;

#endif
