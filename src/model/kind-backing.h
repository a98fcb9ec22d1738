/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file or device that holds the bytes.  Two paths with the same dev and inode are one
 * backing. */

#ifndef LEND_MODEL_KIND_BACKING_H
#define LEND_MODEL_KIND_BACKING_H

#include "model/inventory.h"

struct lend_backing {
	struct lend_node node;
	struct lend_fact path;
	struct lend_fact type;
	struct lend_fact dev;
	struct lend_fact inode;
	struct lend_fact rdev;
	struct lend_fact size_bytes;
	struct lend_fact allocated_bytes;
	struct lend_fact fs;
	struct lend_fact free_bytes;
	struct lend_fact uuid;
	struct lend_fact dax;
	struct lend_fact map_sync;
	struct lend_fact dax_driver;
	struct lend_fact dax_region;
	struct lend_fact align_bytes;
	struct lend_fact format;
};

static inline const struct lend_backing *lend_as_backing(const struct lend_node *node)
{
	return (const struct lend_backing *)(const void *)node;
}

#endif
