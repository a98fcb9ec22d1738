/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-device.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_device, vm, LEND_HIDE_NAME,
		"the VM it belongs to"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_device, device_id, "id= of the device"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_device, driver, "nvdimm, virtio-pmem, vmware-nvdimm"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_device, slot, "memory slot; QEMU derives serial, handle and cookie from it"),
	LEND_FIELD(LEND_FIELD_HEX, lend_device, address, "guest physical address"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_device, size_bytes, "size the guest sees, without the label area"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_device, label_bytes, "label-size"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_device, numa_node, "guest NUMA node"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_device, host_nodes, "NUMA nodes of the host that the memory of that node is bound to"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_device, unarmed, "guest is told that writes do not persist"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_device, hotplugged, "added after the start"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_device, memdev, "id of its backend object"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_device, label_state, "none, valid, one-torn, damaged: the label area in the backing"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_device, label_version, "1.1 or 1.2"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_device, label_count, "namespace labels in use"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_device, label_slot, "slot in which the labels were written, from their cookie"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_device, label_elsewhere, "size= and label-size= that labels elsewhere in the backing were written for"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_device;
const struct lend_kind_info lend_kind_device = {
	.name = "device",
	.help = "memory devices of a VM",
	.size = sizeof(struct lend_device),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
