/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-nd-namespace.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_nd_namespace, mode, "raw, fsdax, devdax, sector"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_nd_namespace, size_bytes, "usable size"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_nd_namespace, uuid, LEND_HIDE_UUID,
		"uuid as ndctl prints it (of the info block unless raw)"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_nd_namespace, raw_uuid, LEND_HIDE_UUID,
		"uuid of the label"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_nd_namespace, label_name, LEND_HIDE_NAME,
		"name given at creation"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_nd_namespace, blockdev, "pmemN"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_nd_namespace, chardev, "daxN.M"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_nd_namespace, sector_size, "bytes"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_nd_namespace, region, "regionN, when the source says it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_nd_namespace, state, "disabled, idle, or absent when enabled"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_nd_namespace;
const struct lend_kind_info lend_kind_nd_namespace = {
	.name = "nd-namespace",
	.help = "namespaces",
	.size = sizeof(struct lend_nd_namespace),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
