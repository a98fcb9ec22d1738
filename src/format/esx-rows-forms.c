/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms that esxcli makes for programs: JSON, XML, CSV, keyvalue. */

#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "format/esx-rows-parse.h"
#include "format/xml-tree.h"

enum { JSON_VALUES_MAX = 1000 * 1000, DEPTH_MAX = 8 };

static struct lend_span of_text(const char *text)
{
	return (struct lend_span){ text, strlen(text) };
}

/* ---- JSON ---- */

static void join(struct lend_buf *out, const char *text)
{
	if (text[0] == '\0')
		return;
	if (out->len > 0)
		lend_buf_puts(out, ", ");
	lend_buf_puts(out, text);
}

/* false: something in it is no text, no truth value and no number from 0 to 2^64-1. */
static bool put_json(const struct lend_json *value, int depth, struct lend_buf *out)
{
	struct lend_json_member m = { 0 };
	char number[24];
	uint64_t n;
	bool yes, good = true;

	switch (lend_json_kind(value)) {
	case LEND_JSON_NONE:
	case LEND_JSON_NULL:
		return true;
	case LEND_JSON_STRING:
		if (lend_json_str(value) == NULL)
			return false;
		join(out, lend_json_str(value));
		return true;
	case LEND_JSON_BOOL:
		join(out, lend_json_bool(value, &yes) && yes ? "true" : "false");
		return true;
	case LEND_JSON_NUMBER:
		if (!lend_json_u64(value, &n))
			return false;
		(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)n);
		join(out, number);
		return true;
	case LEND_JSON_ARRAY:
		for (size_t i = 0; depth < DEPTH_MAX && i < lend_json_count(value); i++)
			good = put_json(lend_json_at(value, i), depth + 1, out) && good;
		return good && depth < DEPTH_MAX;
	case LEND_JSON_OBJECT:
		while (depth < DEPTH_MAX && lend_json_next(value, &m)) {
			join(out, m.key);
			lend_buf_putc(out, '=');
			good = put_json(m.value, depth + 1, out) && good;
		}
		return good && depth < DEPTH_MAX;
	}
	return false;
}

static void read_object(struct lend_esx_reader *r, const struct lend_json *object,
			unsigned int number)
{
	struct lend_json_member m = { 0 };

	if (lend_json_kind(object) != LEND_JSON_OBJECT) {
		lend_esx_odd(r, number);
		return;
	}
	if (lend_esx_add_row(r, number) == NULL)
		return;
	while (lend_json_next(object, &m)) {
		lend_auto_buf value = { 0 };

		if (m.value == NULL)
			continue;
		if (!put_json(m.value, 0, &value)) {
			lend_esx_odd(r, number);
			continue;
		}
		lend_esx_add_cell(r, of_text(m.key), of_text(lend_buf_text(&value)));
	}
}

int lend_esx_read_json(struct lend_esx_reader *r, struct lend_span text)
{
	lend_auto_json struct lend_json *doc = NULL;

	if (lend_json_parse_large(text.at, text.len, JSON_VALUES_MAX, &doc, r->err) < 0)
		return -1;
	if (lend_json_kind(doc) == LEND_JSON_OBJECT)
		read_object(r, doc, 1);
	for (size_t i = 0;
	     i < lend_json_count(doc) && lend_json_kind(doc) == LEND_JSON_ARRAY && !r->full;
	     i++)
		read_object(r, lend_json_at(doc, i), (unsigned int)i + 1);
	return 0;
}

/* ---- XML: <list><structure><field name="..."><string>...</string> ---- */

static void put_xml(const struct lend_xml_node *node, int depth, struct lend_buf *out)
{
	if (node->first == NULL)
		join(out, node->text);
	for (const struct lend_xml_node *c = node->first; c != NULL && depth < DEPTH_MAX;
	     c = c->next)
		put_xml(c, depth + 1, out);
}

static void read_structure(struct lend_esx_reader *r, const struct lend_xml_node *node)
{
	if (lend_esx_add_row(r, (unsigned int)r->rows->n_rows + 1) == NULL)
		return;
	for (const struct lend_xml_node *f = node->first; f != NULL; f = f->next) {
		const char *name = lend_xml_attr(f, "name");
		lend_auto_buf value = { 0 };

		if (strcmp(f->name, "field") != 0 || name == NULL) {
			lend_esx_odd(r, (unsigned int)r->rows->n_rows);
			continue;
		}
		put_xml(f, 0, &value);
		lend_esx_add_cell(r, of_text(name), of_text(lend_buf_text(&value)));
	}
}

static void find_structures(struct lend_esx_reader *r, const struct lend_xml_node *node,
			    int depth)
{
	for (const struct lend_xml_node *c = node->first; c != NULL && depth < DEPTH_MAX;
	     c = c->next) {
		if (strcmp(c->name, "structure") == 0)
			read_structure(r, c);
		else
			find_structures(r, c, depth + 1);
	}
}

int lend_esx_read_xml(struct lend_esx_reader *r, struct lend_span text)
{
	struct lend_xml_node *root;

	text = lend_span_trim(text);
	if (lend_xml_parse(r->arena, "esxcli", text.at, text.len, &root, r->err) < 0)
		return -1;
	if (strcmp(root->name, "output") != 0)
		return lend_fail(r->err, LEND_E_FORMAT,
				 "no list of esxcli: its outermost element is <%s>, not "
				 "<output>",
				 root->name);
	find_structures(r, root, 0);
	return 0;
}

/* ---- CSV ---- */

struct csv {
	struct lend_span rest;
	unsigned int line;
};

/* One field into out, quotes undone; *ret_last: it ended its line.  false: an open quote. */
static bool next_field(struct csv *csv, struct lend_buf *out, bool *ret_last)
{
	bool quoted = false;
	size_t i = 0;

	lend_buf_reset(out);
	for (; i < csv->rest.len; i++) {
		char c = csv->rest.at[i];

		csv->line += c == '\n';
		if (c == '"' && quoted && i + 1 < csv->rest.len && csv->rest.at[i + 1] == '"') {
			lend_buf_putc(out, '"');
			i++;
		} else if (c == '"' && (quoted || out->len == 0)) {
			quoted = !quoted;
		} else if (!quoted && (c == ',' || c == '\n')) {
			break;
		} else {
			lend_buf_putc(out, c == '\n' || c == '\r' ? ' ' : c);
		}
	}
	*ret_last = i == csv->rest.len || csv->rest.at[i] == '\n';
	i += i < csv->rest.len;
	csv->rest = (struct lend_span){ csv->rest.at + i, csv->rest.len - i };
	return !quoted;
}

/* The fields of a line; a comma at its end begins none.  NULL: not well formed. */
static const char **next_record(struct lend_esx_reader *r, struct csv *csv, size_t *ret_n)
{
	const char **fields = lend_arena_array(r->arena, LEND_ESX_CELLS_MAX, sizeof(char *));
	lend_auto_buf field = { 0 };
	bool last = false;
	bool good = true;
	size_t n = 0;

	while (!last) {
		good = next_field(csv, &field, &last) && good;
		if (n == LEND_ESX_CELLS_MAX)
			good = last && field.len == 0 && good;
		else
			fields[n++] = lend_arena_strdup(r->arena, lend_buf_text(&field));
	}
	if (n > 1 && fields[n - 1][strspn(fields[n - 1], " \r")] == '\0')
		n--;
	*ret_n = n;
	return good ? fields : NULL;
}

void lend_esx_read_csv(struct lend_esx_reader *r, struct lend_span text)
{
	struct csv csv = { lend_span_trim(text), 1 };
	size_t n_head, n;
	const char **head = next_record(r, &csv, &n_head);

	if (head == NULL) {
		lend_esx_odd(r, 1);
		return;
	}
	while (csv.rest.len > 0 && !r->full) {
		unsigned int line = csv.line;
		const char **fields = next_record(r, &csv, &n);

		/* An empty last value goes with the comma behind it. */
		if (fields != NULL && n + 1 == n_head)
			fields[n++] = "";
		if (fields == NULL || n != n_head) {
			lend_esx_odd(r, line);
			continue;
		}
		if (lend_esx_add_row(r, line) == NULL)
			return;
		for (size_t i = 0; i < n; i++)
			lend_esx_add_cell(r, of_text(head[i]), of_text(fields[i]));
	}
}

/* ---- keyvalue: structure[0].Nic.MTU.integer=1500 ---- */

/* The part up to the next dot, which is passed over. */
static struct lend_span take_part(struct lend_span *rest)
{
	const char *dot = rest->len == 0 ? NULL : memchr(rest->at, '.', rest->len);
	struct lend_span part = { rest->at,
				  dot == NULL ? rest->len : (size_t)(dot - rest->at) };

	*rest = (struct lend_span){ rest->at + part.len + (dot != NULL),
				    rest->len - part.len - (dot != NULL) };
	return part;
}

static bool is_same(struct lend_span a, const char *b)
{
	return a.len == strlen(b) && memcmp(a.at, b, a.len) == 0;
}

struct pairs {
	struct lend_esx_reader *r;
	struct lend_buf more; /* further parts of the last value */
};

static struct lend_esx_cell *last_cell(const struct pairs *p)
{
	struct lend_esx_rows *rows = p->r->rows;
	struct lend_esx_row *row = rows->n_rows == 0 ? NULL : &rows->rows[rows->n_rows - 1];

	return row == NULL || row->n_cells == 0 ? NULL : &row->cells[row->n_cells - 1];
}

static void end_value(struct pairs *p)
{
	struct lend_esx_cell *cell = last_cell(p);

	if (cell == NULL || p->more.len == 0)
		return;
	cell->value = lend_arena_printf(p->r->arena, "%s%s", cell->value, p->more.text);
	lend_buf_reset(&p->more);
}

/* "structure[12]": the row it is of.  false: no such word. */
static bool row_number(struct lend_span part, uint64_t *ret)
{
	static const char word[] = "structure[";
	size_t len = sizeof(word) - 1;

	return part.len > len + 1 && memcmp(part.at, word, len) == 0 &&
	       part.at[part.len - 1] == ']' &&
	       lend_parse_u64n(part.at + len, part.len - len - 1, 10, ret);
}

static void read_pair(struct pairs *p, struct lend_span line, unsigned int number)
{
	struct lend_esx_reader *r = p->r;
	const char *equals = memchr(line.at, '=', line.len);
	struct lend_span key, value, part, name;
	uint64_t row = 0;

	if (equals == NULL) {
		lend_esx_odd(r, number);
		return;
	}
	key = lend_span_trim((struct lend_span){ line.at, (size_t)(equals - line.at) });
	value = lend_span_trim(
		(struct lend_span){ equals + 1, line.len - (size_t)(equals - line.at) - 1 });
	part = take_part(&key);
	if (row_number(part, &row))
		(void)take_part(&key);
	name = take_part(&key);
	if (name.len == 0 || key.len == 0 || row > r->rows->n_rows ||
	    row + 1 < r->rows->n_rows) {
		lend_esx_odd(r, number);
		return;
	}
	/* Lists of structures keep their whole path as a name. */
	if (lend_ascii_has_prefix(key.at, key.len, "structure["))
		name.len = name.len + 1 + key.len;
	if (row + 1 == r->rows->n_rows && last_cell(p) != NULL &&
	    is_same(name, last_cell(p)->name)) {
		lend_buf_puts(&p->more, ", ");
		lend_buf_put(&p->more, value.at, value.len);
		return;
	}
	end_value(p);
	if (row < r->rows->n_rows || lend_esx_add_row(r, number) != NULL)
		lend_esx_add_cell(r, name, value);
}

void lend_esx_read_keyvalue(struct lend_esx_reader *r, struct lend_span text)
{
	struct pairs p = { .r = r };
	unsigned int number = 0;
	struct lend_span line;

	while (!r->full && lend_span_next_line(&text, &line)) {
		number++;
		line = lend_span_trim(line);
		if (line.len > 0)
			read_pair(&p, line, number);
	}
	end_value(&p);
	lend_buf_done(&p.more);
}
