/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-numa.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_numa, cpus, "its CPUs, as 0-3,8"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_numa, memory_bytes, "memory in it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_numa, distances, "to each node online, in their order"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_numa, state, "offline: possible, but nothing is in it; absent when online"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_numa;
const struct lend_kind_info lend_kind_numa = {
	.name = "numa",
	.help = "NUMA nodes",
	.size = sizeof(struct lend_numa),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
