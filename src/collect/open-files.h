/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process holds open: sockets by their number, files by path and inode.
 *
 * /proc tells it without a question to any file system.  A QEMU keeps the
 * descriptor of every memory backend (softmmu/physmem.c, "fd" of a RAMBlock),
 * so this says what it has mapped much faster than the list of mappings does.
 */

#ifndef LEND_COLLECT_OPEN_FILES_H
#define LEND_COLLECT_OPEN_FILES_H

#include "collect/collect.h"

/* Of the process that was asked for last.  Not recorded are looks at processes that may
 * turn out to be of no interest. */
const struct lend_open_files *lend_open_files(struct lend_scan *scan, const char *pid,
					      bool record);

/* Of the i-th of these files; "" when it was closed since. */
const char *lend_open_link(struct lend_scan *scan, size_t i);

/* All that lend_has_open() will want to know: a good use of the time in which a QEMU answers.
 */
void lend_read_open_files(struct lend_scan *scan, const char *pid);

/*
 * Whether the process has the file open that lies at the path by now
 * (absolute, in its own world).  false is no evidence of the contrary: the
 * path may lead over links, the kernel be older than 5.14, its file system
 * number files by itself.
 */
bool lend_has_open(struct lend_scan *scan, const char *pid, const char *path, uint64_t inode);

/* A place for one more memory device is looked for, made of files that are there or not. */
bool lend_wants_files_only(struct lend_scan *scan);

/* Nobody has any of what the scan wants open, says the kernel; false: somebody may. */
bool lend_wanted_is_free(struct lend_scan *scan);

/* And this is another file. */
bool lend_is_beside(struct lend_scan *scan, const char *path, const struct lend_stat *st);

/* false: it has nothing open of what the scan wants (lend_wanted). */
bool lend_may_have_wanted(struct lend_scan *scan, const char *pid);

#endif
