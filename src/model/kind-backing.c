/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-backing.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_backing, path, LEND_HIDE_PATH,
		"where it was found"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_backing, type, "file, block device, ..., vmdk; vmdk disk: an ordinary one; vpmem disk: one on persistent memory"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_backing, dev, "major:minor of the file system"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_backing, inode, "inode number"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_backing, rdev, "major:minor of a device"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_backing, size_bytes, "size of the file, or of the disk a VMDK describes"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_backing, allocated_bytes, "blocks in use"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_backing, fs, "file system type"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_backing, free_bytes, "free on its file system, for us"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_backing, uuid, LEND_HIDE_UUID,
		"UUID of a VMDK, 32 hex digits"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_backing, dax, "mapped without the page cache: statx says so, or it is a DAX device"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_backing, map_sync, "a trial mapping with MAP_SYNC was granted"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_backing, dax_driver, "of a DAX device: device_dax, kmem"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_backing, dax_region, "of a DAX device: regionN of persistent memory, or hmem.N"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_backing, align_bytes, "step in which a DAX device can be mapped"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_backing, format, "by its first bytes: raw, qcow2, vmdk, vpc, vhdx, qed, vdi"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_backing;
const struct lend_kind_info lend_kind_backing = {
	.name = "backing",
	.help = "files and devices that hold the bytes",
	.size = sizeof(struct lend_backing),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
