/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-nd-bus.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_nd_bus, provider, "ACPI.NFIT, e820, ..."),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_nd_bus;
const struct lend_kind_info lend_kind_nd_bus = {
	.name = "nd-bus",
	.help = "NVDIMM buses",
	.size = sizeof(struct lend_nd_bus),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
