/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-pci.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_HEX, lend_pci, class, "class, subclass, interface"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, class_name, "name of the subclass or class, of pci.ids"),
	LEND_FIELD(LEND_FIELD_HEX, lend_pci, vendor_id, "vendor"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, vendor, "its name, of pci.ids"),
	LEND_FIELD(LEND_FIELD_HEX, lend_pci, device_id, "device"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, product, "its name, of pci.ids"),
	LEND_FIELD(LEND_FIELD_HEX, lend_pci, subsystem_vendor, "who built the card"),
	LEND_FIELD(LEND_FIELD_HEX, lend_pci, subsystem_device, "and what it calls it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, subsystem, "its name, of pci.ids"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, driver, "driver it is bound to"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, used_by, "VMs that have it on their command line"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_pci, net_space, LEND_HIDE_NAME,
		"whose network namespace its interface is in, when it is not our own"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_pci, iommu_group, "IOMMU group, of this boot"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, parent, "address of the bridge or VMD above it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, slot, "name of its slot"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, vmkernel_name, "of ESXi: its adapter or NIC; may stay after it was given away"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, owner, "of ESXi: who has it: VMkernel, VM Passthru"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, next_owner, "of ESXi: who gets it at the next boot"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_pci, capable, "of ESXi: it can be given to a VM"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, dependent, "of ESXi: what is given away together with it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, reset_method, "ways to reset it, best first"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, physfn, "address of its physical function"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_pci, numa_node, "NUMA node (this and what follows: with --device)"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_pci, sriov_totalvfs, "virtual functions it can have"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_pci, sriov_numvfs, "virtual functions it has"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, virtfns, "addresses of its virtual functions"),
	LEND_FIELD_HIDE(LEND_FIELD_HEX, lend_pci, serial, LEND_HIDE_SERIAL,
		"PCI Express serial number"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_pci, vmd_shadow, "VMD 28c0 shows a guest the host's windows (VMLOCK bit 1)"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_pci, acs, "does it keep apart what is below or beside it: on, off, none, not needed, conventional"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_pci;
const struct lend_kind_info lend_kind_pci = {
	.name = "pci",
	.help = "PCI functions",
	.size = sizeof(struct lend_pci),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
	.hex_names = true,
};
