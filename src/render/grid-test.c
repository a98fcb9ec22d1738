/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "render/grid.h"

#include <locale.h>

#include "tests/must.h"

static void print(const struct lend_style *style, const char *want)
{
	static const char *const cells[] = { "a", "1 B", "x", "long name", "2 MiB",
					     "",  "",    "-", "yy" };
	lend_auto_grid struct lend_grid grid = { 0 };
	lend_auto_buf out = { 0 };

	lend_grid_column(&grid, "name", false);
	lend_grid_column(&grid, "size_bytes", true);
	lend_grid_column(&grid, "end", false);
	for (size_t i = 0; i < LEND_COUNT(cells); i++)
		lend_grid_cell(&grid, cells[i]);
	lend_grid_print(&grid, style, &out);
	must_str(lend_buf_text(&out), want);
}

/* A wide character takes two cells of the terminal, a combining one none. */
static void wide(void)
{
	lend_auto_grid struct lend_grid grid = { 0 };
	lend_auto_buf out = { 0 };

	lend_grid_column(&grid, "n", false);
	lend_grid_column(&grid, "m", true);
	lend_grid_cell(&grid, "\xe6\x97\xa5");
	lend_grid_cell(&grid, "1");
	lend_grid_cell(&grid, "e\xcc\x81");
	lend_grid_cell(&grid, "2");
	lend_grid_print(&grid, &(struct lend_style){ .utf8 = true }, &out);
	must_str(lend_buf_text(&out), "N  M\n\xe6\x97\xa5 1\ne\xcc\x81  2\n");
}

static void nothing(void)
{
	lend_auto_grid struct lend_grid grid = { 0 };
	lend_auto_buf out = { 0 };

	lend_grid_column(&grid, "name", false);
	lend_grid_print(&grid, &(struct lend_style){ .no_headings = true }, &out);
	must_str(lend_buf_text(&out), "");
	lend_grid_print(&grid, &(struct lend_style){ 0 }, &out);
	must_str(lend_buf_text(&out), "NAME\n");
}

int main(void)
{
	print(&(struct lend_style){ 0 }, "NAME       SIZE END\n"
					 "a           1 B x\n"
					 "long name 2 MiB\n"
					 "              - yy\n");
	print(&(struct lend_style){ .no_headings = true }, "a           1 B x\n"
							   "long name 2 MiB\n"
							   "              - yy\n");
	nothing();
	if (setlocale(LC_CTYPE, "C.UTF-8") != NULL)
		wide();
	return 0;
}
