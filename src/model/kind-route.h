/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A route of the host, of any table. */

#ifndef LEND_MODEL_KIND_ROUTE_H
#define LEND_MODEL_KIND_ROUTE_H

#include "model/inventory.h"

struct lend_route {
	struct lend_node node;
	struct lend_fact to;
	struct lend_fact via;
	struct lend_fact dev;
	struct lend_fact table;
	struct lend_fact metric;
	struct lend_fact origin;
	struct lend_fact rule;
};

static inline const struct lend_route *lend_as_route(const struct lend_node *node)
{
	return (const struct lend_route *)(const void *)node;
}

#endif
