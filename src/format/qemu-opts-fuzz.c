/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text; what was read is written as key=value, and reads back as the same pairs. */

#include "format/qemu-opts.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void back(struct lend_arena *arena, const struct lend_qemu_opts *opts)
{
	lend_auto_buf out = { 0 };
	struct lend_qemu_opts again;

	for (size_t i = 0; i < opts->n; i++) {
		const char *key = opts->pairs[i].key;

		/* JSON can hold keys that the other form cannot spell. */
		if (key[0] == '\0' || key[strcspn(key, "=,")] != '\0' ||
		    (i == 0 && key[0] == '{'))
			return;
		lend_qemu_opts_put(&out, key, opts->pairs[i].value);
	}
	if (lend_qemu_opts_parse(arena, lend_buf_text(&out), "implied", &again, NULL) < 0 ||
	    again.n != opts->n)
		abort();
	for (size_t i = 0; i < opts->n; i++) {
		if (strcmp(again.pairs[i].key, opts->pairs[i].key) != 0 ||
		    strcmp(again.pairs[i].value, opts->pairs[i].value) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_qemu_opts opts;
	struct lend_err err = { 0 };
	const char *text = lend_arena_strndup(&arena, (const char *)data, size);

	if (lend_qemu_opts_parse(&arena, text, "driver", &opts, &err) == 0)
		back(&arena, &opts);
	else if (err.code == LEND_OK)
		abort();
	lend_arena_done(&arena);
	return 0;
}
