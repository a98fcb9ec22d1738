/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kind of step: how to look at the thing it is about, and how to change it.
 * docs/design/engine.md says what the engine does with it, and when.
 */

#ifndef LEND_APPLY_STEP_H
#define LEND_APPLY_STEP_H

#include "base/auto.h"
#include "io/write.h"
#include "plan/plan.h"

/* What the user agreed to by name. */
struct lend_consent {
	const char *const *accept; /* "stop:db1" */
	size_t n_accept;
	const char *const *discard; /* names of backings, or their paths */
	size_t n_discard;
	bool has_patience; /* else what steps say */
	uint64_t patience_s;
	/* Asks at a terminal; NULL: nobody is there.  what is a whole question without "?". */
	bool (*ask)(void *context, const char *what);
	void *context;
};

/* A file without a name, or with a temporary one; the engine closes what set has left. */
struct lend_made {
	bool is;
	bool named; /* it has the temporary name */
	int fd;
};

static inline void lend_made_close(struct lend_made *made)
{
	if (made->is)
		lend_close_fd(&made->fd);
	made->is = false;
}

/* What a step may use while it is done. */
struct lend_doing {
	struct lend_arena *arena; /* of this call */
	struct lend_writer *writer;
	const struct lend_places *places;
	const struct lend_consent *consent;
	const struct lend_plan *plan;
	const char *journal;       /* its number, as text */
	size_t index;              /* of the step */
	struct lend_pairs learned; /* by prepare: in the intent, so that look knows it again */
	struct lend_made made;     /* by prepare, for set */
	int64_t deadline;          /* of the whole call, lend_now_ms() */
	bool went_back;            /* steps behind this one were taken back a moment ago */
	bool refused; /* set failed, and did nothing: what is there is not of this step */
};

/* Positive outcomes of look. */
enum { LEND_LOOK_NOT_YET = 1 }; /* what has to be there first is not: a VM that does not run */

/* Positive outcomes of may and of set. */
enum {
	LEND_KEEP = 1, /* it holds data: *ret_why says so; stays, and is named */
	LEND_WAIT = 2, /* goes when the VM has stopped, or when a person has done something */
};

struct lend_step_kind {
	const char *name;
	const char *does; /* one line for people and docs */

	/*
	 * The thing is a program's, which refuses what is there already, and
	 * answers when it has done what it was told: a look just before the plan
	 * was begun suffices, and none is needed afterwards.
	 */
	bool answers;

	/* What is there now, with every key that before and after have.  Changes nothing. */
	int (*look)(struct lend_doing *doing, const struct lend_step *step,
		    struct lend_state *ret_state, struct lend_err *err);

	/*
	 * From one state to the other; look has just said that it is from.  An
	 * error may leave it either way, but nothing in between that look would
	 * not know.
	 */
	int (*set)(struct lend_doing *doing, const struct lend_step *step,
		   const struct lend_state *from, const struct lend_state *to,
		   struct lend_err *err);

	/*
	 * NULL, or: makes what nobody sees yet, before the intent; adds to
	 * doing->learned.  Only from before to after.  What it leaves when the
	 * process dies, forget removes; set takes it, or fails and forgets it.
	 */
	int (*prepare)(struct lend_doing *doing, const struct lend_step *step,
		       struct lend_err *err);
	/* NULL, or: makes a program ready for set, which the program does not see as a
	 * change.  Before the intent is synced, so that both go on at once.  Only from
	 * before to after.
	 */
	void (*ready)(struct lend_doing *doing, const struct lend_step *step);
	/* NULL, or: removes what prepare and a set that was cut may have left. */
	int (*forget)(struct lend_doing *doing, const struct lend_step *step,
		      struct lend_err *err);

	/*
	 * NULL (yes), or: may it go back without harm?  0 yes; LEND_KEEP,
	 * LEND_WAIT with *ret_why in doing->arena; -1 and LEND_E_REFUSED: a
	 * consent is missing, named in the hint.
	 */
	int (*may)(struct lend_doing *doing, const struct lend_step *step,
		   const struct lend_state *from, const struct lend_state *to,
		   const char **ret_why, struct lend_err *err);
	/*
	 * NULL (no), or: what is there is neither before nor after.  Is it what the
	 * step made, beyond doubt, and goes back as that?  0: yes, 1: no.
	 */
	int (*is_own)(struct lend_doing *doing, const struct lend_step *step,
		      const struct lend_state *now, struct lend_err *err);
};

/* In the order of src/apply/meson.build, NULL at the end. */
extern const struct lend_step_kind *const lend_step_kinds[];

/* NULL when there is none of that name. */
const struct lend_step_kind *lend_step_kind(const char *name);

/* The value of an argument that has to be there: LEND_E_FORMAT when it is not. */
int lend_step_need(const struct lend_step *step, const char *key, const char **ret_value,
		   struct lend_err *err) LEND_MUST_CHECK;
int lend_step_need_u64(const struct lend_step *step, const char *key, uint64_t *ret_value,
		       struct lend_err *err) LEND_MUST_CHECK;

/* By --accept NAME, or by asking; else -1 and LEND_E_REFUSED with "--accept NAME" as hint. */
int lend_consent_given(const struct lend_doing *doing, const char *name, const char *question,
		       struct lend_err *err) LEND_MUST_CHECK;

/* Whether --discard NAME means it: its name, or that of its NVDIMM, NAME or VM:NAME. */
bool lend_step_is_called(const struct lend_step *step, const char *name);

#endif
