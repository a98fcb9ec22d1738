/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: written unchanged they are the same; an entry that is set reads back as itself. */

#include "format/vmdk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void set_one(struct lend_vmdk *vmdk, struct lend_arena *arena)
{
	lend_auto_buf out = { 0 };
	struct lend_vmdk back;
	const char *value;

	if (lend_vmdk_set(vmdk, "ddb.lendFuzz", "a = b", NULL) < 0)
		return;
	lend_vmdk_write(vmdk, &out);
	if (out.len > LEND_VMDK_MAX)
		return;
	if (lend_vmdk_parse(out.text, out.len, arena, &back, NULL) < 0 ||
	    back.n_entries != vmdk->n_entries)
		abort();
	value = lend_vmdk_get(&back, "ddb.lendFuzz");
	if (value == NULL || strcmp(value, "a = b") != 0)
		abort();
}

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
		if (!vmdk.embedded && (one.len != size || memcmp(one.text, data, size) != 0) &&
		    memchr(data, 0, size) == NULL)
			abort();
		set_one(&vmdk, &arena);
	}
	lend_arena_done(&arena);
	return 0;
}
