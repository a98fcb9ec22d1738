/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes as a flat table, and one node by itself. */

#include "base/err.h"
#include "render/grid.h"
#include "render/render.h"

static const char *const heads[] = { "id", "kind", "name", "guest" };

const char *lend_render_node_column(uint32_t kind, size_t i)
{
	uint32_t first = kind == LEND_KIND_COUNT ? 0 : kind;
	uint32_t last = kind == LEND_KIND_COUNT ? LEND_KIND_COUNT - 1 : kind;

	if (i < LEND_COUNT(heads))
		return heads[i];
	i -= LEND_COUNT(heads);
	for (uint32_t k = first; k <= last; k++) {
		if (i < lend_kinds[k]->n_fields)
			return lend_kinds[k]->fields[i].name;
		i -= lend_kinds[k]->n_fields;
	}
	return NULL;
}

static bool is_head(const char *column)
{
	for (size_t i = 0; i < LEND_COUNT(heads); i++) {
		if (strcmp(heads[i], column) == 0)
			return true;
	}
	return false;
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

/* Whether the node has one of the fields asked for; all nodes do when no field is. */
static bool has_field(const struct lend_node *node, const char *const *columns, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (is_head(columns[i]))
			continue;
		if (lend_kind_field(node->kind, columns[i]) != NULL)
			return true;
		any = true;
	}
	return !any;
}

/* One name can be a number in one kind and text in another. */
static bool is_number(uint32_t kind, const char *column)
{
	uint32_t first = kind == LEND_KIND_COUNT ? 0 : kind;
	uint32_t last = kind == LEND_KIND_COUNT ? LEND_KIND_COUNT - 1 : kind;
	bool any = false;

	for (uint32_t k = first; k <= last; k++) {
		const struct lend_field *field = lend_kind_field(k, column);

		if (field == NULL)
			continue;
		if (field->type == LEND_FIELD_TEXT || field->type == LEND_FIELD_BOOL)
			return false;
		any = true;
	}
	return any;
}

static void add_node(struct lend_grid *grid, const struct lend_inventory *inv,
		     const struct lend_node *node, const char *const *columns, size_t n,
		     bool utf8)
{
	lend_auto_buf cell = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct lend_field *field = lend_kind_field(node->kind, columns[i]);

		lend_buf_reset(&cell);
		if (is_head(columns[i]))
			put_head(&cell, node, columns[i]);
		else if (field != NULL)
			lend_render_fact(&cell, inv, node, field, utf8);
		lend_grid_cell(grid, lend_buf_text(&cell));
	}
}

void lend_render_nodes(struct lend_buf *out, const struct lend_inventory *inv, uint32_t kind,
		       const char *const *columns, size_t n, const bool *only,
		       const struct lend_style *style)
{
	lend_auto_grid struct lend_grid grid = { 0 };

	for (size_t i = 0; i < n; i++)
		lend_grid_column(&grid, columns[i], is_number(kind, columns[i]));
	for (const struct lend_node *node = NULL; (node = lend_next(inv, node)) != NULL;) {
		if (only != NULL && !only[node->index])
			continue;
		if (kind == LEND_KIND_COUNT ? has_field(node, columns, n) : node->kind == kind)
			add_node(&grid, inv, node, columns, n, style->utf8);
	}
	lend_grid_print(&grid, style, out);
}

enum { NAME_WIDTH = 18 };

void lend_render_node(struct lend_buf *out, const struct lend_inventory *inv,
		      const struct lend_node *node, const struct lend_style *style)
{
	const struct lend_kind_info *info = lend_kinds[node->kind];

	if (out->len > 0)
		lend_buf_putc(out, '\n');
	lend_buf_printf(out, "%s ", info->name);
	lend_buf_put_safe(out, node->name, strlen(node->name));
	lend_buf_putc(out, '\n');
	for (size_t i = 0; i < info->n_fields; i++) {
		const struct lend_field *field = &info->fields[i];
		const struct lend_fact *fact = lend_fact_at(node, field);

		if (fact->known == LEND_NOT_ASKED)
			continue;
		lend_buf_printf(out, "  %-*s ", NAME_WIDTH, field->name);
		lend_render_fact(out, inv, node, field, style->utf8);
		if (fact->known == LEND_UNREADABLE) {
			lend_buf_puts(out, " (");
			lend_buf_put_safe(out, fact->v.str, strlen(fact->v.str));
			lend_buf_putc(out, ')');
		}
		lend_buf_putc(out, '\n');
	}
}
