/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms that esxcli makes for people: blocks and tables. */

#include "base/buf.h"
#include "format/esx-rows-parse.h"

static size_t indent_of(struct lend_span line)
{
	size_t n = 0;

	while (n < line.len && (line.at[n] == ' ' || line.at[n] == '\t'))
		n++;
	return n;
}

/* ---- blocks ---- */

/* "Name: value" or "Name:"; names have no colon. */
static bool split_pair(struct lend_span line, struct lend_span *ret_name,
		       struct lend_span *ret_value)
{
	const char *colon;

	line = lend_span_trim(line);
	colon = line.len == 0 ? NULL : memchr(line.at, ':', line.len);
	if (colon == NULL || colon == line.at ||
	    (colon + 1 < line.at + line.len && colon[1] != ' ' && colon[1] != '\t'))
		return false;
	*ret_name = (struct lend_span){ line.at, (size_t)(colon - line.at) };
	*ret_value = lend_span_trim(
		(struct lend_span){ colon + 1, line.len - (size_t)(colon - line.at) - 1 });
	return true;
}

static bool has_indent(struct lend_span text)
{
	struct lend_span line;

	while (lend_span_next_line(&text, &line)) {
		if (lend_span_trim(line).len > 0 && indent_of(line) > 0)
			return true;
	}
	return false;
}

struct blocks {
	struct lend_esx_reader *r;
	struct lend_esx_row *row; /* NULL: none has begun */
	struct lend_buf more;     /* further lines of the last value */
	size_t indent;            /* of the first name in this row */
	bool flat;                /* nothing is indented: no headings, blank lines between */
};

/* The lines below a value are parts of it. */
static void end_value(struct blocks *b)
{
	struct lend_esx_cell *cell;

	if (b->more.len == 0)
		return;
	cell = &b->row->cells[b->row->n_cells - 1];
	cell->value = lend_arena_printf(b->r->arena, "%s%s%s", cell->value,
					cell->value[0] != '\0' ? ", " : "", b->more.text);
	lend_buf_reset(&b->more);
}

/* A row without a single value is a prompt, or a message: "-sh: esxcli: not found". */
static void end_row(struct blocks *b)
{
	end_value(b);
	if (b->row != NULL && b->row->n_cells < (b->flat ? 2 : 1)) {
		lend_esx_odd(b->r, b->row->line);
		b->r->rows->n_rows--;
	}
	b->row = NULL;
}

static void begin_row(struct blocks *b, struct lend_span heading, unsigned int number)
{
	end_row(b);
	b->row = lend_esx_add_row(b->r, number);
	b->indent = 0;
	if (b->row == NULL)
		return;
	b->row->heading = NULL;
	heading = lend_span_trim(heading);
	if (heading.len > 0 && heading.at[heading.len - 1] == ':')
		heading.len--;
	if (heading.len > 0)
		b->row->heading = lend_arena_strndup(b->r->arena, heading.at, heading.len);
}

static void read_block_line(struct blocks *b, struct lend_span line, unsigned int number)
{
	size_t indent = indent_of(line);
	struct lend_span name, value;
	bool pair = split_pair(line, &name, &value);

	if (!b->flat && indent == 0) {
		begin_row(b, line, number);
		return;
	}
	if (b->row == NULL && pair)
		begin_row(b, (struct lend_span){ "", 0 }, number);
	if (b->row == NULL) {
		lend_esx_odd(b->r, number);
		return;
	}
	if (b->row->n_cells > 0 && indent > b->indent) {
		line = lend_span_trim(line);
		if (b->more.len > 0)
			lend_buf_puts(&b->more, ", ");
		lend_buf_put(&b->more, line.at, line.len);
		return;
	}
	end_value(b);
	if (!pair) {
		lend_esx_odd(b->r, number);
		return;
	}
	if (b->row->n_cells == 0)
		b->indent = indent;
	lend_esx_add_cell(b->r, name, value);
}

void lend_esx_read_blocks(struct lend_esx_reader *r, struct lend_span text)
{
	struct blocks b = { .r = r, .flat = !has_indent(text) };
	unsigned int number = 0;
	struct lend_span line;

	while (!r->full && lend_span_next_line(&text, &line)) {
		number++;
		if (lend_span_trim(line).len > 0)
			read_block_line(&b, line, number);
		else if (b.flat)
			end_row(&b);
	}
	end_row(&b);
	lend_buf_done(&b.more);
}

/* ---- tables ---- */

struct column {
	size_t start, end; /* in characters; the last one has no end */
};

/* The byte at which character n of the line begins, its length when it is shorter. */
static size_t byte_of(struct lend_span line, size_t n, bool characters)
{
	size_t at = 0;

	if (!characters)
		return n < line.len ? n : line.len;
	while (n > 0 && at < line.len) {
		size_t len = lend_utf8_len(line.at + at, line.len - at);

		at += len > 0 ? len : 1;
		n--;
	}
	return at;
}

/* All columns begin behind a blank; whole: and the line reaches all of them. */
static bool fits(struct lend_span line, const struct column *columns, size_t n, bool characters,
		 bool whole)
{
	for (size_t i = 1; i < n; i++) {
		size_t at = byte_of(line, columns[i].start, characters);

		if (at == line.len ? whole : line.at[at - 1] != ' ')
			return false;
	}
	return true;
}

/*
 * Whether the host counts bytes or characters is not known: what stands in
 * line counts.  false: neither, or a line too short to tell.
 */
static bool measure(struct lend_span line, const struct column *columns, size_t n,
		    bool *ret_characters)
{
	bool ascii = true;

	for (size_t i = 0; i < line.len; i++)
		ascii = ascii && (line.at[i] & 0x80) == 0;
	*ret_characters = !ascii && fits(line, columns, n, true, true);
	return *ret_characters || fits(line, columns, n, false, !ascii);
}

static struct lend_span slice(struct lend_span line, const struct column *column, bool last,
			      bool characters)
{
	size_t start = byte_of(line, column->start, characters);
	size_t end = last ? line.len : byte_of(line, column->end, characters);

	return (struct lend_span){ line.at + start, end - start };
}

static size_t find_columns(struct lend_span rule, struct column *columns)
{
	size_t n = 0;

	for (size_t i = 0; i < rule.len && n < LEND_ESX_CELLS_MAX; i++) {
		if (rule.at[i] != '-' || (i > 0 && rule.at[i - 1] == '-'))
			continue;
		if (n > 0)
			columns[n - 1].end = i;
		columns[n++].start = i;
	}
	return n;
}

static struct lend_span without_end(struct lend_span line)
{
	while (line.len > 0 && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
		line.len--;
	return line;
}

static void read_table_row(struct lend_esx_reader *r, struct lend_span head,
			   struct lend_span line, const struct column *columns, size_t n,
			   unsigned int number)
{
	bool head_characters = false;
	bool characters = false;

	if (!measure(head, columns, n, &head_characters) ||
	    !measure(line, columns, n, &characters)) {
		lend_esx_odd(r, number);
		return;
	}
	if (lend_esx_add_row(r, number) == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		lend_esx_add_cell(r, slice(head, &columns[i], i == n - 1, head_characters),
				  slice(line, &columns[i], i == n - 1, characters));
}

void lend_esx_read_table(struct lend_esx_reader *r, struct lend_span text)
{
	struct column columns[LEND_ESX_CELLS_MAX];
	struct lend_span head = { "", 0 };
	unsigned int number = 0;
	struct lend_span line;
	size_t n = 0;
	bool in_table = false;

	while (!r->full && lend_span_next_line(&text, &line)) {
		number++;
		line = without_end(line);
		if (!in_table && n == 0 && head.len > 0 && lend_esx_is_rule(line)) {
			n = find_columns(line, columns);
			in_table = true;
		} else if (lend_span_trim(line).len == 0) {
			in_table = false;
			head = line;
		} else if (in_table) {
			read_table_row(r, head, line, columns, n, number);
		} else {
			/* The line before the rule is the head; others mean nothing. */
			if (n > 0 || lend_span_trim(head).len > 0)
				lend_esx_odd(r, n > 0 ? number : number - 1);
			if (n == 0)
				head = line;
		}
	}
}
