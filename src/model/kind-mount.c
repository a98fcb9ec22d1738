/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-mount.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_mount, path, LEND_HIDE_PATH,
		"where it is mounted"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_mount, source, LEND_HIDE_PATH,
		"what was mounted"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_mount, fs, "file system type"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_mount, dev, "major:minor; 0:N when it is no single device"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_mount, root, LEND_HIDE_PATH,
		"what of the file system is shown"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_mount, options, "options of this mount"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_mount, server, LEND_HIDE_NAME,
		"address of the server, or several, when it comes from the network"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_mount, covered, "another one lies at the same place"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_mount;
const struct lend_kind_info lend_kind_mount = {
	.name = "mount",
	.help = "mounted file systems",
	.size = sizeof(struct lend_mount),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
