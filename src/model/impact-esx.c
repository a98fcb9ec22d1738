/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the loss of a thing means for a host of ESXi.  A flag for passthrough
 * outlives the boot, so what is lost is lost at the next boot, too.
 */

#include "model/impact-inside.h"
#include "model/kind-datastore.h"
#include "model/kind-pci.h"
#include "model/kind-system.h"
#include "model/kind-vmk.h"
#include "model/kind-vmnic.h"

static bool is_text(const struct lend_fact *fact, const char *text)
{
	return fact->known == LEND_KNOWN && strcmp(fact->v.str, text) == 0;
}

static bool is_needed_to_boot(const struct lend_node *node)
{
	const struct lend_fact *role = &lend_as_datastore(node)->role;

	if (node->kind == LEND_KIND_SYSTEM)
		return strcmp(node->name, "boot") == 0 || strcmp(node->name, "storage") == 0;
	return is_text(role, "bootbank") || is_text(role, "bank") || is_text(role, "osdata");
}

void lend_impact_esx_stake(struct lend_impact_hit *hit, enum lend_impact_level level)
{
	const struct lend_node *node = hit->node;

	/* One adapter less is no loss by itself. */
	if (level == LEND_IMPACT_DEGRADED && node->kind == LEND_KIND_SYSTEM &&
	    strcmp(node->name, "storage") == 0)
		return;
	hit->shown = true;
	hit->now = level;
	hit->boot = level;
	if (level != LEND_IMPACT_LOST)
		return;
	if (node->kind == LEND_KIND_VMK && lend_as_vmk(node)->management.known == LEND_KNOWN &&
	    lend_as_vmk(node)->management.v.u64 != 0)
		hit->now = hit->boot = LEND_IMPACT_LOCKS_OUT;
	else if ((node->kind == LEND_KIND_SYSTEM || node->kind == LEND_KIND_DATASTORE) &&
		 is_needed_to_boot(node))
		hit->boot = LEND_IMPACT_UNBOOTABLE;
}

/* A NIC without a virtual switch carries nobody. */
void lend_impact_vmnic_stake(struct lend_impact_hit *hit, enum lend_impact_level level)
{
	hit->shown = lend_as_vmnic(hit->node)->vswitch.known == LEND_KNOWN;
	hit->now = hit->boot = hit->shown ? level : LEND_IMPACT_NONE;
}

uint32_t lend_impact_esx_needs(const struct lend_node *node, uint32_t legs)
{
	bool one = node->kind == LEND_KIND_DISK || node->kind == LEND_KIND_VMK ||
		   (node->kind == LEND_KIND_SYSTEM &&
		    (strcmp(node->name, "storage") == 0 || strcmp(node->name, "console") == 0));

	return one && legs > 0 ? 1 : legs;
}

const char *lend_impact_esx_guess(const struct lend_node *node)
{
	const struct lend_fact *guess = NULL;

	if (node->kind == LEND_KIND_DATASTORE)
		guess = &lend_as_datastore(node)->guess;
	else if (node->kind == LEND_KIND_SYSTEM)
		guess = &lend_as_system(node)->guess;
	return guess != NULL && guess->known == LEND_KNOWN ? guess->v.str : NULL;
}

/* ---- notes ---- */

static void note(struct lend_impact *impact, const char *text)
{
	*LEND_PUSH(&impact->arena, impact->notes, impact->n_notes, impact->cap_notes) = text;
}

bool lend_pci_is_of_esxi(const struct lend_pci *pci)
{
	return pci->owner.known != LEND_NOT_ASKED || pci->next_owner.known != LEND_NOT_ASKED;
}

bool lend_pci_is_pending(const struct lend_pci *pci)
{
	return is_text(&pci->owner, "VMkernel") && is_text(&pci->next_owner, "VM Passthru");
}

bool lend_pci_is_given(const struct lend_pci *pci)
{
	return is_text(&pci->owner, "VM Passthru");
}

static void note_member(struct lend_impact *impact, const struct lend_pci *pci)
{
	if (lend_pci_is_pending(pci))
		note(impact, lend_arena_printf(
				     &impact->arena,
				     "%s is marked for passthrough already: all this comes at "
				     "the next boot, unless the mark is taken back before, in "
				     "the client that set it or by: esxcli hardware pci "
				     "pcipassthru set -d %s -e false (not confirmed before "
				     "ESXi 7.0)",
				     pci->node.name, pci->node.name));
	else if (lend_pci_is_given(pci))
		note(impact,
		     lend_arena_printf(&impact->arena,
				       "%s is given away already: this is so now, and stays so "
				       "at the next boot%s",
				       pci->node.name,
				       is_text(&pci->next_owner, "VMkernel")
					       ? "; it is the VMkernel's again from then on"
					       : ""));
}

/* ESXi 6.5 in the one public report (the DirectPath article); VMware KB 373820. */
static const char boots_note[] =
	"firmware reads the banks before ESXi lets go of the device: ESXi 6.5 came up, without "
	"its volumes, and forgot every change at the next boot; later ones may not come up at "
	"all (not confirmed on a host here)";

void lend_impact_esx_notes(struct lend_impact *impact)
{
	for (size_t i = 0; i < impact->n_members; i++) {
		if (impact->members[i].node->kind == LEND_KIND_PCI)
			note_member(impact, lend_as_pci(impact->members[i].node));
	}
	for (size_t i = 0; i < impact->n_hits; i++) {
		const struct lend_impact_hit *hit = &impact->hits[i];

		if ((hit->node->kind == LEND_KIND_SYSTEM ||
		     hit->node->kind == LEND_KIND_DATASTORE) &&
		    hit->boot == LEND_IMPACT_UNBOOTABLE) {
			note(impact, boots_note);
			return;
		}
	}
}
