/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-swap.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_swap, path, LEND_HIDE_PATH,
		"the device or file"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_swap, type, "partition, file"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_swap, size_bytes, "size"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_swap, used_bytes, "in use"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_swap, priority, "the higher the sooner"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_swap, state, "deleted: its name is gone, swapoff cannot end it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_swap, file_dev, "major:minor of the file system of that file"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_swap, file_inode, "its inode number"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_swap;
const struct lend_kind_info lend_kind_swap = {
	.name = "swap",
	.help = "swap in use",
	.size = sizeof(struct lend_swap),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
