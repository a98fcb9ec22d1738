/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-qemu.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_qemu, path, LEND_HIDE_PATH, "where the program is"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_qemu, version, "as it says"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_qemu, machine, "machine type it was asked about"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_qemu, nvdimm, "that machine has NVDIMMs"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_qemu, persistence, "that machine has nvdimm-persistence"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_qemu, pmem, "file backends have pmem: built with libpmem"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_qemu, readonly, "file backends have readonly"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_qemu, rom, "file backends have rom"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_qemu, offset, "file backends have offset"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_qemu, align, "file backends have align"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_qemu, label, "NVDIMMs have label-size"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_qemu, unarmed, "NVDIMMs have unarmed"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_qemu, http, "disks may come from URLs"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_qemu, kvm, "a trial guest ran with KVM"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_qemu, machines, "machine types"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_qemu, cpus, "CPU models"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_qemu;
const struct lend_kind_info lend_kind_qemu = {
	.name = "qemu",
	.help = "QEMU programs, and what they can do",
	.size = sizeof(struct lend_qemu),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
