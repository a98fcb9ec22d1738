/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any domain: a wish that can be written; where it contradicts nothing, it reads back. */

#include "plan/wish-from-domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_domain d;
	struct lend_wish_made made;
	struct lend_wish back;
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };

	if (lend_domain_parse(&arena, "f", (const char *)data, size, &d, NULL) == 0) {
		if (lend_wish_from_domain(&arena, &d, &made, &err) < 0) {
			if (err.code == LEND_OK)
				abort();
		} else {
			lend_wish_write(&out, &made.wish, "x");
			(void)!lend_wish_parse(&arena, "f", out.text, out.len, &back, NULL);
		}
	}
	lend_arena_done(&arena);
	return 0;
}
