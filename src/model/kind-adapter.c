/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-adapter.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_adapter, driver, "driver of the VMkernel"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_adapter, link, "state of its link"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_adapter, description, "as the host describes it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_adapter, pci, "address of its PCI function; absent: it has none"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_adapter;
const struct lend_kind_info lend_kind_adapter = {
	.name = "adapter",
	.help = "storage adapters of an ESXi host, vmhbaN",
	.size = sizeof(struct lend_adapter),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
