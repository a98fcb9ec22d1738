/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remove: a backing file goes because another one has all that it has.
 *
 * Taken back, it is made again from that one, with whatever was written to it
 * in the meantime, and with its labels of the slot they were of.
 */

#include <fcntl.h>

#include "apply/backing-copy.h"
#include "base/err.h"

static int holds(struct lend_doing *doing, const struct lend_step *step,
		 const struct lend_backing *backing, const char **ret_why, struct lend_err *err)
{
	lend_auto_backing copy = { .fd = -1 };
	struct lend_alone alone;
	uint64_t label_bytes;
	const char *path;
	bool same = false;

	if (lend_step_need(step, "copy", &path, err) < 0 ||
	    lend_backing_arg(step, "label-size", &label_bytes, err) < 0 ||
	    lend_backing_need(doing->writer, path, O_RDONLY, &copy, err) < 0 ||
	    lend_backing_hold(&copy, &alone, err) < 0 ||
	    lend_backing_is_copy(doing, &copy, backing, label_bytes, &same, err) < 0)
		return -1;
	if (same)
		return 0;
	*ret_why = lend_arena_printf(doing->arena, "is not the same as '%s'", path);
	return LEND_KEEP;
}

static int make_again(struct lend_doing *doing, const struct lend_step *step,
		      struct lend_err *err)
{
	lend_auto_backing copy = { .fd = -1 };
	struct lend_alone alone;
	const char *path;

	if (lend_step_need(step, "copy", &path, err) < 0 ||
	    lend_backing_need(doing->writer, path, O_RDONLY, &copy, err) < 0 ||
	    lend_backing_hold(&copy, &alone, err) < 0 ||
	    lend_backing_copy(doing, step, &copy, step->name, err) < 0)
		return -1;
	return lend_backing_name(doing, step->name, err);
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	(void)from;
	if (to->absent)
		return lend_backing_remove(doing, step, holds, err);
	return make_again(doing, step, err);
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	struct lend_step copy = *step;

	if (!from->absent || to->absent)
		return 0;
	if (lend_step_need(step, "copy", &copy.name, err) < 0)
		return -1;
	return lend_backing_may_change(doing, &copy, from, to, ret_why, err);
}

const struct lend_step_kind lend_step_remove = {
	.name = "remove",
	.does = "removes a backing file that was copied",
	.look = lend_backing_look,
	.set = set,
	.forget = lend_backing_forget_step,
	.may = may,
};
