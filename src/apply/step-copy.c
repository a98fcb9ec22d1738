/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * copy: a second backing file with the same data, every block of it real, and
 * its labels those of the slot it is for.
 *
 * Made without a name, compared with the first one, and then named.  It goes
 * again while it is blank, or nothing but what the first one has.
 */

#include <fcntl.h>

#include "apply/backing-copy.h"
#include "base/err.h"

static int prepare(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	lend_auto_backing from = { .fd = -1 };
	struct lend_alone alone;
	const char *path;
	uint64_t size;

	if (lend_step_need(step, "from", &path, err) < 0 ||
	    lend_backing_need(doing->writer, path, O_RDONLY, &from, err) < 0 ||
	    lend_backing_need_id(&step->args, "from-file", &from, err) < 0 ||
	    lend_backing_hold(&from, &alone, err) < 0)
		return -1;
	if (!lend_pairs_u64(&step->after.pairs, "size", &size) ||
	    size != (uint64_t)from.st.st_size)
		return lend_fail(err, LEND_E_STALE, "'%s' has another size than it had", path);
	return lend_backing_copy(doing, step, &from, step->name, err);
}

/* What the first one has, too, is not lost. */
static int holds(struct lend_doing *doing, const struct lend_step *step,
		 const struct lend_backing *backing, const char **ret_why, struct lend_err *err)
{
	int r = lend_backing_step_holds(doing, step, backing, ret_why, err);
	lend_auto_backing from = { .fd = -1 };
	struct lend_err ignored = { 0 };
	uint64_t label_bytes;
	const char *path;
	bool same = false;

	if (r != LEND_KEEP)
		return r;
	if (lend_step_need(step, "from", &path, err) < 0 ||
	    lend_backing_arg(step, "label-size", &label_bytes, err) < 0)
		return -1;
	if (lend_backing_open(doing->writer, path, O_RDONLY, &from, &ignored) != 0)
		return LEND_KEEP;
	if (lend_backing_is_copy(doing, &from, backing, label_bytes, &same, &ignored) < 0)
		return LEND_KEEP;
	return same ? 0 : LEND_KEEP;
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	if (from->absent || !to->absent)
		return 0;
	return lend_backing_may_go(doing, step, holds, ret_why, err);
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	(void)from;
	if (to->absent)
		return lend_backing_remove(doing, step, holds, err);
	return lend_backing_name(doing, step->name, err);
}

const struct lend_step_kind lend_step_copy = {
	.name = "copy",
	.does = "copies a backing file, for the same slot or another one",
	.look = lend_backing_look,
	.set = set,
	.prepare = prepare,
	.forget = lend_backing_forget_step,
	.may = may,
};
