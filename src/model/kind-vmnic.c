/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-vmnic.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_vmnic, driver, "driver of the VMkernel"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vmnic, link, "Up or Down"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_vmnic, mac, LEND_HIDE_SERIAL,
		"its MAC address"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vmnic, pci, "address of its PCI function"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_vmnic, vswitch, LEND_HIDE_NAME,
		"virtual switch that it carries"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_vmnic;
const struct lend_kind_info lend_kind_vmnic = {
	.name = "vmnic",
	.help = "physical NICs of an ESXi host, vmnicN",
	.size = sizeof(struct lend_vmnic),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
