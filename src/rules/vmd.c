/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Intel VMD controllers and the drives behind them. */

#include "model/kind-pci.h"
#include "model/kind-vmd.h"
#include "rules/rules.h"

enum { DEPTH_MAX = 32, INTEL = 0x8086 };

static const struct lend_node *function_of(const struct lend_view *view,
					   const struct lend_node *vmd)
{
	return lend_used_of(view->inv, vmd, LEND_KIND_PCI);
}

static bool vmd_is_given(const struct lend_view *view, const struct lend_node *node)
{
	const struct lend_node *function = function_of(view, node);

	return function != NULL && lend_rule_is_given(view, function);
}

static bool is_shadow(const struct lend_view *view, const struct lend_node *node)
{
	return vmd_is_given(view, node) &&
	       lend_is_text(&lend_as_vmd(node)->guest_offsets, "shadow");
}

static void whole(const struct lend_view *view, const struct lend_node *node,
		  struct lend_findings *out)
{
	const struct lend_node *at = node;

	for (unsigned int i = 0; i < DEPTH_MAX; i++) {
		at = lend_used_of(view->inv, at, LEND_KIND_PCI);
		if (at == NULL)
			return;
		if (lend_user_of_kind(view->inv, at, LEND_KIND_VMD) == NULL)
			continue;
		lend_violated(out, node, "it is behind VMD %s, and is for a VM by itself",
			      at->name);
		lend_cure(out, "give %s, with all that is behind it", at->name);
		return;
	}
}

static void shadow(const struct lend_view *view, const struct lend_node *node,
		   struct lend_findings *out)
{
	const struct lend_fact *fact =
		lend_needed(out, node, function_of(view, node), "vmd_shadow");

	if (fact != NULL && lend_is_off(fact))
		lend_violated(out, node, "bit 1 of its VMLOCK is off");
}

static void known_to_qemu(const struct lend_view *view, const struct lend_node *node,
			  struct lend_findings *out)
{
	(void)view;
	if (lend_is_text(&lend_as_vmd(node)->guest_offsets, "none"))
		lend_violated(out, node,
			      "it has no registers for a guest, and QEMU has no capability for "
			      "its id");
}

static void hot_plug(const struct lend_view *view, const struct lend_node *node,
		     struct lend_findings *out)
{
	(void)view;
	lend_violated(out, node, "its guest does not notice drives that are plugged or pulled");
}

static bool is_placeholder(const struct lend_view *view, const struct lend_node *node)
{
	const struct lend_pci *pci = lend_as_pci(node);

	return lend_rule_is_given(view, node) && pci->vendor_id.known == LEND_KNOWN &&
	       pci->vendor_id.v.u64 == INTEL && pci->device_id.known == LEND_KNOWN &&
	       pci->device_id.v.u64 == LEND_VMD_PLACEHOLDER;
}

static void placeholder(const struct lend_view *view, const struct lend_node *node,
			struct lend_findings *out)
{
	(void)view;
	lend_violated(out, node, "8086:09ab is where a port was, not a VMD");
}

#define NO_VMD "QEMU has no model of a VMD"

static const struct lend_rule rules[] = {
	{
		.id = "vmd-goes-whole",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_PCI,
		.must = "What is behind a VMD goes to a VM with the VMD, or not at all",
		.why = "the kernel puts it into the IOMMU group of the controller, which the "
		       "driver vmd holds as long as the drive is there",
		.hint = "give the controller",
		.proof = LEND_PROOF_DOCS,
		.evidence = "pci_real_dma_dev of arch/x86/pci/common.c, drivers/pci/controller/"
			    "vmd.c; Intel VMD Direct Assign guide, chapter 3",
		.unproven = NO_VMD,
		.applies = lend_rule_is_given,
		.check = whole,
	},
	{
		.id = "vmd-shadow-on",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_VMD,
		.must = "A VMD 8086:28c0 for a VM shows the host's windows in its shadow "
			"registers",
		.why = "the guest takes itself for a bare machine, programs its own addresses, "
		       "and finds no drive; nothing fails at the start",
		.hint = "VMD for Direct Assign in the firmware, for this controller",
		.proof = LEND_PROOF_DOCS,
		.evidence = "vmd_get_phys_offsets of drivers/pci/controller/vmd.c; Intel VMD "
			    "Direct Assign guide, chapter 2",
		.unproven = NO_VMD,
		.applies = is_shadow,
		.check = shadow,
	},
	{
		.id = "vmd-known-to-qemu",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_VMD,
		.must = "A VMD for a VM has shadow registers, or QEMU has them for it",
		.why = "without them the guest does not learn where the host has the windows, "
		       "and its drives do not work",
		.hint = "try it before anything depends on it; turn VMD off in the firmware, and "
			"give the drives themselves",
		.proof = LEND_PROOF_DOCS,
		.evidence =
			"vfio_add_vmd_shadow_cap of QEMU's hw/vfio/pci-quirks.c: 201d, 467f, "
			"4c3d, 9a0b",
		.unproven = NO_VMD,
		.applies = vmd_is_given,
		.check = known_to_qemu,
	},
	{
		.id = "vmd-no-hot-plug",
		.level = LEND_LEVEL_NOTE,
		.on = LEND_KIND_VMD,
		.must = "Drives behind a VMD that a VM has stay where they are",
		.why = "the guest's firmware grants no hot plug, so a drive that is pulled hangs "
		       "and one that is plugged does not show",
		.hint = "shut the VM down before a drive is changed",
		.proof = LEND_PROOF_DOCS,
		.evidence = "vmd_copy_host_bridge_flags of drivers/pci/controller/vmd.c",
		.unproven = NO_VMD,
		.applies = vmd_is_given,
		.check = hot_plug,
	},
	{
		.id = "vmd-not-placeholder",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_PCI,
		.must = "What is for a VM as a VMD is one",
		.why = "8086:09ab is called a controller and has nothing behind it",
		.hint = "lend show --table vmd lists those that there are",
		.proof = LEND_PROOF_DOCS,
		.evidence = "pci.ids, RST VMD Managed Controller; drivers/pci/controller/vmd.c",
		.unproven = NO_VMD,
		.applies = is_placeholder,
		.check = placeholder,
	},
};

extern const struct lend_rules lend_rules_vmd;
const struct lend_rules lend_rules_vmd = {
	.subject = "vmd",
	.title = "Intel VMD",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
