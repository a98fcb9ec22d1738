/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Namespaces of the host by their UUID (Linux
 * Documentation/ABI/testing/sysfs-bus-nvdimm, drivers/nvdimm/claim.c: who
 * holds a namespace has the block or DAX device).
 */

#include "apply/nd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/num.h"
#include "io/io.h"

enum {
	ATTRIBUTE_MAX = 65536,
	/* A struct page for each 4 KiB is written when a namespace is made. */
	RUN_MS = 15 * 60 * 1000,
};

/* ---- sysfs ---- */

static const char *root(const struct lend_step *step, const char *key, const char *usual)
{
	const char *value = lend_pairs_get(&step->args, key);

	return value != NULL ? value : usual;
}

struct look {
	struct lend_doing *doing;
	const char *devices; /* "/sys/bus/nd/devices" */
	const char *dev;
};

/* One line; NULL when it is not there, or is empty. */
static int attribute(const struct look *l, const char *device, const char *name,
		     const char **ret, struct lend_err *err)
{
	const char *path =
		lend_arena_printf(l->doing->arena, "%s/%s/%s", l->devices, device, name);
	lend_auto_buf text = { 0 };
	size_t len;
	int r = lend_write_read(l->doing->writer, path, ATTRIBUTE_MAX, &text, err);

	*ret = NULL;
	/* Devices come and go while we look. */
	if (r < 0 && err != NULL && (err->os_errno == ENODEV || err->os_errno == ENXIO))
		return 0;
	if (r != 0)
		return r < 0 ? -1 : 0;
	len = strcspn(lend_buf_text(&text), "\n");
	if (len > 0)
		*ret = lend_arena_strndup(l->doing->arena, lend_buf_text(&text), len);
	return 0;
}

static int number(const struct look *l, const char *device, const char *name, uint64_t *ret,
		  struct lend_err *err)
{
	const char *text;

	*ret = 0;
	if (attribute(l, device, name, &text, err) < 0)
		return -1;
	if (text != NULL && !lend_parse_u64(text, 10, ret))
		return lend_fail(err, LEND_E_FORMAT, "'%.40s' of %.60s is no number", name,
				 device);
	return 0;
}

/* The first name in a folder that is prefix and a number; any, when prefix is "".  NULL: none.
 */
static int name_in(const struct look *l, const char *folder, const char *prefix,
		   const char **ret, struct lend_err *err)
{
	const char *path = lend_arena_printf(l->doing->arena, "%s/%s", l->devices, folder);
	size_t len = strlen(prefix);
	const char **names;
	size_t n;

	*ret = NULL;
	if (lend_write_names(l->doing->writer, path, l->doing->arena, &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && *ret == NULL; i++) {
		if (len == 0 ||
		    (strncmp(names[i], prefix, len) == 0 && lend_ascii_is_digit(names[i][len])))
			*ret = names[i];
	}
	return 0;
}

static int has_driver(const struct look *l, const char *device, bool *ret, struct lend_err *err)
{
	const char *path =
		lend_arena_printf(l->doing->arena, "%s/%s/driver", l->devices, device);
	struct stat st;
	int r = lend_write_stat(l->doing->writer, path, &st, err);

	*ret = *ret || r == 0;
	return r < 0 ? -1 : 0;
}

static const char *mode_word(const char *mode)
{
	static const char *const words[][2] = { { "memory", "fsdax" },
						{ "dax", "devdax" },
						{ "safe", "sector" } };

	for (size_t i = 0; mode != NULL && i < LEND_COUNT(words); i++) {
		if (strcmp(mode, words[i][0]) == 0)
			return words[i][1];
	}
	return mode != NULL ? mode : "raw";
}

static int find_dax(const struct look *l, struct lend_nd *nd, struct lend_err *err)
{
	const char *name, *below;

	if (nd->holder == NULL || strncmp(nd->holder, "dax", 3) != 0)
		return 0;
	if (name_in(l, nd->holder, "dax", &name, err) < 0)
		return -1;
	if (name == NULL)
		return 0;
	below = lend_arena_printf(l->doing->arena, "%s/%s", nd->holder, name);
	nd->dax = lend_arena_printf(l->doing->arena, "%s/%s", l->dev, name);
	if (number(l, below, "align", &nd->dax_align, err) < 0)
		return -1;
	return number(l, below, "size", &nd->dax_bytes, err);
}

static int fill(const struct look *l, struct lend_nd *nd, struct lend_err *err)
{
	const char *user, *text, *block;

	if (attribute(l, nd->name, "holder", &nd->holder, err) < 0 ||
	    attribute(l, nd->name, "mode", &text, err) < 0)
		return -1;
	nd->mode = mode_word(text);
	user = nd->holder != NULL ? nd->holder : nd->name;
	if (has_driver(l, nd->name, &nd->enabled, err) < 0 ||
	    has_driver(l, user, &nd->enabled, err) < 0 ||
	    name_in(l, lend_arena_printf(l->doing->arena, "%s/block", user), "", &block, err) <
		    0)
		return -1;
	if (block != NULL) {
		nd->block = lend_arena_printf(l->doing->arena, "%s/%s", l->dev, block);
		if (attribute(l, lend_arena_printf(l->doing->arena, "%s/block/%s", user, block),
			      "badblocks", &text, err) < 0)
			return -1;
		nd->bad_blocks = text != NULL;
	}
	return find_dax(l, nd, err);
}

int lend_nd_find(struct lend_doing *doing, const struct lend_step *step, struct lend_nd *ret,
		 struct lend_err *err)
{
	const struct look l = {
		.doing = doing,
		.devices = lend_arena_printf(doing->arena, "%s/bus/nd/devices",
					     root(step, "sys", "/sys")),
		.dev = root(step, "dev", "/dev"),
	};
	const char **names;
	const char *wanted;
	size_t n;

	if (lend_step_need(step, "namespace", &wanted, err) < 0 ||
	    lend_write_names(doing->writer, l.devices, doing->arena, &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *uuid;
		uint64_t size;

		if (strncmp(names[i], "namespace", strlen("namespace")) != 0)
			continue;
		if (attribute(&l, names[i], "uuid", &uuid, err) < 0)
			return -1;
		if (uuid == NULL || strcmp(uuid, wanted) != 0)
			continue;
		/* One that has no size yet is in no label. */
		if (number(&l, names[i], "size", &size, err) < 0)
			return -1;
		*ret = (struct lend_nd){ .name = names[i] };
		if (fill(&l, ret, err) < 0)
			return -1;
		if (size > 0 || ret->holder != NULL)
			return 0;
	}
	return 1;
}

/* ---- devices ---- */

int lend_nd_open(struct lend_doing *doing, const char *block, int flags, int *ret_fd,
		 struct lend_err *err)
{
	struct lend_err failed = { 0 };

	/* A block device that is mounted, or has a holder, is not given to O_EXCL. */
	if (lend_write_open(doing->writer, block, flags | O_EXCL, ret_fd, &failed) == 0)
		return 0;
	if (failed.os_errno == EBUSY)
		return LEND_WAIT;
	if (err != NULL)
		*err = failed;
	return -1;
}

int lend_nd_probe(struct lend_doing *doing, int fd, const char *block, struct lend_fs *ret_fs,
		  struct lend_err *err)
{
	struct lend_fs_bytes bytes = { 0 };

	for (size_t i = 0; i < LEND_FS_PARTS; i++) {
		uint8_t *part = lend_arena_alloc(doing->arena, lend_fs_parts[i].len);

		if (lend_write_pread(doing->writer, fd, block, part, lend_fs_parts[i].len,
				     lend_fs_parts[i].at, &bytes.part[i].len, err) < 0)
			return -1;
		bytes.part[i].bytes = part;
	}
	return lend_fs_probe(&bytes, ret_fs) ? 0 : 1;
}

int lend_nd_run(struct lend_doing *doing, const char *const *argv, struct lend_buf *out,
		struct lend_err *err)
{
	if (lend_write_run(doing->writer, argv, out, lend_now_ms() + RUN_MS, err) == 0)
		return 0;
	if (err != NULL && err->os_errno == ENOENT)
		lend_hint(err, "install it: %s comes with %s", argv[0],
			  strcmp(argv[0], "ndctl") == 0      ? "ndctl"
			  : strstr(argv[0], "xfs") != NULL   ? "xfsprogs"
			  : strncmp(argv[0], "mkfs", 4) == 0 ? "e2fsprogs"
							     : "util-linux");
	return -1;
}
