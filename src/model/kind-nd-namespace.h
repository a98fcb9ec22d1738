/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A namespace of a region. */

#ifndef LEND_MODEL_KIND_ND_NAMESPACE_H
#define LEND_MODEL_KIND_ND_NAMESPACE_H

#include "model/inventory.h"

struct lend_nd_namespace {
	struct lend_node node;
	struct lend_fact mode;
	struct lend_fact size_bytes;
	struct lend_fact uuid;
	struct lend_fact raw_uuid;
	struct lend_fact label_name;
	struct lend_fact blockdev;
	struct lend_fact chardev;
	struct lend_fact sector_size;
	struct lend_fact region;
	struct lend_fact state;
};

static inline const struct lend_nd_namespace *lend_as_nd_namespace(const struct lend_node *node)
{
	return (const struct lend_nd_namespace *)(const void *)node;
}

#endif
