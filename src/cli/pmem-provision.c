/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend pmem provision: from a region of the host to a DAX device, or a DAX mount. */

#include <sys/random.h>

#include "base/err.h"
#include "base/uuid.h"
#include "cli/pmem-file.h"
#include "io/out.h"
#include "plan/plan-provision.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_TEXT, "mode", 'm', mode, "MODE",
		    "fsdax (for files, the default) or devdax"),
	LEND_OPTION(LEND_OPTION_TEXT, "size", 's', size, "SIZE",
		    "how much of the region, instead of the largest\nfree piece"),
	LEND_OPTION(LEND_OPTION_TEXT, "align", 'a', align, "SIZE",
		    "of the pages that are mapped: 4K, 2M or 1G"),
	LEND_OPTION(LEND_OPTION_TEXT, "fs", '\0', fs, "TYPE",
		    "ext4, xfs or none; ext4 when it is to be mounted"),
	LEND_OPTION(LEND_OPTION_TEXT, "mount", '\0', mount, "DIR",
		    "mount it there with DAX, until the host boots"),
	LEND_OPTION_PLAN,
	LEND_OPTION_JSON,
	LEND_OPTION_CHANGE,
	LEND_OPTION_COMMON,
};

/* Version 4 of RFC 4122: random, but for six bits. */
static int make_uuid(char ret_text[LEND_UUID_TEXT], struct lend_err *err)
{
	uint8_t bytes[LEND_UUID_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return lend_fail_errno(err, "ask the kernel for random bytes");
	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	lend_uuid_format(bytes, ret_text);
	return 0;
}

static int take_size(const char *name, const char *text, bool *ret_has, uint64_t *ret,
		     struct lend_err *err)
{
	*ret_has = text != NULL;
	return text == NULL ? 0 : lend_pmem_size(name, text, ret, err);
}

static int take_mode(const char *mode, bool *ret_devdax, struct lend_err *err)
{
	*ret_devdax = mode != NULL && strcmp(mode, "devdax") == 0;
	if (mode == NULL || *ret_devdax || strcmp(mode, "fsdax") == 0)
		return 0;
	lend_hint(err, "VMs get fsdax (files) or devdax");
	return lend_fail(err, LEND_E_USAGE, "'%.40s' is no mode of a namespace for VMs", mode);
}

static void take_fs(const struct lend_args *args, struct lend_provision_request *request)
{
	if (args->fs == NULL)
		request->fs = args->mount != NULL ? "ext4" : NULL;
	else if (strcmp(args->fs, "none") != 0)
		request->fs = args->fs;
}

/* As the kernel says it in its list: without slashes at the end. */
static const char *take_folder(struct lend_change *change, const char *path)
{
	size_t len;

	if (path == NULL)
		return NULL;
	path = lend_in_absolute(&change->arena, path);
	len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	return lend_arena_strndup(&change->arena, path, len);
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	struct lend_scan_options scan = { .size = sizeof(scan), .no_guests = true };
	char namespace_uuid[LEND_UUID_TEXT], fs_uuid[LEND_UUID_TEXT];
	lend_auto_inventory *inventory = NULL;
	struct lend_provision_request request = { 0 };
	lend_auto_plan *plan = NULL;
	lend_auto_change change;

	if (lend_change_init(&change, args, err) < 0)
		return -1;
	if (args->sources.n > 1) {
		lend_hint(err, "lend show --table nd-region lists them");
		return lend_fail(err, LEND_E_USAGE, "lend pmem provision takes one region");
	}
	request.region = args->sources.n > 0 ? args->sources.items[0] : NULL;
	request.mount = take_folder(&change, args->mount);
	take_fs(args, &request);
	if (take_mode(args->mode, &request.devdax, err) < 0 ||
	    take_size("size", args->size, &request.has_size, &request.size_bytes, err) < 0 ||
	    take_size("align", args->align, &request.has_align, &request.align_bytes, err) <
		    0 ||
	    make_uuid(namespace_uuid, err) < 0 || make_uuid(fs_uuid, err) < 0)
		return -1;
	while (lend_provision_kinds[scan.n_kinds] != NULL)
		scan.n_kinds++;
	scan.kinds = lend_provision_kinds;
	if (lend_scan(&scan, &inventory, err) < 0)
		return -1;
	request.inventory = inventory;
	request.namespace_uuid = namespace_uuid;
	request.fs_uuid = fs_uuid;
	if (lend_plan_provision(&request, &plan, err) < 0)
		return -1;
	return lend_change_apply(&change, plan, args, false, err);
}

const struct lend_command lend_command_pmem_provision = {
	.name = "provision",
	.of = "pmem",
	.synopsis = "[REGION]",
	.summary = "make a namespace of the host's persistent memory, and mount it",
	.about =
		"Makes a namespace in a region by ndctl, a file system on it, and mounts that\n"
		"with DAX.  lend undo takes all of it back while it holds no data.  Without\n"
		"REGION the only one of the host is taken.\n",
	.examples = "  lend pmem provision --plan\n"
		    "  lend pmem provision region0 --mount /mnt/pmem0\n"
		    "  lend pmem provision region0 --mode devdax --size 64G\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.changes = true,
	.run = run,
};
