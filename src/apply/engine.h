/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What apply.c, undo.c and journals.c share: one step, forwards and back. */

#ifndef LEND_APPLY_ENGINE_H
#define LEND_APPLY_ENGINE_H

#include "apply/journal.h"

/* A call of the engine: one journal, one lock. */
struct lend_run {
	struct lend_arena arena;
	const struct lend_apply_options *options;
	struct lend_writer *writer;
	struct lend_journal journal;
	const struct lend_plan *plan; /* journal.plan, or what the caller gave */
	int64_t looked;       /* when the caller saw what the plan was made from; 0: unknown */
	int64_t *seen_before; /* when a step was seen in this state; 0: not so */
	int lock;
	struct lend_consent consent; /* the user's, with answers remembered */
	const char **granted;        /* names that were agreed to in this call */
	size_t n_granted, cap_granted;
	bool only_kept; /* all but what is kept was taken back before */
	struct lend_outcome *outcome;
};

void lend_run_init(struct lend_run *run, const struct lend_apply_options *options,
		   struct lend_outcome *outcome);
void lend_run_done(struct lend_run *run);

/* State folder and lock of the plan; LEND_E_REFUSED when another lend is at work. */
int lend_run_lock(struct lend_run *run, const char *lock, struct lend_err *err) LEND_MUST_CHECK;

/* Opens the journal and takes the lock of its plan. */
int lend_run_open(struct lend_run *run, const char *id, struct lend_err *err) LEND_MUST_CHECK;

/* " --state-dir DIR", for commands that a hint names; or "". */
static inline const char *lend_run_where(const struct lend_run *run)
{
	return run->options->where != NULL ? run->options->where : "";
}

/* The step with what it needs; learned is that of its intent. */
struct lend_doing lend_run_doing(struct lend_run *run, size_t step);

/* "step 2, backing /mnt/a.img" */
const char *lend_run_name(struct lend_run *run, size_t step);

enum lend_at {
	LEND_AT_BEFORE,
	LEND_AT_AFTER,
	LEND_AT_ELSE,    /* neither: *ret_now says what is there */
	LEND_AT_NOT_YET, /* what has to be there first is not */
};
/* now: or NULL. */
int lend_run_look(struct lend_run *run, size_t step, enum lend_at *ret, struct lend_state *now,
		  struct lend_err *err) LEND_MUST_CHECK;

/* Until it is wanted (BEFORE or AFTER), for what takes effect a little later. */
int lend_run_settle(struct lend_run *run, size_t step, enum lend_at wanted,
		    struct lend_err *err) LEND_MUST_CHECK;

void lend_run_say(struct lend_run *run, const char *fmt, ...) LEND_PRINTF(2, 3);

/*
 * Takes back what was intended, last step first.  0: as before, but for what
 * is kept (outcome->left); 1: something has to wait; -1: a step could not be
 * taken back, or is not as lend left it.  *ret_touched: something was changed.
 */
int lend_run_back(struct lend_run *run, bool *ret_touched,
		  struct lend_err *err) LEND_MUST_CHECK;

#endif
