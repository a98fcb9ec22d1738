/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A NUMA node. */

#ifndef LEND_MODEL_KIND_NUMA_H
#define LEND_MODEL_KIND_NUMA_H

#include "model/inventory.h"

struct lend_numa {
	struct lend_node node;
	struct lend_fact cpus;
	struct lend_fact memory_bytes;
	struct lend_fact distances;
	struct lend_fact state;
};

static inline const struct lend_numa *lend_as_numa(const struct lend_node *node)
{
	return (const struct lend_numa *)(const void *)node;
}

#endif
