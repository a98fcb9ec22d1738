/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/yaml-tree.h"

#include <yaml.h>

#include "base/ascii.h"
#include "base/err.h"

enum { QUOTE_MAX = 40 /* bytes of the file in an error */ };

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the last one; deleted when the next is taken */
	struct lend_arena *arena;
	const char *file;
	const char *text; /* without byte order mark */
	size_t len;
	size_t n_nodes;
	struct lend_err *err;
};

static void reader_done(struct reader *r)
{
	yaml_event_delete(&r->event);
	yaml_parser_delete(&r->parser);
}

int lend_yaml_where(struct lend_err *err, const char *file, uint32_t line, uint32_t column)
{
	if (line == 0)
		return -1;
	return lend_where(err, "%s:%u:%u", file, line, column);
}

static int at_mark(struct reader *r, const yaml_mark_t *mark)
{
	return lend_yaml_where(r->err, r->file, (uint32_t)mark->line + 1,
			       (uint32_t)mark->column + 1);
}

/* At the last event. */
static int fail(struct reader *r, const char *what)
{
	(void)lend_fail(r->err, LEND_E_FORMAT, "%s", what);
	return at_mark(r, &r->event.start_mark);
}

/* ---- bytes ---- */

size_t lend_yaml_char(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t n = lend_utf8_len(text, len);

	switch (n) {
	case 1:
		if (p[0] == '\r')
			return len > 1 && p[1] == '\n' ? 1 : 0;
		return (p[0] >= ' ' && p[0] < 0x7f) || p[0] == '\t' || p[0] == '\n' ? 1 : 0;
	case 2: /* C1 controls */
		return p[0] == 0xc2 && p[1] < 0xa0 ? 0 : n;
	case 3: /* U+2028, U+2029; U+FEFF; U+FFFE, U+FFFF */
		if (memcmp(p, "\xe2\x80\xa8", 3) == 0 || memcmp(p, "\xe2\x80\xa9", 3) == 0 ||
		    memcmp(p, "\xef\xbb\xbf", 3) == 0 || memcmp(p, "\xef\xbf\xbe", 3) == 0 ||
		    memcmp(p, "\xef\xbf\xbf", 3) == 0)
			return 0;
		return n;
	default:
		return n;
	}
}

static int bad_byte(struct reader *r, const char *at, size_t left)
{
	uint8_t byte = (uint8_t)*at;

	if (byte == '\0')
		return lend_fail(r->err, LEND_E_FORMAT, "a NUL byte: this is no text file");
	if (byte == '\r') {
		lend_hint(r->err, "end lines with a line feed");
		return lend_fail(r->err, LEND_E_FORMAT, "a carriage return within a line");
	}
	if (lend_utf8_len(at, left) == 0) {
		lend_hint(r->err, "save the file as UTF-8");
		return lend_fail(r->err, LEND_E_FORMAT, "the byte 0x%02x is not UTF-8", byte);
	}
	lend_hint(r->err, "write it as an escape in double quotes, if it has to be there");
	return lend_fail(r->err, LEND_E_FORMAT, "a control character");
}

/* libyaml counts bytes here, and takes UTF-16 for text. */
static int check_bytes(struct reader *r)
{
	uint32_t line = 1;
	uint32_t column = 1;

	if (r->len >= 2 &&
	    (memcmp(r->text, "\xff\xfe", 2) == 0 || memcmp(r->text, "\xfe\xff", 2) == 0)) {
		lend_hint(r->err, "save the file as UTF-8");
		(void)lend_fail(r->err, LEND_E_FORMAT, "this is UTF-16");
		return lend_where(r->err, "%s", r->file);
	}
	for (size_t i = 0; i < r->len;) {
		size_t n = lend_yaml_char(r->text + i, r->len - i);

		if (n == 0) {
			(void)bad_byte(r, r->text + i, r->len - i);
			return lend_yaml_where(r->err, r->file, line, column);
		}
		column++;
		if (r->text[i] == '\n') {
			line++;
			column = 1;
		}
		i += n;
	}
	return 0;
}

/* ---- what libyaml says, in the words of this file ---- */

static const struct {
	const char *problem;
	bool context; /* better shown where the thing begins */
	const char *what;
	const char *hint;
} problems[] = {
	{ "could not find expected ':'", true, "there is no ':' behind this",
	  "write 'key: value'" },
	{ "mapping values are not allowed in this context", false, "a ':' does not fit here",
	  "begin a key in the column of the others; put a text with ': ' into quotes" },
	{ "did not find expected key", false, "here a key should begin",
	  "keys of one mapping begin in the same column; behind a closing quote the value is over" },
	{ "did not find expected '-' indicator", false, "here a list item should begin",
	  "items of one list begin with '- ' in the same column" },
	{ "block sequence entries are not allowed in this context", false,
	  "a list does not fit here", "begin the first '- ' in a line of its own" },
	{ "found unexpected end of stream", true, "the quote that opens here is not closed",
	  NULL },
	{ "found unexpected document indicator", true,
	  "the quote that opens here is not closed", NULL },
	{ "did not find expected ',' or ']'", true,
	  "the '[' here has no ']', or a ',' is missing", NULL },
	{ "did not find expected ',' or '}'", true,
	  "the '{' here has no '}', or a ',' is missing", NULL },
	{ "found character that cannot start any token", false,
	  "a text cannot begin with this character", "put the text into quotes" },
	{ "did not find expected alphabetic or numeric character", false,
	  "a text cannot begin with '*' or '&'", "put the text into quotes" },
	{ "found unknown escape character", false, "there is no such escape",
	  "in double quotes write \\\\ for \\, or use single quotes" },
	{ "found undefined tag handle", true, "tags ('!...') have no meaning here",
	  "put a text that begins with '!' into quotes" },
	{ "did not find expected <document start>", false,
	  "something follows where the document is over", "write one mapping, 'key: value'" },
};

/* The column of a tab that indents the line at mark, or 0. */
static uint32_t tab_column(const struct reader *r, size_t line)
{
	const char *p = r->text;
	const char *end = r->text + r->len;

	for (; line > 0 && p < end; line--) {
		const char *feed = memchr(p, '\n', (size_t)(end - p));

		p = feed == NULL ? end : feed + 1;
	}
	for (uint32_t column = 1; p < end && (*p == ' ' || *p == '\t'); column++, p++) {
		if (*p == '\t')
			return column;
	}
	return 0;
}

static int translate(struct reader *r)
{
	yaml_parser_t *p = &r->parser;
	const char *problem = p->problem == NULL ? "it cannot be read" : p->problem;
	uint32_t tab = tab_column(r, p->problem_mark.line);

	if (p->error == YAML_MEMORY_ERROR)
		return lend_fail(r->err, LEND_E_SYSTEM, "not enough memory to read YAML");
	if (tab > 0) {
		lend_hint(r->err, "indent with spaces");
		(void)lend_fail(r->err, LEND_E_FORMAT, "a tab indents this line");
		return lend_yaml_where(r->err, r->file, (uint32_t)p->problem_mark.line + 1,
				       tab);
	}
	for (size_t i = 0; i < LEND_COUNT(problems); i++) {
		if (strcmp(problem, problems[i].problem) != 0)
			continue;
		if (problems[i].hint != NULL)
			lend_hint(r->err, "%s", problems[i].hint);
		(void)lend_fail(r->err, LEND_E_FORMAT, "%s", problems[i].what);
		return at_mark(r, problems[i].context && p->context != NULL ? &p->context_mark
									    : &p->problem_mark);
	}
	(void)lend_fail(r->err, LEND_E_FORMAT, "this is not YAML: %s", problem);
	return at_mark(r, &p->problem_mark);
}

/* ---- events ---- */

static int next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event) == 0)
		return translate(r);
	return 0;
}

/* "'&name': anchors have no meaning here" */
static int refuse(struct reader *r, const char *sign, const void *name, const char *kinds,
		  const char *hint)
{
	lend_hint(r->err, "%s", hint);
	(void)lend_fail(r->err, LEND_E_FORMAT, "'%s%.*s': %s have no meaning here", sign,
			QUOTE_MAX, (const char *)name, kinds);
	return at_mark(r, &r->event.start_mark);
}

static int refuse_marks(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	static const char standard[] = "tag:yaml.org,2002:";

	if (anchor != NULL)
		return refuse(r, "&", anchor, "anchors",
			      "put a text that begins with '&' into quotes");
	if (tag != NULL && strncmp((const char *)tag, standard, strlen(standard)) == 0)
		return refuse(r, "!!", tag + strlen(standard), "tags", "leave it out");
	if (tag != NULL)
		return refuse(r, "", tag, "tags",
			      "put a text that begins with '!' into quotes");
	return 0;
}

/* Of the last event; -1 when it is no text. */
static int take_text(struct reader *r, const char **ret_text, bool *ret_quoted)
{
	const char *value = (const char *)r->event.data.scalar.value;
	size_t len = r->event.data.scalar.length;

	if (refuse_marks(r, r->event.data.scalar.anchor, r->event.data.scalar.tag) < 0)
		return -1;
	if (len > 0 && memchr(value, '\0', len) != NULL)
		return fail(r, "a NUL byte cannot be part of a text");
	*ret_text = lend_arena_strndup(r->arena, value, len);
	*ret_quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return 0;
}

static struct lend_yaml_node *new_node(struct reader *r, enum lend_yaml_kind kind)
{
	struct lend_yaml_node *node = LEND_NEW(r->arena, struct lend_yaml_node);

	node->kind = kind;
	node->line = (uint32_t)r->event.start_mark.line + 1;
	node->column = (uint32_t)r->event.start_mark.column + 1;
	return node;
}

static int read_node(struct reader *r, int depth, struct lend_yaml_node **ret_node);

/* The key that the last event is, and its value. */
static int read_pair(struct reader *r, int depth, struct lend_yaml_node **ret_node)
{
	struct lend_yaml_node key = { 0 };
	bool quoted;

	key.key_line = (uint32_t)r->event.start_mark.line + 1;
	key.key_column = (uint32_t)r->event.start_mark.column + 1;
	if (r->event.type == YAML_SEQUENCE_START_EVENT ||
	    r->event.type == YAML_MAPPING_START_EVENT)
		return fail(r, "a key has to be one word");
	if (r->event.type == YAML_SCALAR_EVENT && take_text(r, &key.key, &quoted) < 0)
		return -1;
	if (key.key != NULL && next(r) < 0)
		return -1;
	if (read_node(r, depth, ret_node) < 0)
		return -1;
	(*ret_node)->key = key.key;
	(*ret_node)->key_line = key.key_line;
	(*ret_node)->key_column = key.key_column;
	return 0;
}

static int read_inside(struct reader *r, int depth, struct lend_yaml_node *node)
{
	yaml_event_type_t end =
		node->kind == LEND_YAML_LIST ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;
	struct lend_yaml_node **last = &node->first;

	if (depth == LEND_YAML_DEPTH_MAX)
		return fail(r, "too many lists and mappings inside each other");
	for (;;) {
		if (next(r) < 0)
			return -1;
		if (r->event.type == end)
			return 0;
		if (node->kind == LEND_YAML_LIST ? read_node(r, depth + 1, last) < 0
						 : read_pair(r, depth + 1, last) < 0)
			return -1;
		node->n++;
		last = &(*last)->next;
	}
}

/* Begins with the last event, and ends with its own last one. */
static int read_node(struct reader *r, int depth, struct lend_yaml_node **ret_node)
{
	const yaml_event_t *e = &r->event;
	struct lend_yaml_node *node;

	if (r->n_nodes++ == LEND_YAML_NODES_MAX)
		return fail(r, "there is too much in this file");
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		node = new_node(r, LEND_YAML_TEXT);
		if (take_text(r, &node->text, &node->quoted) < 0)
			return -1;
		break;
	case YAML_SEQUENCE_START_EVENT:
		node = new_node(r, LEND_YAML_LIST);
		if (refuse_marks(r, e->data.sequence_start.anchor, e->data.sequence_start.tag) <
			    0 ||
		    read_inside(r, depth, node) < 0)
			return -1;
		break;
	case YAML_MAPPING_START_EVENT:
		node = new_node(r, LEND_YAML_MAP);
		if (refuse_marks(r, e->data.mapping_start.anchor, e->data.mapping_start.tag) <
			    0 ||
		    read_inside(r, depth, node) < 0)
			return -1;
		break;
	case YAML_ALIAS_EVENT:
		return refuse(r, "*", e->data.alias.anchor, "aliases",
			      "write out what it stands for");
	default:
		return fail(r, "this is not YAML");
	}
	*ret_node = node;
	return 0;
}

/* One document, whose start is the last event. */
static int read_root(struct reader *r, struct lend_yaml_node **ret_root)
{
	if (next(r) < 0 || read_node(r, 0, ret_root) < 0)
		return -1;
	return next(r); /* the end of the document */
}

static int read_document(struct reader *r, struct lend_yaml_node **ret_root)
{
	struct lend_yaml_node *root = NULL;

	if (next(r) < 0) /* the start of the stream */
		return -1;
	if (next(r) < 0)
		return -1;
	if (r->event.type != YAML_STREAM_END_EVENT) {
		if (read_root(r, &root) < 0 || next(r) < 0)
			return -1;
		if (r->event.type != YAML_STREAM_END_EVENT) {
			lend_hint(r->err, "write it into a file of its own");
			return fail(r, "here a second document begins");
		}
	}
	*ret_root = root;
	return 0;
}

int lend_yaml_parse(struct lend_arena *arena, const char *file, const char *text, size_t len,
		    struct lend_yaml_node **ret_root, struct lend_err *err)
{
	bool marked = lend_ascii_has_prefix(text, len, "\xef\xbb\xbf");
	struct reader r = { .arena = arena, .file = file, .err = err };
	int result;

	r.text = len == 0 ? "" : text + (marked ? 3 : 0);
	r.len = len - (marked ? 3 : 0);
	if (check_bytes(&r) < 0)
		return -1;
	if (yaml_parser_initialize(&r.parser) == 0)
		return lend_fail(err, LEND_E_SYSTEM, "not enough memory to read YAML");
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.text, r.len);
	result = read_document(&r, ret_root);
	reader_done(&r);
	return result;
}
