/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-flag.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_flag, address, "as PCI addresses are written elsewhere; absent: none is meant"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_flag, spelling, "host, unsure, hex, odd: how sure that is"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_flag, line, "of esx.conf"),
	LEND_FIELD(LEND_FIELD_HEX, lend_flag, vendor_id, "of the device, as the line beside it says (key name not confirmed)"),
	LEND_FIELD(LEND_FIELD_HEX, lend_flag, device_id, "the same"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_flag, there, "the host has a function at that address"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_flag;
const struct lend_kind_info lend_kind_flag = {
	.name = "flag",
	.help = "addresses marked for passthrough in esx.conf",
	.size = sizeof(struct lend_flag),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
