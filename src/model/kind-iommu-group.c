/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-iommu-group.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_iommu_group, type, "how the host itself uses it: identity, DMA, DMA-FQ"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_iommu_group, others, "members that are no PCI functions"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_iommu_group, viable, "no driver of the host is in the way of VFIO"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_iommu_group, why, "which drivers are: \"0000:07:02.0 on e1000\""),
	LEND_FIELD(LEND_FIELD_TEXT, lend_iommu_group, split, "why it may be apart from others in name alone"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_iommu_group;
const struct lend_kind_info lend_kind_iommu_group = {
	.name = "iommu-group",
	.help = "what the IOMMU can tell apart, of this boot",
	.size = sizeof(struct lend_iommu_group),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
