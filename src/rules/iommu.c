/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What VFIO and the IOMMU want before a function can be a VM's. */

#include <inttypes.h>

#include "base/num.h"
#include "model/kind-backend.h"
#include "model/kind-backing.h"
#include "model/kind-device.h"
#include "model/kind-host.h"
#include "model/kind-iommu-group.h"
#include "model/kind-pci.h"
#include "model/kind-vm.h"
#include "rules/rules.h"

static bool is_given(const struct lend_view *view, const struct lend_node *node)
{
	return lend_rule_is_given(view, node);
}

static const struct lend_pci *given_of_group(const struct lend_view *view,
					     const struct lend_node *group)
{
	const struct lend_node *user;

	for (size_t i = 0; (user = lend_user_of(view->inv, group, i)) != NULL; i++) {
		if (user->kind == LEND_KIND_PCI && is_given(view, user))
			return lend_as_pci(user);
	}
	return NULL;
}

static bool has_given(const struct lend_view *view, const struct lend_node *node)
{
	return given_of_group(view, node) != NULL;
}

static bool gives_any(const struct lend_view *view, const struct lend_node *node)
{
	(void)node;
	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(view->inv, LEND_KIND_PCI, n)) != NULL;) {
		if (is_given(view, n))
			return true;
	}
	return false;
}

static bool vm_has_function(const struct lend_view *view, const struct lend_node *node)
{
	return lend_used_of(view->inv, node, LEND_KIND_PCI) != NULL &&
	       !lend_is_text(&lend_as_vm(node)->hypervisor, "esxi");
}

static void has_group(const struct lend_view *view, const struct lend_node *node,
		      struct lend_findings *out)
{
	(void)view;
	if (lend_as_pci(node)->iommu_group.known == LEND_ABSENT)
		lend_violated(out, node, "it has no IOMMU group");
}

static void group_whole(const struct lend_view *view, const struct lend_node *node,
			struct lend_findings *out)
{
	const struct lend_iommu_group *group = lend_as_iommu_group(node);

	if (lend_is_off(&group->viable))
		lend_violated(out, node, "%s is for a VM, and the host has %s",
			      given_of_group(view, node)->node.name,
			      group->why.known == LEND_KNOWN ? group->why.v.str
							     : "another of the group");
}

static void group_apart(const struct lend_view *view, const struct lend_node *node,
			struct lend_findings *out)
{
	const struct lend_iommu_group *group = lend_as_iommu_group(node);

	if (group->split.known == LEND_UNREADABLE)
		(void)lend_needed(out, node, node, "split");
	else if (group->split.known == LEND_KNOWN)
		lend_violated(out, node, "%s is for a VM; %s",
			      given_of_group(view, node)->node.name, group->split.v.str);
}

static void interrupts(const struct lend_view *view, const struct lend_node *node,
		       struct lend_findings *out)
{
	const struct lend_host *host = lend_as_host(node);

	(void)view;
	if (lend_is_off(&host->interrupts_isolated))
		lend_violated(out, node, "interrupts are not isolated%s",
			      lend_is_on(&host->unsafe_interrupts)
				      ? ", and VFIO was told to do without that"
				      : "");
}

static void resets(const struct lend_view *view, const struct lend_node *node,
		   struct lend_findings *out)
{
	(void)view;
	if (lend_as_pci(node)->reset_method.known == LEND_ABSENT)
		lend_violated(out, node, "there is no way to reset it");
}

static bool is_pinned(const struct lend_view *view, const struct lend_node *node)
{
	const struct lend_node *vm = lend_user_of_kind(view->inv, node, LEND_KIND_VM);

	return lend_rule_is_nvdimm(view, node) && vm != NULL && vm_has_function(view, vm);
}

static void pinned_backing(const struct lend_view *view, const struct lend_node *node,
			   struct lend_findings *out)
{
	const struct lend_node *backend = lend_used_of(view->inv, node, LEND_KIND_BACKEND);
	const struct lend_node *backing =
		backend == NULL ? NULL : lend_used_of(view->inv, backend, LEND_KIND_BACKING);
	const struct lend_fact *dax;

	if (backing == NULL || !lend_is_text(&lend_as_backing(backing)->type, "file"))
		return;
	dax = lend_needed(out, node, backing, "dax");
	if (dax != NULL && lend_is_on(dax))
		lend_violated(out, node,
			      "%s is a file on DAX, and its VM has a PCI function of the host",
			      backing->name);
}

static void pinned_memory(const struct lend_view *view, const struct lend_node *node,
			  struct lend_findings *out)
{
	uint64_t sum = lend_as_vm(node)->ram_bytes.v.u64;
	const struct lend_node *used;

	for (size_t i = 0; (used = lend_used_by(view->inv, node, i)) != NULL; i++) {
		const struct lend_fact *size;

		if (used->kind != LEND_KIND_DEVICE || !lend_rule_is_nvdimm(view, used))
			continue;
		size = lend_needed(out, node, used, "size_bytes");
		if (size == NULL)
			return;
		if (size->known == LEND_KNOWN && !lend_add_u64(sum, size->v.u64, &sum))
			return;
	}
	lend_violated(out, node, "%s of it may not be swapped out: RAM and NVDIMMs together",
		      lend_size_words(out, sum));
}

static const struct lend_rule rules[] = {
	{
		.id = "function-has-group",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_PCI,
		.must = "A function for a VM has an IOMMU group",
		.why = "without one VFIO does not take it: it stays without a driver, though "
		       "every write to sysfs succeeds",
		.hint = "turn VT-d or AMD-Vi on in the firmware, intel_iommu=on where the "
			"kernel does not by itself",
		.proof = LEND_PROOF_DOCS,
		.evidence = "Documentation/driver-api/vfio.rst; vfio_iommu_group_get of "
			    "drivers/vfio/vfio.c",
		.unproven = "a function without a group never gets as far as to a VM",
		.needs = "iommu_group",
		.applies = is_given,
		.check = has_group,
	},
	{
		.id = "group-left-by-host",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_IOMMU_GROUP,
		.must = "No driver of the host is left in an IOMMU group of which a VM has a "
			"part",
		.why = "the group is not viable: QEMU does not start, \"group N is not "
		       "viable\"",
		.hint = "unbind what is named; lend impact group:N tells what that hits",
		.proof = LEND_PROOF_LAB,
		.evidence = "machine-vfio",
		.needs = "viable",
		.applies = has_given,
		.check = group_whole,
	},
	{
		.id = "group-apart-by-hardware",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_IOMMU_GROUP,
		.must = "An IOMMU group is apart from others by hardware, not by order",
		.why = "pcie_acs_override= makes groups look apart while the devices can still "
		       "write into each other: a guest reaches those of the host",
		.hint = "leave pcie_acs_override= out, and give the whole of the group that "
			"there is then",
		.proof = LEND_PROOF_DOCS,
		.evidence = "PCI Express Base Specification, Access Control Services; the "
			    "patch pci: Enable overrides for missing ACS capabilities",
		.unproven = "the patch is in no kernel that the lab boots",
		.applies = has_given,
		.check = group_apart,
	},
	{
		.id = "interrupts-isolated",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_HOST,
		.must = "A host that gives functions to VMs has interrupt remapping",
		.why = "a guest can have its function send interrupts that are not its own; "
		       "VFIO refuses that, unless it was told allow_unsafe_interrupts=1",
		.hint = "turn interrupt remapping (or x2APIC) on in the firmware; leave "
			"intremap=off out",
		.proof = LEND_PROOF_LAB,
		.evidence = "machine-vfio",
		.needs = "interrupts_isolated",
		.applies = gives_any,
		.check = interrupts,
	},
	{
		.id = "function-can-be-reset",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_PCI,
		.must = "A function for a VM can be reset",
		.why = "what one owner leaves in it, data or a hung engine, the next one gets",
		.hint = "give it to one VM alone, and power the host off in between",
		.proof = LEND_PROOF_DOCS,
		.evidence = "reset_method of Documentation/ABI/testing/sysfs-bus-pci",
		.unproven = "an emulated function keeps nothing that the next owner could find",
		.needs = "reset_method",
		.applies = is_given,
		.check = resets,
	},
	{
		.id = "pinned-backing-not-fsdax",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "A VM with a PCI function has no NVDIMM on a file on DAX",
		.why = "a function pins all memory of its VM, and files on DAX cannot be pinned: "
		       "QEMU does not start, \"Operation not supported\"",
		.hint = "a DAX device (ndctl create-namespace -m devdax), or a file that is not "
			"on DAX",
		.proof = LEND_PROOF_LAB,
		.evidence = "machine-vfio",
		.applies = is_pinned,
		.check = pinned_backing,
	},
	{
		.id = "pinned-memory-known",
		.level = LEND_LEVEL_NOTE,
		.on = LEND_KIND_VM,
		.must = "The memory of a VM with a PCI function is there all the time",
		.why = "all of it is pinned: RLIMIT_MEMLOCK of a QEMU that is not root has to "
		       "allow it, and no ballooning or overcommitment gives any of it back",
		.hint = "the host keeps that much, and the limit is that and 1 GiB more, as "
			"libvirt has it",
		.proof = LEND_PROOF_DOCS,
		.evidence = "Documentation/driver-api/vfio.rst; libvirt, memory backing of "
			    "domains with host devices",
		.unproven = "a guest of the lab is too small for a QEMU with VFIO inside",
		.needs = "ram_bytes",
		.applies = vm_has_function,
		.check = pinned_memory,
	},
};

extern const struct lend_rules lend_rules_iommu;
const struct lend_rules lend_rules_iommu = {
	.subject = "iommu",
	.title = "PCI functions, VFIO and the IOMMU",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
