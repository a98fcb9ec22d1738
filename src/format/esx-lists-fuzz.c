/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as the output of every command; a list that was guessed can be read. */

#include "format/esx-lists.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_esx_rows rows;

	if (lend_esx_rows_parse((const char *)data, size, &arena, &rows, NULL) == 0) {
		enum lend_esx_command guess = lend_esx_list_guess(&rows);

		for (enum lend_esx_command c = 0; c < LEND_ESX_COMMANDS; c++) {
			struct lend_esx_lack lack;
			void *items;
			size_t n;

			if (lend_esx_list_read(c, &rows, &arena, &items, &n, &lack, NULL) < 0) {
				if (c == guess)
					abort();
			} else if (n != rows.n_rows) {
				abort();
			}
		}
	}
	lend_arena_done(&arena);
	return 0;
}
