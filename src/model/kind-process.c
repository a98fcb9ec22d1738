/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-process.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_process, command, "its short name"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_process;
const struct lend_kind_info lend_kind_process = {
	.name = "process",
	.help = "programs that have a block device open, when asked for",
	.size = sizeof(struct lend_process),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
