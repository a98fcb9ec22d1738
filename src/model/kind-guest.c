/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-guest.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_guest, vm, LEND_HIDE_NAME,
		"the VM"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_guest, via, "agent, agent-sysfs, agent-files, ssh, file, inventory"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_guest, source, LEND_HIDE_PATH,
		"where the evidence comes from"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_guest, fstab_pmem, LEND_HIDE_PATH,
		"what its /etc/fstab mounts by a name such as /dev/pmem0"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_guest, scripts_pmem, LEND_HIDE_PATH,
		"which of its own units and scripts name a device such as /dev/pmem0"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_guest;
const struct lend_kind_info lend_kind_guest = {
	.name = "guest",
	.help = "guests that were looked at",
	.size = sizeof(struct lend_guest),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
