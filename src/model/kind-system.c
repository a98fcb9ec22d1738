/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-system.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_system, is, "what it is"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_system, where, LEND_HIDE_PATH,
		"where the host says it is"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_system, guess, "why it is taken to be on what it uses, when the host does not say so"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_system;
const struct lend_kind_info lend_kind_system = {
	.name = "system",
	.help = "what ESXi itself stands on",
	.size = sizeof(struct lend_system),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
