/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * move: a file gets another name within its file system, never that of
 * something that is there.
 *
 * Where the kernel cannot do that by one call it has both names for a moment;
 * a file that has both counts as not yet moved.
 */

#include <fcntl.h>

#include "apply/backing-file.h"
#include "base/err.h"

enum { AT_FROM = 1, AT_TO = 2 };

/* Where the file of the plan is: AT_FROM, AT_TO or both. */
static int find(struct lend_doing *doing, const struct lend_step *step, const char *from,
		unsigned int *ret_at, struct lend_err *err)
{
	const char *paths[] = { from, step->name };

	*ret_at = 0;
	for (size_t i = 0; i < LEND_COUNT(paths); i++) {
		lend_auto_backing backing = { .fd = -1 };
		struct lend_err why = { 0 };
		int r = lend_backing_open(doing->writer, paths[i], O_RDONLY, &backing, &why);

		/* Whatever else has that name is not our file. */
		if (r < 0 && why.code != LEND_E_REFUSED) {
			if (err != NULL)
				*err = why;
			return -1;
		}
		if (r == 0 && lend_backing_is_id(&step->args, "file", &backing))
			*ret_at |= i == 0 ? AT_FROM : AT_TO;
	}
	return 0;
}

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	struct lend_state state = { 0 };
	const char *from;
	unsigned int at;

	if (lend_step_need(step, "from", &from, err) < 0 ||
	    find(doing, step, from, &at, err) < 0)
		return -1;
	state.absent = at == 0;
	if (at != 0)
		lend_pairs_add(doing->arena, &state.pairs, "at",
			       (at & AT_FROM) != 0 ? from : step->name);
	*ret_state = state;
	return 0;
}

static int hold(struct lend_doing *doing, const char *path, struct lend_err *err)
{
	lend_auto_backing backing = { .fd = -1 };
	struct lend_alone alone;

	if (lend_backing_need(doing->writer, path, O_RDONLY, &backing, err) < 0)
		return -1;
	return lend_backing_hold(&backing, &alone, err);
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	const char *here = lend_pairs_get(&from->pairs, "at");
	const char *there = lend_pairs_get(&to->pairs, "at");
	const char *first;
	unsigned int at;
	int r;

	if (here == NULL || there == NULL || lend_step_need(step, "from", &first, err) < 0)
		return lend_fail(err, LEND_E_FORMAT, "the step does not say where to");
	if (hold(doing, here, err) < 0 || find(doing, step, first, &at, err) < 0)
		return -1;
	if (at == (AT_FROM | AT_TO))
		r = lend_write_unlink(doing->writer, here, err);
	else
		r = lend_write_rename(doing->writer, here, there, false, err);
	if (r < 0 || lend_write_sync_folder(doing->writer, there, err) < 0 ||
	    lend_write_sync_folder(doing->writer, here, err) < 0)
		return -1;
	return 0;
}

/* The second name of a move that was cut. */
static int forget(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	const char *from;
	unsigned int at;

	if (lend_step_need(step, "from", &from, err) < 0 ||
	    find(doing, step, from, &at, err) < 0)
		return -1;
	if (at != (AT_FROM | AT_TO))
		return 0;
	return lend_write_unlink(doing->writer, step->name, err) < 0 ? -1 : 0;
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	struct lend_step there = *step;
	const char *at = lend_pairs_get(&from->pairs, "at");

	if (at != NULL)
		there.name = at;
	return lend_backing_may_change(doing, &there, from, to, ret_why, err);
}

const struct lend_step_kind lend_step_move = {
	.name = "move",
	.does = "gives a backing file another name",
	.look = look,
	.set = set,
	.forget = forget,
	.may = may,
};
