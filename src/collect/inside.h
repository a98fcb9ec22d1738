/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks into the backing of a virtual NVDIMM: a file, a block device or a
 * DAX device.  Never writes, and is no collector: it takes a path and an io,
 * and a collector that knows a path can call it.
 */

#ifndef LEND_COLLECT_INSIDE_H
#define LEND_COLLECT_INSIDE_H

#include "io/io.h"
#include "model/inside.h"

struct lend_inside_options {
	/* As QEMU has them; not given: the file is the window, any usual label size. */
	struct lend_opt_u64 offset_bytes;
	struct lend_opt_u64 size_bytes;
	struct lend_opt_u64 label_bytes;
	bool thorough; /* reads all of it before it calls it blank; else 1.5 MiB */
};

enum { LEND_INSIDE_LABEL_BYTES = 2 << 20 }; /* what is checked when none was given */

/*
 * path is absolute.  Everything of *ret lives in arena.  -1: there is no such
 * thing, it cannot be a backing, or the numbers make no sense.  What cannot
 * be read inside it is no failure but stands in ret->unseen.
 *
 * In a capture are the answers about labels, holes and blankness, but never
 * what was read of the data: file systems and info blocks are not asked for
 * in a replay, and holds.looked is false then.
 */
int lend_inside_look(struct lend_io *io, struct lend_arena *arena, const char *path,
		     const struct lend_inside_options *options, struct lend_inside *ret,
		     struct lend_err *err) LEND_MUST_CHECK;

#endif
