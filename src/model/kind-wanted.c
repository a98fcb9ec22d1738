/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-wanted.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_wanted_node, path, LEND_HIDE_PATH, "as it was asked for"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, type, "file, directory, block device, dax device, ..."),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, dev, "major:minor of the file system"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_wanted_node, inode, "inode number"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, rdev, "major:minor of a device"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_wanted_node, size_bytes, "size of the file or device"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_wanted_node, allocated_bytes, "blocks in use"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, fs, "file system it is on, or would be on"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, fs_dev, "major:minor of that"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_wanted_node, folder_inode, "inode number of its folder, when it is not there"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, folder, "type of what should be its folder, when it is not there"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_wanted_node, free_bytes, "free on that file system, for us"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_wanted_node, block_bytes, "block size of that file system"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_wanted_node, read_only, "that file system is mounted read-only"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_wanted_node, writable, "we may write to it, or into its folder"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_wanted_node, fs_dax, "the device of that file system can do DAX; whether a file is on DAX only a trial tells"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_wanted_node, align_bytes, "step in which a DAX device can be mapped"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_wanted_node, label_bytes, "label area that was looked for at the end of the wanted size"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, label_state, "valid, one index torn, damaged, none, or none and other data"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, label_version, "1.1 or 1.2"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_wanted_node, label_slot, "slot in which labels were written"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, label_elsewhere, "size= and label-size= that labels elsewhere in it were written for"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, tail, "zero: the whole wanted label area is; data: it is not"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_wanted_node, dax, "mapped without the page cache: statx says so, or it is a DAX device"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_wanted_node, map_sync, "a trial mapping with MAP_SYNC was granted"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, dax_driver, "of a DAX device: device_dax, kmem"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, dax_region, "of a DAX device: regionN of persistent memory, or hmem.N"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, format, "by its first bytes: raw, qcow2, vmdk, vpc, vhdx, qed, vdi"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_wanted_node, users, "who has the file open or mapped: one process, the kernel; none"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_wanted;
const struct lend_kind_info lend_kind_wanted = {
	.name = "wanted",
	.help = "files, folders and devices that a wish names",
	.size = sizeof(struct lend_wanted_node),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
