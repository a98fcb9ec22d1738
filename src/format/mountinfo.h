/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/PID/mountinfo, /proc/swaps and /etc/fstab, line by line.
 *
 * (proc(5); fstab(5); Linux fs/proc_namespace.c, mm/swapfile.c.)  In all, blanks and
 * the like inside a name are written as a backslash and three octal digits.
 */

#ifndef LEND_FORMAT_MOUNTINFO_H
#define LEND_FORMAT_MOUNTINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "format/span.h"

/* Text is decoded, and a copy in the arena. */
struct lend_mount_line {
	uint64_t id, parent;
	uint32_t major, minor; /* 0:N when it is no single block device */
	const char *root;      /* what of the file system is shown; "/" is all of it */
	const char *point;
	const char *options; /* of this mount */
	const char *fs;
	const char *source;
	const char *super; /* options of the file system */
};

struct lend_swap_line {
	const char *path;
	const char *type; /* "partition" or "file" */
	uint64_t size_bytes, used_bytes;
	const char *priority; /* may be negative */
	bool deleted;         /* the name is gone, the swap is not; path is without the word */
};

/*
 * The next line; *rest moves on behind it.
 *	0  *ret is filled
 *	1  that was the end
 *	2  a line that is none; *ret is as it was
 */
int lend_mount_line_next(struct lend_span *rest, struct lend_arena *arena,
			 struct lend_mount_line *ret);

/* The same; the heading is passed over. */
int lend_swap_line_next(struct lend_span *rest, struct lend_arena *arena,
			struct lend_swap_line *ret);

struct lend_fstab_line {
	const char *source; /* a path, "UUID=...", "LABEL=..." */
	const char *point;  /* "none" of swap */
	const char *fs;     /* this and the next are "" where the line ends before them */
	const char *options;
};

/* The same; comments and blank lines are passed over. */
int lend_fstab_line_next(struct lend_span *rest, struct lend_arena *arena,
			 struct lend_fstab_line *ret);

/* "259:3" */
bool lend_device_number_parse(const char *text, size_t len, uint32_t *ret_major,
			      uint32_t *ret_minor);

/*
 * The value of an option in a list as "rw,logdev=/dev/sdb1,noquota", a copy in
 * the arena; NULL when it is not there.
 */
const char *lend_mount_option(struct lend_arena *arena, const char *options, const char *name);

/* Is this word, without a value, in such a list? */
bool lend_mount_has_option(const char *options, const char *name);

#endif
