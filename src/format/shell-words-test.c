/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/shell-words.h"

#include <stdint.h>

#include "tests/must.h"

/* want: words with | behind each, commands with a newline between them; NULL: refused. */
static const struct {
	const char *text;
	const char *want;
} rows[] = {
	{ "a b  c\n", "a|b|c|" },
	{ "a \\\n  b \\\r\n c \\\n", "a|b|c|" },
	{ "a 'b c' \"d e\" f\\ g", "a|b c|d e|f g|" },
	{ "a 'it'\\''s' \"\\\"\\$x\\n\" \"x\\\ny\"", "a|it's|\"$x\\n|xy|" },
	{ "a '' \"\"", "a|||" },
	{ "a b; c | d && e", "a|b|\nc|\nd|\ne|" },
	{ "a >x 2>&1\nb 2> /dev/null", "a|\nb|" },
	{ "a &> x & b", "a|\nb|" },
	{ "$ a b\n$ c", "a|b|\nc|" },
	{ "# sudo a\n# qemu-x\n# /bin/a b", "sudo|a|\nqemu-x|\n/bin/a|b|" },
	{ "a ''>x", "a||" },
	{ "#!/bin/sh\n# don't panic\na # behind\n", "a|" },
	{ "a#b $c", "a#b|$c|" },
	{ "  \n\n ; ", "" },
	{ "", "" },
	{ "\\", "" },
	{ "a 'b", NULL },
	{ "a \"b\\\"", NULL },
};

static int all_words(struct lend_arena *arena, const char *text, struct lend_buf *out,
		     struct lend_err *err)
{
	size_t at = 0;
	const char *bytes;
	size_t len;
	int r;

	while ((r = lend_shell_words(arena, text, strlen(text), &at, &bytes, &len, err)) == 0) {
		if (out->len > 0)
			lend_buf_putc(out, '\n');
		for (size_t i = 0; i < len; i++)
			lend_buf_putc(out, bytes[i] == '\0' ? '|' : bytes[i]);
	}
	return r;
}

static void splits(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_arena arena = { 0 };
		struct lend_err err = { 0 };
		lend_auto_buf out = { 0 };
		int r = all_words(&arena, rows[i].text, &out, &err);

		must_in(rows[i].text);
		must(r == (rows[i].want != NULL ? 1 : -1));
		must((err.code == LEND_OK) == (r > 0));
		if (rows[i].want != NULL)
			must_str(lend_buf_text(&out), rows[i].want);
		lend_arena_done(&arena);
	}
	must_in("");
}

/* What a shell would put something else in the place of. */
static void expands(void)
{
	static const char *const texts[][2] = {
		{ "qemu -m $MEM,slots=2 $B", "$MEM" },
		{ "qemu -m 1G \"a $(cat x)\"", "$(cat" },
		{ "qemu `cat x`", "`cat" },
		{ "qemu ${A[@]}", "${A[@]}" },
		{ "qemu 'a $x `y`' \\$x \"\\$x\" a$ $ # $y", NULL },
		{ "$ qemu", NULL },
	};

	for (size_t i = 0; i < LEND_COUNT(texts); i++) {
		struct lend_arena arena = { 0 };
		const char *bytes, *what;
		size_t len, at = 0;

		must_in(texts[i][0]);
		must(lend_shell_words_of(&arena, texts[i][0], strlen(texts[i][0]), &at, &bytes,
					 &len, &what, NULL) == 0);
		must_str(what, texts[i][1]);
		lend_arena_done(&arena);
	}
	must_in("");
}

static void refuses_nul(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	const char *bytes;
	size_t len;
	size_t at = 0;

	must(lend_shell_words(&arena, "a\0b", 3, &at, &bytes, &len, &err) < 0);
	must_str(err.what, "byte 1 is NUL, which no typed command has");
	lend_arena_done(&arena);
}

static void quotes(void)
{
	static const char words[] = "a=b,c\0it's\0\0x y\0$";
	lend_auto_buf out = { 0 };

	lend_shell_quote(&out, words, sizeof(words));
	must_str(out.text, "a=b,c 'it'\\''s' '' 'x y' '$'");
}

int main(void)
{
	splits();
	expands();
	refuses_nul();
	quotes();
	return 0;
}
