/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any command line; a wish that does not contradict itself is written and reads back the same.
 */

#include "plan/wish-from-args.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make(struct lend_arena *arena, const struct lend_qemu_args *args)
{
	const struct lend_wish_from from = { .name = "fuzz", .dir = "/dir" };
	struct lend_wish_made made;
	struct lend_wish again;
	struct lend_err err = { 0 };
	lend_auto_buf text = { 0 };

	if (lend_wish_from_args(arena, args, &from, &made, &err) < 0) {
		if (err.code == LEND_OK)
			abort();
		return;
	}
	if (lend_wish_check(&made.wish, "it", NULL) < 0)
		return;
	lend_wish_write(&text, &made.wish, NULL);
	if (text.len > LEND_WISH_BYTES_MAX)
		return;
	if (lend_wish_parse(arena, "it", text.text, text.len, &again, NULL) < 0 ||
	    !lend_wish_same(&made.wish, &again))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_qemu_args args;

	lend_qemu_args_parse(&arena, (const char *)data, size, &args);
	make(&arena, &args);
	if (lend_qemu_args_parse_text(&arena, (const char *)data, size, &args, NULL) == 0)
		make(&arena, &args);
	lend_arena_done(&arena);
	return 0;
}
