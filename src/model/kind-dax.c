/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-dax.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_BYTES, lend_dax, size_bytes, "size"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_dax, align, "it is mapped in whole units of this"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_dax, target_node, "NUMA node its memory becomes"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_dax, driver, "device_dax, kmem"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_dax, dev, "major:minor"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_dax, region, "regionN of persistent memory, or hmem.N"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_dax;
const struct lend_kind_info lend_kind_dax = {
	.name = "dax",
	.help = "DAX devices",
	.size = sizeof(struct lend_dax),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
