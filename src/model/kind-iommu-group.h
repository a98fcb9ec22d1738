/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An IOMMU group of this boot: functions that can only be given together.  Its name is its
 * number; functions use it. */

#ifndef LEND_MODEL_KIND_IOMMU_GROUP_H
#define LEND_MODEL_KIND_IOMMU_GROUP_H

#include "model/inventory.h"

struct lend_iommu_group {
	struct lend_node node;
	struct lend_fact type;
	struct lend_fact others;
	struct lend_fact viable;
	struct lend_fact why;
	struct lend_fact split;
};

static inline struct lend_iommu_group *lend_as_iommu_group(const struct lend_node *node)
{
	return (struct lend_iommu_group *)(uintptr_t)node;
}

#endif
