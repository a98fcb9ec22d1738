/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A journal: a plan, and line by line what was intended and what became of it.
 *
 *	{"lend-journal":1,"id":"12","time":...,"boot":...,"command":...,"plan":{...}}
 *	{"intent":0,"learned":[["file","253:1/99"]]}     synced, before anything is changed
 *	{"done":0}                                       for people
 *	{"manual":1}                                     stopped here, for a person
 *	{"back":0}                                       will be taken back
 *	{"gone":0}  {"kept":0,"why":"..."}               what became of that
 *	{"end":"applied"}                                or "undone", "kept"
 *
 * The file has room for all of it (journal-ahead.h), zeros behind the last line, so
 * that a full disk cannot stop the way back.  A last line without its end was
 * never synced, so nothing was done for it: it is written over.
 */

#ifndef LEND_APPLY_JOURNAL_H
#define LEND_APPLY_JOURNAL_H

#include "apply/apply.h"

struct lend_journal_entry {
	bool intended, done, back, gone, kept;
	struct lend_pairs learned;
	const char *why; /* of kept */
};

struct lend_journal {
	struct lend_arena arena;
	const char *id, *path, *time, *boot, *command;
	struct lend_plan *plan;
	struct lend_journal_entry *entries; /* one for each step */
	bool manual;     /* stopped at a step for a person, and not gone on */
	const char *end; /* the last one; NULL: there was none */
	int fd;          /* -1: only read */
	uint64_t len;    /* of the lines */
	uint64_t unsure; /* up to here there may be bytes of a line that failed */
};

#define lend_auto_journal LEND_CLEANUP(lend_journal_done) struct lend_journal
void lend_journal_done(struct lend_journal *journal);

/* The intents that are written with the head, so that all take one sync. */
struct lend_journal_first {
	size_t n;                         /* of steps, from the first on */
	const struct lend_pairs *learned; /* of the first; the others have learned nothing */
};

/* Makes the next one, synced; lock first. */
int lend_journal_new(struct lend_writer *w, const struct lend_places *places,
		     const struct lend_plan *plan, const char *command,
		     const struct lend_journal_first *first, struct lend_journal *ret,
		     struct lend_err *err) LEND_MUST_CHECK;

/*
 * writing: to go on with it.  LEND_E_USAGE: there is none of that number.  1: it has
 * no whole line; it was not synced, and what it did was gone with the power, too.
 */
int lend_journal_open(struct lend_writer *w, const struct lend_places *places, const char *id,
		      bool writing, struct lend_journal *ret,
		      struct lend_err *err) LEND_MUST_CHECK;

/* The numbers of those that are there, smallest first. */
int lend_journal_ids(struct lend_writer *w, const struct lend_places *places,
		     struct lend_arena *arena, const char ***ret_ids, size_t *ret_n,
		     struct lend_err *err) LEND_MUST_CHECK;

/* Held while a journal is made, or gets its name. */
int lend_journal_lock(struct lend_writer *w, const struct lend_places *places, int *ret_fd,
		      struct lend_err *err) LEND_MUST_CHECK;

/* Whose plan and lock it is, without the rest; for a look at many. */
enum lend_journal_phase lend_journal_phase(const struct lend_journal *journal);

/* Before step is done: synced. */
int lend_journal_intent(struct lend_writer *w, struct lend_journal *journal, size_t step,
			const struct lend_pairs *learned, struct lend_err *err) LEND_MUST_CHECK;

/* word is "done", "manual", "back", "gone"; not synced: looking tells as much. */
int lend_journal_note(struct lend_writer *w, struct lend_journal *journal, const char *word,
		      size_t step, struct lend_err *err) LEND_MUST_CHECK;
int lend_journal_kept(struct lend_writer *w, struct lend_journal *journal, size_t step,
		      const char *why, struct lend_err *err) LEND_MUST_CHECK;
/* how is "applied", "undone", "kept". */
int lend_journal_end(struct lend_writer *w, struct lend_journal *journal, const char *how,
		     struct lend_err *err) LEND_MUST_CHECK;

/* The text of a journal, for the one who opens it and for the fuzzer: fills all but path, fd.
 */
int lend_journal_parse(const char *text, size_t len, struct lend_journal *ret,
		       struct lend_err *err) LEND_MUST_CHECK;

enum { LEND_JOURNAL_BYTES_MAX = 2 * LEND_PLAN_BYTES_MAX };
/* How much of its bytes are lines: up to the zeros behind them, without a last one that was
 * cut. */
size_t lend_journal_whole_lines(const char *text, size_t len);

/* Of this boot of the host; "" when the kernel does not say. */
const char *lend_boot_id(struct lend_writer *w, struct lend_arena *arena);

/* The folders below the state folder, made and checked: ours, nobody else can write, on a disk.
 */
int lend_state_ready(struct lend_writer *w, const struct lend_places *places,
		     struct lend_err *err) LEND_MUST_CHECK;

#endif
