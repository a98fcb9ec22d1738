/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a sealed inventory.  No function here does I/O. */

#include "model/inventory.h"

#include <inttypes.h>

#include "base/buf.h"

void lend_inventory_free(struct lend_inventory *inv)
{
	while (inv != NULL) {
		struct lend_inventory *next = inv->next;

		lend_arena_done(&inv->arena);
		free(inv->by_id);
		free(inv);
		inv = next;
	}
}

const struct lend_inventory *lend_next_host(const struct lend_inventory *inv)
{
	return inv->next;
}

const struct lend_dispute *lend_next_dispute(const struct lend_inventory *inv,
					     const struct lend_node *node,
					     const struct lend_field *field,
					     const struct lend_dispute *after)
{
	uint32_t at = after == NULL ? node->disputes : after->next;

	while (at != 0 && inv->disputes[at - 1].offset != field->offset)
		at = inv->disputes[at - 1].next;
	return at == 0 ? NULL : &inv->disputes[at - 1];
}

const struct lend_field *lend_kind_field(uint32_t kind, const char *name)
{
	for (size_t i = 0; i < lend_kinds[kind]->n_fields; i++) {
		if (strcmp(lend_kinds[kind]->fields[i].name, name) == 0)
			return &lend_kinds[kind]->fields[i];
	}
	return NULL;
}

uint32_t lend_kind_of_name(const char *name, size_t len)
{
	uint32_t kind = 0;

	while (kind < LEND_KIND_COUNT && (strncmp(lend_kinds[kind]->name, name, len) != 0 ||
					  lend_kinds[kind]->name[len] != '\0'))
		kind++;
	return kind;
}

const struct lend_node *lend_next(const struct lend_inventory *inv,
				  const struct lend_node *after)
{
	size_t i = after == NULL ? 0 : (size_t)after->index + 1;

	return i < inv->n_nodes ? inv->nodes[i] : NULL;
}

const struct lend_node *lend_next_of(const struct lend_inventory *inv, uint32_t kind,
				     const struct lend_node *after)
{
	uint32_t i;

	if (inv->next_of != NULL && kind < LEND_KIND_COUNT &&
	    (after == NULL || after->kind == kind)) {
		i = after == NULL ? inv->first_of[kind] : inv->next_of[after->index];
		return i == LEND_NO_NODE ? NULL : inv->nodes[i];
	}
	do {
		after = lend_next(inv, after);
	} while (after != NULL && after->kind != kind);
	return after;
}

const struct lend_node *lend_find(const struct lend_inventory *inv, const char *id)
{
	uint32_t hash = lend_hash_quickly(id);
	size_t at;

	if (inv->by_id_size == 0)
		return NULL;
	at = hash & (inv->by_id_size - 1);
	while (inv->by_id[at].index != LEND_NO_NODE) {
		const struct lend_node *node = inv->nodes[inv->by_id[at].index];

		if (inv->by_id[at].hash == hash && strcmp(node->id, id) == 0)
			return node;
		at = (at + 1) & (inv->by_id_size - 1);
	}
	return NULL;
}

const char *lend_node_id(const struct lend_node *node)
{
	return node->id;
}

const char *lend_node_kind(const struct lend_node *node)
{
	return lend_kinds[node->kind]->name;
}

const char *lend_node_name(const struct lend_node *node)
{
	return node->name;
}

/* The first edge whose user (or used) is not below index. */
static size_t first_edge(const struct lend_edge *edges, size_t n, uint32_t index, bool by_used)
{
	size_t low = 0;

	while (n > 0) {
		size_t half = n / 2;
		uint32_t at = by_used ? edges[low + half].used : edges[low + half].user;

		if (at < index) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low;
}

const struct lend_node *lend_used_by(const struct lend_inventory *inv,
				     const struct lend_node *node, size_t n)
{
	size_t at = first_edge(inv->edges, inv->n_edges, node->index, false);

	if (n >= inv->n_edges - at || inv->edges[at + n].user != node->index)
		return NULL;
	return inv->nodes[inv->edges[at + n].used];
}

const struct lend_node *lend_user_of(const struct lend_inventory *inv,
				     const struct lend_node *node, size_t n)
{
	size_t at = first_edge(inv->edges_by_used, inv->n_edges, node->index, true);

	if (n >= inv->n_edges - at || inv->edges_by_used[at + n].used != node->index)
		return NULL;
	return inv->nodes[inv->edges_by_used[at + n].user];
}

const struct lend_node *lend_used_of(const struct lend_inventory *inv,
				     const struct lend_node *node, uint32_t kind)
{
	const struct lend_node *used;

	for (size_t i = 0; (used = lend_used_by(inv, node, i)) != NULL; i++) {
		if (used->kind == kind)
			return used;
	}
	return NULL;
}

const struct lend_cmdline *lend_cmdline_of(const struct lend_inventory *inv,
					   const struct lend_node *vm)
{
	for (size_t i = 0; i < inv->n_cmdlines; i++) {
		if (inv->cmdlines[i].vm == vm)
			return &inv->cmdlines[i];
	}
	return NULL;
}

const struct lend_node *lend_user_of_kind(const struct lend_inventory *inv,
					  const struct lend_node *node, uint32_t kind)
{
	const struct lend_node *user;

	for (size_t i = 0; (user = lend_user_of(inv, node, i)) != NULL; i++) {
		if (user->kind == kind)
			return user;
	}
	return NULL;
}

void lend_fact_text(struct lend_buf *out, const struct lend_field *field,
		    const struct lend_fact *fact)
{
	if (fact->known != LEND_KNOWN && fact->known != LEND_DISPUTED)
		return;
	switch ((enum lend_field_type)field->type) {
	case LEND_FIELD_TEXT:
		lend_buf_puts(out, fact->v.str);
		break;
	case LEND_FIELD_COUNT:
	case LEND_FIELD_BYTES:
		lend_buf_put_u64(out, fact->v.u64, 10);
		break;
	case LEND_FIELD_HEX:
		lend_buf_puts(out, "0x");
		lend_buf_put_u64(out, fact->v.u64, 16);
		break;
	case LEND_FIELD_BOOL:
		lend_buf_puts(out, fact->v.u64 != 0 ? "true" : "false");
		break;
	}
}

/* NULL when the kind has no such field. */
static const struct lend_fact *find_fact(const struct lend_node *node, const char *field)
{
	const struct lend_field *f = lend_kind_field(node->kind, field);

	return f == NULL ? NULL : lend_fact_at(node, f);
}

enum lend_known lend_get_u64(const struct lend_inventory *inv, const struct lend_node *node,
			     const char *field, uint64_t *ret)
{
	const struct lend_field *f = lend_kind_field(node->kind, field);
	const struct lend_fact *fact;

	(void)inv;
	if (f == NULL || f->type == LEND_FIELD_TEXT)
		return LEND_NOT_ASKED;
	fact = lend_fact_at(node, f);
	if (fact->known == LEND_KNOWN)
		*ret = fact->v.u64;
	return fact->known;
}

enum lend_known lend_get_text(const struct lend_inventory *inv, const struct lend_node *node,
			      const char *field, char *ret, size_t size)
{
	const struct lend_field *f = lend_kind_field(node->kind, field);
	const struct lend_fact *fact;
	lend_auto_buf text = { 0 };

	(void)inv;
	if (f == NULL)
		return LEND_NOT_ASKED;
	fact = lend_fact_at(node, f);
	if (fact->known == LEND_KNOWN && size > 0) {
		lend_fact_text(&text, f, fact);
		(void)snprintf(ret, size, "%s", lend_buf_text(&text));
	}
	return fact->known;
}

size_t lend_text_size(const struct lend_inventory *inv, const struct lend_node *node,
		      const char *field)
{
	const struct lend_fact *fact = find_fact(node, field);
	lend_auto_buf text = { 0 };

	(void)inv;
	if (fact == NULL || fact->known != LEND_KNOWN)
		return 0;
	lend_fact_text(&text, lend_kind_field(node->kind, field), fact);
	return text.len + 1;
}

const char *lend_get_reason(const struct lend_inventory *inv, const struct lend_node *node,
			    const char *field)
{
	const struct lend_fact *fact = find_fact(node, field);

	(void)inv;
	return fact == NULL || fact->known != LEND_UNREADABLE ? NULL : fact->v.str;
}

static void put(const char **ret, const char *text)
{
	if (ret != NULL)
		*ret = text;
}

bool lend_get_source(const struct lend_inventory *inv, const struct lend_node *node,
		     const char *field, enum lend_trust *ret_trust, const char **ret_by,
		     const char **ret_ask, const char **ret_of)
{
	const struct lend_fact *fact = find_fact(node, field);
	const struct lend_sighting *sighting;

	if (fact == NULL || fact->known == LEND_NOT_ASKED)
		return false;
	sighting = &inv->sightings[fact->sighting];
	if (ret_trust != NULL)
		*ret_trust = (enum lend_trust)fact->trust;
	put(ret_by, sighting->by);
	put(ret_ask, sighting->ask);
	put(ret_of, sighting->of);
	return true;
}

bool lend_gap(const struct lend_inventory *inv, size_t n, const char **ret_what,
	      const char **ret_hint, const char **ret_about, bool *ret_matters)
{
	const struct lend_gap *gap;

	if (n >= inv->n_gaps)
		return false;
	gap = &inv->gaps[n];
	put(ret_what, gap->what);
	put(ret_hint, gap->hint);
	put(ret_about, gap->about);
	if (ret_matters != NULL)
		*ret_matters = gap->matters;
	return true;
}

bool lend_kind(size_t n, const char **ret_name, const char **ret_help)
{
	if (n >= LEND_KIND_COUNT)
		return false;
	put(ret_name, lend_kinds[n]->name);
	put(ret_help, lend_kinds[n]->help);
	return true;
}

bool lend_field(const char *kind, size_t n, const char **ret_name, const char **ret_help)
{
	uint32_t k = lend_kind_of_name(kind, strlen(kind));

	if (k == LEND_KIND_COUNT || n >= lend_kinds[k]->n_fields)
		return false;
	put(ret_name, lend_kinds[k]->fields[n].name);
	put(ret_help, lend_kinds[k]->fields[n].help);
	return true;
}

const char *lend_version(void)
{
	return LEND_VERSION;
}
