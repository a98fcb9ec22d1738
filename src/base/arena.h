/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that is freed as a whole.
 *
 * One arena for each inventory, report and plan; pointers inside one arena
 * need no thought, pointers from one arena into another are not kept.
 * Out of memory ends the program with one line: every input has a limit, so
 * a hostile one cannot cause it.
 *
 * Under AddressSanitizer every object is a block of its own, so that an
 * overflow by one byte is still seen.
 */

#ifndef LEND_BASE_ARENA_H
#define LEND_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct lend_arena_chunk;

struct lend_arena {
	struct lend_arena_chunk *chunks; /* newest first */
	size_t used;                     /* bytes used of the newest */
	size_t bytes;                    /* of all chunks but those of their own */
};

/* A zeroed struct is an empty arena; done frees everything and leaves it empty. */
void lend_arena_done(struct lend_arena *arena);

/* Everything in it dies; what is filled anew often keeps some memory for that. */
void lend_arena_clear(struct lend_arena *arena);

/* Zeroed, aligned for any object.  Never NULL. */
void *lend_arena_alloc(struct lend_arena *arena, size_t size);

/* As alloc for count objects of size bytes; aborts when the product overflows. */
void *lend_arena_array(struct lend_arena *arena, size_t count, size_t size);

/* Copies; the second form stops at len and adds the NUL. */
char *lend_arena_strdup(struct lend_arena *arena, const char *text);
char *lend_arena_strndup(struct lend_arena *arena, const char *text, size_t len);
char *lend_arena_printf(struct lend_arena *arena, const char *fmt, ...) LEND_PRINTF(2, 3);

#define LEND_NEW(arena, type) ((type *)lend_arena_alloc((arena), sizeof(type)))

/*
 * Makes room for one more element in an array that lives in the arena, and
 * counts it:  struct x *e = LEND_PUSH(arena, v->item, v->n, v->cap);
 * The new element is zeroed.  Pointers to older elements die.
 */
#define LEND_PUSH(arena, items, n, cap)                                                        \
	((items) = lend_arena_grow((arena), (items), (n), &(cap), sizeof(*(items))),           \
	 &(items)[(n)++])

void *lend_arena_grow(struct lend_arena *arena, void *items, size_t n, size_t *cap,
		      size_t size);

/* malloc and realloc that abort; for the few things that do not live in an arena. */
void *lend_xrealloc(void *old, size_t size);

#endif
