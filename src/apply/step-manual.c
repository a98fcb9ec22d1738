/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * manual: what only a person can do, and how lend sees that it was done.
 *
 * "is" is the first line of a file ("file"), "yes" when a path is there
 * ("there"), or the boot id of the host ("boot"): before is the one of now,
 * after is "another boot".
 */

#include <sys/stat.h>

#include "apply/step.h"
#include "base/err.h"

enum { FILE_MAX = 1 << 20, LINE_MAX_BYTES = 4096 };

static const char another_boot[] = "another boot";

/* *ret is NULL when it is not there. */
static int first_line(struct lend_doing *doing, const char *path, const char **ret,
		      struct lend_err *err)
{
	lend_auto_buf text = { 0 };
	size_t len;
	int r = lend_write_read(doing->writer, path, FILE_MAX, &text, err);

	*ret = NULL;
	if (r != 0)
		return r < 0 ? -1 : 0;
	len = strcspn(lend_buf_text(&text), "\r\n");
	if (len > LINE_MAX_BYTES)
		return lend_fail(err, LEND_E_FORMAT, "the first line of '%s' is too long",
				 path);
	*ret = lend_arena_strndup(doing->arena, lend_buf_text(&text), len);
	return 0;
}

static int look_there(struct lend_doing *doing, const char *path, const char **ret,
		      struct lend_err *err)
{
	struct stat st;
	int r = lend_write_stat(doing->writer, path, &st, err);

	*ret = r == 0 ? "yes" : NULL;
	return r < 0 ? -1 : 0;
}

static int look_boot(struct lend_doing *doing, const struct lend_step *step, const char **ret,
		     struct lend_err *err)
{
	const char *planned = lend_pairs_get(&step->before.pairs, "is");
	const char *now;

	if (first_line(doing, "/proc/sys/kernel/random/boot_id", &now, err) < 0)
		return -1;
	if (now != NULL && planned != NULL && strcmp(planned, now) != 0)
		now = another_boot;
	*ret = now;
	return 0;
}

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	const char *verify, *path;
	const char *is = NULL;
	int r;

	if (lend_step_need(step, "verify", &verify, err) < 0)
		return -1;
	if (strcmp(verify, "boot") == 0) {
		r = look_boot(doing, step, &is, err);
	} else {
		if (lend_step_need(step, "path", &path, err) < 0)
			return -1;
		if (strcmp(verify, "file") == 0)
			r = first_line(doing, path, &is, err);
		else if (strcmp(verify, "there") == 0)
			r = look_there(doing, path, &is, err);
		else
			return lend_fail(err, LEND_E_FORMAT, "no way to verify by '%s'",
					 verify);
	}
	if (r < 0)
		return -1;
	*ret_state = (struct lend_state){ .absent = is == NULL };
	if (is != NULL)
		lend_pairs_add(doing->arena, &ret_state->pairs, "is", is);
	return 0;
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	(void)doing;
	(void)step;
	(void)from;
	(void)to;
	(void)err;
	return LEND_WAIT;
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	lend_auto_buf lines = { 0 };
	const char *line;

	(void)from;
	(void)to;
	(void)err;
	for (size_t n = 0; (line = lend_pairs_nth(&step->args, "undo", n)) != NULL; n++) {
		if (n > 0)
			lend_buf_puts(&lines, "; ");
		lend_buf_puts(&lines, line);
	}
	if (lines.len == 0) {
		*ret_why = "it was done by hand, and nothing says how it goes back";
		return LEND_KEEP;
	}
	*ret_why = lend_arena_strdup(doing->arena, lines.text);
	return LEND_WAIT;
}

const struct lend_step_kind lend_step_manual = {
	.name = "manual",
	.does = "let a person do something, and see that it was done",
	.look = look,
	.set = set,
	.may = may,
};
