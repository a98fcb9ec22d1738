/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "render/grid.h"

#include <wchar.h>

#include "base/ascii.h"

struct lend_grid_column {
	const char *heading;
	size_t width; /* of the widest cell or the heading, be that shown or not */
	bool right;
};

struct lend_grid_cell {
	const char *text;
	size_t len;
	size_t width;
};

void lend_grid_done(struct lend_grid *grid)
{
	lend_arena_done(&grid->memory);
	*grid = (struct lend_grid){ 0 };
}

/* In a terminal's cells.  What the locale does not know takes one for each character. */
static size_t width_of(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len;) {
		mbstate_t state = { 0 };
		wchar_t c;
		size_t n;
		int cells;

		if ((uint8_t)text[i] < 0x80) {
			width++;
			i++;
			continue;
		}
		n = mbrtowc(&c, text + i, len - i, &state);
		cells = n > 0 && n <= len - i ? wcwidth(c) : -1;
		if (cells < 0) {
			n = lend_utf8_len(text + i, len - i);
			cells = 1;
		}
		width += (size_t)cells;
		i += n > 0 ? n : 1;
	}
	return width;
}

void lend_grid_column(struct lend_grid *grid, const char *name, bool right)
{
	const char *bytes = strstr(name, "_bytes");
	size_t len = bytes != NULL ? (size_t)(bytes - name) : strlen(name);
	char *heading = lend_arena_strndup(&grid->memory, name, len);

	for (size_t i = 0; i < len; i++)
		heading[i] = lend_ascii_upper(heading[i]);
	*LEND_PUSH(&grid->memory, grid->columns, grid->n_columns, grid->cap_columns) =
		(struct lend_grid_column){ .heading = heading, .width = len, .right = right };
}

void lend_grid_cell(struct lend_grid *grid, const char *text)
{
	struct lend_grid_column *column = &grid->columns[grid->n_cells % grid->n_columns];
	size_t len = strlen(text);
	size_t width = width_of(text, len);

	*LEND_PUSH(&grid->memory, grid->cells, grid->n_cells, grid->cap_cells) =
		(struct lend_grid_cell){
			.text = lend_arena_strndup(&grid->memory, text, len),
			.len = len,
			.width = width,
		};
	if (width > column->width)
		column->width = width;
}

void lend_grid_safe_cell(struct lend_grid *grid, const char *text)
{
	lend_auto_buf cell = { 0 };

	lend_buf_put_safe(&cell, text, strlen(text));
	lend_grid_cell(grid, lend_buf_text(&cell));
}

static void put_blanks(struct lend_buf *out, size_t n)
{
	while (n-- > 0)
		lend_buf_putc(out, ' ');
}

static void put_cell(struct lend_buf *out, const struct lend_grid_column *column,
		     const struct lend_grid_cell *cell)
{
	if (column->right)
		put_blanks(out, column->width - cell->width);
	lend_buf_put(out, cell->text, cell->len);
	if (!column->right)
		put_blanks(out, column->width - cell->width);
}

static void end_line(struct lend_buf *out)
{
	while (out->len > 0 && out->text[out->len - 1] == ' ')
		out->len--;
	lend_buf_putc(out, '\n');
}

void lend_grid_print(const struct lend_grid *grid, const struct lend_style *style,
		     struct lend_buf *out)
{
	for (size_t i = 0; i < grid->n_columns && !style->no_headings; i++) {
		const char *text = grid->columns[i].heading;
		size_t len = strlen(text);

		if (i > 0)
			lend_buf_putc(out, ' ');
		put_cell(out, &grid->columns[i],
			 &(struct lend_grid_cell){ .text = text, .len = len, .width = len });
	}
	if (!style->no_headings)
		end_line(out);
	for (size_t i = 0; grid->n_columns > 0 && i < grid->n_cells; i++) {
		size_t at = i % grid->n_columns;

		if (at > 0)
			lend_buf_putc(out, ' ');
		put_cell(out, &grid->columns[at], &grid->cells[i]);
		if (at + 1 == grid->n_columns)
			end_line(out);
	}
}
