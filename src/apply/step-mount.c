/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mount: the file system of a namespace, with DAX, until the host boots.
 *
 * What is there is what /proc/self/mountinfo says last of that folder.
 * Nothing is forced: as long as somebody uses it, it waits.
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "apply/nd.h"
#include "base/auto.h"
#include "base/err.h"
#include "format/mountinfo.h"
#include "io/alone.h"

enum { MOUNTS_MAX = 64 << 20 };

static const char folder_key[] = "folder"; /* "new": lend made it */

/* The one on top; 1: nothing is mounted there. */
static int find(struct lend_doing *doing, const struct lend_step *step,
		struct lend_mount_line *ret, struct lend_err *err)
{
	const char *path = lend_pairs_get(&step->args, "mounts");
	lend_auto_buf text = { 0 };
	struct lend_mount_line line;
	struct lend_span rest;
	bool found = false;
	int r;

	if (path == NULL)
		path = "/proc/self/mountinfo";
	r = lend_write_read(doing->writer, path, MOUNTS_MAX, &text, err);
	if (r != 0)
		return r;
	rest = (struct lend_span){ lend_buf_text(&text), text.len };
	while ((r = lend_mount_line_next(&rest, doing->arena, &line)) != 1) {
		if (r != 0 || strcmp(line.point, step->name) != 0)
			continue;
		*ret = line;
		found = true;
	}
	return found ? 0 : 1;
}

/* Kernels say "dax" or "dax=always"; XFS and ext4 among the options of the file system. */
static bool has_dax(struct lend_doing *doing, const char *options)
{
	const char *value = lend_mount_option(doing->arena, options, "dax");

	if (value != NULL)
		return strcmp(value, "always") == 0;
	for (const char *at = options; *at != '\0';) {
		size_t len = strcspn(at, ",");

		if (len == 3 && memcmp(at, "dax", 3) == 0)
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}

static bool is_of(struct lend_doing *doing, const struct lend_mount_line *line,
		  const char *block)
{
	struct lend_err ignored = { 0 };
	struct stat st;

	if (lend_write_stat(doing->writer, block, &st, &ignored) != 0 || !S_ISBLK(st.st_mode))
		return strcmp(line->source, block) == 0;
	return major(st.st_rdev) == line->major && minor(st.st_rdev) == line->minor;
}

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	const char *made = lend_pairs_get(&doing->learned, folder_key);
	struct lend_mount_line line;
	struct lend_nd nd = { 0 };
	int r = find(doing, step, &line, err);

	if (r < 0)
		return -1;
	*ret_state = (struct lend_state){ .absent = r > 0 };
	if (r > 0)
		return 0;
	r = lend_nd_find(doing, step, &nd, err);
	if (r < 0)
		return -1;
	if (r == 0 && nd.block != NULL && is_of(doing, &line, nd.block))
		lend_pairs_add(doing->arena, &ret_state->pairs, "namespace",
			       lend_pairs_get(&step->args, "namespace"));
	else
		lend_pairs_add(doing->arena, &ret_state->pairs, "source", line.source);
	lend_pairs_add(doing->arena, &ret_state->pairs, "type", line.fs);
	lend_pairs_add(doing->arena, &ret_state->pairs, "dax",
		       has_dax(doing, line.super) || has_dax(doing, line.options) ? "on"
										  : "off");
	/* Whose folder it is, nobody sees any more. */
	if (made != NULL)
		lend_pairs_add(doing->arena, &ret_state->pairs, folder_key, made);
	return 0;
}

static int prepare(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	struct stat st;
	int r = lend_write_stat(doing->writer, step->name, &st, err);

	if (r < 0)
		return -1;
	if (r == 0 && !S_ISDIR(st.st_mode))
		return lend_fail(err, LEND_E_REFUSED, "'%s' is no folder", step->name);
	lend_pairs_add(doing->arena, &doing->learned, folder_key, r > 0 ? "new" : "old");
	return 0;
}

/* Only what lend made, and when nothing is in it. */
static int remove_folder(struct lend_doing *doing, const struct lend_step *step,
			 struct lend_err *err)
{
	const char *made = lend_pairs_get(&doing->learned, folder_key);

	if (made == NULL || strcmp(made, "new") != 0)
		return 0;
	return lend_write_rmdir(doing->writer, step->name, err) < 0 ? -1 : 0;
}

static int attach(struct lend_doing *doing, const struct lend_step *step,
		  const struct lend_state *to, struct lend_err *err)
{
	const char *type = lend_pairs_get(&to->pairs, "type");
	struct lend_nd nd = { 0 };
	int r = lend_nd_find(doing, step, &nd, err);

	if (r < 0)
		return -1;
	if (r > 0 || nd.block == NULL || type == NULL)
		return lend_fail(err, LEND_E_STALE, "there is nothing to mount at '%s'",
				 step->name);
	if (lend_write_mkdir(doing->writer, step->name, err) < 0)
		return -1;
	return lend_nd_run(doing,
			   (const char *const[]){ "mount", "-t", type, "-o", "dax", nd.block,
						  step->name, NULL },
			   NULL, err);
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	const char *const argv[] = { "umount", step->name, NULL };

	if (from->absent)
		return attach(doing, step, to, err);
	if (!to->absent)
		return lend_fail(err, LEND_E_USAGE, "'%s' cannot be mounted otherwise",
				 step->name);
	if (lend_nd_run(doing, argv, NULL, err) < 0)
		return -1;
	return remove_folder(doing, step, err);
}

/* The folder, when mounting failed, or when umount was the last that was done. */
static int forget(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	struct lend_mount_line line;
	int r = find(doing, step, &line, err);

	if (r <= 0)
		return r;
	return remove_folder(doing, step, err);
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	lend_auto_buf who = { 0 };
	int r;

	if (from->absent || !to->absent)
		return 0;
	r = lend_alone_below(step->name, &who, err);
	if (r != LEND_ALONE_TAKEN)
		return r;
	*ret_why = lend_arena_printf(doing->arena, "is in use by %s", lend_buf_text(&who));
	return LEND_WAIT;
}

const struct lend_step_kind lend_step_mount = {
	.name = "mount",
	.does = "mounts the file system of a namespace with DAX, until the host boots",
	.look = look,
	.set = set,
	.prepare = prepare,
	.forget = forget,
	.may = may,
};
