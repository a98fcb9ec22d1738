/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kinds of steps about backing files share: making one unseen,
 * knowing it again, telling whether it holds data, removing it.
 */

#ifndef LEND_APPLY_BACKING_FILE_H
#define LEND_APPLY_BACKING_FILE_H

#include <sys/stat.h>

#include "apply/step.h"
#include "format/nd-label.h"
#include "io/alone.h"

enum {
	LEND_BACKING_CHUNK = 1 << 20,
	/* Of a label area; QEMU gives it to the guest as 32 bits. */
	LEND_BACKING_LABEL_MAX = 1 << 30,
};

/* A file that is open; O_RDONLY or O_RDWR, and what path names itself, no link. */
struct lend_backing {
	const char *path;
	int fd;
	struct stat st;
	struct lend_file_id id;
};

/* 0, 1: not there, -1: also when it is no regular file (LEND_E_REFUSED). */
int lend_backing_open(struct lend_writer *w, const char *path, int flags,
		      struct lend_backing *ret_backing, struct lend_err *err) LEND_MUST_CHECK;
/* The same, and LEND_E_STALE when it is not there. */
int lend_backing_need(struct lend_writer *w, const char *path, int flags,
		      struct lend_backing *ret_backing, struct lend_err *err) LEND_MUST_CHECK;
void lend_backing_close(struct lend_backing *backing);
#define lend_auto_backing LEND_CLEANUP(lend_backing_close) struct lend_backing

/* As lend_alone_hold; LEND_E_REFUSED when somebody has it. */
int lend_backing_hold(const struct lend_backing *backing, struct lend_alone *ret_alone,
		      struct lend_err *err) LEND_MUST_CHECK;

/*
 * Is it the file that pairs (of a plan, or learned) have under key?  Yes, too,
 * when they have none.  The text is then that of pairs: its device may have
 * another number since.
 */
bool lend_backing_is_id(const struct lend_pairs *pairs, const char *key,
			const struct lend_backing *backing) LEND_MUST_CHECK;
const char *lend_backing_id_text(const struct lend_pairs *pairs, const char *key,
				 const struct lend_backing *backing);
/* LEND_E_STALE when it is another one. */
int lend_backing_need_id(const struct lend_pairs *pairs, const char *key,
			 const struct lend_backing *backing,
			 struct lend_err *err) LEND_MUST_CHECK;

/* ---- the label area ---- */

struct lend_label_area {
	uint64_t offset, bytes; /* in the file */
	uint8_t *head;
	size_t head_len;
	struct lend_nd_index index; /* points into head */
};

/* That of the last bytes before end; -1 when the file does not reach so far, too. */
int lend_label_area_read(struct lend_doing *doing, const struct lend_backing *backing,
			 uint64_t end, uint64_t bytes, struct lend_label_area *ret_area,
			 struct lend_err *err) LEND_MUST_CHECK;
/* At least one index block is good, and its labels are of a layout that lend writes. */
bool lend_label_area_is_valid(const struct lend_label_area *area);

/* The label in a slot that is in use. */
int lend_label_area_label(struct lend_doing *doing, const struct lend_backing *backing,
			  const struct lend_label_area *area, uint32_t slot,
			  struct lend_nd_label *ret_label,
			  struct lend_err *err) LEND_MUST_CHECK;

/* ---- making, removing ---- */

/* Path of the temporary name, in doing->arena; it holds the numbers of journal and step. */
const char *lend_backing_temporary(const struct lend_doing *doing, const char *path);

/*
 * A file of size bytes without a name, in doing->made; blocks: each with a
 * block of its own.  Its id is learned.  Nothing is left when it fails.
 */
int lend_backing_make(struct lend_doing *doing, const char *path, uint64_t size, bool blocks,
		      struct lend_err *err) LEND_MUST_CHECK;
/* Reserves the blocks of a range, all of it or nothing but a shorter file. */
int lend_backing_reserve(struct lend_doing *doing, int fd, const char *path, uint64_t offset,
			 uint64_t len, struct lend_err *err) LEND_MUST_CHECK;
/* Gives what was made its name, and forgets it when that fails. */
int lend_backing_name(struct lend_doing *doing, const char *path,
		      struct lend_err *err) LEND_MUST_CHECK;
/* What make may have left. */
int lend_backing_forget(struct lend_doing *doing, const char *path,
			struct lend_err *err) LEND_MUST_CHECK;

/*
 * Does it hold data?  0: all of it but a label area of label_bytes at its end
 * is zero, and no label is in use.  LEND_KEEP: it does, *ret_why says what.
 */
int lend_backing_holds(struct lend_doing *doing, const struct lend_backing *backing,
		       uint64_t label_bytes, const char **ret_why,
		       struct lend_err *err) LEND_MUST_CHECK;
/* Every byte from start to end is zero; else *ret_at is one that is not, or close before it. */
int lend_backing_is_zero(struct lend_doing *doing, const struct lend_backing *backing,
			 uint64_t start, uint64_t end, bool *ret_is_zero, uint64_t *ret_at,
			 struct lend_err *err) LEND_MUST_CHECK;

/* Was it given up by name (--discard)? */
bool lend_backing_is_discarded(const struct lend_doing *doing, const struct lend_step *step);

/* ---- steps whose thing is a file that prepare makes ---- */

/* May what is in it be lost?  0: it is nothing; LEND_KEEP. */
typedef int lend_step_holds(struct lend_doing *doing, const struct lend_step *step,
			    const struct lend_backing *backing, const char **ret_why,
			    struct lend_err *err);
/* Not when it holds data. */
lend_step_holds lend_backing_step_holds;

/* As may; the same once more, with nobody able to open it, and it is gone. */
int lend_backing_may_go(struct lend_doing *doing, const struct lend_step *step,
			lend_step_holds *holds, const char **ret_why,
			struct lend_err *err) LEND_MUST_CHECK;
int lend_backing_remove(struct lend_doing *doing, const struct lend_step *step,
			lend_step_holds *holds, struct lend_err *err) LEND_MUST_CHECK;

/* What a kind needs when the file goes while it holds no data: size, label-size, file. */
int lend_backing_look(struct lend_doing *doing, const struct lend_step *step,
		      struct lend_state *ret_state, struct lend_err *err) LEND_MUST_CHECK;
int lend_backing_may(struct lend_doing *doing, const struct lend_step *step,
		     const struct lend_state *from, const struct lend_state *to,
		     const char **ret_why, struct lend_err *err) LEND_MUST_CHECK;
int lend_backing_set(struct lend_doing *doing, const struct lend_step *step,
		     const struct lend_state *from, const struct lend_state *to,
		     struct lend_err *err) LEND_MUST_CHECK;
int lend_backing_forget_step(struct lend_doing *doing, const struct lend_step *step,
			     struct lend_err *err) LEND_MUST_CHECK;

/* For steps that change a file: LEND_WAIT while somebody uses it. */
int lend_backing_may_change(struct lend_doing *doing, const struct lend_step *step,
			    const struct lend_state *from, const struct lend_state *to,
			    const char **ret_why, struct lend_err *err) LEND_MUST_CHECK;

/* An argument in bytes, 0 when there is none. */
int lend_backing_arg(const struct lend_step *step, const char *key, uint64_t *ret_value,
		     struct lend_err *err) LEND_MUST_CHECK;

/* Exactly len bytes: LEND_E_STALE when it has become shorter. */
int lend_backing_read(struct lend_doing *doing, const struct lend_backing *backing, void *bytes,
		      size_t len, uint64_t offset, struct lend_err *err) LEND_MUST_CHECK;

#endif
