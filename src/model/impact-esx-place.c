/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What of a host of ESXi stands on some device, nobody said on which: a volume
 * without a disk, the boot device, an adapter without an address.  It may be
 * on any function that can carry it, so the loss of none of these is known to
 * be harmless.
 */

#include "base/ascii.h"
#include "model/impact-inside.h"
#include "model/kind-adapter.h"
#include "model/kind-datastore.h"
#include "model/kind-pci.h"
#include "model/kind-system.h"
#include "model/kind-vm.h"

enum { NAMED_MAX = 8 }; /* the others are counted */

static bool is_text(const struct lend_fact *fact, const char *text)
{
	return fact->known == LEND_KNOWN && strcmp(fact->v.str, text) == 0;
}

static bool begins(const struct lend_fact *fact, const char *text)
{
	return fact->known == LEND_KNOWN &&
	       lend_ascii_has_prefix(fact->v.str, strlen(fact->v.str), text);
}

/* iSCSI and FCoE without a card of their own go over a NIC. */
static bool is_of_software(const struct lend_adapter *adapter)
{
	return begins(&adapter->driver, "iscsi_vmk") || begins(&adapter->driver, "fcoe") ||
	       begins(&adapter->description, "iSCSI Software");
}

/* Persistent memory is on no adapter.  A vVol may be behind one: its endpoints are LUNs, too.
 */
static bool is_on_disks(const struct lend_datastore *ds)
{
	return ds->server.known != LEND_KNOWN && !begins(&ds->type, "NFS") &&
	       !is_text(&ds->type, "PMEM") && strncmp(ds->node.name, "PMemDS-", 7) != 0;
}

/* "/tmp/scratch" lies in memory. */
static bool is_in_memory(const struct lend_system *s)
{
	return s->where.known == LEND_KNOWN && strncmp(s->where.v.str, "/tmp/", 5) == 0;
}

/* Why it makes storage incomplete; NULL: it does not. */
static const char *why_adrift(const struct lend_inventory *inv, const struct lend_node *node,
			      bool *ret_net)
{
	*ret_net = false;
	switch (node->kind) {
	case LEND_KIND_ADAPTER:
		if (lend_used_of(inv, node, LEND_KIND_PCI) != NULL)
			return NULL;
		*ret_net = is_of_software(lend_as_adapter(node));
		/* One that was made by the click of a switch, and has nothing. */
		if (*ret_net && lend_user_of(inv, node, 0) == NULL)
			return NULL;
		return "which function this adapter is, is not known: it may be this one";
	case LEND_KIND_DATASTORE:
		return lend_used_by(inv, node, 0) != NULL ||
				       !is_on_disks(lend_as_datastore(node))
			       ? NULL
			       : "on which disk it lies is not known: it may be on this one";
	case LEND_KIND_SYSTEM:
		return lend_used_by(inv, node, 0) != NULL || is_in_memory(lend_as_system(node))
			       ? NULL
			       : "on which disk it is, is not known: it may be on this one";
	default:
		return NULL;
	}
}

static void add(struct lend_impact_graph *graph, struct lend_impact_adrift *list,
		const struct lend_node *node, const char *why)
{
	if (list->n++ < NAMED_MAX)
		*LEND_PUSH(&graph->arena, list->texts, list->n_texts, list->cap_texts) =
			lend_arena_printf(&graph->arena, "%s: %s", node->id, why);
}

/* Every .vmx that was read says something of the UUID, and be it that there is none. */
static bool is_unread(const struct lend_node *node)
{
	return node->kind == LEND_KIND_VM && node->guest == NULL &&
	       is_text(&lend_as_vm(node)->hypervisor, "esxi") &&
	       lend_as_vm(node)->uuid.known == LEND_NOT_ASKED;
}

void lend_impact_esx_index(struct lend_impact_graph *graph)
{
	const struct lend_inventory *inv = graph->inv;

	for (size_t i = 0; i < inv->n_nodes; i++) {
		bool net;
		const char *why = why_adrift(inv, inv->nodes[i], &net);

		if (graph->unread_vm == NULL && is_unread(inv->nodes[i]))
			graph->unread_vm = inv->nodes[i];
		if (why != NULL)
			add(graph, net ? &graph->adrift_net : &graph->adrift, inv->nodes[i],
			    why);
	}
}

/*
 * PCI Code and ID Assignment: 01 storage, 0c serial buses (FireWire, USB,
 * Fibre Channel, InfiniBand; 0c05 is the SMBus), 0805 SD cards.
 */
static bool may_have_disks(const struct lend_pci *pci)
{
	uint64_t class = pci->class.v.u64 >> 8;

	if (pci->class.known != LEND_KNOWN)
		return true;
	return class >> 8 == 0 || class >> 8 == 1 || class == 0x0805 ||
	       (class >> 8 == 0x0c && class != 0x0c05);
}

/* 0280 and its like, too; InfiniBand is 0c06 or 0207. */
static bool may_be_nic(const struct lend_pci *pci)
{
	return pci->class.known != LEND_KNOWN || pci->class.v.u64 >> 16 == 2 ||
	       pci->class.v.u64 >> 8 == 0x0c06;
}

static void say(struct lend_impact *impact, const struct lend_impact_adrift *list)
{
	for (size_t i = 0; i < list->n_texts; i++)
		*LEND_PUSH(&impact->arena, impact->unknown, impact->n_unknown,
			   impact->cap_unknown) =
			lend_arena_strdup(&impact->arena, list->texts[i]);
	if (list->n > list->n_texts)
		*LEND_PUSH(&impact->arena, impact->unknown, impact->n_unknown,
			   impact->cap_unknown) =
			lend_arena_printf(&impact->arena, "and %zu more of that kind",
					  list->n - list->n_texts);
}

/* A disk without a volume may be the raw disk of a VM. */
static void say_raw(const struct lend_impact_graph *graph, struct lend_impact *impact)
{
	const struct lend_node *first = NULL;
	size_t n = 0;

	for (size_t i = 0; graph->unread_vm != NULL && i < impact->n_hits; i++) {
		const struct lend_node *node = impact->hits[i].node;

		if (node->kind != LEND_KIND_DISK || lend_user_of(graph->inv, node, 0) != NULL)
			continue;
		if (n++ == 0 || node->index < first->index)
			first = node;
	}
	if (n == 0)
		return;
	*LEND_PUSH(&impact->arena, impact->unknown, impact->n_unknown, impact->cap_unknown) =
		lend_arena_printf(
			&impact->arena,
			"%s%s: no volume was seen on it, and a VM may have it raw: the "
			".vmx of %s was not read",
			first->id, n > 1 ? " and others" : "", graph->unread_vm->id);
}

void lend_impact_esx_unknown(const struct lend_impact_graph *graph, struct lend_impact *impact)
{
	bool disks = false, nic = false;

	for (size_t i = 0; i < impact->n_members; i++) {
		const struct lend_node *node = impact->members[i].node;

		/* A disk or an adapter that is named itself may be the one, too. */
		disks = disks || node->kind == LEND_KIND_ADAPTER ||
			node->kind == LEND_KIND_DISK ||
			(node->kind == LEND_KIND_PCI && may_have_disks(lend_as_pci(node)));
		nic = nic || node->kind == LEND_KIND_VMNIC ||
		      (node->kind == LEND_KIND_PCI && may_be_nic(lend_as_pci(node)));
	}
	say_raw(graph, impact);
	if (disks)
		say(impact, &graph->adrift);
	if (nic)
		say(impact, &graph->adrift_net);
}
