/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trees with columns, laid out by libsmartcols behind this file; flat tables
 * are in render/grid.h.
 *
 *	lend_auto_table struct lend_table table = { 0 };
 *
 *	if (lend_table_init(&table, style, err) < 0 ||
 *	    lend_table_column(&table, "name", LEND_COLUMN_TREE, err) < 0 ||
 *	    lend_table_line(&table, NULL, &line, err) < 0 ||
 *	    lend_table_cell(&table, line, 0, "nmem0", err) < 0)
 *		return -1;
 *	return lend_table_print(&table, out, err);
 */

#ifndef LEND_RENDER_TABLE_H
#define LEND_RENDER_TABLE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "lend/lend.h"
#include "render/render.h"

struct libscols_table;
struct libscols_line;
struct lend_smartcols;

struct lend_table {
	struct lend_arena memory;
	struct lend_smartcols *lib;
	struct libscols_table *scols;
};

#define lend_auto_table LEND_CLEANUP(lend_table_done)

enum { LEND_COLUMN_RIGHT = 1, LEND_COLUMN_TREE = 2 };

int lend_table_init(struct lend_table *table, const struct lend_style *style,
		    struct lend_err *err) LEND_MUST_CHECK;
void lend_table_done(struct lend_table *table);

/* The heading is the name in capitals; sizes have their unit in the cells: "size_bytes" is
 * SIZE. */
int lend_table_column(struct lend_table *table, const char *name, int flags,
		      struct lend_err *err) LEND_MUST_CHECK;

/* parent is NULL at the top; the line lives as long as the table. */
int lend_table_line(struct lend_table *table, struct libscols_line *parent,
		    struct libscols_line **ret_line, struct lend_err *err) LEND_MUST_CHECK;

/* The text is copied, escaped already by the one who gives it. */
int lend_table_cell(struct lend_table *table, struct libscols_line *line, size_t column,
		    const char *text, struct lend_err *err) LEND_MUST_CHECK;

int lend_table_print(const struct lend_table *table, struct lend_buf *out,
		     struct lend_err *err) LEND_MUST_CHECK;

#endif
