/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libsmartcols is loaded when the first tree is drawn: linked, it would cost
 * every start 0.07 ms, since it looks up 260 symbols at once.
 */

#include "render/table.h"

#include <dlfcn.h>
#include <errno.h>
#include <libsmartcols.h>

#include "base/ascii.h"
#include "base/err.h"

#define FUNCTIONS(use)                                                                         \
	use(scols_new_table);                                                                  \
	use(scols_unref_table);                                                                \
	use(scols_table_set_termforce);                                                        \
	use(scols_table_enable_noencoding);                                                    \
	use(scols_table_enable_ascii);                                                         \
	use(scols_table_enable_noheadings);                                                    \
	use(scols_table_new_column);                                                           \
	use(scols_table_new_line);                                                             \
	use(scols_line_set_data);                                                              \
	use(scols_print_table_to_string)

/* A declaration: there is nothing to put into parentheses. */
/* NOLINTNEXTLINE(bugprone-macro-parentheses) */
#define POINTER(name) __typeof__(name) *name

/* Its functions by their own names. */
struct lend_smartcols {
	void *library;
	FUNCTIONS(POINTER);
};

/* The version that the header belongs to. */
static const char soname[] = "libsmartcols.so.1";

/* A function's address as dlsym gives it: ISO C has no conversion from a pointer to data. */
#define LOOK_UP(name)                                                                          \
	address = dlsym(lib.library, #name);                                                   \
	complete &= address != NULL;                                                           \
	memcpy(&lib.name, &address, sizeof(address))

/* -1 and a hint when it is not installed. */
static int load(struct lend_smartcols *ret, struct lend_err *err)
{
	struct lend_smartcols lib = { .library = dlopen(soname, RTLD_NOW | RTLD_LOCAL) };
	bool complete = true;
	void *address;

	if (lib.library == NULL) {
		lend_hint(err, "install libsmartcols1, or use --table, --columns or --json");
		return lend_fail(err, LEND_E_SYSTEM, "a tree needs %s: %.150s", soname,
				 dlerror());
	}
	FUNCTIONS(LOOK_UP);
	if (!complete) {
		(void)dlclose(lib.library);
		return lend_fail(err, LEND_E_SYSTEM, "%s is too old to draw a tree", soname);
	}
	*ret = lib;
	return 0;
}

static int failed(struct lend_err *err, int r)
{
	errno = r < 0 ? -r : ENOMEM;
	return lend_fail_errno(err, "laying out the table");
}

int lend_table_init(struct lend_table *table, const struct lend_style *style,
		    struct lend_err *err)
{
	struct lend_smartcols *lib = lend_arena_alloc(&table->memory, sizeof(*lib));
	int r;

	table->lib = lib;
	if (load(lib, err) < 0)
		return -1;
	table->scols = lib->scols_new_table();
	if (table->scols == NULL)
		return failed(err, -ENOMEM);
	r = lib->scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_NEVER);
	if (r == 0)
		r = lib->scols_table_enable_noencoding(table->scols, 1);
	if (r == 0)
		r = lib->scols_table_enable_ascii(table->scols, style->utf8 ? 0 : 1);
	if (r == 0)
		r = lib->scols_table_enable_noheadings(table->scols,
						       style->no_headings ? 1 : 0);
	return r == 0 ? 0 : failed(err, r);
}

void lend_table_done(struct lend_table *table)
{
	if (table->scols != NULL)
		table->lib->scols_unref_table(table->scols);
	if (table->lib != NULL && table->lib->library != NULL)
		(void)dlclose(table->lib->library);
	lend_arena_done(&table->memory);
	*table = (struct lend_table){ 0 };
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
	return table->lib->scols_table_new_column(table->scols, heading, 0, scols_flags) != NULL
		       ? 0
		       : failed(err, -ENOMEM);
}

int lend_table_line(struct lend_table *table, struct libscols_line *parent,
		    struct libscols_line **ret_line, struct lend_err *err)
{
	*ret_line = table->lib->scols_table_new_line(table->scols, parent);
	return *ret_line != NULL ? 0 : failed(err, -ENOMEM);
}

int lend_table_cell(struct lend_table *table, struct libscols_line *line, size_t column,
		    const char *text, struct lend_err *err)
{
	int r = table->lib->scols_line_set_data(line, column, text);

	return r == 0 ? 0 : failed(err, r);
}

int lend_table_print(const struct lend_table *table, struct lend_buf *out, struct lend_err *err)
{
	char *text = NULL;
	int r = table->lib->scols_print_table_to_string(table->scols, &text);

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
