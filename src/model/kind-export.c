/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-export.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_export, type, "lio (iSCSI and others), nvmet (NVMe over fabrics)"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_export, target, LEND_HIDE_NAME,
		"what others call it"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_export, path, LEND_HIDE_PATH,
		"the device or file"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_export, enabled, "it is switched on"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_export;
const struct lend_kind_info lend_kind_export = {
	.name = "export",
	.help = "disks that other machines use",
	.size = sizeof(struct lend_export),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
