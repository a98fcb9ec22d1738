/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kinds of steps about the host's own persistent memory share: the
 * namespace that lend made, found again by the UUID that lend chose for it,
 * and what it holds.
 */

#ifndef LEND_APPLY_ND_H
#define LEND_APPLY_ND_H

#include "apply/step.h"
#include "format/fs-magic.h"

/* So much of its start a file system loses when it goes back. */
enum { LEND_ND_WIPE = 128 << 10 };

/* As sysfs has it now; names change with every boot, the UUID does not. */
struct lend_nd {
	const char *name;   /* "namespace0.1" */
	const char *mode;   /* as ndctl says it: "fsdax", "devdax", "sector", "raw" */
	const char *holder; /* "pfn0.1"; NULL: nobody */
	const char *block;  /* "/dev/pmem0"; NULL: there is none */
	const char *dax;    /* "/dev/dax0.0"; NULL: there is none */
	bool enabled;       /* a driver has it */
	bool bad_blocks;
	uint64_t dax_align, dax_bytes;
};

/*
 * That of args "namespace".  0, 1: there is none.  Args "sys" and "dev"
 * stand for /sys and /dev, for tests.
 */
int lend_nd_find(struct lend_doing *doing, const struct lend_step *step, struct lend_nd *ret,
		 struct lend_err *err) LEND_MUST_CHECK;

/*
 * Opens a block device for nobody else: not mounted, not part of anything.
 * 0, LEND_WAIT: in use.
 */
int lend_nd_open(struct lend_doing *doing, const char *block, int flags, int *ret_fd,
		 struct lend_err *err) LEND_MUST_CHECK;

/* What begins there.  0, 1: nothing that is known. */
int lend_nd_probe(struct lend_doing *doing, int fd, const char *block, struct lend_fs *ret_fs,
		  struct lend_err *err) LEND_MUST_CHECK;

/* Does a file system that is not mounted hold nothing?  0: it does not; LEND_KEEP: *ret_why. */
int lend_nd_fs_unused(struct lend_doing *doing, int fd, const char *block,
		      const struct lend_fs *fs, const char **ret_why,
		      struct lend_err *err) LEND_MUST_CHECK;

/* Programs, with time enough for a large device. */
int lend_nd_run(struct lend_doing *doing, const char *const *argv, struct lend_buf *out,
		struct lend_err *err) LEND_MUST_CHECK;

#endif
