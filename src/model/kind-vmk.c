/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-vmk.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_vmk, mac, LEND_HIDE_SERIAL,
		"its MAC address"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_vmk, ipv4, LEND_HIDE_NAME,
		"its address"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_vmk, portgroup, LEND_HIDE_NAME,
		"port group"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_vmk, vswitch, LEND_HIDE_NAME,
		"virtual switch"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_vmk, management, "vmk0, or in a port group that is called Management"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_vmk;
const struct lend_kind_info lend_kind_vmk = {
	.name = "vmk",
	.help = "VMkernel NICs of an ESXi host, vmkN",
	.size = sizeof(struct lend_vmk),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
