/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/impact.h"

#include <stdlib.h>

#include "base/num.h"
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
	for (const struct lend_node *node = NULL;
	     (node = lend_next_of(inv, LEND_KIND_PCI, node)) != NULL;) {
		const struct lend_pci *pci = lend_as_pci(node);

		if (pci->iommu_group.known == LEND_KNOWN)
			graph->groups[graph->n_groups++] =
				(struct lend_impact_key){ pci->iommu_group.v.u64, node };
		index_relative(graph, node, &pci->physfn, graph->vfs, &graph->n_vfs);
		index_relative(graph, node, &pci->dependent, graph->dependents,
			       &graph->n_dependents);
	}
	qsort(graph->groups, graph->n_groups, sizeof(*graph->groups), by_number);
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
	index_functions(graph);
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

struct legs {
	uint32_t n, lost, needs;
	uint32_t first_lost, first_hurt;
	const char *unknown;
};

static void count_legs(const struct lend_impact_graph *graph, uint32_t node, bool all,
		       struct legs *legs)
{
	const struct lend_inventory *inv = graph->inv;

	for (uint32_t i = graph->first_used[node]; i < graph->first_used[node + 1]; i++) {
		uint32_t used = inv->edges[i].used;

		if (!all && !lend_impact_carries(inv->nodes[node], inv->nodes[used]))
			continue;
		legs->n++;
		if (graph->level[used] == LEND_IMPACT_LOST) {
			legs->lost++;
			if (legs->first_lost == LEND_NO_NODE)
				legs->first_lost = used;
		} else if (graph->level[used] != LEND_IMPACT_NONE &&
			   legs->first_hurt == LEND_NO_NODE) {
			legs->first_hurt = used;
		}
	}
}

static struct legs legs_of(const struct lend_impact_graph *graph, uint32_t node)
{
	struct legs legs = { .first_lost = LEND_NO_NODE, .first_hurt = LEND_NO_NODE };

	count_legs(graph, node, false, &legs);
	if (legs.n == 0)
		count_legs(graph, node, true, &legs);
	legs.needs =
		lend_impact_needs(graph->inv, graph->inv->nodes[node], legs.n, &legs.unknown);
	return legs;
}

static void look_again(struct lend_impact_graph *graph, uint32_t node)
{
	struct legs legs;

	if (graph->member[node] || lend_impact_is_blind(graph->inv->nodes[node]))
		return;
	legs = legs_of(graph, node);
	if (legs.n - legs.lost < legs.needs)
		raise(graph, node, LEND_IMPACT_LOST, legs.first_lost);
	else if (legs.lost > 0)
		raise(graph, node, LEND_IMPACT_DEGRADED, legs.first_lost);
	else if (legs.first_hurt != LEND_NO_NODE)
		raise(graph, node, LEND_IMPACT_DEGRADED, legs.first_hurt);
}

static void propagate(struct lend_impact_graph *graph)
{
	for (size_t at = 0; at < graph->n_work; at++) {
		uint32_t used = graph->work[at];

		for (uint32_t i = graph->first_user[used]; i < graph->first_user[used + 1]; i++)
			look_again(graph, graph->inv->edges_by_used[i].user);
	}
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

static void take_hit(struct lend_impact_graph *graph, struct lend_impact *impact, uint32_t at)
{
	const struct lend_node *node = graph->inv->nodes[at];
	struct legs legs = legs_of(graph, at);
	struct lend_impact_hit hit = {
		.node = node,
		.because = graph->inv->nodes[graph->because[at]],
		.legs = legs.n,
		.lost = legs.lost,
	};

	lend_impact_stake(graph->inv, &hit, graph->level[at]);
	*LEND_PUSH(&impact->arena, impact->hits, impact->n_hits, impact->cap_hits) = hit;
	if (legs.unknown != NULL)
		say_unknown(impact, node, legs.unknown);
	if (node->kind == LEND_KIND_BLOCK &&
	    lend_as_block(node)->used_by.known == LEND_UNREADABLE)
		say_unknown(impact, node, lend_as_block(node)->used_by.v.str);
	if (lend_impact_esx_guess(node) != NULL)
		say_unknown(impact, node, lend_impact_esx_guess(node));
	if (hit.now > impact->now)
		impact->now = hit.now;
	if (hit.boot > impact->boot)
		impact->boot = hit.boot;
}

static void take_hits(struct lend_impact_graph *graph, struct lend_impact *impact)
{
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
