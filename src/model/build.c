/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/build.h"

#include <assert.h>
#include <stdarg.h>

#include "base/buf.h"

enum { SIGHTING_NONE = UINT32_MAX };

void lend_build_init(struct lend_build *build)
{
	*build = (struct lend_build){ .last_sighting = SIGHTING_NONE };
	build->inv = lend_xrealloc(NULL, sizeof(*build->inv));
	*build->inv = (struct lend_inventory){ 0 };
}

void lend_build_done(struct lend_build *build)
{
	free(build->interned);
	free(build->by_sighting);
	lend_buf_done(&build->scratch);
	lend_buf_done(&build->id);
	lend_inventory_free(build->inv);
	*build = (struct lend_build){ 0 };
}

uint32_t lend_hash_text(const char *text)
{
	uint32_t hash = 2166136261; /* FNV-1a */

	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619;
	return hash;
}

uint32_t lend_hash_quickly(const char *text)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	size_t len = strlen(text);
	uint64_t hash = len;

	while (len > 0) {
		size_t n = len < sizeof(uint64_t) ? len : sizeof(uint64_t);
		uint64_t word = 0;

		memcpy(&word, text, n);
		hash = (hash ^ word) * odd;
		hash ^= hash >> 32;
		text += n;
		len -= n;
	}
	return (uint32_t)(hash * odd >> 32);
}

static void intern_grow(struct lend_build *build)
{
	size_t size = build->interned_size == 0 ? 256 : build->interned_size * 2;
	struct lend_interned *bigger = lend_xrealloc(NULL, size * sizeof(*bigger));

	memset(bigger, 0, size * sizeof(*bigger));
	for (size_t i = 0; i < build->interned_size; i++) {
		size_t at = build->interned[i].hash & (size - 1);

		if (build->interned[i].text == NULL)
			continue;
		while (bigger[at].text != NULL)
			at = (at + 1) & (size - 1);
		bigger[at] = build->interned[i];
	}
	free(build->interned);
	build->interned = bigger;
	build->interned_size = size;
}

const char *lend_build_intern(struct lend_build *build, const char *text)
{
	uint32_t hash = lend_hash_quickly(text);
	struct lend_interned *place;
	size_t at;

	if (build->n_interned * 2 >= build->interned_size)
		intern_grow(build);
	at = hash & (build->interned_size - 1);
	while ((place = &build->interned[at])->text != NULL) {
		if (place->hash == hash && strcmp(place->text, text) == 0)
			return place->text;
		at = (at + 1) & (build->interned_size - 1);
	}
	for (const char *c = text; *c != '\0'; c++)
		build->inv->beyond_ascii |= (uint8_t)*c >= 0x80;
	*place = (struct lend_interned){ lend_arena_strdup(&build->inv->arena, text), hash };
	build->n_interned++;
	return place->text;
}

const char *lend_build_internf(struct lend_build *build, const char *fmt, ...)
{
	va_list ap;

	lend_buf_reset(&build->scratch);
	va_start(ap, fmt);
	lend_buf_vprintf(&build->scratch, fmt, ap);
	va_end(ap);
	return lend_build_intern(build, build->scratch.text);
}

/* Bytes that are not UTF-8 as \\xNN, as JSON will have them: an id sorts the same before and
 * after. */
static void put_utf8(struct lend_buf *out, const char *text)
{
	size_t len = strlen(text);
	size_t from = 0;

	for (size_t i = 0; i < len;) {
		size_t n = (uint8_t)text[i] < 0x80 ? 1 : lend_utf8_len(text + i, len - i);

		i += n == 0 ? 1 : n;
		if (n > 0)
			continue;
		lend_buf_put(out, text + from, i - 1 - from);
		lend_buf_printf(out, "\\x%02x", (uint8_t)text[i - 1]);
		from = i;
	}
	lend_buf_put(out, text + from, len - from);
}

/*
 * The guest part of an id.  Written %XX are what would end it early, and the
 * first character of a name that would be taken for a kind of the host.
 */
static void put_guest(struct lend_buf *out, const char *guest)
{
	lend_auto_buf plain = { 0 };
	bool is_kind;

	put_utf8(&plain, guest);
	is_kind = lend_kind_of_name(lend_buf_text(&plain), plain.len) < LEND_KIND_COUNT;
	for (size_t i = 0; i < plain.len; i++) {
		char c = plain.text[i];

		if (c == '/' || c == '%' || (i == 0 && is_kind))
			lend_buf_printf(out, "%%%02x", c);
		else
			lend_buf_putc(out, c);
	}
	lend_buf_putc(out, '/');
}

/* "[guest/]kind/name" */
static const char *make_id(struct lend_build *build, uint32_t kind, const char *guest,
			   const char *name)
{
	struct lend_buf *out = &build->id;

	lend_buf_reset(out);
	if (guest != NULL)
		put_guest(out, guest);
	lend_buf_puts(out, lend_kinds[kind]->name);
	lend_buf_putc(out, '/');
	put_utf8(out, name);
	return out->text;
}

/* The place of id in the index: where it is, or where it would go. */
static struct lend_id_slot *id_place(const struct lend_inventory *inv, const char *id,
				     uint32_t hash)
{
	size_t at = hash & (inv->by_id_size - 1);

	while (inv->by_id[at].index != LEND_NO_NODE &&
	       (inv->by_id[at].hash != hash ||
		strcmp(inv->nodes[inv->by_id[at].index]->id, id) != 0))
		at = (at + 1) & (inv->by_id_size - 1);
	return &inv->by_id[at];
}

static void ids_grow(struct lend_inventory *inv)
{
	size_t size = inv->by_id_size == 0 ? 256 : inv->by_id_size * 2;
	struct lend_id_slot *bigger = lend_xrealloc(NULL, size * sizeof(*bigger));

	memset(bigger, 0xff, size * sizeof(*bigger));
	for (size_t i = 0; i < inv->by_id_size; i++) {
		size_t at = inv->by_id[i].hash & (size - 1);

		if (inv->by_id[i].index == LEND_NO_NODE)
			continue;
		while (bigger[at].index != LEND_NO_NODE)
			at = (at + 1) & (size - 1);
		bigger[at] = inv->by_id[i];
	}
	free(inv->by_id);
	inv->by_id = bigger;
	inv->by_id_size = size;
}

struct lend_node *lend_build_find(struct lend_build *build, uint32_t kind, const char *guest,
				  const char *name)
{
	struct lend_inventory *inv = build->inv;
	uint32_t index;
	const char *id;

	if (inv->by_id_size == 0)
		return NULL;
	id = make_id(build, kind, guest, name);
	index = id_place(inv, id, lend_hash_quickly(id))->index;
	return index == LEND_NO_NODE ? NULL : inv->nodes[index];
}

struct lend_node *lend_build_node(struct lend_build *build, uint32_t kind, const char *guest,
				  const char *name)
{
	struct lend_inventory *inv = build->inv;
	struct lend_node *node;
	struct lend_id_slot *place;
	const char *id;
	uint32_t hash;

	assert(!inv->sealed && kind < LEND_KIND_COUNT);
	if (inv->n_nodes * 2 >= inv->by_id_size)
		ids_grow(inv);
	id = make_id(build, kind, guest, name);
	hash = lend_hash_quickly(id);
	place = id_place(inv, id, hash);
	if (place->index != LEND_NO_NODE)
		return inv->nodes[place->index];

	node = lend_arena_alloc(&inv->arena, lend_kinds[kind]->size);
	node->kind = kind;
	if (guest != NULL) {
		lend_auto_buf plain = { 0 };

		put_utf8(&plain, guest);
		node->guest = lend_build_intern(build, lend_buf_text(&plain));
	}
	node->name = lend_build_intern(
		build, strstr(id + (guest == NULL ? 0 : strcspn(id, "/") + 1), "/") + 1);
	node->id = lend_arena_strdup(&inv->arena, id);
	node->index = (uint32_t)inv->n_nodes;
	*place = (struct lend_id_slot){ node->index, hash };
	*LEND_PUSH(&inv->arena, inv->nodes, inv->n_nodes, inv->cap_nodes) = node;
	return node;
}

void lend_build_edge(struct lend_build *build, const struct lend_node *user,
		     const struct lend_node *used)
{
	struct lend_inventory *inv = build->inv;
	struct lend_edge *edge =
		LEND_PUSH(&inv->arena, inv->edges, inv->n_edges, inv->cap_edges);

	/* seal() drops the second of two equal ones. */
	*edge = (struct lend_edge){ .user = user->index, .used = used->index };
}

static bool is_sighting(const struct lend_sighting *s, enum lend_trust trust, const char *by,
			const char *ask, const char *of)
{
	return s->trust == trust && s->by == by && s->ask == ask && s->of == of;
}

/* Where it is, or where it belongs; its texts are interned. */
static size_t sighting_place(const struct lend_build *build, enum lend_trust trust,
			     const char *by, const char *ask, const char *of)
{
	uint64_t hash = ((uintptr_t)by ^ (uintptr_t)ask * 3 ^ (uintptr_t)of * 5) + trust;
	size_t at = (size_t)((hash * UINT64_C(0x9e3779b97f4a7c15)) >> 32) &
		    (build->by_sighting_size - 1);

	while (build->by_sighting[at] != SIGHTING_NONE &&
	       !is_sighting(&build->inv->sightings[build->by_sighting[at]], trust, by, ask, of))
		at = (at + 1) & (build->by_sighting_size - 1);
	return at;
}

static void index_sighting(struct lend_build *build, uint32_t index)
{
	const struct lend_sighting *s = &build->inv->sightings[index];
	size_t at = sighting_place(build, s->trust, s->by, s->ask, s->of);

	if (build->by_sighting[at] == SIGHTING_NONE)
		build->by_sighting[at] = index;
}

/* Room for all that are there and one more. */
static void index_sightings(struct lend_build *build)
{
	size_t n = build->inv->n_sightings;

	if ((n + 1) * 2 > build->by_sighting_size) {
		size_t size = build->by_sighting_size == 0 ? 64 : build->by_sighting_size;

		while ((n + 1) * 2 > size)
			size *= 2;
		build->by_sighting =
			lend_xrealloc(build->by_sighting, size * sizeof(*build->by_sighting));
		build->by_sighting_size = size;
		for (size_t i = 0; i < size; i++)
			build->by_sighting[i] = SIGHTING_NONE;
		build->n_by_sighting = 0;
	}
	while (build->n_by_sighting < n)
		index_sighting(build, (uint32_t)build->n_by_sighting++);
}

uint32_t lend_build_sighting(struct lend_build *build, enum lend_trust trust, const char *by,
			     const char *ask, const char *of)
{
	struct lend_inventory *inv = build->inv;
	struct lend_sighting *s;
	size_t at;

	by = lend_build_intern(build, by);
	ask = lend_build_intern(build, ask);
	of = lend_build_intern(build, of);
	if (build->last_sighting != SIGHTING_NONE &&
	    is_sighting(&inv->sightings[build->last_sighting], trust, by, ask, of))
		return build->last_sighting;
	index_sightings(build);
	at = sighting_place(build, trust, by, ask, of);
	if (build->by_sighting[at] != SIGHTING_NONE)
		return build->last_sighting = build->by_sighting[at];
	s = LEND_PUSH(&inv->arena, inv->sightings, inv->n_sightings, inv->cap_sightings);
	*s = (struct lend_sighting){ .by = by, .ask = ask, .of = of, .trust = trust };
	return build->last_sighting = (uint32_t)(inv->n_sightings - 1);
}

static const struct lend_field *field_of(const struct lend_node *node,
					 const struct lend_fact *fact)
{
	const struct lend_kind_info *kind = lend_kinds[node->kind];
	ptrdiff_t offset = (const char *)fact - (const char *)node;

	for (size_t i = 0; i < kind->n_fields; i++) {
		if (kind->fields[i].offset == offset)
			return &kind->fields[i];
	}
	return NULL;
}

static bool same_value(const struct lend_field *field, const struct lend_fact *a,
		       const struct lend_fact *b)
{
	/* Text is interned: equal text is the same pointer. */
	return field->type == LEND_FIELD_TEXT ? a->v.str == b->v.str : a->v.u64 == b->v.u64;
}

static void drop_disputes(struct lend_inventory *inv, struct lend_node *node, uint16_t offset)
{
	uint32_t *at = &node->disputes;

	while (*at != 0) {
		struct lend_dispute *dispute = &inv->disputes[*at - 1];

		if (dispute->offset == offset)
			*at = dispute->next;
		else
			at = &dispute->next;
	}
}

static void add_dispute(struct lend_inventory *inv, struct lend_node *node,
			const struct lend_field *field, const struct lend_fact *value)
{
	struct lend_dispute *more;
	uint32_t last = 0;
	size_t n = 1; /* the one in the fact itself */

	for (uint32_t at = node->disputes; at != 0; at = inv->disputes[at - 1].next) {
		const struct lend_dispute *other = &inv->disputes[at - 1];

		last = at;
		if (other->offset != field->offset)
			continue;
		if (same_value(field, &other->fact, value) || ++n == LEND_VALUES_MAX)
			return;
	}
	more = LEND_PUSH(&inv->arena, inv->disputes, inv->n_disputes, inv->cap_disputes);
	*more = (struct lend_dispute){ .offset = field->offset, .fact = *value };
	*(last == 0 ? &node->disputes : &inv->disputes[last - 1].next) =
		(uint32_t)inv->n_disputes;
}

static void merge(struct lend_build *build, struct lend_node *node, struct lend_fact *fact,
		  struct lend_fact value)
{
	const struct lend_field *field = field_of(node, fact);
	bool has_value = fact->known == LEND_KNOWN || fact->known == LEND_DISPUTED;

	assert(field != NULL);
	value.trust = build->inv->sightings[value.sighting].trust;
	if (fact->known == LEND_NOT_ASKED) {
		*fact = value;
	} else if (value.known != LEND_KNOWN) {
		/* Not having seen it says nothing against what somebody saw; a reason beats an
		 * absence. */
		if (!has_value && value.trust < fact->trust)
			*fact = value;
	} else if (!has_value || value.trust < fact->trust) {
		drop_disputes(build->inv, node, field->offset);
		*fact = value;
	} else if (value.trust == fact->trust && !same_value(field, fact, &value)) {
		fact->known = LEND_DISPUTED;
		add_dispute(build->inv, node, field, &value);
	}
}

void lend_build_u64(struct lend_build *build, struct lend_node *node, struct lend_fact *fact,
		    uint32_t by, uint64_t value)
{
	merge(build, node, fact,
	      (struct lend_fact){ .v.u64 = value, .sighting = by, .known = LEND_KNOWN });
}

void lend_build_text(struct lend_build *build, struct lend_node *node, struct lend_fact *fact,
		     uint32_t by, const char *value)
{
	const char *text = lend_build_intern(build, value);

	merge(build, node, fact,
	      (struct lend_fact){ .v.str = text, .sighting = by, .known = LEND_KNOWN });
}

void lend_build_absent(struct lend_build *build, struct lend_node *node, struct lend_fact *fact,
		       uint32_t by)
{
	merge(build, node, fact, (struct lend_fact){ .sighting = by, .known = LEND_ABSENT });
}

void lend_build_unreadable(struct lend_build *build, struct lend_node *node,
			   struct lend_fact *fact, uint32_t by, const char *why)
{
	const char *text = lend_build_intern(build, why);

	merge(build, node, fact,
	      (struct lend_fact){ .v.str = text, .sighting = by, .known = LEND_UNREADABLE });
}

void lend_build_cmdline(struct lend_build *build, const struct lend_node *vm, const char *bytes,
			size_t len, const char *cwd)
{
	struct lend_inventory *inv = build->inv;

	*LEND_PUSH(&inv->arena, inv->cmdlines, inv->n_cmdlines, inv->cap_cmdlines) =
		(struct lend_cmdline){
			.vm = vm,
			.bytes = lend_arena_strndup(&inv->arena, bytes, len),
			.len = len,
			.cwd = cwd == NULL ? NULL : lend_arena_strdup(&inv->arena, cwd),
		};
}

void lend_build_gap(struct lend_build *build, const char *about, bool matters, const char *hint,
		    const char *fmt, ...)
{
	struct lend_inventory *inv = build->inv;
	struct lend_gap *gap;
	va_list ap;
	char line[512];

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < inv->n_gaps; i++) {
		if (strcmp(inv->gaps[i].what, line) == 0 &&
		    strcmp(inv->gaps[i].about, about) == 0)
			return;
	}
	gap = LEND_PUSH(&inv->arena, inv->gaps, inv->n_gaps, inv->cap_gaps);
	*gap = (struct lend_gap){
		.about = lend_build_intern(build, about),
		.what = lend_build_intern(build, line),
		.hint = lend_build_intern(build, hint),
		.matters = matters,
	};
}
