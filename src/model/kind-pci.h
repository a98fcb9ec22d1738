/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A PCI function of the host.  Its name is its address as sysfs has it. */

#ifndef LEND_MODEL_KIND_PCI_H
#define LEND_MODEL_KIND_PCI_H

#include <stdbool.h>

#include "model/inventory.h"

struct lend_pci {
	struct lend_node node;
	struct lend_fact class;
	struct lend_fact class_name;
	struct lend_fact vendor_id;
	struct lend_fact vendor;
	struct lend_fact device_id;
	struct lend_fact product;
	struct lend_fact subsystem_vendor;
	struct lend_fact subsystem_device;
	struct lend_fact subsystem;
	struct lend_fact driver;
	struct lend_fact used_by;
	struct lend_fact net_space;
	struct lend_fact iommu_group;
	struct lend_fact parent;
	struct lend_fact slot;
	/* These only of ESXi. */
	/* These only of ESXi. */
	struct lend_fact vmkernel_name;
	struct lend_fact owner;
	struct lend_fact next_owner;
	struct lend_fact capable;
	struct lend_fact dependent;
	/* These of all functions when one shall be given away. */
	struct lend_fact reset_method;
	struct lend_fact physfn;
	/* These only of functions that were asked about. */
	struct lend_fact numa_node;
	struct lend_fact sriov_totalvfs;
	struct lend_fact sriov_numvfs;
	struct lend_fact virtfns;
	struct lend_fact serial;
	struct lend_fact vmd_shadow;
	/* And of the bridges above them. */
	struct lend_fact acs;
};

static inline struct lend_pci *lend_as_pci(const struct lend_node *node)
{
	return (struct lend_pci *)(uintptr_t)node;
}

/* The rules of Linux, VFIO and its groups are not about it. */
bool lend_pci_is_of_esxi(const struct lend_pci *pci);
/* Of ESXi: marked for passthrough, and the VMkernel has it until the next boot. */
bool lend_pci_is_pending(const struct lend_pci *pci);
/* Of ESXi: it is not the VMkernel's any more. */
bool lend_pci_is_given(const struct lend_pci *pci);

#endif
