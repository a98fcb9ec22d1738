/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/qemu-opts.h"

#include <inttypes.h>

#include "base/err.h"
#include "base/json.h"

/* Nested objects deeper than this say nothing that lend reads. */
enum { NESTED_MAX = 4 };

static int push(struct lend_arena *arena, struct lend_qemu_opts *opts, const char *key,
		const char *value, struct lend_err *err)
{
	struct lend_qemu_pair *pair;

	if (opts->n == LEND_QEMU_OPTS_MAX)
		return lend_fail(err, LEND_E_FORMAT, "more than %d values in one option",
				 LEND_QEMU_OPTS_MAX);
	pair = LEND_PUSH(arena, opts->pairs, opts->n, opts->cap);
	pair->key = key;
	pair->value = value;
	return 0;
}

static const char *scalar_text(struct lend_arena *arena, const struct lend_json *value)
{
	uint64_t number;
	bool flag;

	if (lend_json_u64(value, &number))
		return lend_arena_printf(arena, "%" PRIu64, number);
	if (lend_json_bool(value, &flag))
		return flag ? "on" : "off";
	if (lend_json_str(value) != NULL)
		return lend_arena_strdup(arena, lend_json_str(value));
	return NULL;
}

static int from_object(struct lend_arena *arena, const struct lend_json *object,
		       const char *prefix, int depth, struct lend_qemu_opts *opts,
		       struct lend_err *err)
{
	struct lend_json_member member = { 0 };

	while (lend_json_next(object, &member)) {
		const char *value = scalar_text(arena, member.value);
		const char *key =
			*prefix == '\0' ? lend_arena_strdup(arena, member.key)
					: lend_arena_printf(arena, "%s.%s", prefix, member.key);
		int r = 0;

		if (value != NULL)
			r = push(arena, opts, key, value, err);
		else if (lend_json_kind(member.value) == LEND_JSON_OBJECT && depth < NESTED_MAX)
			r = from_object(arena, member.value, key, depth + 1, opts, err);
		else
			opts->partial = true;
		if (r < 0)
			return -1;
	}
	return 0;
}

static int from_json(struct lend_arena *arena, const char *text, struct lend_qemu_opts *opts,
		     struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;

	if (lend_json_parse(text, strlen(text), &doc, err) < 0)
		return -1;
	return from_object(arena, doc, "", 0, opts, err);
}

/* Up to the next comma that is not doubled; *p then stands on it or on the NUL. */
static const char *read_value(struct lend_arena *arena, const char **p)
{
	size_t raw = 0;
	size_t len = 0;
	char *value;

	while ((*p)[raw] != '\0' && ((*p)[raw] != ',' || (*p)[raw + 1] == ',')) {
		raw += (*p)[raw] == ',' ? 2 : 1;
		len++;
	}
	value = lend_arena_alloc(arena, len + 1);
	for (size_t i = 0, from = 0; i < len; i++, from++) {
		value[i] = (*p)[from];
		from += value[i] == ',';
	}
	*p += raw;
	return value;
}

static int bare_key(struct lend_arena *arena, const char *word, struct lend_qemu_opts *opts,
		    struct lend_err *err)
{
	const bool off = strncmp(word, "no", 2) == 0 && word[2] != '\0';

	if (push(arena, opts, off ? word + 2 : word, off ? "off" : "on", err) < 0)
		return -1;
	opts->pairs[opts->n - 1].bare = word;
	return 0;
}

static int from_key_value(struct lend_arena *arena, const char *text, const char *implied,
			  struct lend_qemu_opts *opts, struct lend_err *err)
{
	const char *p = text;

	while (*p != '\0') {
		size_t len = strcspn(p, "=,");
		const char *key;
		int r;

		if (p == text && implied != NULL && p[len] != '=') {
			r = push(arena, opts, implied, read_value(arena, &p), err);
		} else if (len == 0) {
			return lend_fail(err, LEND_E_FORMAT, "a key is empty at byte %zu",
					 (size_t)(p - text));
		} else {
			key = lend_arena_strndup(arena, p, len);
			p += len;
			if (*p == '=') {
				p++;
				r = push(arena, opts, key, read_value(arena, &p), err);
			} else {
				r = bare_key(arena, key, opts, err);
			}
		}
		if (r < 0)
			return -1;
		p += *p == ',';
	}
	return 0;
}

int lend_qemu_opts_parse(struct lend_arena *arena, const char *text, const char *implied,
			 struct lend_qemu_opts *ret, struct lend_err *err)
{
	struct lend_qemu_opts opts = { 0 };
	int r = *text == '{' ? from_json(arena, text, &opts, err)
			     : from_key_value(arena, text, implied, &opts, err);

	if (r < 0)
		return -1;
	*ret = opts;
	return 0;
}

const char *lend_qemu_opts_get(const struct lend_qemu_opts *opts, const char *key)
{
	for (size_t i = opts->n; i-- > 0;) {
		if (strcmp(opts->pairs[i].key, key) == 0)
			return opts->pairs[i].value;
	}
	return NULL;
}

void lend_qemu_opts_put(struct lend_buf *out, const char *key, const char *value)
{
	if (out->len > 0 && out->text[out->len - 1] != '\0')
		lend_buf_putc(out, ',');
	if (key != NULL) {
		lend_buf_puts(out, key);
		lend_buf_putc(out, '=');
	}
	for (; *value != '\0'; value++) {
		lend_buf_putc(out, *value);
		if (*value == ',')
			lend_buf_putc(out, ',');
	}
}
