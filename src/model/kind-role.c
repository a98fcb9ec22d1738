/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-role.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_role, role, "console, serial port, keyboard, TPM, watchdog, BMC"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_role, product, "what it calls itself"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_role;
const struct lend_kind_info lend_kind_role = {
	.name = "role",
	.help = "consoles, watchdogs and their like on PCI functions",
	.size = sizeof(struct lend_role),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
