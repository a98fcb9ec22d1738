/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A DAX device. */

#ifndef LEND_MODEL_KIND_DAX_H
#define LEND_MODEL_KIND_DAX_H

#include "model/inventory.h"

struct lend_dax {
	struct lend_node node;
	struct lend_fact size_bytes;
	struct lend_fact align;
	struct lend_fact target_node;
	struct lend_fact driver;
	struct lend_fact dev;
	struct lend_fact region;
};

static inline const struct lend_dax *lend_as_dax(const struct lend_node *node)
{
	return (const struct lend_dax *)(const void *)node;
}

#endif
