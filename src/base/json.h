/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON from outside, read with limits; and a small writer that escapes.
 *
 * Reading is json-c behind this file, so that its habits stay here: values
 * are checked for type and range at every getter, numbers beyond 64 bits and
 * NaN are refused, depth is limited.  The tree belongs to the one who parsed
 * and dies at the end of the scope:
 *
 *	lend_auto_json struct lend_json *doc = NULL;
 *
 *	if (lend_json_parse(text, len, &doc, err) < 0)
 *		return -1;
 *
 * Everything inside the tree is const and dies with it.  Every getter takes
 * NULL for "there was no such value", so that look-ups can be chained.
 */

#ifndef LEND_BASE_JSON_H
#define LEND_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "lend/lend.h"

/* Values take at most 90 MB: 100000 objects of one member, each with its comma. */
enum { LEND_JSON_DEPTH_MAX = 64, LEND_JSON_VALUES_MAX = 200000 };

struct lend_json;

#define lend_auto_json LEND_CLEANUP(lend_json_done)

/* One document with nothing but white space around it. */
int lend_json_parse(const char *text, size_t len, struct lend_json **ret_doc,
		    struct lend_err *err) LEND_MUST_CHECK;

/*
 * The same for what a large host fills: with so many values, of which a
 * quarter may be objects and arrays.  A million values take at most 400 MB.
 */
int lend_json_parse_large(const char *text, size_t len, size_t max_values,
			  struct lend_json **ret_doc, struct lend_err *err) LEND_MUST_CHECK;
void lend_json_done(struct lend_json **doc);

/*
 * For streams: how many bytes the first value takes, white space before it
 * included; 0 when it is not complete yet.  Counts brackets outside strings
 * and says nothing about validity.  Objects and arrays only.
 */
size_t lend_json_scan(const char *text, size_t len);

/* The same for text that grows: what was looked at is not looked at again.  Starts zeroed. */
struct lend_json_scan {
	size_t at;
	size_t depth;
	bool in_string;
	bool escaped;
};
size_t lend_json_scan_on(struct lend_json_scan *scan, const char *text, size_t len);

/*
 * For streams, too: which of n keys is the first among the members of the
 * object that text is; n when it is no object or has none of them.  Does not
 * look behind that key, so that it takes no parse to tell kinds of messages
 * apart, and says nothing about validity.  Keys with escapes are others.
 */
size_t lend_json_find_key(const char *text, size_t len, const char *const *keys, size_t n);

enum lend_json_kind {
	LEND_JSON_NONE,
	LEND_JSON_NULL,
	LEND_JSON_BOOL,
	LEND_JSON_NUMBER,
	LEND_JSON_STRING,
	LEND_JSON_ARRAY,
	LEND_JSON_OBJECT
};

/* NONE for a NULL pointer; inside containers JSON null is a NULL pointer, too. */
enum lend_json_kind lend_json_kind(const struct lend_json *value);

/* NULL when value is no object or has no such key (or the key holds null). */
const struct lend_json *lend_json_get(const struct lend_json *value, const char *key);
bool lend_json_has(const struct lend_json *value,
		   const char *key); /* true for a key that holds null, too */

/* Elements of an array, members of an object; 0 for everything else. */
size_t lend_json_count(const struct lend_json *value);
const struct lend_json *lend_json_at(const struct lend_json *array, size_t i);

/* Members in file order.  Start with a zeroed struct; false at the end. */
struct lend_json_member {
	const char *key;
	const struct lend_json *value; /* NULL for null */
	const void *next_;
	bool started_;
};
bool lend_json_next(const struct lend_json *object, struct lend_json_member *member);

/* false when the value is not of that type or does not fit; then *ret is not written. */
bool lend_json_u64(const struct lend_json *value, uint64_t *ret);
bool lend_json_bool(const struct lend_json *value, bool *ret);
const char *lend_json_str(
	const struct lend_json *value); /* NULL when it is no string or has a NUL byte inside */
const char *lend_json_strn(const struct lend_json *value, size_t *ret_len);

/*
 * Writing, straight into a buffer.  Commas are the writer's work:
 *
 *	struct lend_jsonw w = { .out = &buf };
 *	lend_jsonw_open(&w, NULL, '{');
 *	lend_jsonw_u64(&w, "version", 1);
 *	lend_jsonw_close(&w, '}');
 *
 * key is NULL inside arrays and at the top.  indent > 0 puts members on lines
 * of their own down to that depth; deeper ones stay on one line.
 */
struct lend_jsonw {
	struct lend_buf *out;
	int indent;
	int depth;
	bool comma;
};

void lend_jsonw_open(struct lend_jsonw *w, const char *key, char bracket);
void lend_jsonw_close(struct lend_jsonw *w, char bracket);
void lend_jsonw_str(struct lend_jsonw *w, const char *key, const char *text); /* NULL is null */
void lend_jsonw_strn(struct lend_jsonw *w, const char *key, const char *text, size_t len);
void lend_jsonw_u64(struct lend_jsonw *w, const char *key, uint64_t v);
void lend_jsonw_hex(struct lend_jsonw *w, const char *key, uint64_t v); /* "0x..." */
void lend_jsonw_bool(struct lend_jsonw *w, const char *key, bool v);
void lend_jsonw_null(struct lend_jsonw *w, const char *key);

#endif
