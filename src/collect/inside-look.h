/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files inside*.c share among themselves. */

#ifndef LEND_COLLECT_INSIDE_LOOK_H
#define LEND_COLLECT_INSIDE_LOOK_H

#include "collect/inside.h"

struct lend_inside_work {
	struct lend_io *io;
	struct lend_arena *arena;
	struct lend_inside *inside;
	const char *path;
	uint64_t end;            /* of the file */
	struct lend_content map; /* of the whole file: where its holes are */
	bool has_map;
	const char *denied; /* it may not be read at all, and why; NULL: it may */
	bool dead; /* it did not answer in time: each further question would wait as long */
	struct lend_content content; /* of the window */
};

/* Is that all hole? */
bool lend_inside_is_hole(const struct lend_inside_work *look, uint64_t at, uint64_t bytes);

/*
 * len bytes at that place, fewer at the end of the file; NULL when they
 * cannot be seen, which is noted as unseen.  data: they may be somebody's,
 * and are kept out of captures; then NULL without a note is a replay.
 */
const uint8_t *lend_inside_read(struct lend_inside_work *look, uint64_t at, uint64_t len,
				bool data, size_t *ret_len);

/* false: it could not be asked, which is noted. */
bool lend_inside_content(struct lend_inside_work *look, const struct lend_content_want *want,
			 struct lend_content *ret);

void lend_inside_unseen(struct lend_inside_work *look, const char *fmt, ...) LEND_PRINTF(2, 3);

/* inside-area.c */

/*
 * The area of that place, with its namespaces; NULL when no index block is
 * good there.  ret_index (NULL: not wanted) says what is wrong with them.
 */
struct lend_inside_area *lend_inside_area(struct lend_inside_work *look, uint64_t start,
					  uint64_t label_bytes,
					  struct lend_nd_index *ret_index);

/* inside-find.c: areas of another size= or label-size= than the window has. */
void lend_inside_find(struct lend_inside_work *look);
/* The area of which an index block begins at that place, if there is one. */
void lend_inside_try(struct lend_inside_work *look, uint64_t at);

/* inside-holds.c: what stands at base; uuid is that of its label, NULL without one. */
void lend_inside_holds(struct lend_inside_work *look, uint64_t base, uint64_t bytes,
		       const uint8_t *uuid, struct lend_inside_holds *ret);

/* Says what is wrong with it: window is what it may use, in words. */
void lend_inside_judge_fs(struct lend_inside_work *look, const struct lend_inside_holds *holds,
			  const char *window, struct lend_inside_notes *notes);

#endif
