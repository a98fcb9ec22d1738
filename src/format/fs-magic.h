/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a stretch of storage holds, by its magic numbers: a file system, a
 * partition table, a member of a volume, or a disk image in a format that
 * somebody should have unpacked first.
 *
 * Not libblkid: it wants a descriptor, so that nothing of it could be
 * replayed from a capture, and it does not say how long a file system thinks
 * it is.  These bytes come from a guest that may be hostile; here a fuzzer
 * sees every one of them.  Names are those that blkid prints, and it is the
 * judge in the test.
 *
 * Layouts: Linux fs/{ext4/ext4.h, xfs/libxfs/xfs_format.h, f2fs, erofs,
 * squashfs_fs.h}, include/uapi/linux/{btrfs_tree.h, raid/md_p.h}; UEFI 2.10,
 * 5.3 "GUID Partition Table"; ECMA-119; QEMU docs/interop/qcow2.
 */

#ifndef LEND_FORMAT_FS_MAGIC_H
#define LEND_FORMAT_FS_MAGIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum lend_fs_class {
	LEND_FS_NONE,
	LEND_FS_FILES, /* a file system */
	LEND_FS_SWAP,
	LEND_FS_VOLUME, /* one of the things a larger one is made of: LVM, RAID, LUKS */
	LEND_FS_TABLE,  /* of partitions */
	LEND_FS_POOL,   /* memory that programs map: PMDK */
	LEND_FS_IMAGE,  /* a disk in a file of its own format: QEMU would map that as it is */
};

enum { LEND_FS_LABEL_MAX = 256, LEND_FS_UUID_TEXT = 48 };

struct lend_fs {
	enum lend_fs_class class;
	const char *type;                  /* as blkid calls it */
	char uuid[LEND_FS_UUID_TEXT];      /* as blkid prints it; "" when there is none */
	char label[LEND_FS_LABEL_MAX + 1]; /* raw bytes of the file; "" when there is none */
	bool has_size;
	uint64_t size_bytes; /* how long it thinks it is; of an image: the disk inside */
};

/* The parts of the storage that are looked at, from its start. */
struct lend_fs_part {
	uint32_t at;
	uint32_t len;
};
enum { LEND_FS_PARTS = 3 };
extern const struct lend_fs_part lend_fs_parts[LEND_FS_PARTS];

/* Their bytes; one that is shorter, or NULL, holds less. */
struct lend_fs_bytes {
	struct {
		const uint8_t *bytes;
		size_t len;
	} part[LEND_FS_PARTS];
};

/* false: nothing that is known. */
bool lend_fs_probe(const struct lend_fs_bytes *bytes, struct lend_fs *ret_fs) LEND_MUST_CHECK;

/*
 * The second copy of a GUID partition table: bytes are the last 4096 of the
 * storage, or fewer.  false: there is none.
 */
bool lend_fs_is_gpt_end(const uint8_t *bytes, size_t len);

/* "file system", "swap", "volume", ...; "" for none. */
const char *lend_fs_class_text(enum lend_fs_class class);

#endif
