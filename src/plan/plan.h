/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan: steps from what is to what is wished, each with the state before
 * and after.  Data and nothing else: it can be printed, saved, loaded, applied
 * and taken back.  docs/design/engine.md says what the words mean.
 */

#ifndef LEND_PLAN_PLAN_H
#define LEND_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "lend/lend.h"

enum {
	LEND_PLAN_STEPS_MAX = 1024,
	LEND_PLAN_PAIRS_MAX = 4096, /* of one list */
	LEND_PLAN_BYTES_MAX = 8 << 20,
};

/* Where lend keeps things; all absolute. */
struct lend_places {
	const char *state; /* "/var/lib/lend" */
	const char *run;   /* "/run/lend" */
};

/* Pairs of texts, in order; a key may come more than once. */
struct lend_setting {
	const char *key;
	const char *value;
};

struct lend_pairs {
	struct lend_setting *items;
	size_t n, cap;
};

/* A thing is absent, or it is there and so much is known of it. */
struct lend_state {
	bool absent;
	struct lend_pairs pairs;
};

enum lend_back {
	LEND_BACK_EXACT,      /* set with before and after swapped */
	LEND_BACK_IF_UNUSED,  /* the same while it holds no data */
	LEND_BACK_NEXT_START, /* stays until the VM has stopped */
	LEND_BACK_NEVER,      /* needs named consent, comes last */
};

struct lend_step {
	const char *kind; /* lend_step_kinds */
	const char *name; /* what it is about: "/mnt/log.img", "db1", "db1:log" */
	struct lend_pairs args;
	struct lend_state before, after;
	enum lend_back back;
	const char **typed; /* lines that a person would type */
	size_t n_typed, cap_typed;
	const char *note;    /* one line that has to be known, or NULL */
	const char *consent; /* of --accept, without which it is not done; or NULL */
};

enum lend_remark_level { LEND_REMARK_NOTE, LEND_REMARK_WARN, LEND_REMARK_REFUSE };

/* What the one who planned has to say; with a REFUSE nothing is applied. */
struct lend_remark {
	enum lend_remark_level level;
	const char *text;
	const char *hint; /* or NULL */
	const char *rule; /* that says the same (rules/rules.h); NULL: none does */
};

struct lend_plan {
	struct lend_arena arena;
	const char *title; /* "start db1 with 2 NVDIMMs" */
	const char *vm;    /* or NULL: no VM is concerned */
	/*
	 * Done once, nothing to take back later: starting and stopping what is
	 * lent anyway.  While it is half done it goes back like any other.
	 */
	bool passing;
	const char *lock; /* "vm-db1", "host" */
	/* The state folder that its steps name; it is applied with no other.  NULL: any. */
	const char *state;
	struct lend_step *steps;
	size_t n_steps, cap_steps;
	struct lend_remark *remarks;
	size_t n_remarks, cap_remarks;
	const char **after; /* lines for the user once it is done: how to reach the guest */
	size_t n_after, cap_after;
};

/* On the heap, because it outlives the one who makes it. */
struct lend_plan *lend_plan_new(const char *title, const char *vm, const char *lock);
void lend_plan_free(struct lend_plan *plan); /* NULL is fine */

static inline void lend_plan_done(struct lend_plan **plan)
{
	lend_plan_free(*plan);
}
#define lend_auto_plan LEND_CLEANUP(lend_plan_done) struct lend_plan

/* All texts are copied into the plan.  The step is valid until the next one is added. */
struct lend_step *lend_plan_step(struct lend_plan *plan, const char *kind, const char *name);
void lend_plan_arg(struct lend_plan *plan, struct lend_step *step, const char *key,
		   const char *value);
void lend_plan_typed(struct lend_plan *plan, struct lend_step *step, const char *fmt, ...)
	LEND_PRINTF(3, 4);
void lend_plan_remark(struct lend_plan *plan, enum lend_remark_level level, const char *hint,
		      const char *fmt, ...) LEND_PRINTF(4, 5);
/* The last remark is what that rule says. */
void lend_plan_by_rule(struct lend_plan *plan, const char *rule);
void lend_plan_after(struct lend_plan *plan, const char *fmt, ...) LEND_PRINTF(2, 3);
bool lend_plan_is_refused(const struct lend_plan *plan);

/* "file-system" is written so, too: the words of plans. */
const char *lend_back_text(enum lend_back back);

/* ---- pairs and states ---- */

void lend_pairs_add(struct lend_arena *arena, struct lend_pairs *pairs, const char *key,
		    const char *value);
void lend_pairs_add_u64(struct lend_arena *arena, struct lend_pairs *pairs, const char *key,
			uint64_t value);
/* The first of that key; NULL when there is none. */
const char *lend_pairs_get(const struct lend_pairs *pairs, const char *key);
/* The n-th of that key, from 0. */
const char *lend_pairs_nth(const struct lend_pairs *pairs, const char *key, size_t n);
/* false when there is none, or it is no decimal number. */
bool lend_pairs_u64(const struct lend_pairs *pairs, const char *key, uint64_t *ret);

/*
 * Is what is there the wanted state?  Absent is absent; else every pair of
 * wanted is in is, with that value.
 */
bool lend_state_is(const struct lend_state *is, const struct lend_state *wanted);

/* "size=4294967296, label=5", "text (11 lines)", "absent": one line, escaped for a terminal. */
void lend_state_text(struct lend_buf *out, const struct lend_state *state);
/* It holds the text of a whole file, of which no message shows anything. */
bool lend_state_is_file(const struct lend_state *state);

/* ---- JSON: docs/plan-json.md ---- */

/* One line without indent (journals), or for people to read; no newline at the end. */
void lend_plan_save_text(const struct lend_plan *plan, bool pretty, struct lend_buf *out);
int lend_plan_load_text(const char *text, size_t len, struct lend_plan **ret_plan,
			struct lend_err *err) LEND_MUST_CHECK;

struct lend_json;
struct lend_jsonw;
int lend_plan_load_json(const struct lend_json *doc, struct lend_plan **ret_plan,
			struct lend_err *err) LEND_MUST_CHECK;
void lend_plan_save_json(const struct lend_plan *plan, struct lend_jsonw *w, const char *key);
/* {"k":"v"} as an array of [key, value], which keeps order and repeats. */
void lend_pairs_save_json(const struct lend_pairs *pairs, struct lend_jsonw *w,
			  const char *key);
int lend_pairs_load_json(struct lend_arena *arena, const struct lend_json *array,
			 struct lend_pairs *ret, struct lend_err *err) LEND_MUST_CHECK;

#endif
