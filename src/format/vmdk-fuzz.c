/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: what was read is written, read and written again, and stays the same. */

#include "format/vmdk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	lend_auto_buf one = { 0 };
	lend_auto_buf two = { 0 };
	struct lend_vmdk vmdk;
	struct lend_vmdk back;

	if (lend_vmdk_parse(data, size, &arena, &vmdk, NULL) == 0) {
		lend_vmdk_write(&vmdk, &one);
		if (lend_vmdk_parse(one.text, one.len, &arena, &back, NULL) < 0)
			abort();
		lend_vmdk_write(&back, &two);
		if (one.len != two.len || memcmp(one.text, two.text, one.len) != 0 ||
		    back.size_bytes != vmdk.size_bytes || back.has_uuid != vmdk.has_uuid ||
		    back.n_entries != vmdk.n_entries)
			abort();
	}
	lend_arena_done(&arena);
	return 0;
}
