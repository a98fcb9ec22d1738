/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network interface of the host, as /sys/class/net has it. */

#ifndef LEND_MODEL_KIND_NET_H
#define LEND_MODEL_KIND_NET_H

#include "model/inventory.h"

struct lend_net {
	struct lend_node node;
	struct lend_fact type;
	struct lend_fact state;
	struct lend_fact mac;
	struct lend_fact master;
	struct lend_fact function;
	struct lend_fact bond_mode;
	struct lend_fact bond_active;
	struct lend_fact bond_min_links;
	struct lend_fact space;
};

static inline const struct lend_net *lend_as_net(const struct lend_node *node)
{
	return (const struct lend_net *)(const void *)node;
}

#endif
