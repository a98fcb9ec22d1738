/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a file system that is not mounted holds nothing, told by what it
 * counts itself.
 *
 * ext4: all inodes in use that are not reserved are directories, and there is
 * but one below the root (lost+found).  A clean journal, so that the counts
 * are true.  (Linux Documentation/filesystems/ext4: super, group_descr.)
 * XFS: no inode but the root and the two of the realtime device, and
 * xfs_logprint calls its log clean.  (XFS Algorithms & Data Structures,
 * "Superblocks".)
 */

#include "apply/nd.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/num.h"

enum {
	SUPER_AT = 1024,
	SUPER_LEN = 1024,
	STATE_CLEAN = 1,
	COMPAT_ORPHAN_FILE = 0x1000,
	INCOMPAT_RECOVER = 0x4,
	INCOMPAT_META_BG = 0x10,
	INCOMPAT_64BIT = 0x80,
	GROUPS_MAX = 1 << 20,
	XFS_OWN_INODES = 3,
};

struct ext {
	uint8_t super[SUPER_LEN];
	uint32_t block;      /* bytes */
	uint32_t descriptor; /* bytes of one */
	uint64_t groups;
};

static uint64_t be64(const uint8_t *p)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

static int read_exactly(struct lend_doing *doing, int fd, const char *block, void *to,
			size_t len, uint64_t at, struct lend_err *err)
{
	size_t got;

	if (lend_write_pread(doing->writer, fd, block, to, len, at, &got, err) < 0)
		return -1;
	if (got != len)
		return lend_fail(err, LEND_E_FORMAT, "'%s' ends in the middle of what it holds",
				 block);
	return 0;
}

/* ---- ext4 ---- */

/* false: of a layout that is not counted here. */
static bool ext_layout(struct ext *e)
{
	const uint8_t *s = e->super;
	uint32_t log_block = lend_get_le32(s + 0x18);
	uint32_t incompat = lend_get_le32(s + 0x60);
	uint64_t blocks = lend_get_le32(s + 0x4);
	uint32_t per_group = lend_get_le32(s + 0x20);

	if (log_block > 6 || per_group == 0 || lend_get_le32(s + 0x4c) == 0 ||
	    (incompat & INCOMPAT_META_BG) != 0)
		return false;
	e->block = 1024u << log_block;
	e->descriptor = 32;
	if ((incompat & INCOMPAT_64BIT) != 0) {
		e->descriptor = lend_get_le16(s + 0xfe);
		blocks |= (uint64_t)lend_get_le32(s + 0x150) << 32;
	}
	e->groups = blocks / per_group + 1; /* one too many has no directories */
	if (blocks % per_group == 0)
		e->groups--;
	return e->groups <= GROUPS_MAX && e->descriptor >= 32 && e->descriptor <= 1024;
}

/* Those of all groups. */
static int ext_directories(struct lend_doing *doing, int fd, const char *block,
			   const struct ext *e, uint64_t *ret, struct lend_err *err)
{
	uint64_t at = (uint64_t)(lend_get_le32(e->super + 0x14) + 1) * e->block;
	size_t chunk = (size_t)e->descriptor * 1024;
	uint8_t *bytes = lend_arena_alloc(doing->arena, chunk);

	*ret = 0;
	for (uint64_t group = 0; group < e->groups; group += 1024) {
		uint64_t n = e->groups - group < 1024 ? e->groups - group : 1024;

		if (read_exactly(doing, fd, block, bytes, (size_t)n * e->descriptor,
				 at + group * e->descriptor, err) < 0)
			return -1;
		for (uint64_t i = 0; i < n; i++) {
			const uint8_t *d = bytes + i * e->descriptor;

			*ret += lend_get_le16(d + 0x10);
			if (e->descriptor >= 64)
				*ret += (uint64_t)lend_get_le16(d + 0x30) << 16;
		}
	}
	return 0;
}

/* Inodes in use that a new file system has without holding anything: reserved ones, and those
 * of features. */
static uint32_t ext_own_inodes(const uint8_t *super)
{
	uint32_t first = lend_get_le32(super + 0x54);
	uint32_t n = first > 0 ? first - 1 : 0;

	if ((lend_get_le32(super + 0x5c) & COMPAT_ORPHAN_FILE) != 0)
		n++;
	if (lend_get_le32(super + 0x26c) >= first) /* of project quota */
		n++;
	return n;
}

static int ext_unused(struct lend_doing *doing, int fd, const char *block, const char **ret_why,
		      struct lend_err *err)
{
	struct ext e;
	uint64_t used, own, directories;

	if (read_exactly(doing, fd, block, e.super, SUPER_LEN, SUPER_AT, err) < 0)
		return -1;
	if ((lend_get_le32(e.super + 0x60) & INCOMPAT_RECOVER) != 0 ||
	    (lend_get_le16(e.super + 0x3a) & STATE_CLEAN) == 0) {
		*ret_why = "its journal was not played back: mount it once to see what it "
			   "holds";
		return LEND_KEEP;
	}
	if (!ext_layout(&e)) {
		*ret_why = "how many files it holds cannot be told";
		return LEND_KEEP;
	}
	if (ext_directories(doing, fd, block, &e, &directories, err) < 0)
		return -1;
	used = (uint64_t)lend_get_le32(e.super) - lend_get_le32(e.super + 0x10);
	own = ext_own_inodes(e.super);
	/* The root is a reserved inode. */
	if (directories <= 2 && used + 1 == own + directories)
		return 0;
	*ret_why = used > own + 1 ? lend_arena_printf(doing->arena, "holds %llu files",
						      (unsigned long long)(used - own - 1))
				  : "holds files";
	if (used == own + 2)
		*ret_why = "holds a file";
	return LEND_KEEP;
}

/* ---- XFS ---- */

static int xfs_unused(struct lend_doing *doing, int fd, const char *block, const char **ret_why,
		      struct lend_err *err)
{
	const char *const argv[] = { "xfs_logprint", "-t", block, NULL };
	lend_auto_buf said = { 0 };
	uint8_t super[512];
	uint64_t used;

	if (read_exactly(doing, fd, block, super, sizeof(super), 0, err) < 0)
		return -1;
	used = be64(super + 128) - be64(super + 136);
	if (used != XFS_OWN_INODES) {
		*ret_why = lend_arena_printf(doing->arena, "holds %llu files",
					     (unsigned long long)(used - XFS_OWN_INODES));
		return LEND_KEEP;
	}
	if (lend_nd_run(doing, argv, &said, err) < 0)
		return -1;
	if (strstr(lend_buf_text(&said), "<CLEAN>") != NULL)
		return 0;
	*ret_why = "its log was not played back: mount it once to see what it holds";
	return LEND_KEEP;
}

int lend_nd_fs_unused(struct lend_doing *doing, int fd, const char *block,
		      const struct lend_fs *fs, const char **ret_why, struct lend_err *err)
{
	if (strcmp(fs->type, "ext4") == 0)
		return ext_unused(doing, fd, block, ret_why, err);
	if (strcmp(fs->type, "xfs") == 0)
		return xfs_unused(doing, fd, block, ret_why, err);
	*ret_why = "what it holds cannot be told";
	return LEND_KEEP;
}
