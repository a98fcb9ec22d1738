/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-block.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_block, type, "disk, part, dm, md, loop, pmem, rom, nvme-head, nvme-path, ..."),
	LEND_FIELD(LEND_FIELD_TEXT, lend_block, dev, "major:minor"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_block, size_bytes, "size"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_block, read_only, "device is read-only"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_block, model, "model"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_block, serial, LEND_HIDE_SERIAL,
		"serial number"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_block, wwid, LEND_HIDE_SERIAL,
		"name that is unique in the world"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_block, dm_name, LEND_HIDE_NAME,
		"name below /dev/mapper"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_block, dm_uuid, LEND_HIDE_UUID,
		"LVM-..., CRYPT-..., mpath-...: whose mapping it is"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_block, md_level, "raid1, raid5, linear, ..."),
	LEND_FIELD(LEND_FIELD_TEXT, lend_block, md_metadata, "its superblock: 1.2, external:imsm, none, ..."),
	LEND_FIELD(LEND_FIELD_COUNT, lend_block, md_disks, "disks the array is made for"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_block, md_missing, "of these, how many it lacks"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_block, backing_file, LEND_HIDE_PATH,
		"file of a loop device"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_block, file_dev, "major:minor of the file system of that file"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_block, file_inode, "its inode number"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_block, pci, "functions it hangs on, where its path tells"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_block, state, "gone: others name it, it is not there; failed, offline ...: a path that does not work"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_block, used_by, "partitions, holders, mounts, swap, VMs that are seen on it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_block, holds, "what lies on one that nobody uses, as udev knows it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_block, no_path, "of dm-multipath: what is read and written without a path left does: fail, wait"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_block;
const struct lend_kind_info lend_kind_block = {
	.name = "block",
	.help = "block devices",
	.size = sizeof(struct lend_block),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
