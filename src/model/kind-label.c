/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-label.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_label, vm, LEND_HIDE_NAME,
		"the VM whose device has it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_label, device_id, "the device"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_label, index, "label slot in the area"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_label, label_name, LEND_HIDE_NAME,
		"name of the namespace"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_label, uuid, LEND_HIDE_UUID,
		"UUID in the label (ndctl: raw_uuid, or uuid of a raw namespace)"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_label, mode, "raw, fsdax, devdax, sector by abstraction GUID"),
	LEND_FIELD(LEND_FIELD_HEX, lend_label, dpa, "offset in the device"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_label, size_bytes, "raw size"),
	LEND_FIELD_HIDE(LEND_FIELD_HEX, lend_label, cookie, LEND_HIDE_SERIAL,
		"interleave-set cookie"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_label;
const struct lend_kind_info lend_kind_label = {
	.name = "label",
	.help = "namespace labels in backings",
	.size = sizeof(struct lend_label),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
