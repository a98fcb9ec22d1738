/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A memory device of a domain of libvirt that is no device node: a DIMM, or what the domain
 * has from its next start on. */

#ifndef LEND_MODEL_KIND_MEMORY_H
#define LEND_MODEL_KIND_MEMORY_H

#include "model/inventory.h"

struct lend_memory {
	struct lend_node node;
	struct lend_fact vm;
	struct lend_fact next;
	struct lend_fact model;
	struct lend_fact slot;
	struct lend_fact address;
	struct lend_fact size_bytes;
	struct lend_fact label_bytes;
	struct lend_fact path;
	struct lend_fact dev;
	struct lend_fact inode;
	struct lend_fact rdev;
};

static inline const struct lend_memory *lend_as_memory(const struct lend_node *node)
{
	return (const struct lend_memory *)(const void *)node;
}

#endif
