/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arena, errors, numbers, buffers. */

#include "base/arena.h"

#include <errno.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "tests/must.h"

static void arena(void)
{
	struct lend_arena a = { 0 };
	size_t n = 0;
	size_t cap = 0;
	uint32_t *numbers = NULL;
	char *big = lend_arena_alloc(&a, 1 << 20);
	char *small = lend_arena_strdup(&a, "x");

	must_u64((uintptr_t)small % _Alignof(max_align_t), 0);
	must(big[0] == 0 && big[(1 << 20) - 1] == 0);
	for (uint32_t i = 0; i < 10000; i++) {
		uint32_t *e = LEND_PUSH(&a, numbers, n, cap);

		*e = i;
	}
	must_u64(n, 10000);
	must_u64(numbers[9999], 9999);
	must_str(small, "x");
	must_str(lend_arena_printf(&a, "%s-%d", "y", 3), "y-3");
	/* What is used again is zeroed all the same. */
	for (int i = 0; i < 3; i++) {
		lend_arena_clear(&a);
		small = lend_arena_alloc(&a, 1000);
		for (size_t at = 0; at < 1000; at++)
			must(small[at] == 0);
		memset(small, 'x', 1000);
		must_str(lend_arena_strdup(&a, "after"), "after");
		if (i == 1)
			(void)lend_arena_alloc(&a, 1 << 20);
	}
	lend_arena_done(&a);
	lend_arena_clear(&a);
	must(a.chunks == NULL);
	must(a.chunks == NULL);
}

static void errors(void)
{
	struct lend_err err = { 0 };
	lend_auto_buf said = { 0 };
	char longer[300];

	must(lend_fail(&err, LEND_E_FORMAT, "first %d", 1) == -1);
	must(lend_fail(&err, LEND_E_REMOTE, "second") == -1);
	must_str(err.what, "first 1");
	must(err.code == LEND_E_FORMAT);
	(void)lend_where(&err, "inner");
	(void)lend_where(&err, "outer");
	must_str(err.where, "outer: inner");
	lend_hint(&err, "try %s", "this");
	lend_hint(&err, "not this");
	must_str(err.hint, "try this");
	lend_err_put(&err, true, &said);
	must_str(said.text, "outer: inner: first 1\nhint: try this");
	lend_buf_reset(&said);
	lend_err_put(&err, false, &said);
	must_str(said.text, "outer: inner: first 1");
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	(void)lend_where(&err, "%s", longer);
	must(strlen(err.where) < sizeof(err.where));
	must(lend_fail(NULL, LEND_E_FORMAT, "nobody listens") == -1);
}

static bool is_utf8(const char *text)
{
	size_t len = strlen(text);

	for (size_t n; len > 0; text += n, len -= n) {
		n = lend_utf8_len(text, len);
		if (n == 0)
			return false;
	}
	return true;
}

/* A name of any length leaves what was done, the name's end and the reason, in whole
 * characters. */
static void long_names(void)
{
	static const char reason[] = "/last' (No such file or directory)";

	for (size_t n = 0; n < 1500; n++) {
		struct lend_err err = { 0 };
		lend_auto_buf name = { 0 };

		for (size_t i = 0; i < n / 4; i++)
			lend_buf_puts(&name, i % 3 == 0 ? "\xc3\xa9" : "\xf0\x9f\x98\x80");
		lend_buf_put(&name, "abc", n % 4);
		lend_buf_puts(&name, "/last");
		errno = ENOENT;
		must(lend_fail_errno(&err, "open '%s'", name.text) == -1);
		must(strncmp(err.what, "open '", 6) == 0 && strlen(err.what) > strlen(reason));
		must_str(err.what + strlen(err.what) - strlen(reason), reason);
		must((strstr(err.what, "...") != NULL) == (name.len + 35 > 199));
		must(is_utf8(err.what));
		(void)lend_where(&err, "reading '%s'", name.text);
		(void)lend_where(&err, "in %s", name.text);
		lend_hint(&err, "look at '%s'", name.text);
		must(is_utf8(err.where) && is_utf8(err.hint));
		must_str(err.where + strlen(err.where) - 6, "/last'");
	}
}

static const struct {
	const char *text;
	int base;
	bool ok;
	uint64_t value;
} numbers[] = {
	{ "0", 0, true, 0 },
	{ "18446744073709551615", 0, true, UINT64_MAX },
	{ "18446744073709551616", 0, false, 0 },
	{ "0x10", 0, true, 16 },
	{ "0xffffffffffffffff", 0, true, UINT64_MAX },
	{ "0x", 0, false, 0 },
	{ "", 0, false, 0 },
	{ "-1", 0, false, 0 },
	{ "+1", 0, false, 0 },
	{ " 1", 0, false, 0 },
	{ "1 ", 0, false, 0 },
	{ "12a", 0, false, 0 },
	{ "ff", 16, true, 255 },
	{ "010", 0, true, 10 },
};

static void parses_numbers(void)
{
	uint64_t up;

	for (size_t i = 0; i < LEND_COUNT(numbers); i++) {
		uint64_t value = 99;

		must_in(numbers[i].text);
		must(lend_parse_u64(numbers[i].text, numbers[i].base, &value) == numbers[i].ok);
		must_u64(value, numbers[i].ok ? numbers[i].value : 99);
	}
	must_in("");
	must(lend_align_up(5, 4, &up) && up == 8);
	must(!lend_align_up(UINT64_MAX, 4096, &up));
	must_u64(lend_align_down(0x1fffff, 0x1000), 0x1ff000);
}

static void escapes(void)
{
	static const struct {
		const char *text, *safe;
	} rows[] = {
		{ "plain \xc3\xa9", "plain \xc3\xa9" },
		{ "\x1b[31mred", "\\x1b[31mred" },
		{ "new\nline", "new\\x0aline" },
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xc2\x9b", "\\x9b" },
		{ "\xe2\x80\xae", "\\u{202e}" },
		{ "\xc0\xaf", "\\xc0\\xaf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		lend_auto_buf b = { 0 };

		lend_buf_put_safe(&b, rows[i].text, strlen(rows[i].text));
		must_str(b.text, rows[i].safe);
	}
}

static void writes_numbers(void)
{
	static const struct {
		uint64_t value;
		unsigned int base;
		const char *text;
	} rows[] = {
		{ 0, 10, "0" },
		{ 0, 16, "0" },
		{ 4096, 10, "4096" },
		{ 0xdeadbeef, 16, "deadbeef" },
		{ UINT64_MAX, 10, "18446744073709551615" },
		{ UINT64_MAX, 16, "ffffffffffffffff" },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		lend_auto_buf out = { 0 };

		lend_buf_put_u64(&out, rows[i].value, rows[i].base);
		must_str(out.text, rows[i].text);
	}
}

static void drops(void)
{
	lend_auto_buf out = { 0 };

	lend_buf_drop(&out, 0);
	must(out.text == NULL && out.len == 0);
	lend_buf_puts(&out, "one\ntwo");
	lend_buf_drop(&out, 4);
	must_str(out.text, "two");
	must_u64(out.len, 3);
	lend_buf_drop(&out, 0);
	must_str(out.text, "two");
	lend_buf_drop(&out, 3);
	must_str(out.text, "");
	must_u64(out.len, 0);
}

int main(void)
{
	arena();
	errors();
	long_names();
	parses_numbers();
	escapes();
	writes_numbers();
	drops();
	return 0;
}
