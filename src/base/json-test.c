/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/json.h"

#include "base/arena.h"
#include "base/err.h"
#include "tests/must.h"

static const struct {
	const char *text;
	bool ok;
} docs[] = {
	{ "{}", true },
	{ "[1, 2]\r\n", true },
	{ "{\"a\":1}x", false },
	{ "{\"a\":", false },
	{ "", false },
	{ "[NaN]", false },
	{ "[18446744073709551616]", false },
	{ "null", false },
	{ "7", true },
	{ "-", false },
	{ "[18446744073709551615]", true },
	{ "[-9223372036854775808]", true },
	{ "[-9223372036854775809]", false },
	{ "[-10000000000000000000]", false },
	{ "[0.12345678901234567890123456789]", true },
	{ "[123456789012345678901234567890.5]", true },
	{ "[123456789012345678901234567890e5]", true },
	{ "[1e00000000000000000000000000000005]", true },
	{ "[1E-00000000000000000000000000000005]", true },
	{ "[1e400]", false },
	{ "[\"18446744073709551616\"]", true },
	{ "7e", false },
};

static void parses(void)
{
	for (size_t i = 0; i < LEND_COUNT(docs); i++) {
		lend_auto_json struct lend_json *doc = NULL;
		struct lend_err err = { 0 };

		must_in(docs[i].text);
		must((lend_json_parse(docs[i].text, strlen(docs[i].text), &doc, &err) == 0) ==
		     docs[i].ok);
		must((err.code == LEND_OK) == docs[i].ok);
	}
	must_in("");
}

/* n times, with commas, in brackets */
static bool takes(const char *what, size_t n, size_t max_values)
{
	lend_auto_json struct lend_json *doc = NULL;
	struct lend_err err = { 0 };
	lend_auto_buf text = { 0 };
	int r;

	for (size_t i = 0; i < n; i++) {
		lend_buf_putc(&text, i == 0 ? '[' : ',');
		lend_buf_puts(&text, what);
	}
	lend_buf_putc(&text, ']');
	r = max_values == 0
		    ? lend_json_parse(text.text, text.len, &doc, &err)
		    : lend_json_parse_large(text.text, text.len, max_values, &doc, &err);
	must((r == 0) == (doc != NULL));
	must(r == 0 || strstr(err.what, "more than ") != NULL);
	return r == 0;
}

/* Every value takes far more memory than text; the large limit is for numbers and strings. */
static void limits(void)
{
	enum { N = LEND_JSON_VALUES_MAX };

	must(takes("0", N, 0) && !takes("0", N + 1, 0));
	must(takes("{}", N / 2, 0) && !takes("{}", N / 2 + 1, 0));
	must(!takes("{}", 4 << 20, 0));
	must(takes("\",[{\"", 2 * N, 5 * N) && !takes("\",[{\"", 5 * N + 1, 5 * N));
	must(takes("[]", 5 * N / 4 - 1, 5 * N) && !takes("[]", 5 * N / 4, 5 * N));
}

static void getters(void)
{
	static const char text[] =
		"{\"n\":18446744073709551615,\"m\":-1,\"f\":1.5,\"s\":\"x\",\"z\":\"a\\u0000b\",\"b\":true,"
		"\"a\":[1,null],\"o\":{\"k\":null}}";
	lend_auto_json struct lend_json *doc = NULL;
	struct lend_json_member member = { 0 };
	uint64_t n = 7;
	bool flag = false;
	int count = 0;

	must(lend_json_parse(text, strlen(text), &doc, NULL) == 0);
	must(lend_json_u64(lend_json_get(doc, "n"), &n));
	must_u64(n, UINT64_MAX);
	n = 7;
	must(!lend_json_u64(lend_json_get(doc, "m"), &n));
	must(!lend_json_u64(lend_json_get(doc, "f"), &n));
	must(!lend_json_u64(lend_json_get(doc, "s"), &n));
	must(!lend_json_u64(lend_json_get(doc, "none"), &n));
	must_u64(n, 7);
	must_str(lend_json_str(lend_json_get(doc, "s")), "x");
	must_str(lend_json_str(lend_json_get(doc, "z")), NULL);
	must(lend_json_bool(lend_json_get(doc, "b"), &flag) && flag);
	must_u64(lend_json_count(lend_json_get(doc, "a")), 2);
	must(lend_json_at(lend_json_get(doc, "a"), 1) == NULL);
	must(lend_json_at(lend_json_get(doc, "a"), 2) == NULL);
	must(lend_json_has(lend_json_get(doc, "o"), "k"));
	must(lend_json_get(lend_json_get(doc, "o"), "k") == NULL);
	while (lend_json_next(doc, &member))
		count++;
	must_u64(count, 8);
}

static const struct {
	const char *text;
	size_t len;
} streams[] = {
	{ "{\"a\":\"}\"}{", 9 },
	{ "  [1,[2]] ", 9 },
	{ "{\"a\":\"\\\"}\"", 0 },
	{ "", 0 },
	{ "{", 0 },
};

static void scans(void)
{
	for (size_t i = 0; i < LEND_COUNT(streams); i++) {
		must_in(streams[i].text);
		must_u64(lend_json_scan(streams[i].text, strlen(streams[i].text)),
			 streams[i].len);
	}
	must_in("");
}

/* In pieces of any size, the same. */
static void scans_on(void)
{
	static const char text[] = "  {\"a\\\\\":[\"}\\\"]\",{}]}{";
	size_t whole = lend_json_scan(text, sizeof(text) - 1);

	must_u64(whole, sizeof(text) - 2);
	for (size_t step = 1; step < sizeof(text); step++) {
		struct lend_json_scan scan = { 0 };
		size_t got = 0;

		for (size_t len = 0; got == 0 && len < sizeof(text) + step; len += step)
			got = lend_json_scan_on(
				&scan, text, len < sizeof(text) - 1 ? len : sizeof(text) - 1);
		must_u64(got, whole);
	}
}

static const struct {
	const char *text;
	size_t found; /* "return", "error" */
} keyed[] = {
	{ "{\"return\":1}", 0 },
	{ " \r\n\t{ \"id\" : 7 , \"error\" : {\"return\":1}}", 1 },
	{ "{\"error\":1,\"return\":2}", 1 },
	{ "{\"a\":{\"return\":1},\"b\":[\"return\",{\"return\":1}],\"error\":0}", 1 },
	{ "{\"a\":\"\\\",\\\"return\\\":1\",\"b\":\"}\"}", 2 },
	{ "{\"a\\\\\":1,\"error\":0}", 1 },
	{ "{\"a\":\"\\\\\",\"error\":0}", 1 },
	{ "{\"a\":\"return\"}", 2 },
	{ "{\"a\":[1,\"return\",2]}", 2 },
	{ "{\"returns\":1,\"retur\":1,\"\":1}", 2 },
	{ "{\"ret\\u0075rn\":1}", 2 },
	{ "{\"return\"", 2 },
	{ "{\"return\":", 0 },
	{ "{\"return", 2 },
	{ "{\"return\\", 2 },
	{ "{\"return\",1}", 2 },
	{ "{\"return\" \"error\":1}", 2 },
	{ "{return:1}", 2 },
	{ "{,\"return\":1}", 2 },
	{ "{\"a\":1 \"return\":1}", 2 },
	{ "{\"a\":1},\"return\":1}", 2 },
	{ "{\"a\":1],\"return\":1}", 2 },
	{ "{\"a\":,\"error\":1}", 1 },
	{ "{\"a\":]]]],\"return\":1}", 2 },
	{ "{{\"return\":1}}", 2 },
	{ "[\"return\":1]", 2 },
	{ "[{\"return\":1}]", 2 },
	{ "\"return\":1", 2 },
	{ "SSH-2.0 {\"return\":1}", 2 },
	{ "\xff\xfe{\"return\":1}", 2 },
	{ "{", 2 },
	{ "{ ", 2 },
	{ "{\"", 2 },
	{ "", 2 },
	{ "  ", 2 },
};

static void finds_keys(void)
{
	static const char *const keys[] = { "return", "error" };

	for (size_t i = 0; i < LEND_COUNT(keyed); i++) {
		size_t len = strlen(keyed[i].text);
		/* Without the NUL: a sanitizer sees the first byte too many. */
		char *exact = lend_xrealloc(NULL, len > 0 ? len : 1);

		must_in(keyed[i].text);
		memcpy(exact, keyed[i].text, len);
		must_u64(lend_json_find_key(exact, len, keys, 2), keyed[i].found);
		free(exact);
	}
	must_in("");
}

static void writes(void)
{
	lend_auto_buf out = { 0 };
	struct lend_jsonw w = { .out = &out };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_strn(&w, "s", "a\"\\\n\x01\xff\xc3\xa9", 8);
	lend_jsonw_hex(&w, "x", 4294967296);
	lend_jsonw_open(&w, "a", '[');
	lend_jsonw_u64(&w, NULL, UINT64_MAX);
	lend_jsonw_null(&w, NULL);
	lend_jsonw_bool(&w, NULL, false);
	lend_jsonw_close(&w, ']');
	lend_jsonw_close(&w, '}');
	must_str(out.text,
		 "{\"s\":\"a\\\"\\\\\\n\\u0001\\\\xff\xc3\xa9\",\"x\":\"0x100000000\","
		 "\"a\":[18446744073709551615,null,false]}");
}

int main(void)
{
	parses();
	limits();
	getters();
	scans();
	scans_on();
	finds_keys();
	writes();
	return 0;
}
