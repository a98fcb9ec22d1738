/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend show: the inventory, as a tree, a table or JSON. */

#include "base/err.h"
#include "cli/command.h"
#include "format/pci-address.h"
#include "render/render.h"

static const struct lend_option options[] = {
	LEND_OPTION_JSON,
	LEND_OPTION(LEND_OPTION_TEXT, "table", '\0', table, "KIND",
		    "a table of the things of one kind, such as device"),
	LEND_OPTION(LEND_OPTION_TEXT, "columns", 'c', columns, "LIST",
		    "a table with these columns: id, kind, name, guest\n"
		    "and fields; only things that have one of the fields"),
	LEND_OPTION_NO_HEADINGS,
	LEND_OPTION(LEND_OPTION_FLAG, "fields", '\0', fields, NULL,
		    "list the kinds of things and their fields"),
	LEND_OPTION_DEVICE,
	LEND_OPTION_GUEST,
	LEND_OPTION_NO_GUESTS,
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_COMMON,
};

/* What a table shows; KIND_COUNT is all kinds. */
struct table {
	uint32_t kind;
	struct lend_columns columns;
};

static int print_fields(struct lend_err *err)
{
	const char *kind, *field, *help;
	lend_auto_buf out = { 0 };

	for (size_t k = 0; lend_kind(k, &kind, &help); k++) {
		lend_buf_printf(&out, "%s%s: %s\n", k > 0 ? "\n" : "", kind, help);
		for (size_t i = 0; lend_field(kind, i, &field, &help); i++)
			lend_buf_printf(&out, "  %-18s %s\n", field, help);
	}
	return lend_out(&out, err);
}

static const char *kind_at(const void *context, size_t i)
{
	const char *kind = NULL;

	(void)context;
	(void)lend_kind(i, &kind, NULL);
	return kind;
}

static const char *column_at(const void *context, size_t i)
{
	const struct table *table = context;

	return lend_render_node_column(table->kind, i);
}

/* Before anything is looked at, so that a slip of the pen costs no time. */
static int make_table(const struct lend_args *args, struct table *ret_table,
		      struct lend_err *err)
{
	ret_table->kind = LEND_KIND_COUNT;
	if (args->table != NULL) {
		ret_table->kind = lend_kind_of_name(args->table, strlen(args->table));
		if (ret_table->kind == LEND_KIND_COUNT) {
			lend_hint_near(err, "", args->table, kind_at, NULL);
			lend_hint(err, "lend show --fields lists the kinds");
			return lend_fail(err, LEND_E_USAGE, "there is no kind '%.60s'",
					 args->table);
		}
	}
	if (args->columns == NULL)
		return 0;
	if (lend_parse_columns(args->columns, column_at, ret_table, &ret_table->columns, err) <
	    0) {
		lend_hint(err, "lend show --fields lists them");
		return -1;
	}
	return 0;
}

static bool has_fact(const struct lend_inventory *inv, const struct lend_field *field,
		     uint32_t kind)
{
	for (const struct lend_node *node = NULL;
	     (node = lend_next_of(inv, kind, node)) != NULL;) {
		if (lend_fact_at(node, field)->known != LEND_NOT_ASKED)
			return true;
	}
	return false;
}

/* All that is known about a kind: id, and the fields that anybody looked at. */
static void choose_columns(struct table *table, const struct lend_inventory *inv)
{
	const struct lend_kind_info *info = lend_kinds[table->kind];
	struct lend_columns *columns = &table->columns;

	columns->items[columns->n++] = "id";
	for (size_t i = 0; i < info->n_fields && columns->n < LEND_COLUMNS_MAX; i++) {
		if (has_fact(inv, &info->fields[i], table->kind))
			columns->items[columns->n++] = info->fields[i].name;
	}
}

/* What every machine has: without anything else there is no NVDIMM and no VM. */
static const bool is_of_machine[LEND_KIND_COUNT] = {
	[LEND_KIND_HOST] = true,    [LEND_KIND_PCI] = true,   [LEND_KIND_NET] = true,
	[LEND_KIND_ADDRESS] = true, [LEND_KIND_ROUTE] = true, [LEND_KIND_SESSION] = true,
};

enum found { NOTHING, MACHINE, MORE };

static enum found what_is_found(const struct lend_inventory *first)
{
	enum found found = NOTHING;

	for (const struct lend_inventory *inv = first; inv != NULL; inv = lend_next_host(inv)) {
		for (const struct lend_node *node = NULL;
		     (node = lend_next(inv, node)) != NULL;) {
			if (!is_of_machine[node->kind])
				return MORE;
			if (node->kind == LEND_KIND_PCI)
				found = MACHINE;
		}
	}
	return found;
}

static const struct lend_gap *gap_that_matters(const struct lend_inventory *first)
{
	for (const struct lend_inventory *inv = first; inv != NULL; inv = lend_next_host(inv)) {
		for (size_t i = 0; i < inv->n_gaps; i++) {
			if (inv->gaps[i].matters)
				return &inv->gaps[i];
		}
	}
	return NULL;
}

/* One line for a machine with nothing of interest: not there, not seen, what to try. */
static void say_nothing_found(const struct lend_gap *gap, const struct lend_args *args)
{
	const char *hint = "lend demo starts a real guest to look at";
	lend_auto_buf line = { 0 };

	lend_buf_printf(&line, "no NVDIMM and no virtual machine found%s",
			args->sources.n == 0 ? " on this host" : "");
	if (gap != NULL)
		lend_buf_printf(&line, "; %s", gap->what);
	if (gap != NULL && gap->hint[0] != '\0')
		hint = gap->hint;
	if (!args->no_hints)
		lend_buf_printf(&line, "; %s", hint);
	lend_note(line.text, NULL);
}

/* The function of that address; what is wrong with it otherwise. */
static const struct lend_node *find_device(const struct lend_inventory *inv, const char *text,
					   struct lend_err *err)
{
	const struct lend_node *node;
	struct lend_pci_address address;
	char name[LEND_PCI_ADDRESS_TEXT];
	lend_auto_buf id = { 0 };

	if (!lend_pci_address_parse(text, strlen(text), &address)) {
		lend_hint(err, "write 0000:62:00.5, or 62:00.5 in domain 0");
		(void)lend_fail(err, LEND_E_USAGE, "'%.60s' is no PCI address", text);
		return NULL;
	}
	lend_pci_address_format(&address, name);
	lend_buf_printf(&id, "pci/%s", name);
	node = lend_find(inv, id.text);
	if (node == NULL)
		(void)lend_fail(err, LEND_E_USAGE, "there is no PCI function %s", name);
	return node;
}

static bool has_gap(const struct lend_inventory *inv, const char *about)
{
	for (size_t i = 0; i < inv->n_gaps; i++) {
		if (inv->gaps[i].matters && strcmp(inv->gaps[i].about, about) == 0)
			return true;
	}
	return false;
}

/* All that is known of the functions that were named. */
static int put_devices(struct lend_buf *out, const struct lend_inventory *inv,
		       const struct lend_args *args, const struct table *table,
		       const struct lend_style *style, struct lend_err *err)
{
	lend_auto_buf marks = { 0 };
	bool *only = (bool *)lend_buf_room(&marks, inv->n_nodes);

	memset(only, 0, inv->n_nodes);
	for (size_t i = 0; i < args->devices.n; i++) {
		const struct lend_node *node = find_device(inv, args->devices.items[i], err);

		if (node == NULL && has_gap(inv, "pci"))
			continue; /* which is said with the other gaps */
		if (node == NULL)
			return -1;
		only[node->index] = true;
	}
	if (args->table != NULL || args->columns != NULL) {
		lend_render_nodes(out, inv, table->kind, table->columns.items, table->columns.n,
				  only, style);
		return 0;
	}
	for (const struct lend_node *node = NULL; (node = lend_next(inv, node)) != NULL;) {
		if (only[node->index])
			lend_render_node(out, inv, node, style);
	}
	return 0;
}

static int put_host(struct lend_buf *out, const struct lend_inventory *inv,
		    const struct lend_args *args, const struct table *table,
		    struct lend_err *err)
{
	struct lend_style style = lend_args_style(args, true);
	struct table all = *table;

	if (args->table != NULL && args->columns == NULL)
		choose_columns(&all, inv);
	if (args->devices.n > 0)
		return put_devices(out, inv, args, &all, &style, err);
	if (args->table == NULL && args->columns == NULL)
		return lend_render_tree(out, inv, &style, err);
	lend_render_nodes(out, inv, all.kind, all.columns.items, all.columns.n, NULL, &style);
	return 0;
}

static int print(const struct lend_inventory *first, const struct lend_args *args,
		 const struct table *table, struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	if (args->json) {
		size_t len;

		if (lend_save(first, &out.text, &len, err) < 0)
			return -1;
		out.len = len;
		return lend_out(&out, err);
	}
	for (const struct lend_inventory *inv = first; inv != NULL; inv = lend_next_host(inv)) {
		if (!args->no_headings)
			lend_put_host(&out, first, inv);
		if (put_host(&out, inv, args, table, err) < 0)
			return -1;
	}
	return lend_out(&out, err);
}

/* What is needed to see a PCI function, and who has it. */
static const char *const device_kinds[] = { "host", "vm", "pci", NULL };

static int run(const struct lend_args *args, struct lend_err *err)
{
	bool table_wanted = args->table != NULL || args->columns != NULL;
	lend_auto_inventory *first = NULL;
	const struct lend_gap *gap;
	struct table table = { 0 };
	enum found found;
	bool empty;

	if (args->fields)
		return print_fields(err);
	if (args->devices.n > 0 && args->table != NULL && strcmp(args->table, "pci") != 0) {
		lend_hint(err, "leave one of them out");
		return lend_fail(err, LEND_E_USAGE, "--device shows PCI functions, not '%.60s'",
				 args->table);
	}
	if (args->json && table_wanted) {
		lend_hint(err, "leave one of them out");
		return lend_fail(err, LEND_E_USAGE, "--json and a table at the same time");
	}
	if (make_table(args, &table, err) < 0 ||
	    lend_args_scan(args, args->devices.n > 0 ? device_kinds : NULL, &first, err) < 0)
		return -1;
	found = what_is_found(first);
	empty = found == NOTHING && args->devices.n == 0;
	gap = gap_that_matters(first);
	if ((!empty || args->json) && print(first, args, &table, err) < 0)
		return -1;
	if (empty && !args->json)
		say_nothing_found(gap, args);
	else if (!args->json)
		lend_print_gaps(first, !args->no_hints);
	if (found == MACHINE && !args->json && !table_wanted && args->devices.n == 0)
		say_nothing_found(NULL, args);
	if (args->devices.n > 0 && has_gap(first, "pci"))
		return LEND_EXIT_BLIND;
	return empty && gap != NULL ? LEND_EXIT_BLIND : LEND_EXIT_GOOD;
}

const struct lend_command lend_command_show = {
	.name = "show",
	.synopsis = "[OPTION...] [SOURCE...]",
	.summary = "what is there and who uses it: NVDIMMs, VMs, guests, PCI, disks",
	.about = "In a tree or table \"?\" could not be read, \"-\" is not there; what two\n"
		 "sources say differently is shown with both values.\n",
	.examples = "  lend show\n"
		    "  lend show --table device\n"
		    "  lend show --device 62:00.5\n"
		    "  lend show --columns name,slot,address,size_bytes qmp:/run/db1.qmp\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.sources = true,
	.run = run,
};
