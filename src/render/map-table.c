/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The map as a table, with the evidence below. */

#include "base/err.h"
#include "render/render.h"
#include "render/table.h"

static const struct {
	const char *head;
	const char *column;
	int flags;
	bool device_node; /* a name below /dev */
} columns[] = {
	{ "VM", "vm", 0, false },
	{ "BACKING", "backing", 0, false },
	{ "DEVICE", "device", 0, false },
	{ "SLOT", "slot", LEND_COLUMN_RIGHT, false },
	{ "NMEM", "dimm", 0, false },
	{ "REGION", "region", 0, false },
	{ "NAMESPACE", "namespace", 0, false },
	{ "BLOCKDEV", "blockdev", 0, true },
	{ "VERDICT", "verdict", 0, false },
};

/* "pmem0,pmem1" becomes "/dev/pmem0,/dev/pmem1" */
static void put_device_nodes(struct lend_buf *out, const char *names)
{
	for (;;) {
		size_t len = strcspn(names, ",");

		if (len > 0 && names[0] != '-' && names[0] != '/')
			lend_buf_puts(out, "/dev/");
		lend_buf_put_safe(out, names, len);
		if (names[len] == '\0')
			return;
		lend_buf_putc(out, ',');
		names += len + 1;
	}
}

static int add_row(struct lend_table *table, const struct lend_map *map, size_t row,
		   struct lend_err *err)
{
	struct libscols_line *line;
	lend_auto_buf cell = { 0 };

	if (lend_table_line(table, NULL, &line, err) < 0)
		return -1;
	for (size_t i = 0; i < LEND_COUNT(columns); i++) {
		const char *text = lend_map_text(map, row, columns[i].column);

		lend_buf_reset(&cell);
		if (text == NULL || text[0] == '\0')
			lend_buf_putc(&cell, '-');
		else if (columns[i].device_node)
			put_device_nodes(&cell, text);
		else
			lend_buf_put_safe(&cell, text, strlen(text));
		if (lend_table_cell(line, i, lend_buf_text(&cell), err) < 0)
			return -1;
	}
	return 0;
}

/* Lines of text, indented; prefix stands in front of each. */
static void put_lines(struct lend_buf *out, const char *prefix, const char *text)
{
	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, "\n");

		lend_buf_printf(out, "  %s", prefix);
		lend_buf_put_safe(out, text, len);
		lend_buf_putc(out, '\n');
		text += text[len] == '\n' ? len + 1 : len;
	}
}

static void put_details(struct lend_buf *out, const struct lend_map *map, size_t row)
{
	static const char *const title[] = { "vm", "device", "backing", "dimm", "region" };
	const char *verdict = lend_map_text(map, row, "verdict");
	bool any = false;

	lend_buf_putc(out, '\n');
	for (size_t i = 0; i < LEND_COUNT(title); i++) {
		const char *text = lend_map_text(map, row, title[i]);

		if (text == NULL || text[0] == '\0')
			continue;
		if (any)
			lend_buf_putc(out, ' ');
		lend_buf_put_safe(out, text, strlen(text));
		any = true;
	}
	lend_buf_puts(out, ": ");
	lend_buf_puts(out, verdict != NULL ? verdict : "-");
	lend_buf_putc(out, '\n');
	put_lines(out, "", lend_map_text(map, row, "evidence"));
	put_lines(out, "candidate: ", lend_map_text(map, row, "candidates"));
}

int lend_render_map(struct lend_buf *out, const struct lend_map *map, lend_render_pick *pick,
		    const void *context, bool verbose, bool utf8, struct lend_err *err)
{
	lend_auto_table struct lend_table table = { 0 };
	size_t n = lend_map_count(map);

	if (lend_table_init(&table, utf8, err) < 0)
		return -1;
	for (size_t i = 0; i < LEND_COUNT(columns); i++) {
		if (lend_table_column(&table, columns[i].head, columns[i].flags, err) < 0)
			return -1;
	}
	for (size_t row = 0; row < n; row++) {
		if ((pick == NULL || pick(map, row, context)) &&
		    add_row(&table, map, row, err) < 0)
			return -1;
	}
	if (lend_table_print(&table, out, err) < 0)
		return -1;
	for (size_t row = 0; row < n; row++) {
		if ((pick == NULL || pick(map, row, context)) &&
		    (verbose || lend_map_verdict(map, row) != LEND_MATCHED))
			put_details(out, map, row);
	}
	return 0;
}
