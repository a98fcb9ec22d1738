/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text; the words of each command, quoted, split into the same words again. */

#include "format/shell-words.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void back(struct lend_arena *arena, const char *bytes, size_t len)
{
	lend_auto_buf out = { 0 };
	const char *again;
	size_t again_len;
	size_t at = 0;

	lend_shell_quote(&out, bytes, len);
	if (lend_shell_words(arena, out.text, out.len, &at, &again, &again_len, NULL) != 0)
		abort();
	if (at != out.len || again_len != len || memcmp(bytes, again, len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	const char *bytes;
	size_t len;
	size_t at = 0;
	int r;

	while ((r = lend_shell_words(&arena, (const char *)data, size, &at, &bytes, &len,
				     &err)) == 0)
		back(&arena, bytes, len);
	if ((r < 0) != (err.code != LEND_OK))
		abort();
	lend_arena_done(&arena);
	return 0;
}
