/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An address of a network interface of the host. */

#ifndef LEND_MODEL_KIND_ADDRESS_H
#define LEND_MODEL_KIND_ADDRESS_H

#include "model/inventory.h"

struct lend_address {
	struct lend_node node;
	struct lend_fact address;
	struct lend_fact prefix;
	struct lend_fact scope;
	struct lend_fact net;
};

static inline const struct lend_address *lend_as_address(const struct lend_node *node)
{
	return (const struct lend_address *)(const void *)node;
}

#endif
