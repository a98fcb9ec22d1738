/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A flat table: columns as wide as what is in them, a blank between.
 *
 *	lend_auto_grid struct lend_grid grid = { 0 };
 *
 *	lend_grid_column(&grid, "name", false);
 *	lend_grid_column(&grid, "size_bytes", true);
 *	lend_grid_cell(&grid, "nmem0");
 *	lend_grid_cell(&grid, "2 MiB");
 *	lend_grid_print(&grid, style, out);
 *
 * Trees are libsmartcols' business (render/table.h); for this, loading it
 * would take longer than the rest of the work.
 */

#ifndef LEND_RENDER_GRID_H
#define LEND_RENDER_GRID_H

#include "base/arena.h"
#include "base/attr.h"
#include "render/render.h"

struct lend_grid_column;
struct lend_grid_cell;

struct lend_grid {
	struct lend_arena memory;
	struct lend_grid_column *columns;
	size_t n_columns, cap_columns;
	struct lend_grid_cell *cells; /* row by row */
	size_t n_cells, cap_cells;
};

#define lend_auto_grid LEND_CLEANUP(lend_grid_done)

void lend_grid_done(struct lend_grid *grid);

/* All columns come before the first cell.  The heading is the name in capitals; sizes have
 * their unit in the cells: "size_bytes" is SIZE. */
void lend_grid_column(struct lend_grid *grid, const char *name, bool right);

/* The next cell of the row, or of the next row when that is full.  The text is copied, escaped
 * already by the one who gives it. */
void lend_grid_cell(struct lend_grid *grid, const char *text);

/* The same, which escapes it. */
void lend_grid_safe_cell(struct lend_grid *grid, const char *text);

void lend_grid_print(const struct lend_grid *grid, const struct lend_style *style,
		     struct lend_buf *out);

#endif
