/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-boot.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_boot_want, source, "file that says so"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_boot_want, title, "what the firmware calls it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_boot_want, needs, "device, as that file names it"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_boot_want, required, "the host does not come up without it"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_boot_want, spare, "devices of a pool's part that it can miss"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_boot_want, state, "missing: no device is called so"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_boot;
const struct lend_kind_info lend_kind_boot = {
	.name = "boot",
	.help = "what the next boot wants of block devices",
	.size = sizeof(struct lend_boot_want),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
