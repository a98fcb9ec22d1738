/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A region: a range of persistent memory.  regionN need not belong to nmemN. */

#ifndef LEND_MODEL_KIND_ND_REGION_H
#define LEND_MODEL_KIND_ND_REGION_H

#include "model/inventory.h"

struct lend_nd_region {
	struct lend_node node;
	struct lend_fact resource;
	struct lend_fact size_bytes;
	struct lend_fact align_bytes;
	struct lend_fact available_bytes;
	struct lend_fact type;
	struct lend_fact cookie;
	struct lend_fact persistence_domain;
	struct lend_fact read_only;
	struct lend_fact numa_node;
	struct lend_fact state;
};

static inline const struct lend_nd_region *lend_as_nd_region(const struct lend_node *node)
{
	return (const struct lend_nd_region *)(const void *)node;
}

#endif
