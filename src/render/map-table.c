/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The map as a table, with the evidence below. */

#include <inttypes.h>

#include "base/err.h"
#include "model/map.h"
#include "render/grid.h"
#include "render/render.h"

/* Where a column comes from. */
enum source { OF_PAIR, OF_NAMESPACES, OF_DEVICE, OF_BACKING, OF_DIMM };

#define OF_NAMESPACE(member_) OF_NAMESPACES, offsetof(struct lend_map_namespace, member_)

static const struct column {
	const char *name; /* of the pair's text, or of the node's field */
	enum source source;
	size_t offset;      /* in a namespace */
	const char *prefix; /* in front of the value; NULL: nothing */
} columns_known[] = {
	{ "vm" },
	{ "backing" },
	{ "device" },
	{ "slot" },
	{ "dimm" },
	{ "region" },
	{ "namespace", OF_NAMESPACE(dev) },
	{ "blockdev", OF_NAMESPACE(blockdev), "/dev/" },
	{ "verdict" },
	{ "chardev", OF_NAMESPACE(chardev), "/dev/" },
	{ "mode", OF_NAMESPACE(mode) },
	{ "uuid", OF_NAMESPACE(uuid) },
	{ "address", OF_DEVICE },
	{ "size_bytes", OF_DEVICE },
	{ "label_bytes", OF_DEVICE },
	{ "nfit_id", OF_DIMM },
	{ "handle", OF_DIMM },
	{ "dev", OF_BACKING },
	{ "inode", OF_BACKING },
	{ "evidence" },
	{ "persistence" },
};

static const struct column *find_column(const char *name)
{
	for (size_t i = 0; i < LEND_COUNT(columns_known); i++) {
		if (strcmp(columns_known[i].name, name) == 0)
			return &columns_known[i];
	}
	return &columns_known[0];
}

static void put_safe(struct lend_buf *out, const char *text)
{
	if (text != NULL)
		lend_buf_put_safe(out, text, strlen(text));
}

static void put_namespaces(struct lend_buf *out, const struct lend_pair *pair,
			   const struct column *column)
{
	for (size_t i = 0; i < pair->n_namespaces; i++) {
		const char *at = (const char *)&pair->namespaces[i] + column->offset;
		const char *text = *(const char *const *)(const void *)at;

		if (text == NULL)
			continue;
		if (out->len > 0)
			lend_buf_putc(out, ',');
		put_safe(out, column->prefix);
		put_safe(out, text);
	}
}

static void put_field(struct lend_buf *out, const struct lend_map *map,
		      const struct lend_node *node, const struct column *column, bool utf8)
{
	if (node != NULL)
		lend_render_fact(out, map->inv, node, lend_kind_field(node->kind, column->name),
				 utf8);
}

/* What the guest shows, else what follows from the slot. */
static void put_dimm(struct lend_buf *out, const struct lend_map *map,
		     const struct lend_pair *pair, const struct column *column, bool utf8)
{
	if (pair->dimm != NULL)
		put_field(out, map, &pair->dimm->node, column, utf8);
	else if (strcmp(column->name, "nfit_id") == 0)
		put_safe(out, pair->predicted_id);
	else if (pair->has_predicted_handle)
		lend_buf_printf(out, "0x%" PRIx64, pair->predicted_handle);
}

static void put_cell(struct lend_buf *out, const struct lend_map *map, size_t row,
		     const struct column *column, bool utf8)
{
	const struct lend_pair *pair = &map->pairs[row];

	switch (column->source) {
	case OF_PAIR:
		put_safe(out, lend_map_text(map, row, column->name));
		break;
	case OF_NAMESPACES:
		put_namespaces(out, pair, column);
		break;
	case OF_DEVICE:
		put_field(out, map, pair->device == NULL ? NULL : &pair->device->node, column,
			  utf8);
		break;
	case OF_BACKING:
		put_field(out, map, pair->backing == NULL ? NULL : &pair->backing->node, column,
			  utf8);
		break;
	case OF_DIMM:
		put_dimm(out, map, pair, column, utf8);
		break;
	}
	if (out->len == 0)
		lend_buf_putc(out, '-');
}

static bool is_right(const char *name)
{
	static const char *const right[] = { "slot", "size_bytes", "label_bytes", "inode" };

	for (size_t i = 0; i < LEND_COUNT(right); i++) {
		if (strcmp(right[i], name) == 0)
			return true;
	}
	return false;
}

static void put_table(struct lend_buf *out, const struct lend_map *map,
		      const char *const *columns, size_t n, const struct lend_style *style)
{
	lend_auto_grid struct lend_grid grid = { 0 };
	lend_auto_buf cell = { 0 };

	for (size_t i = 0; i < n; i++)
		lend_grid_column(&grid, columns[i], is_right(columns[i]));
	for (size_t row = 0; row < map->n_pairs; row++) {
		for (size_t i = 0; i < n; i++) {
			lend_buf_reset(&cell);
			put_cell(&cell, map, row, find_column(columns[i]), style->utf8);
			lend_grid_cell(&grid, cell.text);
		}
	}
	lend_grid_print(&grid, style, out);
}

static void put_word(struct lend_buf *out, const char *text)
{
	if (text == NULL)
		return;
	put_safe(out, text);
	lend_buf_putc(out, ' ');
}

static void put_details(struct lend_buf *out, const struct lend_map *map, size_t row)
{
	const struct lend_pair *pair = &map->pairs[row];

	lend_buf_putc(out, '\n');
	put_word(out, pair->vm_name);
	if (pair->device != NULL) {
		put_word(out, lend_map_text(map, row, "device"));
	} else if (pair->dimm != NULL || pair->region != NULL) {
		put_word(out, lend_map_text(map, row, "dimm"));
		put_word(out, lend_map_text(map, row, "region"));
	} else {
		put_word(out, lend_map_path(pair));
	}
	out->text[out->len - 1] = ':';
	lend_buf_printf(out, " %s\n", lend_verdict_name(pair->verdict));
	for (size_t i = 0; i < pair->n_evidence; i++) {
		lend_buf_puts(out, "  ");
		put_safe(out, pair->evidence[i]);
		lend_buf_putc(out, '\n');
	}
	for (size_t i = 0; i < pair->n_candidates; i++) {
		lend_buf_puts(out, "  candidate: ");
		put_safe(out, pair->candidates[i].text);
		lend_buf_putc(out, '\n');
	}
}

void lend_render_map(struct lend_buf *out, const struct lend_map *map,
		     const char *const *columns, size_t n_columns,
		     const struct lend_style *style)
{
	put_table(out, map, columns, n_columns, style);
	if (style->no_headings && !style->verbose)
		return;
	for (size_t row = 0; row < map->n_pairs; row++) {
		const struct lend_pair *pair = &map->pairs[row];

		if (style->verbose || pair->verdict != LEND_MATCHED || pair->n_shared > 0)
			put_details(out, map, row);
	}
}
