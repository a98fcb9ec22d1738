/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system inside a VM, and how it was looked at. */

#ifndef LEND_MODEL_KIND_GUEST_H
#define LEND_MODEL_KIND_GUEST_H

#include "model/inventory.h"

struct lend_guest {
	struct lend_node node;
	struct lend_fact vm;
	struct lend_fact via;
	struct lend_fact source;
	struct lend_fact fstab_pmem;
	struct lend_fact scripts_pmem;
};

static inline const struct lend_guest *lend_as_guest(const struct lend_node *node)
{
	return (const struct lend_guest *)(const void *)node;
}

#endif
