/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/json.h"

#include <limits.h>
#include <math.h>

#include <json-c/json.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"

/* The tree is json-c's own; struct lend_json only gives it a name without its functions. */
static struct json_object *in(const struct lend_json *value)
{
	return (struct json_object *)(uintptr_t)value;
}

static const struct lend_json *out(struct json_object *object)
{
	return (const struct lend_json *)object;
}

/* json-c takes NaN and Infinity even when told to be strict; JSON (RFC 8259) has no such
 * numbers. */
static bool all_finite(struct json_object *value)
{
	if (json_object_is_type(value, json_type_double))
		return isfinite(json_object_get_double(value)) != 0;
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			if (!all_finite(json_object_array_get_idx(value, i)))
				return false;
		}
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			(void)key;
			if (!all_finite(member))
				return false;
		}
	}
	return true;
}

/* Length of the number at text; *ret_integer: it has neither fraction nor exponent. */
static size_t number_len(const char *text, size_t len, bool *ret_integer)
{
	size_t n = 0;

	*ret_integer = true;
	while (n < len && (lend_ascii_is_digit(text[n]) || strchr(".eE+-", text[n]) != NULL) &&
	       text[n] != '\0')
		*ret_integer &= lend_ascii_is_digit(text[n++]);
	return n;
}

/* json-c silently makes 2^64 - 1 of every larger integer: look at the digits before it does. */
static bool integer_fits(const char *digits, size_t n, bool negative)
{
	uint64_t value;

	return n <= 18 || (lend_parse_u64n(digits, n, 10, &value) &&
			   (!negative || value <= (uint64_t)INT64_MAX + 1));
}

/*
 * What json-c would not notice, or only when the memory is used up: of its
 * values an empty object is the largest for its text, 792 bytes for three.
 * Every value but the first of its container stands behind a comma, and that
 * one behind the bracket, so these are counted.
 */
static int look_ahead(const char *text, size_t len, size_t max_values, struct lend_err *err)
{
	size_t most = max_values <= LEND_JSON_VALUES_MAX ? max_values : max_values / 4;
	size_t containers = 0;
	size_t commas = 0;

	for (size_t i = 0; i < len; i++) {
		bool integer;
		size_t n;

		if (text[i] == '"') {
			for (i++; i < len && text[i] != '"'; i++)
				i += text[i] == '\\';
			continue;
		}
		containers += text[i] == '{' || text[i] == '[';
		commas += text[i] == ',';
		if (!lend_ascii_is_digit(text[i]))
			continue;
		n = number_len(text + i, len - i, &integer);
		if (integer && !integer_fits(text + i, n, i > 0 && text[i - 1] == '-'))
			return lend_fail(err, LEND_E_FORMAT,
					 "the JSON has a number beyond 64 bits");
		i += n - 1;
	}
	/* They take the most memory. */
	if (containers > most)
		return lend_fail(err, LEND_E_FORMAT,
				 "the JSON has more than %zu objects and arrays", most);
	if (containers + commas > max_values)
		return lend_fail(err, LEND_E_FORMAT, "the JSON has more than %zu values",
				 max_values);
	return 0;
}

int lend_json_parse(const char *text, size_t len, struct lend_json **ret_doc,
		    struct lend_err *err)
{
	return lend_json_parse_large(text, len, LEND_JSON_VALUES_MAX, ret_doc, err);
}

int lend_json_parse_large(const char *text, size_t len, size_t max_values,
			  struct lend_json **ret_doc, struct lend_err *err)
{
	struct json_tokener *tok;
	struct json_object *doc;
	enum json_tokener_error why;
	size_t end;

	if (len > INT_MAX)
		return lend_fail(err, LEND_E_FORMAT, "JSON of %zu bytes is too long", len);
	if (look_ahead(text, len, max_values, err) < 0)
		return -1;
	tok = json_tokener_new_ex(LEND_JSON_DEPTH_MAX);
	if (tok == NULL)
		abort();
	/* What may stand behind the value is checked below. */
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	doc = json_tokener_parse_ex(tok, text, (int)len);
	why = json_tokener_get_error(tok);
	end = json_tokener_get_parse_end(tok);
	if (why == json_tokener_continue) {
		/* A number at the very end: only a byte behind it says that it is over. */
		doc = json_tokener_parse_ex(tok, " ", 1);
		if (json_tokener_get_error(tok) == json_tokener_success) {
			why = json_tokener_success;
			end = len;
		}
	}
	json_tokener_free(tok);
	if (why != json_tokener_success) {
		json_object_put(doc);
		if (why == json_tokener_continue)
			return lend_fail(err, LEND_E_FORMAT,
					 "the JSON ends in the middle, after %zu bytes", len);
		return lend_fail(err, LEND_E_FORMAT, "not JSON at byte %zu: %s", end,
				 json_tokener_error_desc(why));
	}
	while (end < len && (text[end] == ' ' || text[end] == '\n' || text[end] == '\r' ||
			     text[end] == '\t'))
		end++;
	if (end < len || doc == NULL || !all_finite(doc)) {
		const char *what =
			doc == NULL ? "the JSON is null"
			: end < len ? "more text behind the JSON"
				    : "the JSON has a number that is none (NaN or Infinity)";

		json_object_put(doc);
		return lend_fail(err, LEND_E_FORMAT, "%s, at byte %zu", what, end);
	}
	*ret_doc = (struct lend_json *)doc;
	return 0;
}

void lend_json_done(struct lend_json **doc)
{
	json_object_put(in(*doc));
	*doc = NULL;
}

size_t lend_json_scan_on(struct lend_json_scan *scan, const char *text, size_t len)
{
	while (scan->at < len) {
		char c = text[scan->at++];

		if (scan->escaped) {
			scan->escaped = false;
		} else if (scan->in_string) {
			while (c != '"' && c != '\\' && scan->at < len)
				c = text[scan->at++];
			scan->escaped = c == '\\';
			scan->in_string = c != '"';
		} else if (c == '"') {
			scan->in_string = true;
		} else if (c == '{' || c == '[') {
			scan->depth++;
		} else if (c == '}' || c == ']') {
			if (scan->depth <= 1)
				return scan->at;
			scan->depth--;
		}
	}
	return 0;
}

size_t lend_json_scan(const char *text, size_t len)
{
	struct lend_json_scan scan = { 0 };

	return lend_json_scan_on(&scan, text, len);
}

static size_t skip_space(const char *text, size_t len, size_t at)
{
	while (at < len &&
	       (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
		at++;
	return at;
}

/* Behind the string that starts at text[at]; len when it does not end. */
static size_t skip_string(const char *text, size_t len, size_t at)
{
	for (at++; at < len && text[at] != '"'; at++)
		at += text[at] == '\\';
	return at < len ? at + 1 : len;
}

/* At the comma or bracket that ends the value which starts at text[at]. */
static size_t skip_value(const char *text, size_t len, size_t at)
{
	size_t depth = 0;

	while (at < len) {
		char c = text[at];

		if (c == '"') {
			at = skip_string(text, len, at);
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			break;
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		at++;
	}
	return at;
}

size_t lend_json_find_key(const char *text, size_t len, const char *const *keys, size_t n)
{
	size_t at = skip_space(text, len, 0);
	char before = '{';

	while (at < len && text[at] == before) {
		size_t key = skip_space(text, len, at + 1) + 1;
		size_t end;

		if (key > len || text[key - 1] != '"')
			return n;
		end = skip_string(text, len, key - 1);
		at = skip_space(text, len, end);
		if (at == len || text[at] != ':')
			return n;
		for (size_t i = 0; i < n; i++) {
			if (strlen(keys[i]) == end - 1 - key &&
			    memcmp(keys[i], text + key, end - 1 - key) == 0)
				return i;
		}
		at = skip_value(text, len, at + 1);
		before = ',';
	}
	return n;
}

enum lend_json_kind lend_json_kind(const struct lend_json *value)
{
	if (value == NULL)
		return LEND_JSON_NONE;
	switch (json_object_get_type(in(value))) {
	case json_type_boolean:
		return LEND_JSON_BOOL;
	case json_type_double:
	case json_type_int:
		return LEND_JSON_NUMBER;
	case json_type_string:
		return LEND_JSON_STRING;
	case json_type_array:
		return LEND_JSON_ARRAY;
	case json_type_object:
		return LEND_JSON_OBJECT;
	default:
		return LEND_JSON_NULL;
	}
}

const struct lend_json *lend_json_get(const struct lend_json *value, const char *key)
{
	struct json_object *member;

	if (lend_json_kind(value) != LEND_JSON_OBJECT ||
	    !json_object_object_get_ex(in(value), key, &member))
		return NULL;
	return out(member);
}

bool lend_json_has(const struct lend_json *value, const char *key)
{
	return lend_json_kind(value) == LEND_JSON_OBJECT &&
	       json_object_object_get_ex(in(value), key, NULL);
}

size_t lend_json_count(const struct lend_json *value)
{
	if (lend_json_kind(value) == LEND_JSON_ARRAY)
		return json_object_array_length(in(value));
	if (lend_json_kind(value) == LEND_JSON_OBJECT)
		return (size_t)json_object_object_length(in(value));
	return 0;
}

const struct lend_json *lend_json_at(const struct lend_json *array, size_t i)
{
	if (lend_json_kind(array) != LEND_JSON_ARRAY ||
	    i >= json_object_array_length(in(array)))
		return NULL;
	return out(json_object_array_get_idx(in(array), i));
}

bool lend_json_next(const struct lend_json *object, struct lend_json_member *member)
{
	const struct lh_entry *entry = member->next_;

	if (!member->started_) {
		if (lend_json_kind(object) != LEND_JSON_OBJECT)
			return false;
		entry = json_object_get_object(in(object))->head;
		member->started_ = true;
	}
	if (entry == NULL)
		return false;
	member->key = lh_entry_k(entry);
	member->value = out((struct json_object *)lh_entry_v(entry));
	member->next_ = lh_entry_next(entry);
	return true;
}

bool lend_json_u64(const struct lend_json *value, uint64_t *ret)
{
	if (value == NULL || json_object_get_type(in(value)) != json_type_int)
		return false;
	if (json_object_get_int64(in(value)) < 0)
		return false;
	*ret = json_object_get_uint64(in(value));
	return true;
}

bool lend_json_bool(const struct lend_json *value, bool *ret)
{
	if (lend_json_kind(value) != LEND_JSON_BOOL)
		return false;
	*ret = json_object_get_boolean(in(value));
	return true;
}

const char *lend_json_strn(const struct lend_json *value, size_t *ret_len)
{
	if (lend_json_kind(value) != LEND_JSON_STRING)
		return NULL;
	*ret_len = (size_t)json_object_get_string_len(in(value));
	return json_object_get_string(in(value));
}

const char *lend_json_str(const struct lend_json *value)
{
	size_t len;
	const char *text = lend_json_strn(value, &len);

	return text != NULL && strlen(text) == len ? text : NULL;
}

static void before(struct lend_jsonw *w, const char *key)
{
	if (w->comma)
		lend_buf_putc(w->out, ',');
	if (w->depth > 0 && w->depth <= w->indent) {
		lend_buf_putc(w->out, '\n');
		for (int i = 0; i < w->depth; i++)
			lend_buf_putc(w->out, ' ');
	}
	if (key != NULL) {
		lend_buf_putc(w->out, '"');
		lend_buf_put_json(w->out, key, strlen(key));
		lend_buf_puts(w->out, "\":");
	}
	w->comma = true;
}

void lend_jsonw_open(struct lend_jsonw *w, const char *key, char bracket)
{
	before(w, key);
	lend_buf_putc(w->out, bracket);
	w->depth++;
	w->comma = false;
}

void lend_jsonw_close(struct lend_jsonw *w, char bracket)
{
	w->depth--;
	if (w->comma && w->depth < w->indent) {
		lend_buf_putc(w->out, '\n');
		for (int i = 0; i < w->depth; i++)
			lend_buf_putc(w->out, ' ');
	}
	lend_buf_putc(w->out, bracket);
	w->comma = true;
}

void lend_jsonw_strn(struct lend_jsonw *w, const char *key, const char *text, size_t len)
{
	before(w, key);
	lend_buf_putc(w->out, '"');
	lend_buf_put_json(w->out, text, len);
	lend_buf_putc(w->out, '"');
}

void lend_jsonw_str(struct lend_jsonw *w, const char *key, const char *text)
{
	if (text == NULL)
		lend_jsonw_null(w, key);
	else
		lend_jsonw_strn(w, key, text, strlen(text));
}

void lend_jsonw_u64(struct lend_jsonw *w, const char *key, uint64_t v)
{
	before(w, key);
	lend_buf_put_u64(w->out, v, 10);
}

void lend_jsonw_hex(struct lend_jsonw *w, const char *key, uint64_t v)
{
	before(w, key);
	lend_buf_puts(w->out, "\"0x");
	lend_buf_put_u64(w->out, v, 16);
	lend_buf_putc(w->out, '"');
}

void lend_jsonw_bool(struct lend_jsonw *w, const char *key, bool v)
{
	before(w, key);
	lend_buf_puts(w->out, v ? "true" : "false");
}

void lend_jsonw_null(struct lend_jsonw *w, const char *key)
{
	before(w, key);
	lend_buf_puts(w->out, "null");
}
