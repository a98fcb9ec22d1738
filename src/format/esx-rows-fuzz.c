/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: what was read is written in every form, read again, and as JSON stays the same. */

#include "format/esx-rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const struct lend_esx_rows *rows, struct lend_arena *arena)
{
	lend_auto_buf one = { 0 };
	lend_auto_buf two = { 0 };
	lend_auto_buf three = { 0 };
	struct lend_esx_rows back;

	/* The first time bytes that are no UTF-8 become texts, and names that are there twice
	 * one. */
	lend_esx_rows_write(rows, LEND_ESX_JSON, &one);
	if (lend_esx_rows_parse(one.text, one.len, arena, &back, NULL) < 0)
		return;
	lend_esx_rows_write(&back, LEND_ESX_JSON, &two);
	if (lend_esx_rows_parse(two.text, two.len, arena, &back, NULL) < 0)
		abort();
	lend_esx_rows_write(&back, LEND_ESX_JSON, &three);
	if (two.len != three.len || memcmp(two.text, three.text, two.len) != 0 ||
	    back.n_rows != rows->n_rows || back.n_odd != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_esx_rows rows, back;

	if (lend_esx_rows_parse((const char *)data, size, &arena, &rows, NULL) == 0) {
		for (enum lend_esx_form form = LEND_ESX_JSON; form < LEND_ESX_FORMS; form++) {
			lend_auto_buf out = { 0 };

			lend_esx_rows_write(&rows, form, &out);
			if (lend_esx_rows_parse(lend_buf_text(&out), out.len, &arena, &back,
						NULL) == 0 &&
			    back.n_rows > rows.n_rows)
				abort();
		}
		again(&rows, &arena);
	}
	lend_arena_done(&arena);
	return 0;
}
