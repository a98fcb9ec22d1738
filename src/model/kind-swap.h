/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Swap space in use. */

#ifndef LEND_MODEL_KIND_SWAP_H
#define LEND_MODEL_KIND_SWAP_H

#include "model/inventory.h"

struct lend_swap {
	struct lend_node node;
	struct lend_fact path;
	struct lend_fact type;
	struct lend_fact size_bytes;
	struct lend_fact used_bytes;
	struct lend_fact priority;
	struct lend_fact state;
	struct lend_fact file_dev; /* of a file */
	struct lend_fact file_inode;
};

static inline const struct lend_swap *lend_as_swap(const struct lend_node *node)
{
	return (const struct lend_swap *)(const void *)node;
}

#endif
