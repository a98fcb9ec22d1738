/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend map: host backing, VM device and guest device side by side. */

#include <inttypes.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

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

/* What --backing and --guest-device keep. */
struct filter {
	const struct lend_inventory *inv;
	const char *backing;      /* NULL keeps all */
	const char *guest_device; /* without /dev/; NULL keeps all */
	bool has_file;            /* device and inode of backing are known */
	char dev[32];
	uint64_t inode;
};

static bool is_text(const char *text, const char *want)
{
	return text != NULL && strcmp(text, want) == 0;
}

static bool is_region(const struct filter *filter, const struct lend_nd_region *region)
{
	const struct lend_node *node;

	if (region == NULL)
		return false;
	if (is_text(region->node.name, filter->guest_device))
		return true;
	for (size_t i = 0; (node = lend_user_of(filter->inv, &region->node, i)) != NULL; i++) {
		const struct lend_nd_namespace *ns = lend_as_nd_namespace(node);

		if (node->kind == LEND_KIND_ND_NAMESPACE &&
		    (is_text(node->name, filter->guest_device) ||
		     is_text(lend_map_text_of(&ns->blockdev), filter->guest_device) ||
		     is_text(lend_map_text_of(&ns->chardev), filter->guest_device)))
			return true;
	}
	return false;
}

static bool is_guest_device(const struct filter *filter, const struct lend_nd_dimm *dimm,
			    const struct lend_nd_region *region)
{
	return (dimm != NULL && is_text(dimm->node.name, filter->guest_device)) ||
	       is_region(filter, region);
}

static bool is_backing(const struct filter *filter, const struct lend_backing *backing,
		       const char *path)
{
	if (is_text(path, filter->backing))
		return true;
	return filter->has_file && backing != NULL && backing->inode.known == LEND_KNOWN &&
	       backing->inode.v.u64 == filter->inode &&
	       is_text(lend_map_text_of(&backing->dev), filter->dev);
}

/* A candidate is an answer, too: that the device may be in this row. */
static bool keeps(const struct lend_pair *pair, void *arg)
{
	const struct filter *filter = arg;
	bool device = filter->guest_device == NULL ||
		      is_guest_device(filter, pair->dimm, pair->region);
	bool backing = filter->backing == NULL ||
		       is_backing(filter, pair->backing, lend_map_path(pair));

	for (size_t i = 0; i < pair->n_candidates; i++) {
		const struct lend_map_candidate *c = &pair->candidates[i];

		device = device || is_guest_device(filter, c->dimm, c->region);
		backing = backing ||
			  (c->backing != NULL &&
			   is_backing(filter, c->backing, lend_map_text_of(&c->backing->path)));
	}
	return device && backing;
}

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
	struct filter filter = {
		.inv = map->inv,
		.backing = args->backing,
		.guest_device = args->guest_device,
	};
	struct stat st;

	if (filter.guest_device != NULL && strncmp(filter.guest_device, "/dev/", 5) == 0)
		filter.guest_device += 5;
	if (filter.backing != NULL && is_this_host(args) && stat(filter.backing, &st) == 0) {
		filter.has_file = true;
		(void)snprintf(filter.dev, sizeof(filter.dev), "%u:%u", major(st.st_dev),
			       minor(st.st_dev));
		filter.inode = st.st_ino;
	}
	lend_map_keep(map, keeps, &filter);
}

/*
 * A VM into whose guest nobody looked, when something in a guest is asked for:
 * then its not being found says nothing.  NULL when there is none.
 */
static const char *unseen_guest(const struct lend_map *map, const struct lend_args *args)
{
	for (size_t i = 0; args->guest_device != NULL && i < map->n_pairs; i++) {
		if (map->pairs[i].vm_name != NULL &&
		    !lend_map_has_guest(map, map->pairs[i].vm_name))
			return map->pairs[i].vm_name;
	}
	return NULL;
}

/* What the maps of all hosts say together. */
struct result {
	size_t rows;
	bool unclear; /* a row is ambiguous or contradicted */
	bool hidden;  /* a row without a guest's word, where something could not be seen */
	const char *unseen; /* a VM, see unseen_guest */
};

static void judge(struct result *result, const struct lend_map *map, const char *unseen)
{
	bool missing = map->n_pairs == 0;

	for (size_t i = 0; i < map->n_pairs; i++) {
		enum lend_verdict verdict = map->pairs[i].verdict;

		result->unclear |= verdict == LEND_AMBIGUOUS || verdict == LEND_CONTRADICTED;
		missing |= verdict != LEND_MATCHED;
	}
	result->hidden |= missing && (unseen != NULL || lend_has_gap_that_matters(map->inv));
	result->rows += map->n_pairs;
	if (result->unseen == NULL)
		result->unseen = unseen;
}

/* What the user asked for with --backing or --guest-device should be there. */
static int exit_status(const struct result *result, const struct lend_args *args)
{
	bool asked = args->backing != NULL || args->guest_device != NULL;

	if (result->unclear)
		return LEND_EXIT_FINDINGS;
	if (result->hidden)
		return LEND_EXIT_BLIND;
	return asked && result->rows == 0 ? LEND_EXIT_FINDINGS : LEND_EXIT_GOOD;
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
	struct lend_style style = lend_args_style(args);
	char *text = NULL;
	size_t len;

	if (!args->json)
		return lend_render_map(out, map, columns->items, columns->n, &style, err);
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
	const char *unseen;
	int r = 0;

	if (lend_map_make(inv, &map, err) < 0)
		return -1;
	unseen = unseen_guest(map, args);
	filter_rows(map, args);
	judge(result, map, unseen);
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
	return lend_render_map_column(i);
}

static int make_columns(const struct lend_args *args, struct lend_columns *ret_columns,
			struct lend_err *err)
{
	if (args->columns == NULL) {
		for (size_t i = 0; i < LEND_RENDER_MAP_USUAL; i++)
			ret_columns->items[ret_columns->n++] = lend_render_map_column(i);
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

static int run(const struct lend_args *args, struct lend_err *err)
{
	struct lend_columns columns = { 0 };
	lend_auto_inventory *first = NULL;
	struct result result = { 0 };
	lend_auto_buf out = { 0 };

	if (make_columns(args, &columns, err) < 0 || lend_args_scan(args, &first, err) < 0)
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
		"handle, dev, inode, evidence.\n\n"
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
