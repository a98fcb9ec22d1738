/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine that was looked at; there is one in every inventory of a host, when it was
 * wanted. */

#ifndef LEND_MODEL_KIND_HOST_H
#define LEND_MODEL_KIND_HOST_H

#include "model/inventory.h"

struct lend_host {
	struct lend_node node;
	struct lend_fact hostname;
	struct lend_fact kernel;
	struct lend_fact iommu;
	struct lend_fact iommu_groups;
	struct lend_fact interrupts_isolated;
	struct lend_fact unsafe_interrupts;
	struct lend_fact dma_entry_limit;
	struct lend_fact acs_override;
};

static inline struct lend_host *lend_as_host(const struct lend_node *node)
{
	return (struct lend_host *)(uintptr_t)node;
}

#endif
