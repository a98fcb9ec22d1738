/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An NVDIMM bus as Linux has it (drivers/nvdimm). */

#ifndef LEND_MODEL_KIND_ND_BUS_H
#define LEND_MODEL_KIND_ND_BUS_H

#include "model/inventory.h"

struct lend_nd_bus {
	struct lend_node node;
	struct lend_fact provider;
};

#endif
