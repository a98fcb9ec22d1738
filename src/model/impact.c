/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/impact.h"

#include <stdlib.h>

#include "model/impact-inside.h"
#include "model/kind-block.h"
#include "model/kind-pci.h"

enum { CHAIN_MAX = 64 };

const char *lend_impact_level_text(enum lend_impact_level level)
{
	static const char *const texts[] = {
		[LEND_IMPACT_NONE] = "none",
		[LEND_IMPACT_DEGRADED] = "degraded",
		[LEND_IMPACT_LOST] = "lost until restored",
		[LEND_IMPACT_UNBOOTABLE] = "host unbootable",
		[LEND_IMPACT_LOCKS_OUT] = "locks you out",
	};

	return texts[level];
}

const char *lend_impact_level_name(enum lend_impact_level level)
{
	static const char *const names[] = {
		[LEND_IMPACT_NONE] = "none",
		[LEND_IMPACT_DEGRADED] = "degraded",
		[LEND_IMPACT_LOST] = "lost",
		[LEND_IMPACT_UNBOOTABLE] = "unbootable",
		[LEND_IMPACT_LOCKS_OUT] = "locked-out",
	};

	return names[level];
}

void lend_impact_done(struct lend_impact *impact)
{
	lend_arena_done(&impact->arena);
	*impact = (struct lend_impact){ 0 };
}

/* ---- the graph ---- */

static int by_number(const void *pa, const void *pb)
{
	const struct lend_impact_key *a = pa;
	const struct lend_impact_key *b = pb;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->node->index < b->node->index ? -1 : a->node->index > b->node->index;
}

/* first[i] is where the edges of node i begin. */
static uint32_t *index_edges(struct lend_arena *arena, const struct lend_inventory *inv,
			     const struct lend_edge *edges, bool by_used)
{
	uint32_t *first = lend_arena_array(arena, inv->n_nodes + 1, sizeof(*first));
	size_t at = 0;

	for (size_t i = 0; i <= inv->n_nodes; i++) {
		while (at < inv->n_edges &&
		       (by_used ? edges[at].used : edges[at].user) < (uint32_t)i)
			at++;
		first[i] = (uint32_t)at;
	}
	return first;
}

/* Of a virtual function its physical one; of one of ESXi's what it depends on. */
static void index_relative(struct lend_impact_graph *graph, const struct lend_node *node,
			   const struct lend_fact *of, struct lend_impact_key *keys, size_t *n)
{
	lend_auto_buf id = { 0 };
	const struct lend_node *other;

	if (of->known != LEND_KNOWN)
		return;
	lend_buf_printf(&id, "pci/%s", of->v.str);
	other = lend_find(graph->inv, lend_buf_text(&id));
	if (other != NULL)
		keys[(*n)++] = (struct lend_impact_key){ other->index, node };
}

static void count_legs(struct lend_impact_graph *graph, uint32_t node)
{
	const struct lend_inventory *inv = graph->inv;
	uint32_t first = graph->first_used[node], end = graph->first_used[node + 1];

	for (uint32_t i = first; i < end; i++) {
		if (lend_impact_carries(inv, inv->nodes[node], inv->nodes[inv->edges[i].used]))
			graph->n_legs[node]++;
	}
	if (graph->n_legs[node] > 0)
		return;
	graph->all_are_legs[node] = true;
	graph->n_legs[node] = end - first;
}

static void index_legs(struct lend_impact_graph *graph)
{
	size_t n = graph->inv->n_nodes;

	graph->n_legs = lend_arena_array(&graph->arena, n + 1, sizeof(*graph->n_legs));
	graph->all_are_legs =
		lend_arena_array(&graph->arena, n + 1, sizeof(*graph->all_are_legs));
	graph->counts = lend_arena_array(&graph->arena, n + 1, sizeof(*graph->counts));
	graph->counted = lend_arena_array(&graph->arena, n + 1, sizeof(*graph->counted));
	for (size_t i = 0; i < n; i++)
		count_legs(graph, (uint32_t)i);
}

static void index_functions(struct lend_impact_graph *graph)
{
	const struct lend_inventory *inv = graph->inv;
	size_t n = 0;

	for (const struct lend_node *node = NULL;
	     (node = lend_next_of(inv, LEND_KIND_PCI, node)) != NULL;)
		n++;
	graph->dependents = lend_arena_array(&graph->arena, n + 1, sizeof(*graph->dependents));
	graph->groups = lend_arena_array(&graph->arena, n + 1, sizeof(*graph->groups));
	graph->vfs = lend_arena_array(&graph->arena, n + 1, sizeof(*graph->vfs));
	graph->slots = lend_arena_array(&graph->arena, n + 1, sizeof(*graph->slots));
	for (const struct lend_node *node = NULL;
	     (node = lend_next_of(inv, LEND_KIND_PCI, node)) != NULL;) {
		const struct lend_pci *pci = lend_as_pci(node);
		struct lend_pci_address address;

		if (lend_pci_address_parse(node->name, strlen(node->name), &address))
			graph->slots[graph->n_slots++] =
				(struct lend_impact_key){ lend_impact_slot_number(&address),
							  node };
		if (pci->iommu_group.known == LEND_KNOWN)
			graph->groups[graph->n_groups++] =
				(struct lend_impact_key){ pci->iommu_group.v.u64, node };
		index_relative(graph, node, &pci->physfn, graph->vfs, &graph->n_vfs);
		index_relative(graph, node, &pci->dependent, graph->dependents,
			       &graph->n_dependents);
	}
	qsort(graph->groups, graph->n_groups, sizeof(*graph->groups), by_number);
	qsort(graph->slots, graph->n_slots, sizeof(*graph->slots), by_number);
	qsort(graph->vfs, graph->n_vfs, sizeof(*graph->vfs), by_number);
	qsort(graph->dependents, graph->n_dependents, sizeof(*graph->dependents), by_number);
}

struct lend_impact_graph *lend_impact_graph_new(const struct lend_inventory *inv)
{
	struct lend_arena arena = { 0 };
	struct lend_impact_graph *graph = LEND_NEW(&arena, struct lend_impact_graph);

	graph->arena = arena;
	graph->inv = inv;
	graph->first_used = index_edges(&graph->arena, inv, inv->edges, false);
	graph->first_user = index_edges(&graph->arena, inv, inv->edges_by_used, true);
	graph->level = lend_arena_array(&graph->arena, inv->n_nodes + 1, sizeof(*graph->level));
	graph->because =
		lend_arena_array(&graph->arena, inv->n_nodes + 1, sizeof(*graph->because));
	graph->touched =
		lend_arena_array(&graph->arena, inv->n_nodes + 1, sizeof(*graph->touched));
	/* A node is put there when its level rises: twice at most. */
	graph->work =
		lend_arena_array(&graph->arena, 2 * inv->n_nodes + 1, sizeof(*graph->work));
	graph->member =
		lend_arena_array(&graph->arena, inv->n_nodes + 1, sizeof(*graph->member));
	index_legs(graph);
	index_functions(graph);
	lend_impact_esx_index(graph);
	return graph;
}

void lend_impact_graph_free(struct lend_impact_graph *graph)
{
	struct lend_arena arena;

	if (graph == NULL)
		return;
	arena = graph->arena; /* the graph itself lies in it */
	lend_arena_done(&arena);
}

/* ---- loss goes up ---- */

static void raise(struct lend_impact_graph *graph, uint32_t node, enum lend_impact_level level,
		  uint32_t because)
{
	if (graph->level[node] >= level)
		return;
	if (graph->level[node] == LEND_IMPACT_NONE)
		graph->touched[graph->n_touched++] = node;
	graph->level[node] = (uint8_t)level;
	graph->because[node] = because;
	graph->work[graph->n_work++] = node;
}

static struct lend_impact_count *count_of(struct lend_impact_graph *graph, uint32_t node)
{
	struct lend_impact_count *count = &graph->counts[node];

	if (!count->counted) {
		*count = (struct lend_impact_count){ .first_lost = LEND_NO_NODE,
						     .first_hurt = LEND_NO_NODE,
						     .counted = true };
		graph->counted[graph->n_counted++] = node;
	}
	return count;
}

static void look_again(struct lend_impact_graph *graph, uint32_t node)
{
	const struct lend_impact_count *count = &graph->counts[node];
	uint32_t legs = graph->n_legs[node];
	const char *unknown;

	if (graph->member[node] || lend_impact_is_blind(graph->inv->nodes[node]))
		return;
	if (count->lost > 0 &&
	    legs - count->lost <
		    lend_impact_needs(graph->inv, graph->inv->nodes[node], legs, &unknown))
		raise(graph, node, LEND_IMPACT_LOST, count->first_lost);
	else if (count->lost > 0)
		raise(graph, node, LEND_IMPACT_DEGRADED, count->first_lost);
	else if (count->first_hurt != LEND_NO_NODE)
		raise(graph, node, LEND_IMPACT_DEGRADED, count->first_hurt);
}

/* Each edge is looked at twice at most, whatever stands on whatever. */
static void tell_users(struct lend_impact_graph *graph, uint32_t used)
{
	const struct lend_inventory *inv = graph->inv;
	uint8_t level = graph->level[used];

	if (count_of(graph, used)->told >= level)
		return;
	graph->counts[used].told = level;
	for (uint32_t i = graph->first_user[used]; i < graph->first_user[used + 1]; i++) {
		uint32_t user = inv->edges_by_used[i].user;
		struct lend_impact_count *count;
		uint32_t *first;

		if (!graph->all_are_legs[user] &&
		    !lend_impact_carries(inv, inv->nodes[user], inv->nodes[used]))
			continue;
		count = count_of(graph, user);
		first = level == LEND_IMPACT_LOST ? &count->first_lost : &count->first_hurt;
		if (used < *first)
			*first = used;
		count->lost += level == LEND_IMPACT_LOST;
		look_again(graph, user);
	}
}

static void propagate(struct lend_impact_graph *graph)
{
	for (size_t at = 0; at < graph->n_work; at++)
		tell_users(graph, graph->work[at]);
}

/* ---- what was hit ---- */

static int worst_first(const void *pa, const void *pb)
{
	const struct lend_impact_hit *a = pa;
	const struct lend_impact_hit *b = pb;
	enum lend_impact_level x = a->now > a->boot ? a->now : a->boot;
	enum lend_impact_level y = b->now > b->boot ? b->now : b->boot;

	if (x != y)
		return x > y ? -1 : 1;
	if (a->now != b->now)
		return a->now > b->now ? -1 : 1;
	return a->node->index < b->node->index ? -1 : a->node->index > b->node->index;
}

static void say_unknown(struct lend_impact *impact, const struct lend_node *node,
			const char *why)
{
	*LEND_PUSH(&impact->arena, impact->unknown, impact->n_unknown, impact->cap_unknown) =
		lend_arena_printf(&impact->arena, "%s: %s", node->id, why);
}

/* The next path that goes may be the last, whoever takes it away. */
static void note_paths(struct lend_impact *impact, const struct lend_node *node)
{
	const struct lend_node *used;
	unsigned int all = 0, work = 0;
	const char *text = NULL;

	if (!lend_impact_is_multipath(node))
		return;
	for (size_t i = 0; (used = lend_used_by(impact->inv, node, i)) != NULL; i++) {
		all += used->kind == LEND_KIND_BLOCK;
		work += used->kind == LEND_KIND_BLOCK &&
			lend_impact_carries(impact->inv, node, used);
	}
	if (work < all)
		text = lend_arena_printf(&impact->arena,
					 "%s: %u of %u paths work, so it is degraded already",
					 node->id, work, all);
	else if (all == 1 && lend_as_block(node)->dm_uuid.known == LEND_KNOWN)
		text = lend_arena_printf(
			&impact->arena,
			"%s: it has one path, so it is degraded already if it ever had more",
			node->id);
	if (text != NULL)
		*LEND_PUSH(&impact->arena, impact->notes, impact->n_notes, impact->cap_notes) =
			text;
}

/* A program that waits so cannot be ended, and nor can the host be shut down in order. */
static void note_waiting(struct lend_impact *impact, const struct lend_node *node)
{
	const struct lend_fact *no_path = &lend_as_block(node)->no_path;

	if (lend_impact_is_multipath(node) && no_path->known == LEND_KNOWN &&
	    strcmp(no_path->v.str, "wait") == 0)
		*LEND_PUSH(&impact->arena, impact->notes, impact->n_notes, impact->cap_notes) =
			lend_arena_printf(&impact->arena,
					  "%s: with no path left nothing fails: whoever uses "
					  "it hangs until one is back (queue_if_no_path)",
					  node->id);
}

static void take_hit(struct lend_impact_graph *graph, struct lend_impact *impact, uint32_t at)
{
	const struct lend_node *node = graph->inv->nodes[at];
	const char *unknown = NULL;
	struct lend_impact_hit hit = {
		.node = node,
		.because = graph->inv->nodes[graph->because[at]],
		.legs = graph->n_legs[at],
		.lost = graph->counts[at].lost,
	};

	(void)lend_impact_needs(graph->inv, node, hit.legs, &unknown);
	lend_impact_stake(graph->inv, &hit, graph->level[at]);
	*LEND_PUSH(&impact->arena, impact->hits, impact->n_hits, impact->cap_hits) = hit;
	if (unknown != NULL)
		say_unknown(impact, node, unknown);
	if (graph->level[at] >= LEND_IMPACT_LOST)
		note_waiting(impact, node);
	if (node->kind == LEND_KIND_BLOCK &&
	    lend_as_block(node)->used_by.known == LEND_UNREADABLE)
		say_unknown(impact, node, lend_as_block(node)->used_by.v.str);
	if (lend_impact_is_multipath(node) &&
	    lend_as_block(node)->state.known == LEND_UNREADABLE)
		say_unknown(impact, node, lend_as_block(node)->state.v.str);
	note_paths(impact, node);
	if (lend_impact_esx_guess(node) != NULL)
		say_unknown(impact, node, lend_impact_esx_guess(node));
	if (hit.now > impact->now)
		impact->now = hit.now;
	if (hit.boot > impact->boot)
		impact->boot = hit.boot;
}

/* One on VFIO may be in the hands of somebody who was not seen, and so may a card. */
static void ask_members(struct lend_impact *impact)
{
	for (size_t i = 0; i < impact->n_members; i++) {
		const struct lend_node *node = impact->members[i].node;

		if (node->kind == LEND_KIND_PCI &&
		    lend_as_pci(node)->used_by.known == LEND_UNREADABLE)
			say_unknown(impact, node, "whether a VM has it");
		if (node->kind == LEND_KIND_PCI &&
		    lend_as_pci(node)->net_space.known == LEND_UNREADABLE)
			say_unknown(impact, node, lend_as_pci(node)->net_space.v.str);
	}
}

static void take_hits(struct lend_impact_graph *graph, struct lend_impact *impact)
{
	ask_members(impact);
	for (size_t i = 0; i < graph->n_touched; i++) {
		if (!graph->member[graph->touched[i]])
			take_hit(graph, impact, graph->touched[i]);
	}
	if (impact->n_hits > 1)
		qsort(impact->hits, impact->n_hits, sizeof(*impact->hits), worst_first);
	for (size_t i = 0; i < impact->n_hits; i++)
		graph->work[impact->hits[i].node->index] = (uint32_t)i;
	for (size_t i = 0; i < impact->n_hits; i++) {
		uint32_t below = graph->because[impact->hits[i].node->index];

		if (!graph->member[below])
			impact->hits[i].below = &impact->hits[graph->work[below]];
	}
}

static void forget(struct lend_impact_graph *graph, const struct lend_impact *impact)
{
	for (size_t i = 0; i < graph->n_touched; i++)
		graph->level[graph->touched[i]] = LEND_IMPACT_NONE;
	for (size_t i = 0; i < impact->n_members; i++)
		graph->member[impact->members[i].node->index] = false;
	for (size_t i = 0; i < graph->n_counted; i++)
		graph->counts[graph->counted[i]].counted = false;
	graph->n_counted = 0;
	graph->n_touched = 0;
	graph->n_work = 0;
}

void lend_impact_of(struct lend_impact_graph *graph, const struct lend_node *const *targets,
		    size_t n, struct lend_impact *ret)
{
	*ret = (struct lend_impact){ .inv = graph->inv };
	for (size_t i = 0; i < n; i++)
		lend_impact_add_member(graph, ret, targets[i], NULL, NULL);
	lend_impact_widen(graph, ret);
	for (size_t i = 0; i < ret->n_members; i++)
		raise(graph, ret->members[i].node->index, LEND_IMPACT_LOST,
		      ret->members[i].node->index);
	propagate(graph);
	take_hits(graph, ret);
	lend_impact_esx_unknown(graph, ret);
	lend_impact_esx_notes(ret);
	forget(graph, ret);
}

/* ---- chains ---- */

void lend_impact_chain(const struct lend_impact_hit *hit, struct lend_buf *out)
{
	/* A loop in what somebody else saved ends somewhere, too. */
	for (size_t i = 0; hit != NULL && i < CHAIN_MAX; i++) {
		lend_buf_puts(out, i == 0 ? "" : " <- ");
		lend_buf_put_safe(out, hit->because->name, strlen(hit->because->name));
		hit = hit->below;
	}
}
