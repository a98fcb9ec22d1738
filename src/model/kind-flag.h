/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line of esx.conf that gives an address to VMs.  It is of the address, not of the card. */

#ifndef LEND_MODEL_KIND_FLAG_H
#define LEND_MODEL_KIND_FLAG_H

#include "model/inventory.h"

struct lend_flag {
	struct lend_node node;
	struct lend_fact address;
	struct lend_fact spelling;
	struct lend_fact line;
	struct lend_fact vendor_id;
	struct lend_fact device_id;
	struct lend_fact there;
};

static inline const struct lend_flag *lend_as_flag(const struct lend_node *node)
{
	return (const struct lend_flag *)(const void *)node;
}

#endif
