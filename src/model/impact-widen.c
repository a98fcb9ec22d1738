/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has to be given away together. */

#include "model/impact-inside.h"
#include "model/kind-pci.h"
#include "model/viable.h"

enum { DEPTH_MAX = 32 }; /* of bridges below bridges */

void lend_impact_add_member(struct lend_impact_graph *graph, struct lend_impact *impact,
			    const struct lend_node *node, const struct lend_node *because,
			    const char *why)
{
	if (graph->member[node->index])
		return;
	graph->member[node->index] = true;
	*LEND_PUSH(&impact->arena, impact->members, impact->n_members, impact->cap_members) =
		(struct lend_impact_member){ node, because, why };
}

/* The first of that number; those behind it follow. */
static size_t first_key(const struct lend_impact_key *keys, size_t n, uint64_t number)
{
	size_t low = 0;

	while (n > 0) {
		size_t half = n / 2;

		if (keys[low + half].number < number) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low;
}

/* A bridge stays with the host: its ports belong to the group, not to the guest. */
static void add_group(struct lend_impact_graph *graph, struct lend_impact *impact,
		      const struct lend_pci *pci)
{
	uint64_t group = pci->iommu_group.v.u64;
	const char *why = NULL;

	if (pci->iommu_group.known != LEND_KNOWN || lend_viable_is_bridge(pci))
		return;
	for (size_t i = first_key(graph->groups, graph->n_groups, group);
	     i < graph->n_groups && graph->groups[i].number == group; i++) {
		if (lend_viable_is_bridge(lend_as_pci(graph->groups[i].node)))
			continue;
		if (why == NULL)
			why = lend_arena_printf(&impact->arena, "same IOMMU group %llu",
						(unsigned long long)group);
		lend_impact_add_member(graph, impact, graph->groups[i].node, &pci->node, why);
	}
}

/* Functions below this one: behind a bridge, or a VMD. */
static void add_below(struct lend_impact_graph *graph, struct lend_impact *impact,
		      const struct lend_pci *pci)
{
	const struct lend_inventory *inv = graph->inv;
	uint32_t at = pci->node.index;

	for (uint32_t i = graph->first_user[at]; i < graph->first_user[at + 1]; i++) {
		const struct lend_node *user = inv->nodes[inv->edges_by_used[i].user];

		if (user->kind == LEND_KIND_PCI)
			lend_impact_add_member(graph, impact, user, &pci->node, "behind it");
	}
}

/* A controller that is no bridge and has functions below it, such as a VMD, goes whole. */
static void add_above(struct lend_impact_graph *graph, struct lend_impact *impact,
		      const struct lend_pci *pci)
{
	const struct lend_node *at = &pci->node;

	for (unsigned int i = 0; i < DEPTH_MAX && at != NULL; i++) {
		at = lend_used_of(graph->inv, at, LEND_KIND_PCI);
		if (at != NULL && !lend_viable_is_bridge(lend_as_pci(at)))
			lend_impact_add_member(graph, impact, at, &pci->node,
					       "the controller it is behind");
		if (at != NULL && graph->member[at->index])
			return; /* it goes up itself */
	}
}

/* Nothing but these, of which "bus" takes all of the slot, and VFIO resets it for "pm", too. */
static bool is_reset_by_slot(const struct lend_pci *pci)
{
	const char *at = pci->reset_method.known == LEND_KNOWN ? pci->reset_method.v.str : "";
	bool found = false;

	for (at += strspn(at, " "); *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		if (!(len == 3 && strncmp(at, "bus", len) == 0) &&
		    !(len == 2 && strncmp(at, "pm", len) == 0))
			return false;
		found = true;
		at += len;
	}
	return found;
}

static void add_slot(struct lend_impact_graph *graph, struct lend_impact *impact,
		     const struct lend_pci *pci)
{
	struct lend_pci_address address;
	uint64_t slot;

	if (!is_reset_by_slot(pci) || lend_viable_is_bridge(pci) ||
	    !lend_pci_address_parse(pci->node.name, strlen(pci->node.name), &address))
		return;
	slot = lend_impact_slot_number(&address);
	for (size_t i = first_key(graph->slots, graph->n_slots, slot);
	     i < graph->n_slots && graph->slots[i].number == slot; i++) {
		const struct lend_node *other = graph->slots[i].node;

		if (!lend_viable_is_bridge(lend_as_pci(other)))
			lend_impact_add_member(graph, impact, other, &pci->node,
					       "same slot, and reset with it");
	}
}

static void add_functions(struct lend_impact_graph *graph, struct lend_impact *impact,
			  const struct lend_pci *pci)
{
	for (size_t i = first_key(graph->vfs, graph->n_vfs, pci->node.index);
	     i < graph->n_vfs && graph->vfs[i].number == pci->node.index; i++)
		lend_impact_add_member(graph, impact, graph->vfs[i].node, &pci->node,
				       "its virtual function");
}

void lend_impact_widen(struct lend_impact_graph *graph, struct lend_impact *impact)
{
	for (size_t i = 0; i < impact->n_members; i++) {
		const struct lend_pci *pci = lend_as_pci(impact->members[i].node);

		if (pci->node.kind != LEND_KIND_PCI)
			continue;
		add_group(graph, impact, pci);
		add_below(graph, impact, pci);
		add_above(graph, impact, pci);
		add_functions(graph, impact, pci);
		add_slot(graph, impact, pci);
	}
}
