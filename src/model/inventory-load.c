/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An inventory out of its JSON.  Fields that this version does not know are
 * passed over; a fact of the wrong type is an error that names it, so that a
 * damaged file cannot turn into another host.
 */

#include "base/ascii.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "model/build.h"
#include "model/trust.h"

/* Enough for any host; beyond it the file is not one that lend wrote. */
enum { SIGHTINGS_MAX = 16384, GAPS_MAX = 4096, DISPUTES_MAX = 65536 };

/* Of JSON, in one host: 100,000 PCI functions are half of it. */
enum { JSON_MAX = 4000000 };

struct load {
	struct lend_build build;
	size_t n_sightings;
	struct lend_err *err;
};

static int load_sightings(struct load *load, const struct lend_json *array)
{
	load->n_sightings = lend_json_count(array);
	if (load->n_sightings > SIGHTINGS_MAX)
		return lend_fail(load->err, LEND_E_FORMAT, "more than %d sightings",
				 SIGHTINGS_MAX);
	for (size_t i = 0; i < load->n_sightings; i++) {
		const struct lend_json *s = lend_json_at(array, i);
		const char *by = lend_json_str(lend_json_get(s, "by"));
		const char *ask = lend_json_str(lend_json_get(s, "ask"));
		const char *of = lend_json_str(lend_json_get(s, "of"));
		const char *trust = lend_json_str(lend_json_get(s, "trust"));

		if (by == NULL || ask == NULL || of == NULL || trust == NULL)
			return lend_fail(load->err, LEND_E_FORMAT,
					 "sighting %zu lacks by, ask, of or trust", i);
		if (lend_build_sighting(&load->build, lend_trust_of_name(trust), by, ask, of) !=
		    i)
			return lend_fail(load->err, LEND_E_FORMAT,
					 "sighting %zu is there twice", i);
	}
	return 0;
}

/* "[guest/]kind/name" */
static int split_id(struct load *load, const char *id, uint32_t *ret_kind,
		    const char **ret_guest, const char **ret_name)
{
	const char *slash = strchr(id, '/');
	lend_auto_buf guest = { 0 };

	*ret_guest = NULL;
	if (slash == NULL)
		return lend_fail(load->err, LEND_E_FORMAT, "'%.80s' is no node id", id);
	*ret_kind = lend_kind_of_name(id, (size_t)(slash - id));
	*ret_name = slash + 1;
	if (*ret_kind < LEND_KIND_COUNT)
		return 0;

	for (const char *p = id; p < slash; p++) {
		uint64_t byte;

		if (*p == '%' && slash - p > 2 && lend_parse_u64n(p + 1, 2, 16, &byte) &&
		    byte != 0) {
			lend_buf_putc(&guest, (char)byte);
			p += 2;
		} else {
			lend_buf_putc(&guest, *p);
		}
	}
	id = slash + 1;
	slash = strchr(id, '/');
	if (slash != NULL)
		*ret_kind = lend_kind_of_name(id, (size_t)(slash - id));
	if (slash == NULL || *ret_kind == LEND_KIND_COUNT)
		return 1; /* a kind of a later version */
	*ret_name = slash + 1;
	*ret_guest = lend_build_intern(&load->build, lend_buf_text(&guest));
	return 0;
}

static int put_value(struct load *load, struct lend_node *node, const struct lend_field *field,
		     struct lend_fact *fact, uint32_t by, const struct lend_json *value)
{
	const char *text = lend_json_str(value);
	uint64_t number = 0;
	bool flag = false;
	bool ok;

	switch ((enum lend_field_type)field->type) {
	case LEND_FIELD_TEXT:
		if (text == NULL)
			break;
		lend_build_text(&load->build, node, fact, by, text);
		return 0;
	case LEND_FIELD_HEX:
		ok = text != NULL && strncmp(text, "0x", 2) == 0 &&
		     lend_parse_u64(text, 0, &number);
		if (!ok)
			break;
		lend_build_u64(&load->build, node, fact, by, number);
		return 0;
	case LEND_FIELD_COUNT:
	case LEND_FIELD_BYTES:
		if (!lend_json_u64(value, &number))
			break;
		lend_build_u64(&load->build, node, fact, by, number);
		return 0;
	case LEND_FIELD_BOOL:
		if (!lend_json_bool(value, &flag))
			break;
		lend_build_u64(&load->build, node, fact, by, flag);
		return 0;
	}
	return lend_fail(load->err, LEND_E_FORMAT, "%s of %.80s is not of its type",
			 field->name, node->id);
}

static int get_sighting(struct load *load, const struct lend_json *value, uint32_t *ret)
{
	uint64_t by;

	if (!lend_json_u64(value, &by) || by >= load->n_sightings)
		return lend_fail(load->err, LEND_E_FORMAT,
				 "a fact names no sighting of this inventory");
	*ret = (uint32_t)by;
	return 0;
}

static int load_fact(struct load *load, struct lend_node *node, const struct lend_field *field,
		     const struct lend_json *value, const struct lend_json *by_value)
{
	struct lend_fact *fact = (struct lend_fact *)(void *)((char *)node + field->offset);
	const struct lend_json *both = lend_json_get(value, "disputed");
	const char *why = lend_json_str(lend_json_get(value, "unreadable"));
	uint32_t by = 0;

	if (get_sighting(load, by_value, &by) < 0)
		return lend_where(load->err, "%s of %.80s", field->name, node->id);
	if (value == NULL) {
		lend_build_absent(&load->build, node, fact, by);
		return 0;
	}
	if (why != NULL) {
		lend_build_unreadable(&load->build, node, fact, by, why);
		return 0;
	}
	if (lend_json_count(both) > LEND_VALUES_MAX)
		return lend_fail(load->err, LEND_E_FORMAT, "%s of %.80s has too many values",
				 field->name, node->id);
	for (size_t i = 0; i < lend_json_count(both); i++) {
		const struct lend_json *one = lend_json_at(both, i);

		if (get_sighting(load, lend_json_get(one, "by"), &by) < 0)
			return lend_where(load->err, "%s of %.80s", field->name, node->id);
		if (put_value(load, node, field, fact, by, lend_json_get(one, "value")) < 0)
			return -1;
	}
	if (load->build.inv->n_disputes > DISPUTES_MAX)
		return lend_fail(load->err, LEND_E_FORMAT, "more than %d disputed values",
				 DISPUTES_MAX);
	return lend_json_count(both) > 0 ? 0 : put_value(load, node, field, fact, by, value);
}

static int load_nodes(struct load *load, const struct lend_json *array)
{
	for (size_t i = 0; i < lend_json_count(array); i++) {
		const struct lend_json *object = lend_json_at(array, i);
		const struct lend_json *by = lend_json_get(object, "by");
		const char *id = lend_json_str(lend_json_get(object, "id"));
		struct lend_json_member fact = { 0 };
		struct lend_node *node;
		const char *guest;
		const char *name;
		uint32_t kind;
		int r;

		if (id == NULL)
			return lend_fail(load->err, LEND_E_FORMAT, "node %zu has no id", i);
		r = split_id(load, id, &kind, &guest, &name);
		if (r < 0)
			return -1;
		if (r > 0)
			continue;
		if (lend_build_find(&load->build, kind, guest, name) != NULL)
			return lend_fail(load->err, LEND_E_FORMAT, "node %.80s is there twice",
					 id);
		node = lend_build_node(&load->build, kind, guest, name);
		while (lend_json_next(lend_json_get(object, "facts"), &fact)) {
			const struct lend_field *field = lend_kind_field(kind, fact.key);

			if (field != NULL && load_fact(load, node, field, fact.value,
						       lend_json_get(by, fact.key)) < 0)
				return -1;
		}
	}
	return 0;
}

/* 1 when the node is of a kind this version does not know. */
static int find_node(struct load *load, const struct lend_json *value, struct lend_node **ret)
{
	const char *id = lend_json_str(value);
	const char *guest;
	const char *name;
	uint32_t kind;
	int r;

	if (id == NULL)
		return lend_fail(load->err, LEND_E_FORMAT, "an edge is not a pair of node ids");
	r = split_id(load, id, &kind, &guest, &name);
	if (r != 0)
		return r;
	*ret = lend_build_find(&load->build, kind, guest, name);
	if (*ret == NULL)
		return lend_fail(load->err, LEND_E_FORMAT,
				 "an edge names '%.80s', which is not among the nodes", id);
	return 0;
}

static int load_edges(struct load *load, const struct lend_json *array)
{
	for (size_t i = 0; i < lend_json_count(array); i++) {
		const struct lend_json *pair = lend_json_at(array, i);
		struct lend_node *user = NULL;
		struct lend_node *used = NULL;
		int r = find_node(load, lend_json_at(pair, 0), &user);

		if (r == 0)
			r = find_node(load, lend_json_at(pair, 1), &used);
		if (r < 0)
			return -1;
		if (r == 0)
			lend_build_edge(&load->build, user, used);
	}
	return 0;
}

static int load_gaps(struct load *load, const struct lend_json *array)
{
	if (lend_json_count(array) > GAPS_MAX)
		return lend_fail(load->err, LEND_E_FORMAT, "more than %d gaps", GAPS_MAX);
	for (size_t i = 0; i < lend_json_count(array); i++) {
		const struct lend_json *gap = lend_json_at(array, i);
		const char *about = lend_json_str(lend_json_get(gap, "about"));
		const char *what = lend_json_str(lend_json_get(gap, "what"));
		const char *hint = lend_json_str(lend_json_get(gap, "hint"));
		bool matters = true;

		if (about == NULL || what == NULL || hint == NULL ||
		    !lend_json_bool(lend_json_get(gap, "matters"), &matters))
			return lend_fail(load->err, LEND_E_FORMAT,
					 "gap %zu lacks about, what, hint or matters", i);
		lend_build_gap(&load->build, about, matters, hint, "%s", what);
	}
	return 0;
}

static int load_document(struct load *load, const struct lend_json *doc)
{
	const char *what = lend_json_str(lend_json_get(doc, "lend"));
	uint64_t version;

	if (what == NULL || strcmp(what, "inventory") != 0)
		return lend_fail(load->err, LEND_E_FORMAT, "this JSON is no lend inventory");
	if (!lend_json_u64(lend_json_get(doc, "version"), &version) || version != 1) {
		lend_hint(load->err,
			  "this lend reads version 1; a newer lend may have written the file");
		return lend_fail(load->err, LEND_E_FORMAT, "the inventory is not of version 1");
	}
	if (load_sightings(load, lend_json_get(doc, "sightings")) < 0 ||
	    load_nodes(load, lend_json_get(doc, "nodes")) < 0 ||
	    load_edges(load, lend_json_get(doc, "edges")) < 0 ||
	    load_gaps(load, lend_json_get(doc, "gaps")) < 0)
		return -1;
	return 0;
}

static int load_host(const char *text, size_t len, struct lend_inventory **ret,
		     struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	struct load load = { .err = err };
	int r;

	if (lend_json_parse_large(text, len, JSON_MAX, &doc, err) < 0)
		return -1;
	lend_build_init(&load.build);
	r = load_document(&load, doc);
	if (r == 0)
		*ret = lend_build_seal(&load.build);
	else
		lend_build_done(&load.build);
	return r;
}

int lend_load(const char *text, size_t len, struct lend_inventory **ret_inventory,
	      struct lend_err *err)
{
	struct lend_inventory *first = NULL;
	struct lend_inventory **end = &first;
	const char *stop = text + len;

	do {
		/* 0 for what is cut off: then the parser says so. */
		size_t one = lend_json_scan(text, (size_t)(stop - text));

		if (one == 0)
			one = (size_t)(stop - text);
		if (load_host(text, one, end, err) < 0) {
			lend_inventory_free(first);
			return -1;
		}
		end = &(*end)->next;
		text += one;
		while (text < stop && lend_ascii_is_space(*text))
			text++;
	} while (text < stop);
	*ret_inventory = first;
	return 0;
}
