/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-vmd.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_vmd, generation, "Xeon Scalable 1 or 2, Xeon Scalable 3 or newer, client"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vmd, guest_offsets, "what tells a guest the host's windows: shadow, qemu, none"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vmd, domain, "PCI domain behind it, of this boot"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_vmd, bays, "ports behind it, with a drive or empty"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_vmd, drives, "disk controllers behind it, NVMe and SATA"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vmd, empty, "ports without anything behind them, by slot or address"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_vmd;
const struct lend_kind_info lend_kind_vmd = {
	.name = "vmd",
	.help = "Intel VMD controllers",
	.size = sizeof(struct lend_vmd),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
	.hex_names = true,
};

const struct lend_vmd_model *lend_vmd_model_of(uint64_t vendor, uint64_t device)
{
	static const struct lend_vmd_model models[] = {
		{ 0x201d, "Xeon Scalable 1 or 2", "qemu" },
		{ 0x28c0, "Xeon Scalable 3 or newer", "shadow" },
		{ 0x467f, "client", "qemu" },
		{ 0x4c3d, "client", "qemu" },
		{ 0x7d0b, "client", "none" },
		{ 0x9a0b, "client", "qemu" },
		{ 0xa77f, "client", "none" },
		{ 0xad0b, "client", "none" },
		{ 0xb06f, "client", "none" },
		{ 0xb60b, "client", "none" },
	};

	for (size_t i = 0; vendor == 0x8086 && i < LEND_COUNT(models); i++) {
		if (models[i].device == device)
			return &models[i];
	}
	return NULL;
}
