/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/xml-tree.h"

#include <expat.h>

#include "base/err.h"
#include "format/span.h"

/* Between the URI of a namespace and a name: no character of either. */
enum { NS_SEPARATOR = '\n' };

enum trouble { FINE, TOO_DEEP, TOO_MANY, HAS_DOCTYPE, NOT_TAKEN };

struct open {
	struct lend_xml_node *node;
	struct lend_xml_node **end; /* of its children */
	struct lend_buf text;
};

struct reader {
	struct lend_arena *arena;
	XML_Parser parser;
	struct lend_xml_node *root;
	struct open stack[LEND_XML_DEPTH_MAX];
	size_t depth;
	size_t n_nodes;
	enum trouble trouble;
	/* Of streams. */
	const struct lend_xml_items *items; /* NULL: none */
	size_t item_depth;                  /* where the item is that is open; 0: none is */
	size_t n_before;                    /* nodes without it */
	struct lend_xml_node **item_at;     /* what refers to it */
	struct lend_arena *outside;
	struct lend_err *err;
};

static void stop(struct reader *r, enum trouble trouble)
{
	r->trouble = trouble;
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static void take_name(struct reader *r, const char *name, struct lend_xml_node *node)
{
	const char *end = strrchr(name, NS_SEPARATOR);

	if (end != NULL)
		node->ns = lend_arena_strndup(r->arena, name, (size_t)(end - name));
	node->name = lend_arena_strdup(r->arena, end != NULL ? end + 1 : name);
}

static void take_attrs(struct reader *r, const char **attrs, struct lend_xml_node *node)
{
	struct lend_xml_attr **end = &node->attrs;

	for (; attrs[0] != NULL && r->n_nodes <= LEND_XML_NODES_MAX; attrs += 2) {
		struct lend_xml_attr *attr = LEND_NEW(r->arena, struct lend_xml_attr);

		r->n_nodes++;
		attr->name = lend_arena_strdup(r->arena, attrs[0]);
		attr->value = lend_arena_strdup(r->arena, attrs[1]);
		*end = attr;
		end = &attr->next;
	}
}

static const char *local_name(const char *name)
{
	const char *end = strrchr(name, NS_SEPARATOR);

	return end != NULL ? end + 1 : name;
}

/* From here to the end of the item everything goes into an arena of its own. */
static void begin_item(struct reader *r, const char *name)
{
	if (r->items == NULL || r->item_depth > 0 || r->depth == 0 ||
	    strcmp(local_name(name), r->items->item) != 0)
		return;
	r->item_depth = r->depth + 1;
	r->n_before = r->n_nodes;
	r->n_nodes = 0;
	r->item_at = r->stack[r->depth - 1].end;
	r->outside = r->arena;
	r->arena = LEND_NEW(r->outside, struct lend_arena);
}

static void end_item(struct reader *r, const struct lend_xml_node *item)
{
	struct lend_arena *inside = r->arena;

	if (r->items->take(r->items->context, item, r->err) < 0)
		stop(r, NOT_TAKEN);
	*r->item_at = NULL;
	if (r->depth > 0)
		r->stack[r->depth - 1].end = r->item_at;
	lend_arena_done(inside);
	r->arena = r->outside;
	r->n_nodes = r->n_before;
	r->item_depth = 0;
}

static void XMLCALL begin(void *context, const char *name, const char **attrs)
{
	struct reader *r = context;
	struct lend_xml_node *node;
	struct open *open;

	if (r->trouble != FINE)
		return;
	if (r->depth == LEND_XML_DEPTH_MAX) {
		stop(r, TOO_DEEP);
		return;
	}
	begin_item(r, name);
	node = LEND_NEW(r->arena, struct lend_xml_node);
	node->line = (uint32_t)XML_GetCurrentLineNumber(r->parser);
	node->text = "";
	r->n_nodes++;
	take_name(r, name, node);
	take_attrs(r, attrs, node);
	if (r->n_nodes > LEND_XML_NODES_MAX) {
		stop(r, TOO_MANY);
		return;
	}
	if (r->depth == 0) {
		r->root = node;
	} else {
		*r->stack[r->depth - 1].end = node;
		r->stack[r->depth - 1].end = &node->next;
	}
	open = &r->stack[r->depth++];
	open->node = node;
	open->end = &node->first;
	lend_buf_reset(&open->text);
}

static void XMLCALL end(void *context, const char *name)
{
	struct reader *r = context;
	struct open *open;
	struct lend_span text;

	(void)name;
	if (r->trouble != FINE || r->depth == 0)
		return;
	open = &r->stack[--r->depth];
	text = lend_span_trim((struct lend_span){ lend_buf_text(&open->text), open->text.len });
	if (text.len > 0)
		open->node->text = lend_arena_strndup(r->arena, text.at, text.len);
	if (r->item_depth == r->depth + 1)
		end_item(r, open->node);
}

static void XMLCALL text(void *context, const char *bytes, int len)
{
	struct reader *r = context;

	if (r->trouble == FINE && r->depth > 0)
		lend_buf_put(&r->stack[r->depth - 1].text, bytes, (size_t)len);
}

static void XMLCALL doctype(void *context, const char *name, const char *system,
			    const char *public, int has_internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)has_internal;
	stop(context, HAS_DOCTYPE);
}

static int where(struct lend_err *err, const char *file, uint64_t line)
{
	return line == 0 ? lend_where(err, "%.100s", file)
			 : lend_where(err, "%.100s:%u", file, (unsigned int)line);
}

int lend_xml_where(struct lend_err *err, const char *file, const struct lend_xml_node *node)
{
	return where(err, file, node == NULL ? 0 : node->line);
}

static int fail(const struct reader *r, const char *file, struct lend_err *err)
{
	switch (r->trouble) {
	case TOO_DEEP:
		lend_fail(err, LEND_E_FORMAT, "more than %d elements inside each other",
			  LEND_XML_DEPTH_MAX);
		break;
	case TOO_MANY:
		lend_fail(err, LEND_E_FORMAT, "more than %d elements and attributes",
			  LEND_XML_NODES_MAX);
		break;
	case HAS_DOCTYPE:
		lend_fail(err, LEND_E_FORMAT, "a document type is not read");
		break;
	case NOT_TAKEN:
		return -1; /* and *err says why */
	case FINE:
		lend_fail(err, LEND_E_FORMAT, "is no XML: %s",
			  XML_ErrorString(XML_GetErrorCode(r->parser)));
		break;
	}
	return where(err, file, XML_GetCurrentLineNumber(r->parser));
}

static XML_Parser new_parser(struct reader *r)
{
	XML_Parser parser = XML_ParserCreateNS(NULL, NS_SEPARATOR);

	if (parser == NULL)
		abort();
	XML_SetUserData(parser, r);
	XML_SetElementHandler(parser, begin, end);
	XML_SetCharacterDataHandler(parser, text);
	XML_SetStartDoctypeDeclHandler(parser, doctype);
	return parser;
}

int lend_xml_parse(struct lend_arena *arena, const char *file, const char *bytes, size_t len,
		   struct lend_xml_node **ret_root, struct lend_err *err)
{
	struct reader r = { .arena = arena };
	int result = 0;

	if (len > LEND_XML_BYTES_MAX)
		return lend_fail(err, LEND_E_FORMAT, "'%.100s' is longer than %d bytes", file,
				 LEND_XML_BYTES_MAX);
	r.parser = new_parser(&r);
	if (XML_Parse(r.parser, bytes, (int)len, XML_TRUE) != XML_STATUS_OK)
		result = fail(&r, file, err);
	else
		*ret_root = r.root;
	XML_ParserFree(r.parser);
	for (size_t i = 0; i < LEND_XML_DEPTH_MAX; i++)
		lend_buf_done(&r.stack[i].text);
	return result;
}

/* ---- in pieces ---- */

struct lend_xml_stream {
	struct lend_arena memory;
	struct lend_xml_items items;
	struct reader r;
	const char *file;
	size_t n_bytes;
};

struct lend_xml_stream *lend_xml_stream_new(const char *file,
					    const struct lend_xml_items *items)
{
	struct lend_xml_stream *s = lend_xrealloc(NULL, sizeof(*s));

	*s = (struct lend_xml_stream){ .items = *items };
	s->file = lend_arena_strdup(&s->memory, file);
	s->r.arena = &s->memory;
	s->r.items = &s->items;
	s->r.parser = new_parser(&s->r);
	return s;
}

static int put_piece(struct lend_xml_stream *s, const char *bytes, size_t len, bool last,
		     struct lend_err *err)
{
	s->r.err = err;
	if (XML_Parse(s->r.parser, bytes, (int)len, last) == XML_STATUS_OK)
		return 0;
	return fail(&s->r, s->file, err);
}

int lend_xml_stream_put(struct lend_xml_stream *s, const char *bytes, size_t len,
			struct lend_err *err)
{
	if (len > s->items.bytes_max - s->n_bytes)
		return lend_fail(err, LEND_E_FORMAT, "'%.100s' is longer than %zu bytes",
				 s->file, s->items.bytes_max);
	s->n_bytes += len;
	return put_piece(s, bytes, len, false, err);
}

int lend_xml_stream_end(struct lend_xml_stream *s, const struct lend_xml_node **ret_root,
			struct lend_err *err)
{
	if (put_piece(s, "", 0, true, err) < 0)
		return -1;
	*ret_root = s->r.root;
	return 0;
}

void lend_xml_stream_free(struct lend_xml_stream *s)
{
	if (s == NULL)
		return;
	XML_ParserFree(s->r.parser);
	for (size_t i = 0; i < LEND_XML_DEPTH_MAX; i++)
		lend_buf_done(&s->r.stack[i].text);
	if (s->r.item_depth > 0)
		lend_arena_done(s->r.arena);
	lend_arena_done(&s->memory);
	free(s);
}

/* ---- looking into it ---- */

static const struct lend_xml_node *from(const struct lend_xml_node *node, const char *name)
{
	while (node != NULL && (node->ns != NULL || strcmp(node->name, name) != 0))
		node = node->next;
	return node;
}

const struct lend_xml_node *lend_xml_child(const struct lend_xml_node *node, const char *name)
{
	return node == NULL ? NULL : from(node->first, name);
}

static const struct lend_xml_node *any_from(const struct lend_xml_node *node, const char *name)
{
	while (node != NULL && strcmp(node->name, name) != 0)
		node = node->next;
	return node;
}

const struct lend_xml_node *lend_xml_any(const struct lend_xml_node *node, const char *name)
{
	return node == NULL ? NULL : any_from(node->first, name);
}

const struct lend_xml_node *lend_xml_any_again(const struct lend_xml_node *node)
{
	return node == NULL ? NULL : any_from(node->next, node->name);
}

const struct lend_xml_node *lend_xml_again(const struct lend_xml_node *node)
{
	return node == NULL ? NULL : from(node->next, node->name);
}

const char *lend_xml_text(const struct lend_xml_node *node, const char *name)
{
	const struct lend_xml_node *child = lend_xml_child(node, name);

	return child == NULL ? NULL : child->text;
}

const char *lend_xml_attr(const struct lend_xml_node *node, const char *name)
{
	if (node == NULL)
		return NULL;
	for (const struct lend_xml_attr *attr = node->attrs; attr != NULL; attr = attr->next) {
		if (strcmp(attr->name, name) == 0)
			return attr->value;
	}
	return NULL;
}

/* ---- writing ---- */

/* Characters that no XML 1.0 document has: most controls, and two that are none. */
static bool cannot_be(const char *c, size_t len)
{
	unsigned char b = (unsigned char)c[0];

	return len == 0 || (b < ' ' && b != '\t' && b != '\n' && b != '\r') ||
	       (len == 3 &&
		(memcmp(c, "\xef\xbf\xbe", 3) == 0 || memcmp(c, "\xef\xbf\xbf", 3) == 0));
}

void lend_xml_put(struct lend_buf *out, const char *bytes)
{
	size_t left = strlen(bytes);

	while (left > 0) {
		size_t len = lend_utf8_len(bytes, left);
		char c = bytes[0];

		if (cannot_be(bytes, len))
			lend_buf_putc(out, '?');
		else if (len > 1)
			lend_buf_put(out, bytes, len);
		else if (c == '&')
			lend_buf_puts(out, "&amp;");
		else if (c == '<')
			lend_buf_puts(out, "&lt;");
		else if (c == '>')
			lend_buf_puts(out, "&gt;");
		else if (c == '\'' || c == '"' || c == '\t' || c == '\n' || c == '\r')
			lend_buf_printf(out, "&#%d;", c); /* as attribute, the same */
		else
			lend_buf_putc(out, c);
		len = len == 0 ? 1 : len;
		bytes += len;
		left -= len;
	}
}
