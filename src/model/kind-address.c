/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-address.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_address, address, LEND_HIDE_NAME,
		"the address"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_address, prefix, "bits of its network"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_address, scope, "global, link, host"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_address, net, "the interface that has it"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_address;
const struct lend_kind_info lend_kind_address = {
	.name = "address",
	.help = "addresses of the host",
	.size = sizeof(struct lend_address),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
