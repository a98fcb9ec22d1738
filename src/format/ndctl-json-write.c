/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One document of "ndctl list -DRN", with buses around it when there are some. */

#include "base/arena.h"
#include "base/json.h"
#include "format/ndctl-json-fields.h"
#include "format/ndctl-json.h"
#include "format/size.h"

enum { INDENT = 64 /* all levels, as ndctl prints */ };

static void write_size(struct lend_jsonw *w, const char *key, uint64_t bytes, bool rounded)
{
	lend_auto_buf text = { 0 };

	if (!rounded) {
		lend_jsonw_u64(w, key, bytes);
		return;
	}
	lend_size_format_ndctl(&text, bytes);
	lend_jsonw_str(w, key, text.text);
}

static void write_field(struct lend_jsonw *w, const struct lend_ndctl_field *field,
			const void *at, bool rounded)
{
	const struct lend_opt_u64 *number = at;
	const enum lend_tri *flag = at;

	switch (field->type) {
	case LEND_NDCTL_TEXT:
		if (*(const char *const *)at != NULL)
			lend_jsonw_str(w, field->key, *(const char *const *)at);
		break;
	case LEND_NDCTL_NUMBER:
		if (number->has)
			lend_jsonw_u64(w, field->key, number->v);
		break;
	case LEND_NDCTL_SIZE:
		if (number->has)
			write_size(w, field->key, number->v, rounded);
		break;
	case LEND_NDCTL_FLAG:
		if (*flag != LEND_TRI_UNSET)
			lend_jsonw_bool(w, field->key, *flag == LEND_TRI_ON);
		break;
	case LEND_NDCTL_DISABLED:
		if (*(const bool *)at)
			lend_jsonw_str(w, field->key, "disabled");
		break;
	}
}

static void write_fields(struct lend_jsonw *w, const struct lend_ndctl_fields *fields,
			 const void *from, bool rounded)
{
	for (size_t i = 0; i < fields->n; i++)
		write_field(w, &fields->field[i], (const char *)from + fields->field[i].offset,
			    rounded);
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Nested things are written once, where their bus or region stands for the first time. */
static bool is_first_bus(const struct lend_ndctl *nd, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (same(nd->buses[k].dev, nd->buses[i].dev))
			return false;
	}
	return true;
}

static bool has_bus(const struct lend_ndctl *nd, const char *dev)
{
	for (size_t i = 0; dev != NULL && i < nd->n_buses; i++) {
		if (same(nd->buses[i].dev, dev))
			return true;
	}
	return false;
}

/* The region a namespace is written in, n_regions when there is none of that name. */
static size_t home(const struct lend_ndctl *nd, const struct lend_ndctl_namespace *n)
{
	size_t i = 0;

	while (i < nd->n_regions &&
	       (n->region == NULL || !same(nd->regions[i].dev, n->region) ||
		!same(nd->regions[i].bus, n->bus)))
		i++;
	return i;
}

static void write_namespace(struct lend_jsonw *w, const struct lend_ndctl_namespace *n)
{
	lend_jsonw_open(w, NULL, '{');
	write_fields(w, &lend_ndctl_namespace_fields, n, n->size_rounded);
	lend_jsonw_close(w, '}');
}

static void write_region(struct lend_jsonw *w, const struct lend_ndctl *nd, size_t at,
			 const size_t *homes)
{
	const struct lend_ndctl_region *r = &nd->regions[at];
	bool open = false;

	lend_jsonw_open(w, NULL, '{');
	write_fields(w, &lend_ndctl_region_fields, r, r->size_rounded);
	if (r->has_mappings) {
		lend_jsonw_open(w, "mappings", '[');
		for (size_t i = 0; i < r->n_mappings; i++) {
			lend_jsonw_open(w, NULL, '{');
			write_fields(w, &lend_ndctl_mapping_fields, &r->mappings[i], false);
			lend_jsonw_close(w, '}');
		}
		lend_jsonw_close(w, ']');
	}
	for (size_t i = 0; i < nd->n_namespaces; i++) {
		if (homes[i] != at)
			continue;
		if (!open)
			lend_jsonw_open(w, "namespaces", '[');
		open = true;
		write_namespace(w, &nd->namespaces[i]);
	}
	if (open)
		lend_jsonw_close(w, ']');
	lend_jsonw_close(w, '}');
}

/* Does a thing of bus "of" stand under that bus; NULL: under none that is listed? */
static bool stands(const struct lend_ndctl *nd, const char *of, const char *bus)
{
	return bus != NULL ? same(of, bus) : !has_bus(nd, of);
}

/* Opens the list before its first element. */
static void begin(struct lend_jsonw *w, bool *open, const char *key)
{
	if (!*open)
		lend_jsonw_open(w, key, '[');
	*open = true;
}

static void end(struct lend_jsonw *w, bool *open)
{
	if (*open)
		lend_jsonw_close(w, ']');
	*open = false;
}

static void write_lists(struct lend_jsonw *w, const struct lend_ndctl *nd, const char *bus,
			const size_t *homes)
{
	bool open = false;

	for (size_t i = 0; i < nd->n_dimms; i++) {
		if (!stands(nd, nd->dimms[i].bus, bus))
			continue;
		begin(w, &open, "dimms");
		lend_jsonw_open(w, NULL, '{');
		write_fields(w, &lend_ndctl_dimm_fields, &nd->dimms[i], false);
		lend_jsonw_close(w, '}');
	}
	end(w, &open);
	for (size_t i = 0; i < nd->n_regions; i++) {
		if (!stands(nd, nd->regions[i].bus, bus))
			continue;
		begin(w, &open, "regions");
		write_region(w, nd, i, homes);
	}
	end(w, &open);
	for (size_t i = 0; i < nd->n_namespaces; i++) {
		if (homes[i] < nd->n_regions || !stands(nd, nd->namespaces[i].bus, bus))
			continue;
		begin(w, &open, "namespaces");
		write_namespace(w, &nd->namespaces[i]);
	}
	end(w, &open);
}

/* The classes that were listed and are empty: their place is outside all buses. */
static size_t write_empty_lists(struct lend_jsonw *w, const struct lend_ndctl *nd)
{
	const struct {
		const char *key;
		bool empty;
	} lists[] = {
		{ "buses", nd->has_buses && nd->n_buses == 0 },
		{ "dimms", nd->has_dimms && nd->n_dimms == 0 },
		{ "regions", nd->has_regions && nd->n_regions == 0 },
		{ "namespaces", nd->has_namespaces && nd->n_namespaces == 0 },
	};
	size_t n = 0;

	for (size_t i = 0; i < LEND_COUNT(lists); i++) {
		if (!lists[i].empty)
			continue;
		n++;
		if (w == NULL)
			continue;
		lend_jsonw_open(w, lists[i].key, '[');
		lend_jsonw_close(w, ']');
	}
	return n;
}

/* Is there anything that stands outside all buses? */
static bool has_rest(const struct lend_ndctl *nd, const size_t *homes)
{
	for (size_t i = 0; i < nd->n_dimms; i++) {
		if (stands(nd, nd->dimms[i].bus, NULL))
			return true;
	}
	for (size_t i = 0; i < nd->n_regions; i++) {
		if (stands(nd, nd->regions[i].bus, NULL))
			return true;
	}
	for (size_t i = 0; i < nd->n_namespaces; i++) {
		if (homes[i] == nd->n_regions && stands(nd, nd->namespaces[i].bus, NULL))
			return true;
	}
	return write_empty_lists(NULL, nd) > 0;
}

void lend_ndctl_write(struct lend_buf *out, const struct lend_ndctl *nd)
{
	struct lend_jsonw w = { .out = out, .indent = INDENT };
	struct lend_arena arena = { 0 };
	size_t *homes = lend_arena_array(&arena, nd->n_namespaces + 1, sizeof(*homes));

	for (size_t i = 0; i < nd->n_namespaces; i++)
		homes[i] = home(nd, &nd->namespaces[i]);
	if (nd->n_buses > 0 || !has_rest(nd, homes))
		lend_jsonw_open(&w, NULL, '[');
	for (size_t i = 0; i < nd->n_buses; i++) {
		lend_jsonw_open(&w, NULL, '{');
		write_fields(&w, &lend_ndctl_bus_fields, &nd->buses[i], false);
		if (is_first_bus(nd, i))
			write_lists(&w, nd, nd->buses[i].dev, homes);
		lend_jsonw_close(&w, '}');
	}
	if (has_rest(nd, homes)) {
		lend_jsonw_open(&w, NULL, '{');
		write_empty_lists(&w, nd);
		write_lists(&w, nd, NULL, homes);
		lend_jsonw_close(&w, '}');
	}
	if (nd->n_buses > 0 || !has_rest(nd, homes))
		lend_jsonw_close(&w, ']');
	lend_buf_putc(out, '\n');
	lend_arena_done(&arena);
}
