/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-nd-dimm.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_nd_dimm, nfit_id, LEND_HIDE_SERIAL,
		"vendor-serial, digits in memory order"),
	LEND_FIELD(LEND_FIELD_HEX, lend_nd_dimm, handle, "NFIT device handle; QEMU: slot + 1"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_nd_dimm, phys_id, "SMBIOS handle"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_nd_dimm, flags, "NFIT flags, such as not_armed"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_nd_dimm, available_slots, "free label slots"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_nd_dimm, bus, "ndbusN"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_nd_dimm;
const struct lend_kind_info lend_kind_nd_dimm = {
	.name = "nd-dimm",
	.help = "NVDIMMs as Linux numbers them",
	.size = sizeof(struct lend_nd_dimm),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
