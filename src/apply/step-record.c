/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record: what lend remembers of a VM, its wish as a file.
 *
 * Written whole and renamed over the old one.  Its folder comes with it, and
 * goes with it when nothing else is inside.
 */

#include <sys/stat.h>

#include "apply/step.h"
#include "base/err.h"

enum { RECORD_MAX = 1 << 20 };

static const char *temporary(struct lend_doing *doing, const char *path)
{
	return lend_arena_printf(doing->arena, "%s.lend-%s-%zu", path, doing->journal,
				 doing->index);
}

static const char *folder_of(struct lend_doing *doing, const char *path)
{
	const char *slash = strrchr(path, '/');

	return lend_arena_strndup(doing->arena, path,
				  slash == NULL ? 0 : (size_t)(slash - path));
}

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	lend_auto_buf text = { 0 };
	const char *path;
	int r;

	if (lend_step_need(step, "path", &path, err) < 0)
		return -1;
	r = lend_write_read(doing->writer, path, RECORD_MAX, &text, err);
	if (r < 0)
		return -1;
	*ret_state = (struct lend_state){ .absent = r > 0 };
	if (r == 0)
		lend_pairs_add(doing->arena, &ret_state->pairs, "text", lend_buf_text(&text));
	return 0;
}

/* The folder stays when something else is in it. */
static int remove_folder(struct lend_doing *doing, const char *path, struct lend_err *err)
{
	const char *folder = folder_of(doing, path);

	if (folder[0] == '\0' || lend_write_rmdir(doing->writer, folder, err) >= 0)
		return 0;
	return -1;
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	const char *path, *text;

	if (lend_step_need(step, "path", &path, err) < 0)
		return -1;
	if (to->absent) {
		if (lend_write_unlink(doing->writer, path, err) < 0 ||
		    lend_write_sync_folder(doing->writer, path, err) < 0)
			return -1;
		return remove_folder(doing, path, err);
	}
	text = lend_pairs_get(&to->pairs, "text");
	if (text == NULL)
		return lend_fail(err, LEND_E_FORMAT, "the record of '%s' has no text",
				 step->name);
	if (from->absent && lend_write_mkdir(doing->writer, folder_of(doing, path), err) < 0)
		return -1;
	return lend_write_file(doing->writer, path, temporary(doing, path), text, strlen(text),
			       0600, err);
}

/* Behind a set that was cut: its temporary file, a folder with nothing in it. */
static int forget(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	const char *path;

	if (lend_step_need(step, "path", &path, err) < 0 ||
	    lend_write_unlink(doing->writer, temporary(doing, path), err) < 0)
		return -1;
	return step->before.absent ? remove_folder(doing, path, err) : 0;
}

const struct lend_step_kind lend_step_record = {
	.name = "record",
	.does = "remembers the wish of a VM",
	.look = look,
	.set = set,
	.forget = forget,
};
