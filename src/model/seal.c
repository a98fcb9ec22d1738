/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of writing: nodes are put in the order of listing and renumbered,
 * edges sorted both ways, equal ones dropped.
 */

#include <assert.h>

#include "model/build.h"

static bool is_digit(char c, bool hex)
{
	return (c >= '0' && c <= '9') || (hex && c >= 'a' && c <= 'f');
}

static size_t digits(const char *text, bool hex)
{
	size_t n = 0;

	while (is_digit(text[n], hex))
		n++;
	return n;
}

static int compare_names(const char *a, const char *b, bool hex)
{
	size_t same = 0;

	/* Mostly long paths that end differently. */
	while (a[same] == b[same] && a[same] != '\0')
		same++;
	while (same > 0 && is_digit(a[same - 1], hex))
		same--;
	a += same;
	b += same;
	while (*a != '\0' && *b != '\0') {
		if (is_digit(*a, hex) && is_digit(*b, hex)) {
			size_t len_a, len_b;
			int r;

			while (*a == '0')
				a++;
			while (*b == '0')
				b++;
			len_a = digits(a, hex);
			len_b = digits(b, hex);
			if (len_a != len_b)
				return len_a < len_b ? -1 : 1;
			r = memcmp(a, b, len_a);
			if (r != 0)
				return r;
			a += len_a;
			b += len_a;
		} else if (*a != *b) {
			return (uint8_t)*a < (uint8_t)*b ? -1 : 1;
		} else {
			a++;
			b++;
		}
	}
	return (*a != '\0') - (*b != '\0');
}

int lend_name_compare(const char *a, const char *b)
{
	return compare_names(a, b, false);
}

int lend_hex_name_compare(const char *a, const char *b)
{
	return compare_names(a, b, true);
}

/* What nodes are sorted by, side by side: the nodes themselves lie far apart. */
struct sort_key {
	const char *guest, *name;
	struct lend_node *node;
	uint32_t kind;
};

static int compare_keys(const void *pa, const void *pb)
{
	const struct sort_key *a = pa;
	const struct sort_key *b = pb;
	int r;

	if ((a->guest == NULL) != (b->guest == NULL))
		return a->guest == NULL ? -1 : 1;
	r = a->guest == b->guest ? 0 : lend_name_compare(a->guest, b->guest);
	if (r == 0)
		r = a->kind != b->kind
			    ? (a->kind < b->kind ? -1 : 1)
			    : compare_names(a->name, b->name, lend_kinds[a->kind]->hex_names);
	/* Names that only differ in leading zeros, and the same for guests. */
	return r != 0 ? r : strcmp(a->node->id, b->node->id);
}

static void sort_nodes(struct lend_inventory *inv)
{
	struct sort_key *keys = lend_xrealloc(NULL, (inv->n_nodes + 1) * sizeof(*keys));

	for (size_t i = 0; i < inv->n_nodes; i++) {
		struct lend_node *node = inv->nodes[i];

		keys[i] = (struct sort_key){ node->guest, node->name, node, node->kind };
	}
	if (inv->n_nodes > 0)
		qsort(keys, inv->n_nodes, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < inv->n_nodes; i++)
		inv->nodes[i] = keys[i].node;
	free(keys);
}

static int compare_edges(const void *pa, const void *pb)
{
	const struct lend_edge *a = pa;
	const struct lend_edge *b = pb;

	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	return a->used == b->used ? 0 : a->used < b->used ? -1 : 1;
}

static int compare_edges_by_used(const void *pa, const void *pb)
{
	const struct lend_edge *a = pa;
	const struct lend_edge *b = pb;

	if (a->used != b->used)
		return a->used < b->used ? -1 : 1;
	return a->user == b->user ? 0 : a->user < b->user ? -1 : 1;
}

static void sort_edges(struct lend_inventory *inv)
{
	size_t kept = 0;

	if (inv->n_edges == 0)
		return;
	qsort(inv->edges, inv->n_edges, sizeof(*inv->edges), compare_edges);
	for (size_t i = 0; i < inv->n_edges; i++) {
		if (kept == 0 || compare_edges(&inv->edges[kept - 1], &inv->edges[i]) != 0)
			inv->edges[kept++] = inv->edges[i];
	}
	inv->n_edges = kept;
	inv->edges_by_used = lend_arena_array(&inv->arena, kept, sizeof(*inv->edges_by_used));
	memcpy(inv->edges_by_used, inv->edges, kept * sizeof(*inv->edges));
	qsort(inv->edges_by_used, kept, sizeof(*inv->edges_by_used), compare_edges_by_used);
}

/* Those of one kind lie apart when there are guests. */
static void link_kinds(struct lend_inventory *inv)
{
	inv->next_of = lend_arena_array(&inv->arena, inv->n_nodes, sizeof(*inv->next_of));
	for (size_t kind = 0; kind < LEND_KIND_COUNT; kind++)
		inv->first_of[kind] = LEND_NO_NODE;
	for (size_t i = inv->n_nodes; i-- > 0;) {
		uint32_t *first = &inv->first_of[inv->nodes[i]->kind];

		inv->next_of[i] = *first;
		*first = (uint32_t)i;
	}
}

struct lend_inventory *lend_build_seal(struct lend_build *build)
{
	struct lend_inventory *inv = build->inv;
	uint32_t *new_index = lend_xrealloc(NULL, (inv->n_nodes + 1) * sizeof(*new_index));

	assert(!inv->sealed);
	sort_nodes(inv);
	for (size_t i = 0; i < inv->n_nodes; i++) {
		new_index[inv->nodes[i]->index] = (uint32_t)i;
		inv->nodes[i]->index = (uint32_t)i;
	}
	for (size_t i = 0; i < inv->n_edges; i++) {
		inv->edges[i].user = new_index[inv->edges[i].user];
		inv->edges[i].used = new_index[inv->edges[i].used];
	}
	for (size_t i = 0; i < inv->by_id_size; i++) {
		if (inv->by_id[i].index != LEND_NO_NODE)
			inv->by_id[i].index = new_index[inv->by_id[i].index];
	}
	free(new_index);
	link_kinds(inv);
	sort_edges(inv);
	inv->sealed = true;

	build->inv = NULL;
	lend_build_done(build);
	return inv;
}
