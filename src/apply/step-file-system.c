/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * file-system: one on the block device of a namespace that lend made.
 *
 * lend chooses its UUID.  It is only made where nothing is that is known, and
 * goes again, by its first bytes, while it holds nothing.  mke2fs writes the
 * superblock last; mkfs.xfs says in the superblock that it is not done yet.
 */

#include <fcntl.h>

#include "apply/backing-file.h"
#include "apply/nd.h"
#include "base/auto.h"
#include "base/err.h"

enum { XFS_IN_PROGRESS = 126 };

/* 0, 1: the device is not there. */
static int find_block(struct lend_doing *doing, const struct lend_step *step,
		      const char **ret_block, struct lend_err *err)
{
	struct lend_nd nd;
	int r = lend_nd_find(doing, step, &nd, err);

	if (r != 0)
		return r;
	*ret_block = nd.block;
	return nd.block == NULL ? 1 : 0;
}

/* 0, 1: there is none, or one that was not finished. */
static int probe(struct lend_doing *doing, int fd, const char *block, struct lend_fs *ret_fs,
		 struct lend_err *err)
{
	uint8_t byte = 0;
	size_t got;
	int r = lend_nd_probe(doing, fd, block, ret_fs, err);

	if (r != 0 || ret_fs->type == NULL || strcmp(ret_fs->type, "xfs") != 0)
		return r;
	if (lend_write_pread(doing->writer, fd, block, &byte, 1, XFS_IN_PROGRESS, &got, err) <
	    0)
		return -1;
	return byte != 0 ? 1 : 0;
}

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	lend_auto_fd int fd = -1;
	const char *block;
	struct lend_fs fs;
	int r = find_block(doing, step, &block, err);

	if (r != 0)
		return r < 0 ? -1 : LEND_LOOK_NOT_YET;
	if (lend_write_open(doing->writer, block, O_RDONLY, &fd, err) < 0)
		return -1;
	r = probe(doing, fd, block, &fs, err);
	if (r < 0)
		return -1;
	*ret_state = (struct lend_state){ .absent = r > 0 };
	if (r > 0)
		return 0;
	lend_pairs_add(doing->arena, &ret_state->pairs, "type", fs.type);
	lend_pairs_add(doing->arena, &ret_state->pairs, "uuid", fs.uuid);
	return 0;
}

/* ---- making ---- */

/*
 * Whole pages of 2 MiB want extents that begin at such places.  XFS with
 * reflink and DAX together needs Linux 6.0.
 */
static int make(struct lend_doing *doing, const char *block, const char *type, const char *uuid,
		struct lend_err *err)
{
	const char *const ext4[] = { "mkfs.ext4",
				     "-q",
				     "-F",
				     "-b",
				     "4096",
				     "-E",
				     "stride=512,stripe_width=512,nodiscard",
				     "-U",
				     uuid,
				     block,
				     NULL };
	const char *const xfs[] = {
		"mkfs.xfs", "-q",
		"-f",       "-K",
		"-d",       "su=2m,sw=1",
		"-m",       lend_arena_printf(doing->arena, "uuid=%s,reflink=0", uuid),
		block,      NULL
	};

	if (strcmp(type, "ext4") == 0)
		return lend_nd_run(doing, ext4, NULL, err);
	if (strcmp(type, "xfs") == 0)
		return lend_nd_run(doing, xfs, NULL, err);
	return lend_fail(err, LEND_E_FORMAT, "no file system '%.20s' is made", type);
}

static int create(struct lend_doing *doing, const struct lend_step *step,
		  const struct lend_state *to, struct lend_err *err)
{
	const char *type = lend_pairs_get(&to->pairs, "type");
	const char *uuid = lend_pairs_get(&to->pairs, "uuid");
	lend_auto_fd int fd = -1;
	const char *block;
	struct lend_fs fs;
	int r = find_block(doing, step, &block, err);

	if (r < 0)
		return -1;
	if (r > 0 || type == NULL || uuid == NULL)
		return lend_fail(err, LEND_E_STALE, "'%s' has no block device", step->name);
	r = lend_nd_open(doing, block, O_RDONLY, &fd, err);
	if (r == LEND_WAIT)
		return lend_fail(err, LEND_E_REFUSED, "'%s' is in use", block);
	if (r < 0 || (r = probe(doing, fd, block, &fs, err)) < 0)
		return -1;
	if (r == 0)
		return lend_fail(err, LEND_E_STALE, "'%s' holds %s", block, fs.type);
	/* So that mkfs can have it for itself. */
	lend_close_fd(&fd);
	return make(doing, block, type, uuid, err);
}

/* ---- going back ---- */

static int unused(struct lend_doing *doing, const struct lend_step *step, const char *block,
		  int flags, int *ret_fd, const char **ret_why, struct lend_err *err)
{
	struct lend_fs fs;
	int r = lend_nd_open(doing, block, flags, ret_fd, err);

	if (r == LEND_WAIT)
		*ret_why = lend_arena_printf(doing->arena, "%s is mounted, or in use", block);
	if (r != 0 || lend_backing_is_discarded(doing, step))
		return r;
	r = lend_nd_probe(doing, *ret_fd, block, &fs, err);
	if (r != 0)
		return r < 0 ? -1 : 0;
	return lend_nd_fs_unused(doing, *ret_fd, block, &fs, ret_why, err);
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	lend_auto_fd int fd = -1;
	const char *block;
	int r;

	if (from->absent || !to->absent)
		return 0;
	r = find_block(doing, step, &block, err);
	if (r != 0)
		return r < 0 ? -1 : 0;
	return unused(doing, step, block, O_RDONLY, &fd, ret_why, err);
}

static int wipe(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	lend_auto_fd int fd = -1;
	const char *block, *why = NULL;
	int r = find_block(doing, step, &block, err);

	if (r != 0)
		return r < 0 ? -1 : 0;
	r = unused(doing, step, block, O_RDWR, &fd, &why, err);
	if (r < 0)
		return -1;
	if (r > 0)
		return lend_fail(err, LEND_E_REFUSED, "'%s' %s", step->name, why);
	if (lend_write_bytes(doing->writer, fd, block,
			     lend_arena_alloc(doing->arena, LEND_ND_WIPE), LEND_ND_WIPE, 0,
			     err) < 0)
		return -1;
	return lend_write_sync(doing->writer, fd, block, err);
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	if (to->absent)
		return wipe(doing, step, err);
	if (from->absent)
		return create(doing, step, to, err);
	return lend_fail(err, LEND_E_USAGE, "'%s' cannot be changed, only made and wiped",
			 step->name);
}

const struct lend_step_kind lend_step_file_system = {
	.name = "file-system",
	.does = "makes a file system on a namespace; it goes again while it holds nothing",
	.look = look,
	.set = set,
	.may = may,
};
