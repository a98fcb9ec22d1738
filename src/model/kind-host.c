/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-host.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_host, hostname, LEND_HIDE_NAME,
		"its name, /proc/sys/kernel/hostname"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_host, kernel, "kernel release, /proc/sys/kernel/osrelease"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_host;
const struct lend_kind_info lend_kind_host = {
	.name = "host",
	.help = "the machine that was looked at",
	.size = sizeof(struct lend_host),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
