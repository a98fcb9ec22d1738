/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-memory.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_memory, vm, LEND_HIDE_NAME,
		"the domain it belongs to"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_memory, next, "true: from its next start on; false: now"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_memory, model, "nvdimm, virtio-pmem, dimm, ..."),
	LEND_FIELD(LEND_FIELD_COUNT, lend_memory, slot, "as it is, or as libvirt will choose it"),
	LEND_FIELD(LEND_FIELD_HEX, lend_memory, address, "where the guest has it"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_memory, size_bytes, "label area included"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_memory, label_bytes, "label area at the end of it"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_memory, path, LEND_HIDE_PATH,
		"its backing, as the domain names it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_memory, dev, "major:minor of the file system that it is on"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_memory, inode, "its inode number"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_memory, rdev, "major:minor, when it is a device"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_memory;
const struct lend_kind_info lend_kind_memory = {
	.name = "memory",
	.help = "memory of domains: DIMMs, and what comes at their next start",
	.size = sizeof(struct lend_memory),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
