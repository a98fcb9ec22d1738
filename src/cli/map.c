/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend map: host backing, VM device and guest device side by side. */

#include <inttypes.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/err.h"
#include "base/json.h"
#include "cli/command.h"
#include "model/inventory.h"
#include "render/render.h"

static const struct lend_option options[] = {
	LEND_OPTION_GUEST,
	LEND_OPTION(LEND_OPTION_TEXT, "backing", 'b', backing, "FILE",
		    "only the rows of that file, by path or device and inode"),
	LEND_OPTION(LEND_OPTION_TEXT, "guest-device", 'd', guest_device, "NAME",
		    "only the rows of pmem0, nmem0, region0, namespace0.0 or\n"
		    "dax0.0 in the guest"),
	LEND_OPTION(LEND_OPTION_FLAG, "verbose", 'v', verbose, NULL,
		    "show the evidence of matched pairs, too"),
	LEND_OPTION_JSON,
	LEND_OPTION_NO_GUESTS,
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_COMMON,
};

/* What --backing and --guest-device keep. */
struct filter {
	const char *backing;      /* NULL keeps all */
	const char *guest_device; /* without /dev/; NULL keeps all */
	bool has_file;            /* dev and inode of backing are known */
	char dev[32];
	char inode[32];
};

static bool text_is(const struct lend_map *map, size_t row, const char *column,
		    const char *want)
{
	const char *text = lend_map_text(map, row, column);

	return text != NULL && strcmp(text, want) == 0;
}

/* One of the names in "a,b" is want. */
static bool list_has(const char *list, const char *want)
{
	size_t want_len = strlen(want);

	while (list != NULL) {
		size_t len = strcspn(list, ",");

		if (len == want_len && memcmp(list, want, len) == 0)
			return true;
		list = list[len] == ',' ? list + len + 1 : NULL;
	}
	return false;
}

static bool keeps(const struct lend_map *map, size_t row, const void *context)
{
	static const char *const names[] = { "dimm", "region", "namespace", "blockdev",
					     "chardev" };
	const struct filter *filter = context;
	bool kept = filter->guest_device == NULL;

	for (size_t i = 0; !kept && i < LEND_COUNT(names); i++)
		kept = list_has(lend_map_text(map, row, names[i]), filter->guest_device);
	if (!kept || filter->backing == NULL)
		return kept;
	return text_is(map, row, "backing", filter->backing) ||
	       (filter->has_file && text_is(map, row, "backing_dev", filter->dev) &&
		text_is(map, row, "backing_inode", filter->inode));
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

static struct filter make_filter(const struct lend_args *args)
{
	struct filter filter = { .backing = args->backing, .guest_device = args->guest_device };
	struct stat st;

	if (filter.guest_device != NULL && strncmp(filter.guest_device, "/dev/", 5) == 0)
		filter.guest_device += 5;
	if (filter.backing != NULL && is_this_host(args) && stat(filter.backing, &st) == 0) {
		filter.has_file = true;
		(void)snprintf(filter.dev, sizeof(filter.dev), "%u:%u", major(st.st_dev),
			       minor(st.st_dev));
		(void)snprintf(filter.inode, sizeof(filter.inode), "%ju", (uintmax_t)st.st_ino);
	}
	return filter;
}

static int print_json(const struct lend_map *map, const struct filter *filter,
		      struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	char *text = NULL;
	const char *at, *end;
	size_t len, n;

	if (lend_map_save(map, &text, &len, err) < 0)
		return -1;
	/* The document is our own: "pairs" comes once, its elements are the rows in order. */
	end = text + len;
	at = strstr(text, "\"pairs\"");
	at = at != NULL ? strchr(at, '[') : NULL;
	at = at != NULL ? at + 1 : end;
	lend_buf_put(&out, text, (size_t)(at - text));
	n = out.len;
	for (size_t row = 0; row < lend_map_count(map); row++) {
		size_t value = lend_json_scan(at, (size_t)(end - at));

		if (keeps(map, row, filter)) {
			lend_buf_puts(&out, out.len > n ? "," : "");
			lend_buf_put(&out, at, value);
		}
		at += value;
		if (at < end && *at == ',')
			at++;
	}
	lend_buf_put(&out, at, (size_t)(end - at));
	if (out.text[out.len - 1] != '\n')
		lend_buf_putc(&out, '\n');
	free(text);
	return lend_out(out.text, out.len, err);
}

/* Whether what could not be seen is about the VM of a row. */
static bool is_about(const struct lend_gap *gap, const char *vm)
{
	const char *slash = strchr(gap->about, '/');
	size_t len = strlen(vm);

	if (strcmp(gap->about, vm) == 0)
		return true;
	if (slash == NULL)
		return false;
	if (strncmp(gap->about, vm, len) == 0 && gap->about[len] == '/')
		return true;
	return strncmp(slash + 1, vm, len) == 0 &&
	       (slash[1 + len] == '\0' || slash[1 + len] == ':');
}

static bool is_blind_about(const struct lend_inventory *inv, const char *vm)
{
	for (size_t i = 0; vm != NULL && i < inv->n_gaps; i++) {
		if (inv->gaps[i].matters && is_about(&inv->gaps[i], vm))
			return true;
	}
	return false;
}

/* design: contradicted or ambiguous is 1; nothing found while something was not seen is 4 */
static int judge(const struct lend_inventory *inv, const struct lend_map *map,
		 const struct filter *filter, size_t *ret_kept)
{
	size_t kept = 0, bad = 0, found = 0;
	bool blind = false;

	for (size_t row = 0; row < lend_map_count(map); row++) {
		enum lend_verdict verdict = lend_map_verdict(map, row);

		if (!keeps(map, row, filter))
			continue;
		kept++;
		if (verdict == LEND_AMBIGUOUS || verdict == LEND_CONTRADICTED)
			bad++;
		else if (verdict == LEND_MATCHED || verdict == LEND_PREDICTED_PAIR)
			found++;
		else if (is_blind_about(inv, lend_map_text(map, row, "vm")))
			blind = true;
	}
	*ret_kept = kept;
	if (bad > 0)
		return LEND_EXIT_FINDINGS;
	if (blind || (found == 0 && lend_has_gap_that_matters(inv)))
		return LEND_EXIT_BLIND;
	if (kept == 0 && (filter->backing != NULL || filter->guest_device != NULL))
		return LEND_EXIT_FINDINGS;
	return LEND_EXIT_GOOD;
}

static void say_nothing_found(const struct lend_inventory *inv, const struct lend_args *args)
{
	bool vms = lend_next_of(inv, LEND_KIND_VM, NULL) != NULL;
	const char *here = args->sources.n == 0 ? " on this host" : "";
	lend_auto_buf line = { 0 };

	if (args->guest_device != NULL || args->backing != NULL)
		lend_buf_printf(
			&line, "no row has %s%s%s", args->backing != NULL ? args->backing : "",
			args->backing != NULL && args->guest_device != NULL ? " with " : "",
			args->guest_device != NULL ? args->guest_device : "");
	else if (vms)
		lend_buf_printf(&line, "no virtual machine has an NVDIMM%s", here);
	else
		lend_buf_printf(&line, "no running QEMU found%s", here);
	if (inv->n_gaps > 0) {
		lend_note(line.text, NULL);
		lend_print_gaps(inv, !args->no_hints);
	} else {
		lend_note(line.text,
			  args->no_hints ? NULL : "lend demo starts a real guest to look at");
	}
}

static int report(const struct lend_inventory *inv, const struct lend_map *map,
		  const struct lend_args *args, struct lend_err *err)
{
	struct filter filter = make_filter(args);
	lend_auto_buf out = { 0 };
	size_t kept;
	int status = judge(inv, map, &filter, &kept);

	if (args->json)
		return print_json(map, &filter, err) < 0 ? -1 : status;
	if (kept == 0) {
		say_nothing_found(inv, args);
		return status;
	}
	if (lend_render_map(&out, map, keeps, &filter, args->verbose, lend_locale(), err) < 0 ||
	    lend_out(out.text, out.len, err) < 0)
		return -1;
	lend_print_gaps(inv, !args->no_hints);
	return status;
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_inventory *inv = NULL;
	struct lend_map *map = NULL;
	int r;

	if (lend_args_scan(args, &inv, err) < 0 || lend_map_make(inv, &map, err) < 0)
		return -1;
	r = report(inv, map, args, err);
	lend_map_free(map);
	return r;
}

const struct lend_command lend_command_map = {
	.name = "map",
	.synopsis = "[OPTION...] [SOURCE...]",
	.summary = "which host file is which device of a VM, and which one in its guest",
	.about = "Ambiguous and contradicted pairs are findings (exit status 1), and so is\n"
		 "--backing or --guest-device without a row.\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.sources = true,
	.run = run,
};
