/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An NVDIMM as Linux numbers it: nmemN.  The number is probe order and says nothing. */

#ifndef LEND_MODEL_KIND_ND_DIMM_H
#define LEND_MODEL_KIND_ND_DIMM_H

#include "model/inventory.h"

struct lend_nd_dimm {
	struct lend_node node;
	struct lend_fact nfit_id;
	struct lend_fact handle;
	struct lend_fact phys_id;
	struct lend_fact flags;
	struct lend_fact available_slots;
	struct lend_fact bus;
};

static inline const struct lend_nd_dimm *lend_as_nd_dimm(const struct lend_node *node)
{
	return (const struct lend_nd_dimm *)(const void *)node;
}

#endif
