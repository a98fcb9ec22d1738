/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define ONE_BLOCK_EACH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ONE_BLOCK_EACH 1
#endif
#endif
#ifndef ONE_BLOCK_EACH
#define ONE_BLOCK_EACH 0
#endif

/* Chunks double in size: most arenas stay small, and pages that nobody touches cost nothing. */
enum { CHUNK_FIRST = 2 * 1024, CHUNK_BYTES = 32 * 1024 };

/* Of an arena that has grown to LARGE, chunks come with their pages, all at once: one by one
 * they cost more than what is written into them. */
enum { LARGE = 1024 * 1024, CHUNK_LARGE = 256 * 1024, PAGE = 4096 };

enum { SHORT_TEXT = 128 }; /* longer ones are formatted twice */

struct lend_arena_chunk {
	struct lend_arena_chunk *older;
	size_t size;
	max_align_t data[];
};

static void out_of_memory(void)
{
	(void)fputs("lend: out of memory\n", stderr);
	abort();
}

void *lend_xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size);

	if (p == NULL)
		out_of_memory();
	return p;
}

static struct lend_arena_chunk *add_chunk(size_t size)
{
	struct lend_arena_chunk *chunk;

	if (size > SIZE_MAX - sizeof(*chunk))
		out_of_memory();
	chunk = lend_xrealloc(NULL, sizeof(*chunk) + size);
	chunk->size = size;
	return chunk;
}

/* Before Linux 5.14 nothing happens, and the pages come when they are used. */
static void touch_pages(struct lend_arena_chunk *chunk)
{
#ifdef MADV_POPULATE_WRITE
	uintptr_t from = ((uintptr_t)chunk->data + PAGE - 1) / PAGE * PAGE;
	uintptr_t to = ((uintptr_t)chunk->data + chunk->size) / PAGE * PAGE;

	(void)madvise((void *)from, to - from, MADV_POPULATE_WRITE);
#else
	(void)chunk;
#endif
}

static size_t next_size(const struct lend_arena *arena, size_t need)
{
	size_t size = arena->chunks == NULL ? CHUNK_FIRST : arena->chunks->size * 2;

	if (arena->bytes >= LARGE)
		return CHUNK_LARGE;
	if (size > CHUNK_BYTES)
		size = CHUNK_BYTES;
	return size < need ? CHUNK_BYTES : size;
}

/* Alone, and behind the newest chunk, whose rest stays in use. */
static void *take_alone(struct lend_arena *arena, size_t size)
{
	struct lend_arena_chunk *chunk = add_chunk(size);

	if (arena->chunks == NULL) {
		chunk->older = NULL;
		arena->chunks = chunk;
		arena->used = size;
	} else {
		chunk->older = arena->chunks->older;
		arena->chunks->older = chunk;
	}
	return chunk->data;
}

/* Not zeroed: pages that nobody uses are not touched, and cost nothing. */
static void *take(struct lend_arena *arena, size_t size, size_t align)
{
	struct lend_arena_chunk *chunk;
	size_t at;

	if (ONE_BLOCK_EACH || size > CHUNK_BYTES / 4)
		return take_alone(arena, size);
	at = (arena->used + align - 1) / align * align;
	if (arena->chunks == NULL || at > arena->chunks->size ||
	    arena->chunks->size - at < size) {
		chunk = add_chunk(next_size(arena, size));
		if (chunk->size == CHUNK_LARGE)
			touch_pages(chunk);
		arena->bytes += chunk->size;
		chunk->older = arena->chunks;
		arena->chunks = chunk;
		at = 0;
	}
	arena->used = at + size;
	return (char *)arena->chunks->data + at;
}

void *lend_arena_alloc(struct lend_arena *arena, size_t size)
{
	return memset(take(arena, size, _Alignof(max_align_t)), 0, size);
}

static void free_from(struct lend_arena_chunk *chunk)
{
	while (chunk != NULL) {
		struct lend_arena_chunk *older = chunk->older;

		free(chunk);
		chunk = older;
	}
}

void lend_arena_done(struct lend_arena *arena)
{
	free_from(arena->chunks);
	*arena = (struct lend_arena){ 0 };
}

void lend_arena_clear(struct lend_arena *arena)
{
	struct lend_arena_chunk *newest = arena->chunks;

	if (ONE_BLOCK_EACH || newest == NULL || newest->size > CHUNK_BYTES) {
		lend_arena_done(arena);
		return;
	}
	free_from(newest->older);
	newest->older = NULL;
	arena->used = 0;
	arena->bytes = newest->size;
}

void *lend_arena_array(struct lend_arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		out_of_memory();
	return lend_arena_alloc(arena, bytes);
}

char *lend_arena_strndup(struct lend_arena *arena, const char *text, size_t len)
{
	char *copy = take(arena, len + 1, 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *lend_arena_strdup(struct lend_arena *arena, const char *text)
{
	return lend_arena_strndup(arena, text, strlen(text));
}

char *lend_arena_printf(struct lend_arena *arena, const char *fmt, ...)
{
	char small[SHORT_TEXT];
	char *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (len < 0)
		out_of_memory();
	if ((size_t)len < sizeof(small))
		return lend_arena_strndup(arena, small, (size_t)len);
	text = take(arena, (size_t)len + 1, 1);
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

void *lend_arena_grow(struct lend_arena *arena, void *items, size_t n, size_t *cap, size_t size)
{
	void *bigger;

	if (n < *cap) {
		memset((char *)items + n * size, 0,
		       size); /* may hold an element that was dropped */
		return items;
	}
	*cap = *cap == 0 ? 8 : *cap * 2;
	bigger = lend_arena_array(arena, *cap, size);
	if (n > 0)
		memcpy(bigger, items, n * size);
	return bigger;
}
