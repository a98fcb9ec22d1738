/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text: when it is an id, printing it gives the same text in lower case. */

#include "base/arena.h"
#include "format/nd-id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	char *text = lend_arena_strndup(&arena, (const char *)data, size);
	char back[LEND_ND_ID_TEXT];
	char more[LEND_ND_ID_TEXT];
	struct lend_nd_id id;
	struct lend_nd_id again;
	uint32_t slot;
	unsigned int minor;

	if (lend_nd_id_parse(text, &id)) {
		lend_nd_id_format(&id, back);
		if (strlen(back) != strlen(text) || !lend_nd_id_parse(back, &again))
			abort();
		lend_nd_id_format(&again, more);
		if (strcmp(back, more) != 0)
			abort();
		if (lend_nd_id_qemu_slot(&id, &slot) &&
		    !lend_nd_cookie_qemu_slot(lend_nd_cookie_v12(&id), &slot, &minor))
			abort();
	}
	lend_arena_done(&arena);
	return 0;
}
