/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: parse, walk, and write what was read; what was written must parse again. */

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void copy(struct lend_jsonw *w, const char *key, const struct lend_json *value,
		 int depth)
{
	struct lend_json_member member = { 0 };
	uint64_t number;
	bool flag;
	size_t len;
	const char *text;

	switch (lend_json_kind(value)) {
	case LEND_JSON_OBJECT:
		lend_jsonw_open(w, key, '{');
		while (depth < 70 && lend_json_next(value, &member))
			copy(w, member.key, member.value, depth + 1);
		lend_jsonw_close(w, '}');
		break;
	case LEND_JSON_ARRAY:
		lend_jsonw_open(w, key, '[');
		for (size_t i = 0; i < lend_json_count(value); i++)
			copy(w, NULL, lend_json_at(value, i), depth + 1);
		lend_jsonw_close(w, ']');
		break;
	case LEND_JSON_STRING:
		text = lend_json_strn(value, &len);
		lend_jsonw_strn(w, key, text, len);
		break;
	case LEND_JSON_NUMBER:
		if (lend_json_u64(value, &number))
			lend_jsonw_u64(w, key, number);
		else
			lend_jsonw_null(w, key);
		break;
	case LEND_JSON_BOOL:
		if (lend_json_bool(value, &flag))
			lend_jsonw_bool(w, key, flag);
		break;
	default:
		lend_jsonw_null(w, key);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "a", "return" };
	lend_auto_json struct lend_json *doc = NULL;
	lend_auto_json struct lend_json *again = NULL;
	lend_auto_buf out = { 0 };
	struct lend_jsonw w = { .out = &out };
	struct lend_err err = { 0 };
	size_t found;

	(void)lend_json_scan((const char *)data, size);
	found = lend_json_find_key((const char *)data, size, keys, 2);
	if (lend_json_parse((const char *)data, size, &doc, &err) < 0) {
		if (err.code == LEND_OK)
			abort();
		return 0;
	}
	/* Not the other way round: there can be escapes in a key. */
	if (found < 2 && !lend_json_has(doc, keys[found]))
		abort();
	copy(&w, NULL, doc, 0);
	if (lend_json_kind(doc) != LEND_JSON_NULL &&
	    lend_json_parse(lend_buf_text(&out), out.len, &again, NULL) < 0 &&
	    strcmp(lend_buf_text(&out), "null") != 0)
		abort();
	return 0;
}
