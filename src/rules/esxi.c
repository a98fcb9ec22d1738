/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosts of ESXi: what is marked for passthrough, and what stands on it.
 *
 * Rules on the host walk it once for all its functions: each of them asks what
 * the loss of one does (model/impact.h).
 */

#include "model/impact.h"
#include "model/kind-flag.h"
#include "model/kind-pci.h"
#include "model/kind-vm.h"
#include "rules/rules.h"

static bool is_esxi(const struct lend_view *view, const struct lend_node *node)
{
	(void)node;
	for (const struct lend_node *pci = NULL;
	     (pci = lend_next_of(view->inv, LEND_KIND_PCI, pci)) != NULL;) {
		if (lend_as_pci(pci)->owner.known == LEND_KNOWN ||
		    lend_as_pci(pci)->next_owner.known == LEND_KNOWN)
			return true;
	}
	return false;
}

/* What its loss does; the graph is made for the first that is asked for. */
static void take_away(const struct lend_view *view, struct lend_impact_graph **graph,
		      const struct lend_node *pci, struct lend_impact *ret)
{
	if (*graph == NULL)
		*graph = lend_impact_graph_new(view->inv);
	lend_impact_of(*graph, &pci, 1, ret);
}

/* Of those on which nothing else of a kind lies: what people know by name. */
static size_t count_shown(const struct lend_impact *impact)
{
	size_t n = 0;

	for (size_t i = 0; i < impact->n_hits; i++)
		n += impact->hits[i].shown;
	return n;
}

static const char *running_of(struct lend_findings *out, const struct lend_impact *impact)
{
	lend_auto_buf names = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < impact->n_hits; i++) {
		const struct lend_node *node = impact->hits[i].node;

		if (node->kind != LEND_KIND_VM ||
		    !lend_is_text(&lend_as_vm(node)->state, "running") || n++ >= 4)
			continue;
		lend_buf_printf(&names, "%s%s",
				names.len > 0 ? ", " : "; running on it: ", node->name);
	}
	if (n > 4)
		lend_buf_printf(&names, " and %zu more", n - 4);
	return lend_arena_strdup(lend_findings_arena(out), lend_buf_text(&names));
}

static const struct lend_impact_hit *worst_of(const struct lend_impact *impact)
{
	for (size_t i = 0; i < impact->n_hits; i++) {
		if (impact->hits[i].shown)
			return &impact->hits[i];
	}
	return NULL;
}

static void tell(struct lend_findings *out, const struct lend_node *pci,
		 const struct lend_impact *impact, const char *when)
{
	const struct lend_impact_hit *worst = worst_of(impact);
	enum lend_impact_level level = worst->boot > worst->now ? worst->boot : worst->now;
	lend_auto_buf chain = { 0 };

	lend_impact_chain(worst, &chain);
	lend_violated(out, pci, "%s %zu thing%s of the host, at worst \"%s\": %s %s <- %s%s",
		      when, count_shown(impact), count_shown(impact) == 1 ? "" : "s",
		      lend_impact_level_text(level), lend_node_kind(worst->node),
		      worst->node->name, lend_buf_text(&chain), running_of(out, impact));
}

static bool has_gap(const struct lend_inventory *inv)
{
	for (size_t i = 0; i < inv->n_gaps; i++) {
		if (inv->gaps[i].matters)
			return true;
	}
	return false;
}

static void pending(const struct lend_view *view, const struct lend_node *host,
		    struct lend_findings *out)
{
	lend_auto_impact_graph *graph = NULL;

	(void)host;
	for (const struct lend_node *pci = NULL;
	     (pci = lend_next_of(view->inv, LEND_KIND_PCI, pci)) != NULL;) {
		lend_auto_impact impact = { 0 };

		if (!lend_pci_is_pending(lend_as_pci(pci)))
			continue;
		take_away(view, &graph, pci, &impact);
		if (worst_of(&impact) != NULL) {
			tell(out, pci, &impact,
			     "it is marked for passthrough, and the next boot takes with it");
			lend_cure(
				out,
				"before that boot: esxcli hardware pci pcipassthru set -d %s "
				"-e false (not confirmed before ESXi 7.0), or the client that "
				"set it",
				pci->name);
		} else if (has_gap(view->inv) || impact.n_unknown > 0) {
			lend_untold(out, pci,
				    "it is marked for passthrough, and what stands on it could "
				    "not all be seen");
		}
	}
}

static void given(const struct lend_view *view, const struct lend_node *host,
		  struct lend_findings *out)
{
	lend_auto_impact_graph *graph = NULL;

	(void)host;
	for (const struct lend_node *pci = NULL;
	     (pci = lend_next_of(view->inv, LEND_KIND_PCI, pci)) != NULL;) {
		lend_auto_impact impact = { 0 };
		bool only_vm = true;

		if (!lend_pci_is_given(lend_as_pci(pci)))
			continue;
		take_away(view, &graph, pci, &impact);
		/* The VM that has it is whom it was given to. */
		for (size_t i = 0; i < impact.n_hits; i++)
			only_vm = only_vm && (!impact.hits[i].shown ||
					      impact.hits[i].node->kind == LEND_KIND_VM);
		if (!only_vm)
			tell(out, pci, &impact, "it was given away, and with it");
	}
}

/* ---- the VM that needs what it takes ---- */

static const struct lend_node *volume_hit(const struct lend_view *view,
					  const struct lend_impact *impact,
					  const struct lend_node *vm)
{
	const struct lend_node *used;

	for (size_t i = 0; (used = lend_used_by(view->inv, vm, i)) != NULL; i++) {
		for (size_t h = 0; used->kind == LEND_KIND_DATASTORE && h < impact->n_hits;
		     h++) {
			if (impact->hits[h].node == used)
				return used;
		}
	}
	return NULL;
}

static void no_loop(const struct lend_view *view, const struct lend_node *host,
		    struct lend_findings *out)
{
	lend_auto_impact_graph *graph = NULL;

	(void)host;
	for (const struct lend_node *vm = NULL;
	     (vm = lend_next_of(view->inv, LEND_KIND_VM, vm)) != NULL;) {
		const struct lend_node *pci;

		for (size_t i = 0; (pci = lend_used_by(view->inv, vm, i)) != NULL; i++) {
			lend_auto_impact impact = { 0 };
			const struct lend_node *volume;

			if (pci->kind != LEND_KIND_PCI)
				continue;
			take_away(view, &graph, pci, &impact);
			volume = volume_hit(view, &impact, vm);
			if (volume != NULL)
				lend_violated(out, vm,
					      "it has %s, and lies on %s, which is not there "
					      "without it",
					      pci->name, volume->name);
		}
	}
}

/* ---- flags of addresses ---- */

static const char *ids_of(struct lend_findings *out, const struct lend_fact *vendor,
			  const struct lend_fact *device)
{
	return lend_arena_printf(lend_findings_arena(out), "%04x:%04x",
				 (unsigned int)vendor->v.u64, (unsigned int)device->v.u64);
}

static void flag_has_card(const struct lend_view *view, const struct lend_node *node,
			  struct lend_findings *out)
{
	const struct lend_flag *flag = lend_as_flag(node);
	const struct lend_node *used = lend_used_of(view->inv, node, LEND_KIND_PCI);
	const struct lend_pci *pci = used == NULL ? NULL : lend_as_pci(used);

	if (flag->address.known != LEND_KNOWN)
		return;
	if (lend_is_off(&flag->there)) {
		lend_violated(out, node,
			      "nothing is at %s: the next card that gets this address is given "
			      "away, whatever it is",
			      flag->address.v.str);
		return;
	}
	if (pci == NULL || flag->vendor_id.known != LEND_KNOWN ||
	    flag->device_id.known != LEND_KNOWN || pci->vendor_id.known != LEND_KNOWN ||
	    pci->device_id.known != LEND_KNOWN ||
	    (flag->vendor_id.v.u64 == pci->vendor_id.v.u64 &&
	     flag->device_id.v.u64 == pci->device_id.v.u64))
		return;
	lend_violated(out, node, "it was made for %s, and at %s is %s now",
		      ids_of(out, &flag->vendor_id, &flag->device_id), pci->node.name,
		      ids_of(out, &pci->vendor_id, &pci->device_id));
}

static void vm_has_card(const struct lend_view *view, const struct lend_node *node,
			struct lend_findings *out)
{
	(void)view;
	if (lend_as_vm(node)->passthru_other.known == LEND_KNOWN)
		lend_violated(out, node, "its function %s",
			      lend_as_vm(node)->passthru_other.v.str);
}

static bool is_esxi_vm(const struct lend_view *view, const struct lend_node *node)
{
	(void)view;
	return lend_is_text(&lend_as_vm(node)->hypervisor, "esxi");
}

static const char no_host[] = "no machine here runs ESXi";

static const struct lend_rule rules[] = {
	{
		.id = "esxi-pending-not-needed",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_HOST,
		.must = "Nothing of the host stands on a device that is marked for passthrough",
		.why = "the next boot takes it from the VMkernel: volumes, VMs, the host's own "
		       "boot disk or its network are gone, and the settings that would bring "
		       "them back may not be saved any more",
		.hint = "esxcli hardware pci pcipassthru set -d ADDRESS -e false (not confirmed "
			"before ESXi 7.0), or the client that set it",
		.proof = LEND_PROOF_DOCS,
		.evidence = "VMware KB 1022011, KB 373820; the DirectPath article; "
			    "tests/hosts/esx-directpath-pending",
		.unproven = no_host,
		.applies = is_esxi,
		.check = pending,
	},
	{
		.id = "esxi-given-not-needed",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_HOST,
		.must = "Nothing of the host stood on a device that was given away",
		.why = "it is gone until the device is the VMkernel's again",
		.hint = "esxcli hardware pci pcipassthru set -d ADDRESS -e false (not confirmed "
			"before ESXi 7.0), or the client that set it, then look whether "
			"/bootbank is a bank before the next boot: else the change is forgotten",
		.proof = LEND_PROOF_DOCS,
		.evidence = "VMware KB 1022011, KB 2043048; the DirectPath article; "
			    "tests/hosts/esx-directpath-pending",
		.unproven = no_host,
		.applies = is_esxi,
		.check = given,
	},
	{
		.id = "esxi-no-loop",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_HOST,
		.must = "A VM does not lie on a volume that is not there without a device it takes",
		.why = "the VM starts only from that volume, and the volume comes only with the "
		       "device, or with the VM: after a boot none of them does",
		.hint = "move the VM to another volume, or give it another controller",
		.proof = LEND_PROOF_DOCS,
		.evidence = "follows from what passthrough is; tests/cases/check-esx-loop",
		.unproven = no_host,
		.applies = is_esxi,
		.check = no_loop,
	},
	{
		.id = "esxi-flag-has-card",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_FLAG,
		.must = "A mark for passthrough is at the address of the card it was made for",
		.why = "the mark is of an address: a card that is plugged in, or moves because "
		       "another was, is given away in its place, the boot disk's controller, too",
		.hint = "take the mark back before cards are changed, and set it again after",
		.proof = LEND_PROOF_DOCS,
		.evidence = "blog.flobernd.de, vsphere-recover-passthrough (one report)",
		.unproven = no_host,
		.needs = "there",
		.check = flag_has_card,
	},
	{
		.id = "esxi-vm-has-card",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_VM,
		.must = "At the address that a VM takes is the device it was made for",
		.why = "cards were changed: the VM does not start, or another device is lost to it",
		.hint = "remove the PCI device from the VM, and add the one that is meant",
		.proof = LEND_PROOF_DOCS,
		.evidence = "pciPassthruN.vendorId, .deviceId of a .vmx; the same report",
		.unproven = no_host,
		.applies = is_esxi_vm,
		.check = vm_has_card,
	},
};

extern const struct lend_rules lend_rules_esxi;
const struct lend_rules lend_rules_esxi = {
	.subject = "esxi",
	.title = "Hosts of ESXi",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
