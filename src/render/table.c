/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "render/table.h"

#include <errno.h>
#include <libsmartcols.h>

#include "base/ascii.h"
#include "base/err.h"

static int failed(struct lend_err *err, int r)
{
	errno = r < 0 ? -r : ENOMEM;
	return lend_fail_errno(err, "laying out the table");
}

int lend_table_init(struct lend_table *table, const struct lend_style *style,
		    struct lend_err *err)
{
	int r;

	table->scols = scols_new_table();
	if (table->scols == NULL)
		return failed(err, -ENOMEM);
	r = scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_NEVER);
	if (r == 0)
		r = scols_table_enable_noencoding(table->scols, 1);
	if (r == 0)
		r = scols_table_enable_ascii(table->scols, style->utf8 ? 0 : 1);
	if (r == 0)
		r = scols_table_enable_noheadings(table->scols, style->no_headings ? 1 : 0);
	return r == 0 ? 0 : failed(err, r);
}

void lend_table_done(struct lend_table *table)
{
	scols_unref_table(table->scols);
	table->scols = NULL;
}

int lend_table_column(struct lend_table *table, const char *name, int flags,
		      struct lend_err *err)
{
	const char *bytes = strstr(name, "_bytes");
	size_t len = bytes != NULL ? (size_t)(bytes - name) : strlen(name);
	char heading[64];
	int scols_flags = ((flags & LEND_COLUMN_RIGHT) != 0 ? SCOLS_FL_RIGHT : 0) |
			  ((flags & LEND_COLUMN_TREE) != 0 ? SCOLS_FL_TREE : 0);

	if (len >= sizeof(heading))
		len = sizeof(heading) - 1;
	for (size_t i = 0; i < len; i++)
		heading[i] = lend_ascii_upper(name[i]);
	heading[len] = '\0';
	return scols_table_new_column(table->scols, heading, 0, scols_flags) != NULL
		       ? 0
		       : failed(err, -ENOMEM);
}

int lend_table_line(struct lend_table *table, struct libscols_line *parent,
		    struct libscols_line **ret_line, struct lend_err *err)
{
	*ret_line = scols_table_new_line(table->scols, parent);
	return *ret_line != NULL ? 0 : failed(err, -ENOMEM);
}

int lend_table_cell(struct libscols_line *line, size_t column, const char *text,
		    struct lend_err *err)
{
	int r = scols_line_set_data(line, column, text);

	return r == 0 ? 0 : failed(err, r);
}

int lend_table_print(const struct lend_table *table, struct lend_buf *out, struct lend_err *err)
{
	char *text = NULL;
	int r = scols_print_table_to_string(table->scols, &text);

	if (r != 0)
		return failed(err, r);
	for (const char *line = text; line != NULL && *line != '\0';) {
		size_t len = strcspn(line, "\n"), shown = len;

		while (shown > 0 && line[shown - 1] == ' ')
			shown--;
		lend_buf_put(out, line, shown);
		lend_buf_putc(out, '\n');
		line += line[len] == '\n' ? len + 1 : len;
	}
	free(text);
	return 0;
}
