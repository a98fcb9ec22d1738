/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/stat-names.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "base/num.h"

const char *lend_stat_type(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFBLK:
		return "block device";
	case S_IFCHR:
		return "character device";
	default:
		return "other";
	}
}

/* statfs(2), linux/magic.h */
const char *lend_stat_fs(struct lend_build *b, uint64_t magic)
{
	static const struct {
		uint64_t magic;
		const char *name;
	} names[] = {
		{ 0xef53, "ext4" },          { 0x58465342, "xfs" },     { 0x9123683e, "btrfs" },
		{ 0x01021994, "tmpfs" },     { 0x794c7630, "overlay" }, { 0x6969, "nfs" },
		{ 0x958458f6, "hugetlbfs" }, { 0x2fc12fc1, "zfs" },     { 0x65735546, "fuse" },
		{ 0xff534d42, "cifs" },      { 0xfe534d42, "smb" },     { 0xf2f52010, "f2fs" },
		{ 0x01021997, "9p" },        { 0x858458f6, "ramfs" },   { 0x4d44, "vfat" },
	};

	for (size_t i = 0; i < LEND_COUNT(names); i++) {
		if (names[i].magic == magic)
			return names[i].name;
	}
	return lend_build_internf(b, "0x%" PRIx64, magic);
}
