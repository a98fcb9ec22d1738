/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether functions are in groups of their own by hardware, or in name alone. */

#ifndef LEND_COLLECT_IOMMU_APART_H
#define LEND_COLLECT_IOMMU_APART_H

#include "collect/collect.h"
#include "model/kind-pci.h"

struct lend_apart {
	struct lend_build *build;
	const char *order; /* "pcie_acs_override=..."; NULL: there is none */
	bool may_obey;     /* kernels of that name do */
	/* What came of it. */
	const struct lend_pci *hidden; /* of which the access control could not be read */
	size_t n_kept;                 /* that hardware keeps apart */
};

/*
 * Of a function in that group: why it may be apart from the port above it, or
 * from another function of its slot, in name alone; nothing when it is not.
 */
void lend_apart_say(struct lend_apart *apart, const struct lend_pci *pci, uint64_t group,
		    struct lend_buf *out);

#endif
