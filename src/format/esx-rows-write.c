/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/json.h"
#include "format/esx-rows-parse.h"
#include "format/xml-tree.h"

/* Without line ends, and without what the form would take for something else. */
static void put_plain(struct lend_buf *out, const char *text, const char *taken)
{
	for (; *text != '\0'; text++) {
		bool is_blank = (unsigned char)*text < 0x20 || strchr(taken, *text) != NULL;

		lend_buf_putc(out, is_blank ? ' ' : *text);
	}
}

/* "VMkernel Name": "VMkernelName" */
static void put_joined(struct lend_buf *out, const char *name)
{
	size_t before = out->len;

	for (; *name != '\0'; name++) {
		if (lend_ascii_is_alpha(*name) || lend_ascii_is_digit(*name))
			lend_buf_putc(out, *name);
	}
	if (out->len == before)
		lend_buf_putc(out, 'x');
}

static void write_json(const struct lend_esx_rows *rows, struct lend_buf *out)
{
	struct lend_jsonw w = { .out = out, .indent = 2 };

	lend_jsonw_open(&w, NULL, '[');
	for (size_t i = 0; i < rows->n_rows; i++) {
		lend_jsonw_open(&w, NULL, '{');
		for (size_t j = 0; j < rows->rows[i].n_cells; j++)
			lend_jsonw_str(&w, rows->rows[i].cells[j].name,
				       rows->rows[i].cells[j].value);
		lend_jsonw_close(&w, '}');
	}
	lend_jsonw_close(&w, ']');
	lend_buf_putc(out, '\n');
}

static void write_xml(const struct lend_esx_rows *rows, struct lend_buf *out)
{
	lend_buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			   "<output xmlns=\"http://www.vmware.com/Products/ESX/5.0/esxcli\">\n"
			   "<list type=\"structure\">\n");
	for (size_t i = 0; i < rows->n_rows; i++) {
		lend_buf_puts(out, " <structure typeName=\"Row\">\n");
		for (size_t j = 0; j < rows->rows[i].n_cells; j++) {
			lend_buf_puts(out, "  <field name='");
			put_joined(out, rows->rows[i].cells[j].name);
			lend_buf_puts(out, "'><string>");
			lend_xml_put(out, rows->rows[i].cells[j].value);
			lend_buf_puts(out, "</string></field>\n");
		}
		lend_buf_puts(out, " </structure>\n");
	}
	lend_buf_puts(out, "</list>\n</output>\n");
}

static void put_csv(struct lend_buf *out, const char *text)
{
	bool quoted = strpbrk(text, ",\"") != NULL;

	if (quoted)
		lend_buf_putc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			lend_buf_putc(out, '"');
		lend_buf_putc(out, (unsigned char)*text < 0x20 ? ' ' : *text);
	}
	lend_buf_puts(out, quoted ? "\"," : ",");
}

static const char *cell_of(const struct lend_esx_row *row, const char *name)
{
	const char *value = lend_esx_row_get(row, name);

	return value == NULL ? "" : value;
}

static void write_csv(const struct lend_esx_rows *rows, struct lend_buf *out)
{
	const struct lend_esx_row *head = &rows->rows[0];

	for (size_t j = 0; j < head->n_cells; j++) {
		put_joined(out, head->cells[j].name);
		lend_buf_putc(out, ',');
	}
	lend_buf_putc(out, '\n');
	for (size_t i = 0; i < rows->n_rows; i++) {
		for (size_t j = 0; j < head->n_cells; j++)
			put_csv(out, cell_of(&rows->rows[i], head->cells[j].name));
		lend_buf_putc(out, '\n');
	}
}

static void write_keyvalue(const struct lend_esx_rows *rows, struct lend_buf *out)
{
	for (size_t i = 0; i < rows->n_rows; i++) {
		for (size_t j = 0; j < rows->rows[i].n_cells; j++) {
			lend_buf_printf(out, "structure[%zu].Row.", i);
			put_joined(out, rows->rows[i].cells[j].name);
			lend_buf_puts(out, ".string=");
			put_plain(out, rows->rows[i].cells[j].value, "");
			lend_buf_putc(out, '\n');
		}
	}
}

static void write_blocks(const struct lend_esx_rows *rows, struct lend_buf *out)
{
	for (size_t i = 0; i < rows->n_rows; i++) {
		const struct lend_esx_row *row = &rows->rows[i];

		if (i > 0)
			lend_buf_putc(out, '\n');
		if (row->heading != NULL) {
			put_plain(out, row->heading, "");
			lend_buf_putc(out, '\n');
		}
		for (size_t j = 0; j < row->n_cells; j++) {
			lend_buf_puts(out, "   ");
			put_plain(out, row->cells[j].name, ":");
			lend_buf_puts(out, ": ");
			put_plain(out, row->cells[j].value, "");
			lend_buf_putc(out, '\n');
		}
	}
}

static size_t width(const char *text)
{
	size_t len = strlen(text);
	size_t n = 0;

	for (size_t at = 0; at < len; n++) {
		size_t step = lend_utf8_len(text + at, len - at);

		at += step > 0 ? step : 1;
	}
	return n;
}

static void put_padded(struct lend_buf *out, const char *text, size_t to, bool last)
{
	put_plain(out, text, "");
	for (size_t n = width(text); !last && n < to + 2; n++)
		lend_buf_putc(out, ' ');
}

static void write_table(const struct lend_esx_rows *rows, struct lend_buf *out)
{
	const struct lend_esx_row *head = &rows->rows[0];
	size_t widths[LEND_ESX_CELLS_MAX] = { 0 };

	for (size_t j = 0; j < head->n_cells; j++) {
		widths[j] = width(head->cells[j].name);
		for (size_t i = 0; i < rows->n_rows; i++) {
			size_t w = width(cell_of(&rows->rows[i], head->cells[j].name));

			widths[j] = w > widths[j] ? w : widths[j];
		}
		widths[j] = widths[j] < 2 ? 2 : widths[j];
	}
	for (size_t j = 0; j < head->n_cells; j++)
		put_padded(out, head->cells[j].name, widths[j], j + 1 == head->n_cells);
	lend_buf_putc(out, '\n');
	for (size_t j = 0; j < head->n_cells; j++) {
		for (size_t n = 0; n < widths[j]; n++)
			lend_buf_putc(out, '-');
		if (j + 1 < head->n_cells)
			lend_buf_puts(out, "  ");
	}
	lend_buf_putc(out, '\n');
	for (size_t i = 0; i < rows->n_rows; i++) {
		for (size_t j = 0; j < head->n_cells; j++)
			put_padded(out, cell_of(&rows->rows[i], head->cells[j].name), widths[j],
				   j + 1 == head->n_cells);
		lend_buf_putc(out, '\n');
	}
}

void lend_esx_rows_write(const struct lend_esx_rows *rows, enum lend_esx_form form,
			 struct lend_buf *out)
{
	if (form == LEND_ESX_JSON)
		write_json(rows, out);
	else if (form == LEND_ESX_XML)
		write_xml(rows, out);
	else if (form == LEND_ESX_KEYVALUE)
		write_keyvalue(rows, out);
	else if (form == LEND_ESX_BLOCKS)
		write_blocks(rows, out);
	else if (rows->n_rows > 0 && form == LEND_ESX_CSV)
		write_csv(rows, out);
	else if (rows->n_rows > 0 && form == LEND_ESX_TABLE)
		write_table(rows, out);
}
