/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-nd-region.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_HEX, lend_nd_region, resource, "physical address"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_nd_region, size_bytes, "size"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_nd_region, align_bytes, "alignment ndctl asks for"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_nd_region, available_bytes, "not in a namespace"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_nd_region, type, "pmem, volatile"),
	LEND_FIELD_HIDE(LEND_FIELD_HEX, lend_nd_region, cookie, LEND_HIDE_SERIAL,
		"interleave-set cookie (ndctl: iset_id)"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_nd_region, persistence_domain, "cpu_cache, memory_controller, unknown"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_nd_region, read_only, "region is read-only"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_nd_region, numa_node, "NUMA node"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_nd_region, state, "disabled, or absent when enabled"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_nd_region;
const struct lend_kind_info lend_kind_nd_region = {
	.name = "nd-region",
	.help = "persistent memory regions",
	.size = sizeof(struct lend_nd_region),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
