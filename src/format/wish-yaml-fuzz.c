/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: what reads as a wish can be written, and reads back to the same. */

#include "format/wish-yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int parse(struct lend_arena *arena, const char *text, size_t len, struct lend_wish *wish)
{
	struct lend_err err = { 0 };
	int r = lend_wish_parse(arena, "f", text, len, wish, &err);

	if (r < 0 && (err.code == LEND_OK || err.what[0] == '\0'))
		abort();
	return r;
}

static void write_back(struct lend_arena *arena, const struct lend_wish *wish)
{
	lend_auto_buf out = { 0 };
	lend_auto_buf again = { 0 };
	struct lend_wish back = { 0 };

	lend_wish_write(&out, wish, wish->vm);
	/* Quoting may make it longer than a file may be. */
	if (out.len > LEND_WISH_BYTES_MAX)
		return;
	if (parse(arena, out.text, out.len, &back) < 0 || !lend_wish_same(wish, &back))
		abort();
	lend_wish_write(&again, &back, wish->vm);
	if (again.len != out.len || memcmp(again.text, out.text, out.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_wish_pmem pmem = { 0 };
	struct lend_wish wish = { 0 };
	struct lend_err err = { 0 };
	char *text;

	if (parse(&arena, (const char *)data, size, &wish) == 0)
		write_back(&arena, &wish);
	text = size == 0 ? lend_arena_strdup(&arena, "")
			 : lend_arena_strndup(&arena, (const char *)data, size);
	if (lend_wish_parse_pmem(&arena, text, &pmem, &err) < 0 && err.code == LEND_OK)
		abort();
	lend_arena_done(&arena);
	return 0;
}
