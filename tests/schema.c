/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usage: schema [--hidden]
 *
 * Prints docs/inventory.schema.json, made of the field tables; tests/meta/schema
 * compares.  --hidden: the private fields of each kind instead, for
 * tests/meta/anonymise.
 */

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "model/inventory.h"

static const char *const types[] = {
	[LEND_FIELD_TEXT] = "text", [LEND_FIELD_COUNT] = "count", [LEND_FIELD_BYTES] = "bytes",
	[LEND_FIELD_HEX] = "hex",   [LEND_FIELD_BOOL] = "bool",
};

static void put_ref(struct lend_jsonw *w, const char *key, const char *what)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "#/$defs/%s", what);
	lend_jsonw_open(w, key, '{');
	lend_jsonw_str(w, "$ref", text);
	lend_jsonw_close(w, '}');
}

static void put_type(struct lend_jsonw *w, const char *key, const char *type)
{
	lend_jsonw_open(w, key, '{');
	lend_jsonw_str(w, "type", type);
	lend_jsonw_close(w, '}');
}

static void put_required(struct lend_jsonw *w, const char *const *names)
{
	lend_jsonw_open(w, "required", '[');
	for (; *names != NULL; names++)
		lend_jsonw_str(w, NULL, *names);
	lend_jsonw_close(w, ']');
}

/* An object whose members are all there. */
static void open_object(struct lend_jsonw *w, const char *key, const char *help,
			const char *const *names)
{
	lend_jsonw_open(w, key, '{');
	lend_jsonw_str(w, "type", "object");
	if (help != NULL)
		lend_jsonw_str(w, "description", help);
	put_required(w, names);
	lend_jsonw_open(w, "properties", '{');
}

static void close_object(struct lend_jsonw *w)
{
	lend_jsonw_close(w, '}');
	lend_jsonw_close(w, '}');
}

static void open_list(struct lend_jsonw *w, const char *key)
{
	lend_jsonw_open(w, key, '{');
	lend_jsonw_str(w, "type", "array");
}

static void put_plain_value(struct lend_jsonw *w, const char *key, enum lend_field_type type)
{
	lend_jsonw_open(w, key, '{');
	switch (type) {
	case LEND_FIELD_TEXT:
		lend_jsonw_str(w, "type", "string");
		break;
	case LEND_FIELD_HEX:
		lend_jsonw_str(w, "type", "string");
		lend_jsonw_str(w, "pattern", "^0x[0-9a-f]{1,16}$");
		break;
	case LEND_FIELD_BOOL:
		lend_jsonw_str(w, "type", "boolean");
		break;
	default:
		lend_jsonw_str(w, "type", "integer");
		lend_jsonw_u64(w, "minimum", 0);
	}
	lend_jsonw_close(w, '}');
}

/* The states of a fact that have a key. */
static void put_fact_type(struct lend_jsonw *w, enum lend_field_type type)
{
	lend_jsonw_open(w, types[type], '{');
	lend_jsonw_open(w, "anyOf", '[');
	put_plain_value(w, NULL, type);
	put_type(w, NULL, "null");
	put_ref(w, NULL, "unreadable");
	open_object(w, NULL, NULL, (const char *const[]){ "disputed", NULL });
	open_list(w, "disputed");
	lend_jsonw_u64(w, "minItems", 2);
	open_object(w, "items", NULL, (const char *const[]){ "value", "by", NULL });
	put_plain_value(w, "value", type);
	put_ref(w, "by", "sighting");
	close_object(w);
	lend_jsonw_close(w, '}');
	close_object(w);
	lend_jsonw_close(w, ']');
	lend_jsonw_close(w, '}');
}

/* "[guest/]kind/name", where the guest part is never the name of a kind. */
static void put_id_pattern(struct lend_jsonw *w, const char *name)
{
	lend_auto_buf pattern = { 0 };

	lend_buf_puts(&pattern, "^(?:(?!(?:");
	for (size_t k = 0; k < LEND_KIND_COUNT; k++)
		lend_buf_printf(&pattern, "%s%s", k > 0 ? "|" : "", lend_kinds[k]->name);
	lend_buf_printf(&pattern, ")/)[^/]*/)?%s/", name);
	lend_jsonw_open(w, "id", '{');
	lend_jsonw_str(w, "type", "string");
	lend_jsonw_str(w, "pattern", pattern.text);
	lend_jsonw_close(w, '}');
}

static void put_kind(struct lend_jsonw *w, const struct lend_kind_info *kind)
{
	open_object(w, kind->name, kind->help,
		    (const char *const[]){ "id", "facts", "by", NULL });
	put_id_pattern(w, kind->name);
	lend_jsonw_open(w, "facts", '{');
	lend_jsonw_str(w, "type", "object");
	lend_jsonw_open(w, "properties", '{');
	for (size_t i = 0; i < kind->n_fields; i++) {
		lend_auto_buf ref = { 0 };

		lend_buf_printf(&ref, "#/$defs/%s", types[kind->fields[i].type]);
		lend_jsonw_open(w, kind->fields[i].name, '{');
		lend_jsonw_str(w, "$ref", ref.text);
		lend_jsonw_str(w, "description", kind->fields[i].help);
		lend_jsonw_close(w, '}');
	}
	lend_jsonw_close(w, '}');
	lend_jsonw_close(w, '}');
	lend_jsonw_open(w, "by", '{');
	lend_jsonw_str(w, "type", "object");
	lend_jsonw_open(w, "properties", '{');
	for (size_t i = 0; i < kind->n_fields; i++)
		put_ref(w, kind->fields[i].name, "sighting");
	lend_jsonw_close(w, '}');
	lend_jsonw_close(w, '}');
	close_object(w);
}

static void put_sightings(struct lend_jsonw *w)
{
	open_list(w, "sightings");
	open_object(w, "items", "who said it, and how far that is trusted",
		    (const char *const[]){ "by", "ask", "of", "trust", NULL });
	put_type(w, "by", "string");
	put_type(w, "ask", "string");
	put_type(w, "of", "string");
	lend_jsonw_open(w, "trust", '{');
	lend_jsonw_open(w, "enum", '[');
	lend_jsonw_str(w, NULL, "seen");
	lend_jsonw_str(w, NULL, "recorded");
	lend_jsonw_str(w, NULL, "claimed");
	lend_jsonw_str(w, NULL, "predicted");
	lend_jsonw_close(w, ']');
	lend_jsonw_close(w, '}');
	close_object(w);
	lend_jsonw_close(w, '}');
}

static void put_lists(struct lend_jsonw *w)
{
	put_sightings(w);
	open_list(w, "nodes");
	lend_jsonw_open(w, "items", '{');
	lend_jsonw_open(w, "anyOf", '[');
	for (size_t k = 0; k < LEND_KIND_COUNT; k++)
		put_ref(w, NULL, lend_kinds[k]->name);
	lend_jsonw_close(w, ']');
	lend_jsonw_close(w, '}');
	lend_jsonw_close(w, '}');
	open_list(w, "edges");
	open_list(w, "items");
	lend_jsonw_str(w, "description", "[user, used]");
	lend_jsonw_u64(w, "minItems", 2);
	lend_jsonw_u64(w, "maxItems", 2);
	put_type(w, "items", "string");
	lend_jsonw_close(w, '}');
	lend_jsonw_close(w, '}');
	open_list(w, "gaps");
	open_object(w, "items", "what could not be seen",
		    (const char *const[]){ "about", "what", "hint", "matters", NULL });
	put_type(w, "about", "string");
	put_type(w, "what", "string");
	put_type(w, "hint", "string");
	put_type(w, "matters", "boolean");
	close_object(w);
	lend_jsonw_close(w, '}');
}

static void put_definitions(struct lend_jsonw *w)
{
	lend_jsonw_open(w, "$defs", '{');
	lend_jsonw_open(w, "sighting", '{');
	lend_jsonw_str(w, "description", "index into sightings");
	lend_jsonw_str(w, "type", "integer");
	lend_jsonw_u64(w, "minimum", 0);
	lend_jsonw_close(w, '}');
	open_object(w, "unreadable", "looked, and could not see: the reason",
		    (const char *const[]){ "unreadable", NULL });
	put_type(w, "unreadable", "string");
	close_object(w);
	for (size_t i = 0; i < LEND_COUNT(types); i++)
		put_fact_type(w, (enum lend_field_type)i);
	for (size_t k = 0; k < LEND_KIND_COUNT; k++)
		put_kind(w, lend_kinds[k]);
	lend_jsonw_close(w, '}');
}

static void put_const(struct lend_jsonw *w, const char *key, const char *text)
{
	lend_jsonw_open(w, key, '{');
	if (text != NULL)
		lend_jsonw_str(w, "const", text);
	else
		lend_jsonw_u64(w, "const", 1);
	lend_jsonw_close(w, '}');
}

static void put_hidden(struct lend_jsonw *w)
{
	lend_jsonw_open(w, NULL, '{');
	for (size_t k = 0; k < LEND_KIND_COUNT; k++) {
		lend_jsonw_open(w, lend_kinds[k]->name, '[');
		for (size_t i = 0; i < lend_kinds[k]->n_fields; i++) {
			if (lend_kinds[k]->fields[i].hide != LEND_SHOW)
				lend_jsonw_str(w, NULL, lend_kinds[k]->fields[i].name);
		}
		lend_jsonw_close(w, ']');
	}
	lend_jsonw_close(w, '}');
}

static void put_schema(struct lend_jsonw *w)
{
	lend_jsonw_open(w, NULL, '{');
	lend_jsonw_str(w, "$schema", "https://json-schema.org/draft/2020-12/schema");
	lend_jsonw_str(w, "title", "lend: the inventory of a host, version 1");
	lend_jsonw_str(
		w, "description",
		"A line of lend show --json; docs/inventory-json.md says what it means.  "
		"Members are only ever added.");
	lend_jsonw_str(w, "type", "object");
	put_required(w, (const char *const[]){ "lend", "version", "sightings", "nodes", "edges",
					       "gaps", NULL });
	lend_jsonw_open(w, "properties", '{');
	put_const(w, "lend", "inventory");
	put_const(w, "version", NULL);
	put_lists(w);
	lend_jsonw_close(w, '}');
	put_definitions(w);
	lend_jsonw_close(w, '}');
}

int main(int argc, char **argv)
{
	lend_auto_buf out = { 0 };
	struct lend_jsonw w = { .out = &out, .indent = 4 };

	if (argc > 1 && strcmp(argv[1], "--hidden") == 0)
		put_hidden(&w);
	else
		put_schema(&w);
	lend_buf_putc(&out, '\n');
	return fwrite(out.text, 1, out.len, stdout) == out.len ? 0 : 1;
}
