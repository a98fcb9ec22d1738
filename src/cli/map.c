/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend map: host backing, VM device and guest device side by side. */

#include <sys/stat.h>

#include "base/err.h"
#include "cli/command.h"
#include "model/map.h"
#include "render/render.h"

static const struct lend_option options[] = {
	LEND_OPTION_GUEST,
	LEND_OPTION(LEND_OPTION_TEXT, "backing", 'b', backing, "FILE",
		    "only the rows of that file, by path or by inode"),
	LEND_OPTION(LEND_OPTION_TEXT, "guest-device", 'd', guest_device, "NAME",
		    "only the rows of pmem0, dax0.0, nmem0, region0 or\n"
		    "namespace0.0 in the guest"),
	LEND_OPTION(LEND_OPTION_FLAG, "verbose", 'v', verbose, NULL,
		    "show the evidence of matched pairs, too"),
	LEND_OPTION_JSON,
	LEND_OPTION(LEND_OPTION_TEXT, "columns", 'c', columns, "LIST",
		    "other columns than the usual ones, see below"),
	LEND_OPTION_NO_HEADINGS,
	LEND_OPTION_NO_GUESTS,
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_COMMON,
};

/* A file of this host says nothing about the inodes of another one. */
static bool is_this_host(const struct lend_args *args)
{
	for (size_t i = 0; i < args->sources.n; i++) {
		if (strncmp(args->sources.items[i], "qmp:", 4) != 0 &&
		    strncmp(args->sources.items[i], "qga:", 4) != 0)
			return false;
	}
	return true;
}

static void filter_rows(struct lend_map *map, const struct lend_args *args)
{
	bool has_file = args->backing != NULL && is_this_host(args);
	struct stat st;

	has_file = has_file && stat(args->backing, &st) == 0;
	lend_map_filter(map, args->backing, has_file ? &st : NULL, args->guest_device);
}

/* What the maps of all hosts say together. */
struct result {
	size_t rows;
	enum lend_map_outcome outcome;
	const char *unseen; /* a VM, see struct lend_map */
};

static void judge(struct result *result, const struct lend_map *map)
{
	enum lend_map_outcome outcome = lend_map_outcome(map);

	if (outcome > result->outcome)
		result->outcome = outcome;
	result->rows += map->n_pairs;
	if (result->unseen == NULL)
		result->unseen = map->unseen;
}

/* What the user asked for with --backing or --guest-device should be there. */
static int exit_status(const struct result *result, const struct lend_args *args)
{
	bool asked = args->backing != NULL || args->guest_device != NULL;

	switch (result->outcome) {
	case LEND_MAP_NOTHING:
		return asked ? LEND_EXIT_FINDINGS : LEND_EXIT_GOOD;
	case LEND_MAP_BLIND:
		return LEND_EXIT_BLIND;
	case LEND_MAP_UNCLEAR:
		return LEND_EXIT_FINDINGS;
	case LEND_MAP_CLEAR:
		break;
	}
	return LEND_EXIT_GOOD;
}

static void say_no_row(const struct lend_args *args, const char *unseen)
{
	const char *between =
		args->backing != NULL && args->guest_device != NULL ? " with " : "";
	lend_auto_buf line = { 0 };
	lend_auto_buf hint = { 0 };

	lend_buf_printf(&line, "no row has %s%s%s", args->backing != NULL ? args->backing : "",
			between, args->guest_device != NULL ? args->guest_device : "");
	if (unseen != NULL) {
		lend_buf_printf(&line, "; nobody looked into the guest of %s", unseen);
		lend_buf_printf(&hint,
				"run \"ndctl list -DRNiv\" in it, and give what it prints by "
				"--guest %s=FILE",
				unseen);
	}
	lend_note(line.text, hint.len > 0 && !args->no_hints ? hint.text : NULL);
}

static void say_nothing_found(const struct lend_inventory *first, const struct lend_args *args)
{
	bool vms = false, gaps = false;
	lend_auto_buf line = { 0 };

	for (const struct lend_inventory *inv = first; inv != NULL; inv = lend_next_host(inv)) {
		vms |= lend_next_of(inv, LEND_KIND_VM, NULL) != NULL;
		gaps |= inv->n_gaps > 0;
	}
	lend_buf_printf(&line, "%s%s",
			vms ? "no virtual machine has an NVDIMM" : "no virtual machine found",
			args->sources.n == 0 ? " on this host" : "");
	lend_note(line.text,
		  gaps || args->no_hints ? NULL : "lend demo starts a real guest to look at");
}

static int put_map(struct lend_buf *out, const struct lend_map *map,
		   const struct lend_args *args, const struct lend_columns *columns,
		   struct lend_err *err)
{
	char *text = NULL;
	size_t len;

	if (!args->json) {
		/* A dispute is shown with a sign beyond ASCII. */
		struct lend_style style = lend_args_style(
			args, map->inv->beyond_ascii || map->inv->n_disputes > 0);

		lend_render_map(out, map, columns->items, columns->n, &style);
		return 0;
	}
	if (lend_map_save(map, &text, &len, err) < 0)
		return -1;
	lend_buf_put(out, text, len);
	free(text);
	return 0;
}

/* Adds the map of one host to the output and to the result. */
static int add_host(struct lend_buf *out, struct result *result,
		    const struct lend_inventory *first, const struct lend_inventory *inv,
		    const struct lend_args *args, const struct lend_columns *columns,
		    struct lend_err *err)
{
	struct lend_map *map = NULL;
	int r = 0;

	if (lend_map_make(inv, &map, err) < 0)
		return -1;
	filter_rows(map, args);
	judge(result, map);
	if (map->n_pairs > 0 && !args->json && !args->no_headings)
		lend_put_host(out, first, inv);
	if (map->n_pairs > 0 || args->json)
		r = put_map(out, map, args, columns, err);
	lend_map_free(map);
	return r;
}

static const char *column_at(const void *context, size_t i)
{
	(void)context;
	return lend_map_column(i);
}

static int make_columns(const struct lend_args *args, struct lend_columns *ret_columns,
			struct lend_err *err)
{
	if (args->columns == NULL) {
		for (size_t i = 0; i < LEND_MAP_USUAL; i++)
			ret_columns->items[ret_columns->n++] = lend_map_column(i);
		return 0;
	}
	if (args->json) {
		lend_hint(err, "leave one of them out");
		return lend_fail(err, LEND_E_USAGE, "--json and a table at the same time");
	}
	if (lend_parse_columns(args->columns, column_at, NULL, ret_columns, err) < 0) {
		lend_hint(err, "lend map --help lists them");
		return -1;
	}
	return 0;
}

static bool wants_persistence(const struct lend_args *args, const struct lend_columns *columns)
{
	for (size_t i = 0; i < columns->n; i++) {
		if (strcmp(columns->items[i], "persistence") == 0)
			return true;
	}
	return args->json;
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	const char *kinds[5] = { "device", "nd-namespace", NULL };
	size_t n = 2;
	struct lend_columns columns = { 0 };
	lend_auto_inventory *first = NULL;
	struct result result = { 0 };
	lend_auto_buf out = { 0 };

	if (make_columns(args, &columns, err) < 0)
		return -1;
	/* Hosts are called by their names only where there are several. */
	if (args->sources.n > 1)
		kinds[n++] = "host";
	if (wants_persistence(args, &columns))
		kinds[n++] = "backing";
	if (lend_args_scan(args, kinds, &first, err) < 0)
		return -1;
	for (const struct lend_inventory *inv = first; inv != NULL; inv = lend_next_host(inv)) {
		if (add_host(&out, &result, first, inv, args, &columns, err) < 0)
			return -1;
	}
	if ((result.rows > 0 || args->json) && lend_out(&out, err) < 0)
		return -1;
	if (args->json)
		return exit_status(&result, args);
	if (result.rows == 0 && (args->backing != NULL || args->guest_device != NULL))
		say_no_row(args, result.unseen);
	else if (result.rows == 0)
		say_nothing_found(first, args);
	lend_print_gaps(first, !args->no_hints);
	return exit_status(&result, args);
}

const struct lend_command lend_command_map = {
	.name = "map",
	.synopsis = "[OPTION...] [SOURCE...]",
	.summary = "which host file is which device of a VM, and which one in its guest",
	.about =
		"Columns: vm, backing, device, slot, dimm, region, namespace, blockdev,\n"
		"verdict; and chardev, mode, uuid, address, size_bytes, label_bytes, nfit_id,\n"
		"handle, dev, inode, evidence, persistence.\n\n"
		"Ambiguous and contradicted pairs are findings (exit status 1), and so is\n"
		"--backing or --guest-device without a row.\n",
	.examples = "  lend map\n"
		    "  lend map --guest db1=ndctl.json --guest-device /dev/pmem0\n"
		    "  lend map --backing /mnt/pmem/db1.img qmp:/run/db1.qmp\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.sources = true,
	.run = run,
};
