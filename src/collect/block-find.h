/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which block device is meant by a number, a path or a name below /dev/mapper. */

#ifndef LEND_COLLECT_BLOCK_FIND_H
#define LEND_COLLECT_BLOCK_FIND_H

#include "collect/collect.h"
#include "model/kind-block.h"

struct lend_block_key {
	uint64_t number; /* major and minor */
	const char *dm_name;
	struct lend_block *block;
};

/* Of the block nodes that are there when it is made; lives in the scan's memory. */
struct lend_block_index {
	struct lend_block_key *by_number, *by_dm_name;
	size_t n_numbers, n_dm_names;
	size_t n; /* block devices */
};

void lend_block_index(struct lend_scan *scan, struct lend_block_index *ret);

/* Each is NULL when there is none. */
struct lend_block *lend_block_by_number(const struct lend_block_index *index, uint32_t major,
					uint32_t minor);
struct lend_block *lend_block_by_name(struct lend_scan *scan, const char *name);

/* A path below /dev, by its name alone where that says it, else by what lies there. */
struct lend_block *lend_block_by_path(struct lend_scan *scan,
				      const struct lend_block_index *index, const char *path);

#endif
