/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/xml-tree.h"

#include "base/err.h"
#include "tests/must.h"

/* "a(x=1 'text' b() c())" */
static void put(struct lend_buf *out, const struct lend_xml_node *node)
{
	const char *blank = "";

	if (node->ns != NULL)
		lend_buf_printf(out, "{%s}", node->ns);
	lend_buf_printf(out, "%s(", node->name);
	for (const struct lend_xml_attr *a = node->attrs; a != NULL; a = a->next) {
		lend_buf_printf(out, "%s%s=%s", blank, a->name, a->value);
		blank = " ";
	}
	if (node->text[0] != '\0') {
		lend_buf_printf(out, "%s'%s'", blank, node->text);
		blank = " ";
	}
	for (const struct lend_xml_node *c = node->first; c != NULL; c = c->next) {
		lend_buf_puts(out, blank);
		put(out, c);
		blank = " ";
	}
	lend_buf_putc(out, ')');
}

static const struct {
	const char *xml;
	const char *tree;
} good[] = {
	{ "<a/>", "a()" },
	{ "<a x='1' y=\"2\"> t <b/>\n u </a>", "a(x=1 y=2 't \n u' b())" },
	{ "<?xml version='1.0'?><!-- c --><a><![CDATA[<&]]>&lt;&#65;&amp;</a>", "a('<&<A&')" },
	{ "<a xmlns:q='urn:q'><q:b/><b/></a>", "a({urn:q}b() b())" },
	{ "<a xmlns='urn:d'><b/></a>", "{urn:d}a({urn:d}b())" },
	{ "<a>\xc3\xa4</a>", "a('\xc3\xa4')" },
	{ "<?xml version='1.0' encoding='iso-8859-1'?><a>\xe4</a>", "a('\xc3\xa4')" },
};

static void reads(void)
{
	for (size_t i = 0; i < LEND_COUNT(good); i++) {
		struct lend_arena arena = { 0 };
		struct lend_xml_node *root = NULL;
		lend_auto_buf out = { 0 };

		must_in(good[i].xml);
		must(lend_xml_parse(&arena, "f", good[i].xml, strlen(good[i].xml), &root,
				    NULL) == 0);
		put(&out, root);
		must_str(lend_buf_text(&out), good[i].tree);
		lend_arena_done(&arena);
	}
	must_in("");
}

static const struct {
	const char *xml;
	const char *where, *what;
} bad[] = {
	{ "", "f:1", "is no XML: no element found" },
	{ "x", "f:1", "is no XML: syntax error" },
	{ "<a>\n<b></a>", "f:2", "is no XML: mismatched tag" },
	{ "<a/><b/>", "f:1", "is no XML: junk after document element" },
	{ "<a x='1' x='2'/>", "f:1", "is no XML: duplicate attribute" },
	{ "<a>\n&b;</a>", "f:2", "is no XML: undefined entity" },
	{ "<a>\x01</a>", "f:1", "is no XML: not well-formed (invalid token)" },
	{ "<a>\xe4</a>", "f:1", "is no XML: not well-formed (invalid token)" },
	{ "<q:a/>", "f:1", "is no XML: unbound prefix" },
	{ "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "f:1", "a document type is not read" },
	{ "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "f:1",
	  "a document type is not read" },
};

static void refuses(void)
{
	for (size_t i = 0; i < LEND_COUNT(bad); i++) {
		struct lend_arena arena = { 0 };
		struct lend_xml_node *root = NULL;
		struct lend_err err = { 0 };

		must_in(bad[i].xml);
		must(lend_xml_parse(&arena, "f", bad[i].xml, strlen(bad[i].xml), &root, &err) <
		     0);
		must_u64(err.code, LEND_E_FORMAT);
		must_str(err.what, bad[i].what);
		must_str(err.where, bad[i].where);
		must(root == NULL);
		lend_arena_done(&arena);
	}
	must_in("");
}

static int parse_many(size_t depth, size_t wide, struct lend_err *err)
{
	struct lend_arena arena = { 0 };
	struct lend_xml_node *root = NULL;
	lend_auto_buf xml = { 0 };
	int r;

	for (size_t i = 0; i < depth; i++)
		lend_buf_puts(&xml, "<a>");
	for (size_t i = 0; i < wide; i++)
		lend_buf_puts(&xml, "<b c=''/>");
	for (size_t i = 0; i < depth; i++)
		lend_buf_puts(&xml, "</a>");
	r = lend_xml_parse(&arena, "f", xml.text, xml.len, &root, err);
	lend_arena_done(&arena);
	return r;
}

static void has_limits(void)
{
	struct lend_err deep = { 0 }, many = { 0 }, large = { 0 };
	struct lend_arena arena = { 0 };
	struct lend_xml_node *root = NULL;

	must(parse_many(LEND_XML_DEPTH_MAX, 0, NULL) == 0);
	must(parse_many(LEND_XML_DEPTH_MAX + 1, 0, &deep) < 0);
	must_str(deep.what, "more than 64 elements inside each other");
	must(parse_many(2, (LEND_XML_NODES_MAX - 2) / 2, NULL) == 0);
	must(parse_many(2, LEND_XML_NODES_MAX / 2, &many) < 0);
	must_str(many.what, "more than 100000 elements and attributes");
	must(lend_xml_parse(&arena, "f", "", (size_t)LEND_XML_BYTES_MAX + 1, &root, &large) <
	     0);
	must_str(large.what, "'f' is longer than 4194304 bytes");
	lend_arena_done(&arena);
}

static void looks_into_it(void)
{
	static const char xml[] = "<a xmlns:q='urn:q'><q:b>0</q:b><b>1</b><c/><b>2</b></a>";
	struct lend_arena arena = { 0 };
	struct lend_xml_node *root = NULL;
	const struct lend_xml_node *b;

	must(lend_xml_parse(&arena, "f", xml, strlen(xml), &root, NULL) == 0);
	b = lend_xml_child(root, "b");
	must_str(b->text, "1");
	b = lend_xml_again(b);
	must_str(b->text, "2");
	must(lend_xml_again(b) == NULL);
	must(lend_xml_again(NULL) == NULL);
	must_str(lend_xml_text(root, "b"), "1");
	must(lend_xml_text(NULL, "b") == NULL);
	must(lend_xml_attr(NULL, "b") == NULL);
	lend_arena_done(&arena);
}

static void writes(void)
{
	lend_auto_buf out = { 0 };

	lend_xml_put(&out, "a<b>&'\"\n\x01\xff\xef\xbf\xbf\xc3\xa4");
	must_str(lend_buf_text(&out), "a&lt;b&gt;&amp;&#39;&#34;&#10;???\xc3\xa4");
}

int main(void)
{
	reads();
	refuses();
	has_limits();
	looks_into_it();
	writes();
	return 0;
}
