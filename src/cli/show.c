/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend show: the inventory, as a tree, a table or JSON. */

#include "base/arena.h"
#include "base/err.h"
#include "cli/command.h"
#include "render/render.h"

enum { COLUMNS_MAX = 32 };

static const struct lend_option options[] = {
	LEND_OPTION_JSON,
	LEND_OPTION(LEND_OPTION_FLAG, "table", '\0', table, NULL, "one row for each thing"),
	LEND_OPTION(LEND_OPTION_TEXT, "columns", '\0', columns, "LIST",
		    "columns of the table: id, kind, name, guest, and any\n"
		    "fields; only things with one of the fields are shown"),
	LEND_OPTION(LEND_OPTION_FLAG, "fields", '\0', fields, NULL,
		    "list the kinds of things and their fields"),
	LEND_OPTION_GUEST,
	LEND_OPTION_NO_GUESTS,
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_COMMON,
};

static void put_fields(struct lend_buf *out)
{
	for (uint32_t kind = 0; kind < LEND_KIND_COUNT; kind++) {
		const struct lend_kind_info *info = lend_kinds[kind];

		lend_buf_printf(out, "%s%s: %s\n", kind > 0 ? "\n" : "", info->name,
				info->help);
		for (size_t i = 0; i < info->n_fields; i++)
			lend_buf_printf(out, "  %-18s %s\n", info->fields[i].name,
					info->fields[i].help);
	}
}

static bool is_column(const char *name)
{
	if (lend_render_is_head(name))
		return true;
	for (uint32_t kind = 0; kind < LEND_KIND_COUNT; kind++) {
		if (lend_kind_field(kind, name) != NULL)
			return true;
	}
	return false;
}

static int unknown_column(const char *name, struct lend_err *err)
{
	for (uint32_t kind = 0; kind < LEND_KIND_COUNT; kind++) {
		for (size_t i = 0; i < lend_kinds[kind]->n_fields; i++) {
			if (lend_is_near(name, lend_kinds[kind]->fields[i].name))
				lend_hint(err, "did you mean '%s'?",
					  lend_kinds[kind]->fields[i].name);
		}
	}
	lend_hint(err, "lend show --fields lists them");
	return lend_fail(err, LEND_E_USAGE, "--columns: there is no field '%.60s'", name);
}

/* "a,b" to names in the arena */
static int split_columns(struct lend_arena *arena, const char *list,
			 const char *ret_names[COLUMNS_MAX], size_t *ret_n,
			 struct lend_err *err)
{
	size_t n = 0;

	for (;;) {
		size_t len = strcspn(list, ",");
		const char *name = lend_arena_strndup(arena, list, len);

		if (!is_column(name))
			return unknown_column(name, err);
		if (n == COLUMNS_MAX)
			return lend_fail(err, LEND_E_USAGE, "--columns: more than %d",
					 COLUMNS_MAX);
		ret_names[n++] = name;
		if (list[len] == '\0')
			break;
		list += len + 1;
	}
	*ret_n = n;
	return 0;
}

static int put_table(struct lend_buf *out, const struct lend_inventory *inv, const char *list,
		     struct lend_err *err)
{
	struct lend_arena arena = { 0 };
	const char *names[COLUMNS_MAX];
	size_t n = 0;
	int r = split_columns(&arena, list, names, &n, err);

	/* Before the host is looked at, only the names are checked. */
	if (r == 0 && inv != NULL)
		r = lend_render_nodes(out, inv, names, n, lend_locale(), err);
	lend_arena_done(&arena);
	return r;
}

static bool is_empty(const struct lend_inventory *inv)
{
	for (const struct lend_node *node = NULL; (node = lend_next(inv, node)) != NULL;) {
		if (node->kind != LEND_KIND_HOST)
			return false;
	}
	return true;
}

/* One line for a machine with nothing of interest: what was not there, not seen, what to try.
 */
static int say_nothing_found(const struct lend_inventory *inv, const struct lend_args *args)
{
	lend_auto_buf line = { 0 };
	const char *hint = "lend demo starts a real guest to look at";

	lend_buf_printf(&line, "no NVDIMM and no virtual machine found%s",
			args->sources.n == 0 ? " on this host" : "");
	for (size_t i = 0; i < inv->n_gaps; i++) {
		if (!inv->gaps[i].matters)
			continue;
		lend_buf_printf(&line, "; %s", inv->gaps[i].what);
		if (inv->gaps[i].hint[0] != '\0')
			hint = inv->gaps[i].hint;
		break;
	}
	if (!args->no_hints)
		lend_buf_printf(&line, "; %s", hint);
	lend_note(line.text, NULL);
	return lend_has_gap_that_matters(inv) ? LEND_EXIT_BLIND : LEND_EXIT_GOOD;
}

static int print_json(const struct lend_inventory *inv, struct lend_err *err)
{
	char *text = NULL;
	size_t len;
	lend_auto_buf out = { 0 };

	if (lend_save(inv, &text, &len, err) < 0)
		return -1;
	lend_buf_put(&out, text, len);
	if (len == 0 || text[len - 1] != '\n')
		lend_buf_putc(&out, '\n');
	free(text);
	return lend_out(out.text, out.len, err);
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	const char *columns = args->columns != NULL ? args->columns
						    : "id,size_bytes,driver,slot,address,"
						      "path,resource,mode,blockdev";
	bool table = args->table || args->columns != NULL;
	lend_auto_inventory *inv = NULL;
	lend_auto_buf out = { 0 };
	int r;

	if (args->fields) {
		put_fields(&out);
		return lend_out(out.text, out.len, err);
	}
	if (args->json && table) {
		lend_hint(err, "leave one of them out");
		return lend_fail(err, LEND_E_USAGE, "--json and a table at the same time");
	}
	if (put_table(&out, NULL, columns, err) < 0 || lend_args_scan(args, &inv, err) < 0)
		return -1;
	if (args->json) {
		r = is_empty(inv) && lend_has_gap_that_matters(inv) ? LEND_EXIT_BLIND
								    : LEND_EXIT_GOOD;
		return print_json(inv, err) < 0 ? -1 : r;
	}
	if (is_empty(inv))
		return say_nothing_found(inv, args);
	r = table ? put_table(&out, inv, columns, err)
		  : lend_render_tree(&out, inv, lend_locale(), err);
	if (r < 0 || lend_out(lend_buf_text(&out), out.len, err) < 0)
		return -1;
	lend_print_gaps(inv, !args->no_hints);
	return LEND_EXIT_GOOD;
}

const struct lend_command lend_command_show = {
	.name = "show",
	.synopsis = "[OPTION...] [SOURCE...]",
	.summary = "what is there: NVDIMMs, virtual machines, their devices and guests",
	.about = "In a tree or table \"?\" could not be read, \"-\" is not there; what two\n"
		 "sources say differently is shown with both values.\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.sources = true,
	.run = run,
};
