/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/esx-rows.h"

#include "base/err.h"
#include "format/esx-rows-parse.h"

const char *const lend_esx_form_names[LEND_ESX_FORMS] = {
	[LEND_ESX_EMPTY] = "empty",       [LEND_ESX_JSON] = "json",
	[LEND_ESX_XML] = "xml",           [LEND_ESX_CSV] = "csv",
	[LEND_ESX_KEYVALUE] = "keyvalue", [LEND_ESX_BLOCKS] = "blocks",
	[LEND_ESX_TABLE] = "table",
};

/* ---- rows and cells ---- */

struct lend_esx_row *lend_esx_add_row(struct lend_esx_reader *r, unsigned int line)
{
	struct lend_esx_row *row;

	if (r->rows->n_rows == LEND_ESX_ROWS_MAX) {
		r->full = true;
		return NULL;
	}
	row = LEND_PUSH(r->arena, r->rows->rows, r->rows->n_rows, r->rows->cap_rows);
	row->line = line;
	return row;
}

void lend_esx_odd(struct lend_esx_reader *r, unsigned int line)
{
	if (r->rows->n_odd++ == 0)
		r->rows->first_odd = line;
}

void lend_esx_add_cell(struct lend_esx_reader *r, struct lend_span name, struct lend_span value)
{
	struct lend_esx_row *row = &r->rows->rows[r->rows->n_rows - 1];
	struct lend_esx_cell *cell;

	name = lend_span_trim(name);
	value = lend_span_trim(value);
	if (name.len == 0 || row->n_cells == LEND_ESX_CELLS_MAX) {
		lend_esx_odd(r, row->line);
		return;
	}
	cell = LEND_PUSH(r->arena, row->cells, row->n_cells, row->cap_cells);
	cell->name = lend_arena_strndup(r->arena, name.at, name.len);
	cell->value = lend_arena_strndup(r->arena, value.at, value.len);
}

static bool counts(char c)
{
	return lend_ascii_is_alpha(c) || lend_ascii_is_digit(c) || (c & 0x80) != 0;
}

bool lend_esx_name_is(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a != '\0' && !counts(*a))
			a++;
		while (*b != '\0' && !counts(*b))
			b++;
		if (lend_ascii_lower(*a) != lend_ascii_lower(*b))
			return false;
		if (*a == '\0')
			return true;
	}
}

const char *lend_esx_row_get(const struct lend_esx_row *row, const char *name)
{
	for (size_t i = 0; i < row->n_cells; i++) {
		if (lend_esx_name_is(row->cells[i].name, name))
			return row->cells[i].value;
	}
	return NULL;
}

/* ---- which form it is ---- */

bool lend_esx_is_rule(struct lend_span line)
{
	line = lend_span_trim(line);
	for (size_t i = 0; i < line.len; i++) {
		if (line.at[i] != '-' && line.at[i] != ' ')
			return false;
	}
	return line.len > 1 && line.at[1] == '-';
}

/* "structure[0].Nic.MTU.integer=1500" */
static bool is_keyvalue(struct lend_span line)
{
	const char *equals = line.len == 0 ? NULL : memchr(line.at, '=', line.len);
	const char *dot =
		equals == NULL ? NULL : memchr(line.at, '.', (size_t)(equals - line.at));

	if (dot == NULL)
		return false;
	for (const char *p = line.at; p < equals && *p != ' '; p++) {
		if (!lend_ascii_is_alpha(*p) && !lend_ascii_is_digit(*p) && *p != '.' &&
		    *p != '[' && *p != ']' && *p != '_')
			return false;
	}
	return lend_ascii_is_alpha(line.at[0]) && line.at[0] != '.';
}

/* "AdminStatus,Description,MTU,": the host ends each line with a comma. */
static bool is_csv_head(struct lend_span line)
{
	if (line.len < 2 || memchr(line.at, ',', line.len) == NULL ||
	    !lend_ascii_is_alpha(line.at[0]))
		return false;
	for (size_t i = 0; i < line.len; i++) {
		char c = line.at[i];

		if (!lend_ascii_is_alpha(c) && !lend_ascii_is_digit(c) && c != ',' &&
		    c != ' ' && c != '_' && c != '/' && c != '-')
			return false;
	}
	return true;
}

/* "web, old" may be the name of a VM, its values indented below, or the head of a table. */
static bool is_text_below(struct lend_span rest)
{
	struct lend_span line = { "", 0 };

	(void)lend_span_next_line(&rest, &line);
	return lend_esx_is_rule(line) ||
	       (line.len > 0 && (line.at[0] == ' ' || line.at[0] == '\t'));
}

static enum lend_esx_form form_of_lines(struct lend_span text)
{
	struct lend_span rest = text;
	struct lend_span raw;
	bool before = false; /* a line that could be the head of a table */
	bool first = true;

	while (lend_span_next_line(&rest, &raw)) {
		struct lend_span line = lend_span_trim(raw);

		if (before && lend_esx_is_rule(line))
			return LEND_ESX_TABLE;
		before = line.len > 0;
		if (line.len == 0)
			continue;
		if (first && is_csv_head(line) && !is_text_below(rest))
			return LEND_ESX_CSV;
		if (first && is_keyvalue(line))
			return LEND_ESX_KEYVALUE;
		/* A prompt with the command may stand in front of it. */
		first = first && (line.at[0] == '[' || line.at[0] == '~' || line.at[0] == '#');
	}
	return LEND_ESX_BLOCKS;
}

static enum lend_esx_form form_of(struct lend_span text)
{
	struct lend_span s = lend_span_trim(text);

	if (s.len == 0)
		return LEND_ESX_EMPTY;
	if (s.at[0] == '<')
		return LEND_ESX_XML;
	if (s.at[0] == '{')
		return LEND_ESX_JSON;
	if (s.at[0] == '[') {
		s = lend_span_trim((struct lend_span){ s.at + 1, s.len - 1 });
		/* "[root@esx1:~] esxcli ..." and "[datastore1] vm" are none. */
		if (s.len == 0 || s.at[0] == '{' || s.at[0] == ']')
			return LEND_ESX_JSON;
	}
	return form_of_lines(text);
}

/* ---- all of it ---- */

static int no_rows(struct lend_span text, struct lend_err *err)
{
	struct lend_span line = { "", 0 };

	while (line.len == 0 && lend_span_next_line(&text, &line))
		line = lend_span_trim(line);
	lend_hint(err, "save it again with esxcli --formatter=json; an older host may not "
		       "know the command");
	return lend_fail(err, LEND_E_FORMAT, "no list of esxcli: it begins '%.*s'",
			 (int)(line.len > 80 ? 80 : line.len), line.at);
}

static int read_form(struct lend_esx_reader *r, struct lend_span text)
{
	switch (r->rows->form) {
	case LEND_ESX_JSON:
		return lend_esx_read_json(r, text);
	case LEND_ESX_XML:
		return lend_esx_read_xml(r, text);
	case LEND_ESX_CSV:
		lend_esx_read_csv(r, text);
		break;
	case LEND_ESX_KEYVALUE:
		lend_esx_read_keyvalue(r, text);
		break;
	case LEND_ESX_TABLE:
		lend_esx_read_table(r, text);
		break;
	case LEND_ESX_BLOCKS:
		lend_esx_read_blocks(r, text);
		if (r->rows->n_rows == 0)
			return no_rows(text, r->err);
		break;
	case LEND_ESX_EMPTY:
	case LEND_ESX_FORMS:
		break;
	}
	return 0;
}

int lend_esx_rows_parse(const char *text, size_t len, struct lend_arena *arena,
			struct lend_esx_rows *ret_rows, struct lend_err *err)
{
	struct lend_esx_rows rows = { 0 };
	struct lend_esx_reader r = { .arena = arena, .rows = &rows, .err = err };
	struct lend_span all = { text, len };

	if (lend_span_check("an output of esxcli", text, len, LEND_ESX_ROWS_MAX_BYTES, err) < 0)
		return -1;
	if (lend_ascii_has_prefix(all.at, all.len, "\xef\xbb\xbf"))
		all = (struct lend_span){ all.at + 3, all.len - 3 };
	rows.form = form_of(all);
	if (read_form(&r, all) < 0)
		return -1;
	if (r.full)
		return lend_fail(err, LEND_E_FORMAT, "more than %d rows of esxcli output",
				 LEND_ESX_ROWS_MAX);
	*ret_rows = rows;
	return 0;
}
