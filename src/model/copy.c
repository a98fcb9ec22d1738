/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/copy.h"

static uint32_t copy_sighting(struct lend_build *b, const struct lend_inventory *from,
			      uint32_t sighting)
{
	const struct lend_sighting *s = &from->sightings[sighting];

	return lend_build_sighting(b, (enum lend_trust)s->trust, s->by, s->ask, s->of);
}

void lend_build_copy_fact(struct lend_build *build, struct lend_node *node,
			  struct lend_fact *fact, uint8_t type,
			  const struct lend_inventory *from, const struct lend_fact *source)
{
	uint32_t by;

	if (source->known == LEND_NOT_ASKED)
		return;
	by = copy_sighting(build, from, source->sighting);
	switch ((enum lend_known)source->known) {
	case LEND_ABSENT:
		lend_build_absent(build, node, fact, by);
		break;
	case LEND_UNREADABLE:
		lend_build_unreadable(build, node, fact, by, source->v.str);
		break;
	case LEND_KNOWN:
	case LEND_DISPUTED:
		if (type == LEND_FIELD_TEXT)
			lend_build_text(build, node, fact, by, source->v.str);
		else
			lend_build_u64(build, node, fact, by, source->v.u64);
		break;
	case LEND_NOT_ASKED:
		break;
	}
}

static struct lend_node *copy_node(struct lend_build *b, const struct lend_inventory *from,
				   const struct lend_node *node)
{
	struct lend_node *copy = lend_build_node(b, node->kind, node->guest, node->name);
	const struct lend_kind_info *kind = lend_kinds[node->kind];

	for (size_t i = 0; i < kind->n_fields; i++) {
		const struct lend_field *field = &kind->fields[i];
		struct lend_fact *fact =
			(struct lend_fact *)(void *)((char *)copy + field->offset);

		lend_build_copy_fact(b, copy, fact, field->type, from,
				     lend_fact_at(node, field));
		for (const struct lend_dispute *d = NULL;
		     (d = lend_next_dispute(from, node, field, d)) != NULL;)
			lend_build_copy_fact(b, copy, fact, field->type, from, &d->fact);
	}
	return copy;
}

static bool is_left_out(const struct lend_inventory *from, struct lend_node *const *copies,
			const char *about)
{
	const struct lend_node *node = lend_find(from, about);

	return node != NULL && copies[node->index] == NULL;
}

void lend_build_copy(struct lend_build *build, const struct lend_inventory *from,
		     bool (*keep)(const void *context, const struct lend_node *node),
		     const void *context)
{
	struct lend_arena memory = { 0 };
	struct lend_node **copies =
		lend_arena_array(&memory, from->n_nodes + 1, sizeof(struct lend_node *));

	for (size_t i = 0; i < from->n_nodes; i++) {
		if (keep(context, from->nodes[i]))
			copies[i] = copy_node(build, from, from->nodes[i]);
	}
	for (size_t i = 0; i < from->n_edges; i++) {
		struct lend_node *user = copies[from->edges[i].user];
		struct lend_node *used = copies[from->edges[i].used];

		if (user != NULL && used != NULL)
			lend_build_edge(build, user, used);
	}
	for (size_t i = 0; i < from->n_gaps; i++) {
		const struct lend_gap *gap = &from->gaps[i];

		if (!is_left_out(from, copies, gap->about))
			lend_build_gap(build, gap->about, gap->matters, gap->hint, "%s",
				       gap->what);
	}
	lend_arena_done(&memory);
}
