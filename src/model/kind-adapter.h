/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A storage adapter of an ESXi host.  Its name is the VMkernel's, which is no identity. */

#ifndef LEND_MODEL_KIND_ADAPTER_H
#define LEND_MODEL_KIND_ADAPTER_H

#include "model/inventory.h"

struct lend_adapter {
	struct lend_node node;
	struct lend_fact driver;
	struct lend_fact link;
	struct lend_fact description;
	struct lend_fact pci;
};

static inline const struct lend_adapter *lend_as_adapter(const struct lend_node *node)
{
	return (const struct lend_adapter *)(const void *)node;
}

#endif
