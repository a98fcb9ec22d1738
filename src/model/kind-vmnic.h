/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A physical NIC of an ESXi host. */

#ifndef LEND_MODEL_KIND_VMNIC_H
#define LEND_MODEL_KIND_VMNIC_H

#include "model/inventory.h"

struct lend_vmnic {
	struct lend_node node;
	struct lend_fact driver;
	struct lend_fact link;
	struct lend_fact mac;
	struct lend_fact pci;
	struct lend_fact vswitch;
};

static inline const struct lend_vmnic *lend_as_vmnic(const struct lend_node *node)
{
	return (const struct lend_vmnic *)(const void *)node;
}

#endif
