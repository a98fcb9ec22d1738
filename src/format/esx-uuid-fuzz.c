/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text as a transcript: every UUID found prints as one that reads back. */

#include "format/esx-uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_esx_uuids uuids;

	if (lend_esx_uuids_parse((const char *)data, size, &arena, &uuids, NULL) == 0) {
		for (size_t i = 0; i < uuids.n_found; i++) {
			char text[LEND_ESX_UUID_TEXT];
			uint8_t uuid[16];

			lend_esx_uuid_format(uuids.found[i].uuid, text);
			if (!lend_esx_uuid_parse(text, strlen(text), uuid) ||
			    memcmp(uuid, uuids.found[i].uuid, 16) != 0)
				abort();
			if (uuids.found[i].file != NULL && strlen(uuids.found[i].file) > size)
				abort();
		}
		/* A session without any UUID need not be recognised by content. */
		if (uuids.n_found > 0 && !lend_esx_uuids_recognise((const char *)data, size))
			abort();
	}
	lend_arena_done(&arena);
	return 0;
}
