/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/yaml-tree.h"

#include "base/err.h"
#include "tests/must.h"

/* "{a=1,b=[x,y]}", each text with its place behind it where places is set. */
static void put(struct lend_buf *out, const struct lend_yaml_node *node, bool places)
{
	if (node->key != NULL)
		lend_buf_printf(out, "%s=", node->key);
	if (node->kind == LEND_YAML_TEXT)
		lend_buf_printf(out, node->quoted ? "'%s'" : "%s", node->text);
	else
		lend_buf_putc(out, node->kind == LEND_YAML_LIST ? '[' : '{');
	for (const struct lend_yaml_node *item = node->first; item != NULL; item = item->next) {
		if (item != node->first)
			lend_buf_putc(out, ' ');
		put(out, item, places);
	}
	if (node->kind != LEND_YAML_TEXT)
		lend_buf_putc(out, node->kind == LEND_YAML_LIST ? ']' : '}');
	if (places && node->key != NULL)
		lend_buf_printf(out, "@%u:%u", node->key_line, node->key_column);
	if (places)
		lend_buf_printf(out, "@%u:%u", node->line, node->column);
}

static const struct {
	const char *yaml;
	const char *tree;
} good[] = {
	{ "a: 1\nb:\n  - x\n  - y\n", "{a=1 b=[x y]}" },
	{ "a: 1\nb:\n- x\n", "{a=1 b=[x]}" },
	{ "- {a: 010, b: yes}\n- [12:30:45, ~]", "[{a=010 b=yes} [12:30:45 ~]]" },
	{ "a: 'x'\nb: \"\\x41\\u00e9\"", "{a='x' b='A\xc3\xa9'}" },
	{ "a: |\n  one\n  two\nb: >-\n  one\n  two\n", "{a='one\ntwo\n' b='one two'}" },
	{ "a: x\n   y", "{a=x y}" },
	{ "a:\nb: ''", "{a= b=''}" },
	{ "? a\n: b", "{a=b}" },
	{ "a: 0000:62:00.5", "{a=0000:62:00.5}" },
	{ "a: -x\nb: :0", "{a=-x b=:0}" },
	{ "a: b # c", "{a=b}" },
	{ "a: b#c", "{a=b#c}" },
	{ "a:\tb", "{a=b}" },
	{ "a: b\r\nc: d\r\n", "{a=b c=d}" },
	{ "\xef\xbb\xbf"
	  "a: b",
	  "{a=b}" },
	{ "# x\n%YAML 1.1\n--- # y\na: b\n...\n# z", "{a=b}" },
	{ "a: 1\na: 2", "{a=1 a=2}" },
	{ "\xc3\xa4: \xf0\x9f\x98\x80", "{\xc3\xa4=\xf0\x9f\x98\x80}" },
	{ "x", "x" },
	{ "--- ''", "''" },
	{ "---", "" },
	{ "", NULL },
	{ "# x\n", NULL },
	{ " \n\n", NULL },
};

static void reads(void)
{
	for (size_t i = 0; i < LEND_COUNT(good); i++) {
		struct lend_arena arena = { 0 };
		struct lend_yaml_node *root = NULL;
		lend_auto_buf out = { 0 };

		must_in(good[i].yaml);
		must(lend_yaml_parse(&arena, "f", good[i].yaml, strlen(good[i].yaml), &root,
				     NULL) == 0);
		must((root == NULL) == (good[i].tree == NULL));
		if (root != NULL) {
			put(&out, root, false);
			must_str(lend_buf_text(&out), good[i].tree);
		}
		lend_arena_done(&arena);
	}
	must_in("");
}

static void places(void)
{
	static const char yaml[] = "\xef\xbb\xbf# x\na: 1\r\n\xc3\xa4: {b: \xc3\xa4, c: [d]}\n";
	struct lend_arena arena = { 0 };
	struct lend_yaml_node *root = NULL;
	lend_auto_buf out = { 0 };

	must(lend_yaml_parse(&arena, "f", yaml, strlen(yaml), &root, NULL) == 0);
	put(&out, root, true);
	must_str(out.text, "{a=1@2:1@2:4 \xc3\xa4={b=\xc3\xa4@3:5@3:8 c=[d@3:15]@3:11@3:14}"
			   "@3:1@3:4}@2:1");
	lend_arena_done(&arena);
}

static const struct {
	const char *yaml;
	const char *says;
} bad[] = {
	{ "a: 1\nb c\nd: 2", "f:2:1: there is no ':' behind this" },
	{ "a: 1\n\tb: 2", "f:2:1: a tab indents this line" },
	{ "a:\n  \tb: 2", "f:2:3: a tab indents this line" },
	{ "a:\n  b: 1\n c: 2", "f:3:2: here a key should begin" },
	{ "a: b: c", "f:1:5: a ':' does not fit here" },
	{ "a: 1\n b: 2", "f:2:3: a ':' does not fit here" },
	{ "a: - b", "f:1:4: a list does not fit here" },
	{ "a:\n  - b\n  c: d", "f:3:3: here a list item should begin" },
	{ "a: \"b\nc: d", "f:1:4: the quote that opens here is not closed" },
	{ "a: 'b\n---\n", "f:1:4: the quote that opens here is not closed" },
	{ "a: \"b\" c", "f:1:8: here a key should begin" },
	{ "a: [b\nc: d", "f:1:4: the '[' here has no ']', or a ',' is missing" },
	{ "a: {b: c\nd: e", "f:1:4: the '{' here has no '}', or a ',' is missing" },
	{ "a: @b", "f:1:4: a text cannot begin with this character" },
	{ "a: * b", "f:1:5: a text cannot begin with '*' or '&'" },
	{ "a: \"\\q\"", "f:1:5: there is no such escape" },
	{ "a: *b", "f:1:4: '*b': aliases have no meaning here" },
	{ "*a: b", "f:1:1: '*a': aliases have no meaning here" },
	{ "a: &b c", "f:1:4: '&b': anchors have no meaning here" },
	{ "a: &b [c]", "f:1:4: '&b': anchors have no meaning here" },
	{ "&a {b: c}", "f:1:1: '&a': anchors have no meaning here" },
	{ "&a b: c", "f:1:1: '&a': anchors have no meaning here" },
	{ "a: !!str b", "f:1:4: '!!str': tags have no meaning here" },
	{ "a: ! b", "f:1:4: '!': tags have no meaning here" },
	{ "a: !b!c d", "f:1:4: tags ('!...') have no meaning here" },
	{ "a: !b {c: d}", "f:1:4: '!b': tags have no meaning here" },
	{ "a: b\n---\nc: d", "f:2:1: here a second document begins" },
	{ "a: b\n---", "f:2:1: here a second document begins" },
	{ "a: b\n...\nc: d", "f:3:1: something follows where the document is over" },
	{ "[a]: b", "f:1:1: a key has to be one word" },
	{ "? {a: b}\n: c", "f:1:3: a key has to be one word" },
	{ "a: \"b\\0c\"", "f:1:4: a NUL byte cannot be part of a text" },
	{ "a\x01", "f:1:2: a control character" },
	{ "a\n\xc2\x85", "f:2:1: a control character" },
	{ "\xc3\xa4\xe2\x80\xa8", "f:1:2: a control character" },
	{ "\xef\xbf\xbf", "f:1:1: a control character" },
	{ "a: b\xef\xbb\xbf", "f:1:5: a control character" },
	{ "a: b\rc", "f:1:5: a carriage return within a line" },
	{ "a: b\r", "f:1:5: a carriage return within a line" },
	{ "a: \xff", "f:1:4: the byte 0xff is not UTF-8" },
	{ "a: \xed\xa0\x80", "f:1:4: the byte 0xed is not UTF-8" },
	{ "\xff\xfe"
	  "a",
	  "f: this is UTF-16" },
	{ "[[[[[[[[[[[[[[[[[[", "f:1:17: too many lists and mappings inside each other" },
};

static void refuses(void)
{
	for (size_t i = 0; i < LEND_COUNT(bad); i++) {
		struct lend_arena arena = { 0 };
		struct lend_yaml_node *root = NULL;
		struct lend_err err = { 0 };
		lend_auto_buf said = { 0 };

		must_in(bad[i].yaml);
		must(lend_yaml_parse(&arena, "f", bad[i].yaml, strlen(bad[i].yaml), &root,
				     &err) < 0);
		lend_err_put(&err, false, &said);
		must_str(said.text, bad[i].says);
		must(err.code == LEND_E_FORMAT && root == NULL);
		lend_arena_done(&arena);
	}
	must_in("");
}

/*
 * A file that is large, or made to be slow, costs what its size says and no
 * more.  what is NULL where only that is of interest.
 */
static void stays_small(const char *unit, const char *what)
{
	struct lend_arena arena = { 0 };
	struct lend_yaml_node *root = NULL;
	struct lend_err err = { 0 };
	lend_auto_buf text = { 0 };

	must_in(unit);
	while (text.len < 1 << 20)
		lend_buf_puts(&text, unit);
	if (lend_yaml_parse(&arena, "f", text.text, text.len, &root, &err) < 0)
		must(err.what[0] != '\0');
	if (what != NULL)
		must_str(err.what, what);
	lend_arena_done(&arena);
	must_in("");
}

int main(void)
{
	const char nul[] = "a: b\n\0c";
	struct lend_arena arena = { 0 };
	struct lend_yaml_node *root = NULL;
	struct lend_err err = { 0 };

	reads();
	places();
	refuses();
	must(lend_yaml_parse(&arena, "f", nul, sizeof(nul) - 1, &root, &err) < 0);
	must_str(err.what, "a NUL byte: this is no text file");
	must_str(err.where, "f:2:1");
	stays_small("- a\n", "there is too much in this file");
	stays_small("a: [b]\n", "there is too much in this file");
	stays_small("[", "too many lists and mappings inside each other");
	stays_small("{", "a key has to be one word");
	stays_small("? ", "a key has to be one word");
	stays_small("- ", "too many lists and mappings inside each other");
	stays_small("a ", NULL);
	stays_small("# a\n", NULL);
	stays_small("\n", NULL);
	stays_small("'", NULL);
	stays_small("&a ", NULL);
	stays_small("*a ", NULL);
	stays_small("!a ", NULL);
	stays_small("a: ", NULL);
	stays_small("\"", NULL);
	stays_small("%", NULL);
	stays_small(",", NULL);
	stays_small("a\n\n", NULL);
	lend_arena_done(&arena);
	return 0;
}
