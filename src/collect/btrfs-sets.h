/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices make a btrfs together, of those that the kernel has mounted wherever. */

#ifndef LEND_COLLECT_BTRFS_SETS_H
#define LEND_COLLECT_BTRFS_SETS_H

#include "collect/block-find.h"

struct lend_btrfs_member {
	struct lend_block *block;
	size_t set; /* from 1 on */
};

/* Those of a set stand together; lives as long as the scan. */
struct lend_btrfs_sets {
	struct lend_btrfs_member *members;
	size_t n, cap;
	size_t n_sets;
};

void lend_btrfs_sets_read(struct lend_scan *scan, struct lend_btrfs_sets *ret);

/* 0: it is in none. */
size_t lend_btrfs_set_of(const struct lend_btrfs_sets *sets, const struct lend_block *block);

#endif
