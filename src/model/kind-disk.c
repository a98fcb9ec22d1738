/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-disk.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_disk, display_name, LEND_HIDE_SERIAL,
		"what clients show"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_disk, vendor, "vendor"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_disk, model, "model"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_disk, size_bytes, "its size"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_disk, status, "on, off, degraded, dead"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_disk, local, "the host says that it is its own"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_disk, boot, "the host booted from it"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_disk, paths, "paths to it that are not dead"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_disk;
const struct lend_kind_info lend_kind_disk = {
	.name = "disk",
	.help = "disks and LUNs of an ESXi host",
	.size = sizeof(struct lend_disk),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
