/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes as a flat table. */

#include "base/err.h"
#include "render/render.h"
#include "render/table.h"

bool lend_render_is_head(const char *column)
{
	return strcmp(column, "id") == 0 || strcmp(column, "kind") == 0 ||
	       strcmp(column, "name") == 0 || strcmp(column, "guest") == 0;
}

static void put_head(struct lend_buf *out, const struct lend_node *node, const char *column)
{
	const char *text = node->guest;

	if (strcmp(column, "id") == 0)
		text = node->id;
	else if (strcmp(column, "kind") == 0)
		text = lend_node_kind(node);
	else if (strcmp(column, "name") == 0)
		text = node->name;
	if (text != NULL)
		lend_buf_put_safe(out, text, strlen(text));
}

/* Whether the kind has one of the fields asked for; all kinds do when no field is. */
static bool is_row(uint32_t kind, const char *const *columns, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (lend_render_is_head(columns[i]))
			continue;
		if (lend_kind_field(kind, columns[i]) != NULL)
			return true;
		any = true;
	}
	return !any;
}

static bool is_number(const char *column)
{
	for (uint32_t kind = 0; kind < LEND_KIND_COUNT; kind++) {
		const struct lend_field *field = lend_kind_field(kind, column);

		if (field != NULL && field->type != LEND_FIELD_TEXT &&
		    field->type != LEND_FIELD_BOOL)
			return true;
	}
	return false;
}

static int add_column(struct lend_table *table, const char *column, struct lend_err *err)
{
	char head[64];
	size_t i = 0;

	for (; column[i] != '\0' && i + 1 < sizeof(head); i++)
		head[i] = column[i] >= 'a' && column[i] <= 'z' ? (char)(column[i] - 'a' + 'A')
							       : column[i];
	head[i] = '\0';
	return lend_table_column(table, head, is_number(column) ? LEND_COLUMN_RIGHT : 0, err);
}

static int add_node(struct lend_table *table, const struct lend_inventory *inv,
		    const struct lend_node *node, const char *const *columns, size_t n,
		    bool utf8, struct lend_err *err)
{
	struct libscols_line *line;
	lend_auto_buf cell = { 0 };

	if (lend_table_line(table, NULL, &line, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct lend_field *field = lend_kind_field(node->kind, columns[i]);

		lend_buf_reset(&cell);
		if (lend_render_is_head(columns[i]))
			put_head(&cell, node, columns[i]);
		else if (field != NULL)
			lend_render_fact(&cell, inv, node, field, utf8);
		if (lend_table_cell(line, i, lend_buf_text(&cell), err) < 0)
			return -1;
	}
	return 0;
}

int lend_render_nodes(struct lend_buf *out, const struct lend_inventory *inv,
		      const char *const *columns, size_t n, bool utf8, struct lend_err *err)
{
	lend_auto_table struct lend_table table = { 0 };

	if (lend_table_init(&table, utf8, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (add_column(&table, columns[i], err) < 0)
			return -1;
	}
	for (const struct lend_node *node = NULL; (node = lend_next(inv, node)) != NULL;) {
		if (is_row(node->kind, columns, n) &&
		    add_node(&table, inv, node, columns, n, utf8, err) < 0)
			return -1;
	}
	return lend_table_print(&table, out, err);
}
