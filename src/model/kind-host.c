/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-host.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_host, hostname, LEND_HIDE_NAME,
		"its name, /proc/sys/kernel/hostname"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_host, kernel, "kernel release, /proc/sys/kernel/osrelease"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_host, iommu, "its IOMMUs, /sys/class/iommu"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_host, iommu_groups, "groups they make; 0: no IOMMU is on"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_host, interrupts_isolated, "a device cannot send interrupts that are not its own"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_host, unsafe_interrupts, "VFIO was told to do without that"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_host, dma_entry_limit, "mappings that VFIO allows a VM"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_host, acs_override, "pcie_acs_override= of its command line: groups are split by order"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_host;
const struct lend_kind_info lend_kind_host = {
	.name = "host",
	.help = "the machine that was looked at",
	.size = sizeof(struct lend_host),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
