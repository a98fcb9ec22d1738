/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A NIC of the VMkernel, by which the host itself is reached. */

#ifndef LEND_MODEL_KIND_VMK_H
#define LEND_MODEL_KIND_VMK_H

#include "model/inventory.h"

struct lend_vmk {
	struct lend_node node;
	struct lend_fact mac;
	struct lend_fact ipv4;
	struct lend_fact portgroup;
	struct lend_fact vswitch;
	struct lend_fact management;
};

static inline const struct lend_vmk *lend_as_vmk(const struct lend_node *node)
{
	return (const struct lend_vmk *)(const void *)node;
}

#endif
