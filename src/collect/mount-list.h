/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mounts of our own namespace, to be found by path and by device number. */

#ifndef LEND_COLLECT_MOUNT_LIST_H
#define LEND_COLLECT_MOUNT_LIST_H

#include "collect/collect.h"
#include "format/mountinfo.h"

struct lend_mounted {
	struct lend_mount_line line;
	size_t order;             /* of mounting */
	bool covered;             /* a later one lies at the same place */
	struct lend_node *node;   /* the user's: NULL so far */
	struct lend_block *block; /* the same: the first it lies on */
};

struct lend_mount_list {
	enum lend_known known;
	struct lend_mounted *items; /* in the order of mounting */
	size_t n, cap;
	struct lend_mounted **by_point, **by_number;
	size_t n_points; /* those that are not covered */
};

/* Lives as long as the scan. */
void lend_mount_list_read(struct lend_scan *scan, struct lend_mount_list *ret);

/*
 * The mount that a path lies on: the longest mount point above it.  That a
 * mount further up came later and hides that one is not considered; where a
 * device number is known, the other function is right.
 */
struct lend_mounted *lend_mount_of_path(const struct lend_mount_list *list, const char *path);

/*
 * Of those with that number the one with the longest mount point above the
 * path, or else any: the path may be of another world of mounts.
 */
struct lend_mounted *lend_mount_of_number(const struct lend_mount_list *list, uint32_t major,
					  uint32_t minor, const char *path);

/*
 * By index of the *ret_n nodes that there are so far: does one of the mounts
 * among them use it?  Lives as long as the scan.
 */
bool *lend_mounted_nodes(struct lend_scan *scan, size_t *ret_n);

#endif
