/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-backend.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_backend, vm, LEND_HIDE_NAME,
		"the VM it belongs to"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_backend, object_id, "id= of the object"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_backend, type, "memory-backend-file, ..."),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_backend, path, LEND_HIDE_PATH,
		"mem-path as given; may be relative to QEMU's directory"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_backend, size_bytes, "size= of the object, label area included"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_backend, align_bytes, "align="),
	LEND_FIELD(LEND_FIELD_BYTES, lend_backend, offset_bytes, "offset= into the file (QEMU 8.1)"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_backend, share, "guest writes reach the file"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_backend, pmem, "MAP_SYNC is asked for (with share)"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_backend, readonly, "opened read-only"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_backend, prealloc, "every page is touched at the start"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_backend, discard_data, "the file is emptied when QEMU ends"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_backend, mapped_shared, "QEMU has mapped it so that writes reach the file"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_backend, mapped_sync, "QEMU has mapped it with MAP_SYNC"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_backend, written_bytes, "size in the definition of a domain, before libvirt rounds it"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_backend;
const struct lend_kind_info lend_kind_backend = {
	.name = "backend",
	.help = "memory backend objects",
	.size = sizeof(struct lend_backend),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
