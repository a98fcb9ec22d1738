/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: a tree within its limits whose texts can be written and read again, or an error.
 */

#include "format/xml-tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Texts and values alone: names cannot be anything. */
static void write_values(const struct lend_xml_node *node, struct lend_buf *out, size_t *n)
{
	for (const struct lend_xml_attr *a = node->attrs; a != NULL; a = a->next) {
		(*n)++;
		lend_buf_puts(out, "<v a='");
		lend_xml_put(out, a->value);
		lend_buf_puts(out, "'/>");
	}
	(*n)++;
	lend_buf_puts(out, "<t>");
	lend_xml_put(out, node->text);
	lend_buf_puts(out, "</t>");
	for (const struct lend_xml_node *c = node->first; c != NULL; c = c->next)
		write_values(c, out, n);
}

static const struct lend_xml_node *compare(const struct lend_xml_node *node,
					   const struct lend_xml_node *back)
{
	for (const struct lend_xml_attr *a = node->attrs; a != NULL; a = a->next) {
		if (back == NULL || strcmp(lend_xml_attr(back, "a"), a->value) != 0)
			abort();
		back = back->next;
	}
	if (back == NULL || strcmp(back->text, node->text) != 0)
		abort();
	back = back->next;
	for (const struct lend_xml_node *c = node->first; c != NULL; c = c->next)
		back = compare(c, back);
	return back;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_xml_node *root = NULL, *back = NULL;
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };
	size_t n = 0;

	if (lend_xml_parse(&arena, "f", (const char *)data, size, &root, &err) < 0) {
		if (err.code == LEND_OK || err.what[0] == '\0')
			abort();
		lend_arena_done(&arena);
		return 0;
	}
	lend_buf_puts(&out, "<r>");
	write_values(root, &out, &n);
	lend_buf_puts(&out, "</r>");
	if (n < LEND_XML_NODES_MAX / 2 && out.len < LEND_XML_BYTES_MAX) {
		if (lend_xml_parse(&arena, "f", out.text, out.len, &back, NULL) < 0 ||
		    compare(root, back->first) != NULL)
			abort();
	}
	lend_arena_done(&arena);
	return 0;
}
