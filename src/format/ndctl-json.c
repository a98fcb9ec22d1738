/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/ndctl-json.h"

#include <assert.h>

#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "format/ndctl-json-fields.h"
#include "format/size.h"

#define AT(class, member) offsetof(struct lend_ndctl_##class, member)

static const struct lend_ndctl_field bus_fields[] = {
	{ "provider", LEND_NDCTL_TEXT, AT(bus, provider) },
	{ "dev", LEND_NDCTL_TEXT, AT(bus, dev) },
};

static const struct lend_ndctl_field dimm_fields[] = {
	{ "dev", LEND_NDCTL_TEXT, AT(dimm, dev) },
	{ "id", LEND_NDCTL_TEXT, AT(dimm, id) },
	{ "handle", LEND_NDCTL_NUMBER, AT(dimm, handle) },
	{ "phys_id", LEND_NDCTL_NUMBER, AT(dimm, phys_id) },
	{ "state", LEND_NDCTL_DISABLED, AT(dimm, state_disabled) },
	{ "flag_failed_map", LEND_NDCTL_FLAG, AT(dimm, flag_failed_map) },
	{ "flag_failed_save", LEND_NDCTL_FLAG, AT(dimm, flag_failed_save) },
	{ "flag_failed_arm", LEND_NDCTL_FLAG, AT(dimm, flag_failed_arm) },
	{ "flag_failed_restore", LEND_NDCTL_FLAG, AT(dimm, flag_failed_restore) },
	{ "flag_failed_flush", LEND_NDCTL_FLAG, AT(dimm, flag_failed_flush) },
	{ "security", LEND_NDCTL_TEXT, AT(dimm, security) },
};

static const struct lend_ndctl_field mapping_fields[] = {
	{ "dimm", LEND_NDCTL_TEXT, AT(mapping, dimm) },
	{ "offset", LEND_NDCTL_SIZE, AT(mapping, offset) },
	{ "length", LEND_NDCTL_SIZE, AT(mapping, length) },
	{ "position", LEND_NDCTL_NUMBER, AT(mapping, position) },
};

static const struct lend_ndctl_field region_fields[] = {
	{ "dev", LEND_NDCTL_TEXT, AT(region, dev) },
	{ "size", LEND_NDCTL_SIZE, AT(region, size) },
	{ "resource", LEND_NDCTL_NUMBER, AT(region, resource) },
	{ "align", LEND_NDCTL_SIZE, AT(region, align) },
	{ "available_size", LEND_NDCTL_SIZE, AT(region, available_size) },
	{ "max_available_extent", LEND_NDCTL_SIZE, AT(region, max_available_extent) },
	{ "type", LEND_NDCTL_TEXT, AT(region, type) },
	{ "numa_node", LEND_NDCTL_NUMBER, AT(region, numa_node) },
	{ "target_node", LEND_NDCTL_NUMBER, AT(region, target_node) },
	{ "iset_id", LEND_NDCTL_NUMBER, AT(region, iset_id) },
	{ "state", LEND_NDCTL_DISABLED, AT(region, state_disabled) },
	{ "persistence_domain", LEND_NDCTL_TEXT, AT(region, persistence_domain) },
};

static const struct lend_ndctl_field namespace_fields[] = {
	{ "dev", LEND_NDCTL_TEXT, AT(namespace, dev) },
	{ "mode", LEND_NDCTL_TEXT, AT(namespace, mode_given) },
	{ "map", LEND_NDCTL_TEXT, AT(namespace, map) },
	{ "size", LEND_NDCTL_SIZE, AT(namespace, size) },
	{ "uuid", LEND_NDCTL_TEXT, AT(namespace, uuid) },
	{ "raw_uuid", LEND_NDCTL_TEXT, AT(namespace, raw_uuid) },
	{ "sector_size", LEND_NDCTL_NUMBER, AT(namespace, sector_size) },
	{ "align", LEND_NDCTL_SIZE, AT(namespace, align) },
	{ "blockdev", LEND_NDCTL_TEXT, AT(namespace, blockdev) },
	{ "chardev", LEND_NDCTL_TEXT, AT(namespace, chardev) },
	{ "state", LEND_NDCTL_DISABLED, AT(namespace, state_disabled) },
	{ "name", LEND_NDCTL_TEXT, AT(namespace, name) },
	{ "numa_node", LEND_NDCTL_NUMBER, AT(namespace, numa_node) },
	{ "target_node", LEND_NDCTL_NUMBER, AT(namespace, target_node) },
};

const struct lend_ndctl_fields lend_ndctl_bus_fields = { bus_fields, LEND_COUNT(bus_fields) };
const struct lend_ndctl_fields lend_ndctl_dimm_fields = { dimm_fields,
							  LEND_COUNT(dimm_fields) };
const struct lend_ndctl_fields lend_ndctl_mapping_fields = { mapping_fields,
							     LEND_COUNT(mapping_fields) };
const struct lend_ndctl_fields lend_ndctl_region_fields = { region_fields,
							    LEND_COUNT(region_fields) };
const struct lend_ndctl_fields lend_ndctl_namespace_fields = { namespace_fields,
							       LEND_COUNT(namespace_fields) };

/* ---- documents ---- */

struct reader {
	struct lend_arena *arena;
	struct lend_ndctl *out;
	struct lend_err *err;
};

/* Where an element was found. */
struct place {
	const char *bus;
	const char *region;
};

static struct lend_opt_u64 read_number(const struct lend_json *value)
{
	struct lend_opt_u64 number = { 0 };
	const char *text = lend_json_str(value);

	number.has = lend_json_u64(value, &number.v) ||
		     (text != NULL && lend_parse_u64(text, 0, &number.v));
	return number;
}

/* rounded is NULL where nobody could be told; then a rounded size is none. */
static struct lend_opt_u64 read_size(const struct lend_json *value, bool *rounded)
{
	struct lend_opt_u64 size = { 0 };
	const char *text = lend_json_str(value);
	int r;

	size.has = lend_json_u64(value, &size.v);
	if (size.has || text == NULL)
		return size;
	r = lend_size_parse(text, LEND_SIZE_NDCTL, &size.v, NULL);
	size.has = r == 0 || (r == LEND_SIZE_ROUNDED && rounded != NULL);
	if (size.has && r == LEND_SIZE_ROUNDED)
		*rounded = true;
	return size;
}

static void read_field(struct reader *r, const struct lend_json *value,
		       enum lend_ndctl_field_type type, void *at, bool *rounded)
{
	const char *text = lend_json_str(value);
	bool flag;

	switch (type) {
	case LEND_NDCTL_TEXT:
		if (text != NULL)
			*(const char **)at = lend_arena_strdup(r->arena, text);
		break;
	case LEND_NDCTL_NUMBER:
		*(struct lend_opt_u64 *)at = read_number(value);
		break;
	case LEND_NDCTL_SIZE:
		*(struct lend_opt_u64 *)at = read_size(value, rounded);
		break;
	case LEND_NDCTL_FLAG:
		if (lend_json_bool(value, &flag))
			*(enum lend_tri *)at = flag ? LEND_TRI_ON : LEND_TRI_OFF;
		break;
	case LEND_NDCTL_DISABLED:
		*(bool *)at = text != NULL && strcmp(text, "disabled") == 0;
		break;
	}
}

/* By what is there: most of what could be is not. */
static void read_fields(struct reader *r, const struct lend_json *object,
			const struct lend_ndctl_fields *fields, void *ret_struct, bool *rounded)
{
	for (struct lend_json_member m = { 0 }; lend_json_next(object, &m);) {
		for (size_t i = 0; i < fields->n; i++) {
			const struct lend_ndctl_field *field = &fields->field[i];

			if (strcmp(field->key, m.key) == 0)
				read_field(r, m.value, field->type,
					   (char *)ret_struct + field->offset, rounded);
		}
	}
}

static int check_room(struct reader *r, size_t n, const char *what)
{
	if (n < LEND_NDCTL_MAX)
		return 0;
	return lend_fail(r->err, LEND_E_FORMAT, "more than %d %s", LEND_NDCTL_MAX, what);
}

static int read_bus(struct reader *r, const struct lend_json *object)
{
	struct lend_ndctl *out = r->out;
	struct lend_ndctl_bus *b;

	if (check_room(r, out->n_buses, "buses") < 0)
		return -1;
	b = LEND_PUSH(r->arena, out->buses, out->n_buses, out->cap_buses);
	read_fields(r, object, &lend_ndctl_bus_fields, b, NULL);
	out->has_buses = true;
	return 0;
}

static int read_dimm(struct reader *r, const struct lend_json *object,
		     const struct place *place)
{
	struct lend_ndctl *out = r->out;
	struct lend_ndctl_dimm *d;

	if (check_room(r, out->n_dimms, "DIMMs") < 0)
		return -1;
	d = LEND_PUSH(r->arena, out->dimms, out->n_dimms, out->cap_dimms);
	read_fields(r, object, &lend_ndctl_dimm_fields, d, NULL);
	d->bus = place->bus;
	out->has_dimms = true;
	return 0;
}

static int read_mappings(struct reader *r, const struct lend_json *list,
			 struct lend_ndctl_region *region)
{
	region->has_mappings = lend_json_kind(list) == LEND_JSON_ARRAY;
	for (size_t i = 0; region->has_mappings && i < lend_json_count(list); i++) {
		const struct lend_json *object = lend_json_at(list, i);
		struct lend_ndctl_mapping *m;

		if (lend_json_str(lend_json_get(object, "dimm")) == NULL)
			continue;
		if (check_room(r, region->n_mappings, "mappings of a region") < 0)
			return -1;
		m = LEND_PUSH(r->arena, region->mappings, region->n_mappings,
			      region->cap_mappings);
		read_fields(r, object, &lend_ndctl_mapping_fields, m, NULL);
	}
	return 0;
}

static int read_region(struct reader *r, const struct lend_json *object,
		       const struct place *place)
{
	struct lend_ndctl *out = r->out;
	struct lend_ndctl_region *region;

	if (check_room(r, out->n_regions, "regions") < 0)
		return -1;
	region = LEND_PUSH(r->arena, out->regions, out->n_regions, out->cap_regions);
	read_fields(r, object, &lend_ndctl_region_fields, region, &region->size_rounded);
	region->bus = place->bus;
	out->has_regions = true;
	return read_mappings(r, lend_json_get(object, "mappings"), region);
}

/* ndctl 59 and older had other words. */
static const char *todays_mode(const char *mode)
{
	static const char *const words[][2] = { { "memory", "fsdax" },
						{ "dax", "devdax" },
						{ "safe", "sector" } };

	for (size_t i = 0; mode != NULL && i < LEND_COUNT(words); i++) {
		if (strcmp(mode, words[i][0]) == 0)
			return words[i][1];
	}
	return mode;
}

static bool is_nil_uuid(const char *uuid)
{
	return uuid == NULL || strspn(uuid, "0-") == strlen(uuid);
}

static int read_namespace(struct reader *r, const struct lend_json *object,
			  const struct place *place)
{
	const struct lend_json *dax = lend_json_get(object, "daxregion");
	const struct lend_json *device = lend_json_at(lend_json_get(dax, "devices"), 0);
	const char *chardev = lend_json_str(lend_json_get(device, "chardev"));
	struct lend_ndctl *out = r->out;
	struct lend_ndctl_namespace *n;

	if (check_room(r, out->n_namespaces, "namespaces") < 0)
		return -1;
	n = LEND_PUSH(r->arena, out->namespaces, out->n_namespaces, out->cap_namespaces);
	read_fields(r, object, &lend_ndctl_namespace_fields, n, &n->size_rounded);
	n->mode = todays_mode(n->mode_given);
	if (n->chardev == NULL && chardev != NULL)
		n->chardev = lend_arena_strdup(r->arena, chardev);
	n->idle = n->size.has && n->size.v == 0 && !n->size_rounded && is_nil_uuid(n->uuid);
	n->region = place->region;
	n->bus = place->bus;
	out->has_namespaces = true;
	return 0;
}

enum kind { NO_KIND, BUS, DIMM, REGION, NAMESPACE };

/* The kernel's names say what a thing is; JSON of daxctl and others has no "dev". */
static enum kind kind_of(const char *dev)
{
	static const struct {
		const char *prefix;
		enum kind kind;
	} names[] = {
		{ "ndbus", BUS },
		{ "nmem", DIMM },
		{ "region", REGION },
		{ "namespace", NAMESPACE },
	};

	for (size_t i = 0; dev != NULL && i < LEND_COUNT(names); i++) {
		if (strncmp(dev, names[i].prefix, strlen(names[i].prefix)) == 0)
			return names[i].kind;
	}
	return NO_KIND;
}

static int read_value(struct reader *r, const struct lend_json *value,
		      const struct place *place);

/* The lists an object may hold; an empty one is an answer, too. */
static int read_lists(struct reader *r, const struct lend_json *object,
		      const struct place *place)
{
	struct lend_ndctl *out = r->out;
	struct {
		const char *key;
		bool *has;
	} lists[] = {
		{ "buses", &out->has_buses },
		{ "dimms", &out->has_dimms },
		{ "regions", &out->has_regions },
		{ "namespaces", &out->has_namespaces },
	};

	for (size_t i = 0; i < LEND_COUNT(lists); i++) {
		const struct lend_json *list = lend_json_get(object, lists[i].key);

		if (lend_json_kind(list) != LEND_JSON_ARRAY)
			continue;
		if (lend_json_count(list) == 0)
			*lists[i].has = true;
		if (read_value(r, list, place) < 0)
			return -1;
	}
	return 0;
}

static int read_object(struct reader *r, const struct lend_json *object,
		       const struct place *place)
{
	const char *dev = lend_json_str(lend_json_get(object, "dev"));
	struct place inside = *place;

	switch (kind_of(dev)) {
	case BUS:
		if (read_bus(r, object) < 0)
			return -1;
		inside.bus = r->out->buses[r->out->n_buses - 1].dev;
		break;
	case DIMM:
		return read_dimm(r, object, place);
	case REGION:
		if (read_region(r, object, place) < 0)
			return -1;
		inside.region = r->out->regions[r->out->n_regions - 1].dev;
		break;
	case NAMESPACE:
		return read_namespace(r, object, place);
	case NO_KIND:
		break;
	}
	return read_lists(r, object, &inside);
}

static int read_value(struct reader *r, const struct lend_json *value,
		      const struct place *place)
{
	if (lend_json_kind(value) == LEND_JSON_OBJECT)
		return read_object(r, value, place);
	for (size_t i = 0; i < lend_json_count(value); i++) {
		if (read_value(r, lend_json_at(value, i), place) < 0)
			return -1;
	}
	return 0;
}

static bool has_anything(const struct lend_ndctl *nd)
{
	return nd->has_buses || nd->has_dimms || nd->has_regions || nd->has_namespaces ||
	       nd->empty_list;
}

/* One document; ret_bare: it is one namespace and nothing around it.  Fails for no JSON. */
static int read_document(struct lend_arena *arena, const char *text, size_t len,
			 struct lend_ndctl *ret, bool *ret_bare, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	struct reader r = { .arena = arena, .out = ret, .err = err };
	const struct place nowhere = { 0 };

	if (lend_json_parse(text, len, &doc, err) < 0)
		return -1;
	*ret = (struct lend_ndctl){ 0 };
	ret->empty_list = lend_json_kind(doc) == LEND_JSON_ARRAY && lend_json_count(doc) == 0;
	*ret_bare = kind_of(lend_json_str(lend_json_get(doc, "dev"))) == NAMESPACE;
	return read_value(&r, doc, &nowhere);
}

static int nothing(struct lend_err *err, const char *what)
{
	lend_hint(err, "save what \"ndctl list -DRNiv\" prints");
	return lend_fail(err, LEND_E_FORMAT, "%s", what);
}

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Some editors put one in front of what they save. */
static size_t bom_len(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

int lend_ndctl_parse(struct lend_arena *arena, const char *text, size_t len,
		     struct lend_ndctl *ret, struct lend_err *err)
{
	const size_t bom = bom_len(text, len);
	struct lend_ndctl nd;
	bool bare;
	size_t i = 0;

	text += bom;
	len -= bom;
	while (i < len && is_white(text[i]))
		i++;
	if (i == len)
		return nothing(err, "there is no output of ndctl: it is empty");
	if (read_document(arena, text, len, &nd, &bare, err) < 0)
		return -1;
	if (!has_anything(&nd))
		return nothing(err, "it is JSON, but not of ndctl list");
	*ret = nd;
	return 0;
}

/* ---- transcripts ---- */

/*
 * Does a document start at text?  A prompt may start with a bracket
 * ("[root@vm ~]#"), and so do lines of the kernel log ("[    0.03]").
 */
static bool starts_document(const char *text, size_t len)
{
	size_t i = 1;

	while (i < len && is_white(text[i]))
		i++;
	/* A bracket and nothing behind it is the begin of something, too. */
	if (text[0] == '[')
		return i == len || text[i] == '{' || text[i] == ']';
	return text[0] == '{' && (i == len || text[i] == '"' || text[i] == '}');
}

#define REPLACE(old, new, class)                                                               \
	do {                                                                                   \
		if ((new)->has_##class) {                                                      \
			(old)->has_##class = true;                                             \
			(old)->class = (new)->class;                                           \
			(old)->n_##class = (new)->n_##class;                                   \
			(old)->cap_##class = (new)->cap_##class;                               \
		}                                                                              \
	} while (0)

static void replace(struct lend_ndctl *old, const struct lend_ndctl *new)
{
	REPLACE(old, new, buses);
	REPLACE(old, new, dimms);
	REPLACE(old, new, regions);
	REPLACE(old, new, namespaces);
	old->empty_list = old->empty_list || new->empty_list;
}

/* A namespace that was made: instead of the one that had its name, or behind the others. */
static int add_echo(struct reader *r, const struct lend_ndctl_namespace *made)
{
	struct lend_ndctl *out = r->out;

	assert(made != NULL);
	for (size_t i = 0; i < out->n_namespaces; i++) {
		if (strcmp(out->namespaces[i].dev, made->dev) == 0) {
			out->namespaces[i] = *made;
			return 0;
		}
	}
	if (check_room(r, out->n_namespaces, "namespaces") < 0)
		return -1;
	*LEND_PUSH(r->arena, out->namespaces, out->n_namespaces, out->cap_namespaces) = *made;
	out->has_namespaces = true;
	return 0;
}

/* The document at text, which is at that line; *ret_used is its length, *ret_known: of ndctl.
 */
static int take_document(struct reader *r, struct reader *echo, const char *text, size_t len,
			 size_t line, size_t *ret_used, bool *ret_known)
{
	const size_t used = lend_json_scan(text, len);
	struct lend_ndctl nd;
	bool bare;

	if (used == 0) {
		lend_hint(r->err, "run the command again and save all of its output");
		return lend_fail(r->err, LEND_E_FORMAT,
				 "the JSON that starts at line %zu ends in the middle", line);
	}
	*ret_used = used;
	if (read_document(r->arena, text, used, &nd, &bare, r->err) < 0)
		return lend_where(r->err, "the JSON at line %zu", line);
	*ret_known = has_anything(&nd);
	if (bare)
		return add_echo(echo, &nd.namespaces[0]);
	replace(r->out, &nd);
	return 0;
}

/* What stands between the documents. */
struct between {
	size_t depth;    /* brackets opened there, as of a shell function, and not closed */
	bool line_start; /* nothing but white space since the line or the last document began */
	bool behind;     /* right behind a document of ndctl */
};

/* "KEY": as a member of an object has it. */
static bool starts_member(const char *text, size_t len)
{
	const char *end;
	const char *quote;
	size_t n;

	if (text[0] != '"')
		return false;
	end = memchr(text, '\n', len);
	n = end == NULL ? len : (size_t)(end - text);
	quote = n < 2 ? NULL : memchr(text + 1, '"', n - 1);
	return quote != NULL && quote + 1 < text + n && quote[1] == ':';
}

/* Is text the rest of a document whose beginning is not there? */
static bool is_torn(const struct between *b, const char *text, size_t len)
{
	if (b->behind && text[0] == ',')
		return true;
	return b->line_start && b->depth == 0 &&
	       (text[0] == ']' || text[0] == '}' || starts_member(text, len));
}

static void pass_over(struct between *b, char c)
{
	if (c == '[' || c == '{')
		b->depth++;
	else if ((c == ']' || c == '}') && b->depth > 0)
		b->depth--;
	b->line_start = c == '\n' || (b->line_start && is_white(c));
	b->behind = b->behind && is_white(c);
}

static int torn(struct lend_err *err, size_t line)
{
	lend_hint(err, "run the command again and save all of its output");
	return lend_fail(err, LEND_E_FORMAT,
			 "the JSON before line %zu starts in the middle: its beginning is "
			 "missing",
			 line + 1);
}

int lend_ndctl_parse_transcript(struct lend_arena *arena, const char *text, size_t len,
				struct lend_ndctl *ret, struct lend_err *err)
{
	struct lend_ndctl listed = { 0 };
	struct lend_ndctl made = { 0 };
	struct reader r = { .arena = arena, .out = &listed, .err = err };
	struct reader echo = { .arena = arena, .out = &made, .err = err };
	struct between b = { .line_start = true };
	size_t line = 1;
	size_t used;

	for (size_t i = bom_len(text, len); i < len; i += used) {
		used = 1;
		if (b.line_start && starts_document(text + i, len - i)) {
			if (take_document(&r, &echo, text + i, len - i, line, &used,
					  &b.behind) < 0)
				return -1;
			for (size_t k = 0; k < used; k++)
				line += text[i + k] == '\n';
			continue;
		}
		if (is_torn(&b, text + i, len - i))
			return torn(err, line);
		line += text[i] == '\n';
		pass_over(&b, text[i]);
	}
	if (!listed.has_namespaces)
		replace(&listed, &made);
	if (!has_anything(&listed))
		return nothing(err, "there is no output of ndctl list in this text");
	*ret = listed;
	return 0;
}
