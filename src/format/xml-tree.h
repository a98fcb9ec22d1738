/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * XML as programs write it, as a tree: elements, attributes, texts.
 *
 * expat behind this file, with limits.  A document type (and with it every
 * entity of its own, and every file it would name) is refused; comments and
 * processing instructions are passed over.  Nothing is converted.
 */

#ifndef LEND_FORMAT_XML_TREE_H
#define LEND_FORMAT_XML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lend/lend.h"

enum {
	LEND_XML_BYTES_MAX = 4 << 20,
	LEND_XML_DEPTH_MAX = 64,
	LEND_XML_NODES_MAX = 100 * 1000, /* elements and attributes together */
};

struct lend_xml_attr {
	const char *name;
	const char *value;
	struct lend_xml_attr *next;
};

struct lend_xml_node {
	const char *ns; /* the URI of its namespace; NULL: none */
	const char *name;
	const char
		*text; /* all of its own text without the white space at its ends, never NULL */
	uint32_t line;
	struct lend_xml_attr *attrs;
	struct lend_xml_node *first, *next;
};

/*
 * One document; the tree lives in the arena.  LEND_E_FORMAT: "db1.xml:7: ..."
 * with the place in err->where; file is what errors call it.
 */
int lend_xml_parse(struct lend_arena *arena, const char *file, const char *text, size_t len,
		   struct lend_xml_node **ret_root, struct lend_err *err) LEND_MUST_CHECK;

/*
 * The same for a document that comes in pieces and may be long: elements
 * called item (in any namespace), as far out as there are such, are handed to
 * take one by one and forgotten; the limit of nodes holds for each of them,
 * and for all of the rest.  When take returns -1, so does the piece.
 */
struct lend_xml_stream;
struct lend_xml_items {
	const char *item;
	int (*take)(void *context, const struct lend_xml_node *item, struct lend_err *err);
	void *context;
	size_t bytes_max; /* of the document */
};
struct lend_xml_stream *lend_xml_stream_new(const char *file,
					    const struct lend_xml_items *items);
int lend_xml_stream_put(struct lend_xml_stream *stream, const char *bytes, size_t len,
			struct lend_err *err) LEND_MUST_CHECK;
/* What is left without the items, until the stream is freed. */
int lend_xml_stream_end(struct lend_xml_stream *stream, const struct lend_xml_node **ret_root,
			struct lend_err *err) LEND_MUST_CHECK;
void lend_xml_stream_free(struct lend_xml_stream *stream); /* NULL is fine */

/* As lend_where: "db1.xml:7".  Returns -1. */
int lend_xml_where(struct lend_err *err, const char *file, const struct lend_xml_node *node);

/* All of these take NULL for "there is no such node". */

/* The first child of that name without a namespace. */
const struct lend_xml_node *lend_xml_child(const struct lend_xml_node *node, const char *name);

/* The first child of that name in whatever namespace. */
const struct lend_xml_node *lend_xml_any(const struct lend_xml_node *node, const char *name);
/* The one behind it. */
const struct lend_xml_node *lend_xml_any_again(const struct lend_xml_node *node);

/* The one behind it; for (n = lend_xml_child(a, "x"); n != NULL; n = lend_xml_again(n)) */
const struct lend_xml_node *lend_xml_again(const struct lend_xml_node *node);

/* Text of the child, NULL when there is no such child. */
const char *lend_xml_text(const struct lend_xml_node *node, const char *name);

/* NULL when there is none of that name; that of one with a namespace is "URI\nNAME". */
const char *lend_xml_attr(const struct lend_xml_node *node, const char *name);

/* For text between tags, and for values in single quotes; what XML cannot hold becomes "?". */
void lend_xml_put(struct lend_buf *out, const char *text);

#endif
