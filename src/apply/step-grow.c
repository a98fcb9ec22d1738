/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * grow: a backing file becomes larger, and its label area stands at the new
 * end.
 *
 * The new area is written first without its index blocks, which are the
 * moment from which the file counts as grown: until then the old area is
 * untouched, whatever the length of the file, and QEMU takes a file that is
 * longer than its size=.  The old area is never cleared: it is inside the
 * pmem now, where no namespace is, and whoever still has the old size= finds
 * it (docs/design/pmem.md).
 */

#include <fcntl.h>

#include "apply/backing-copy.h"
#include "base/err.h"

struct sizes {
	uint64_t small, large, label_bytes;
};

static int read_step(const struct lend_step *step, struct sizes *ret, struct lend_err *err)
{
	struct sizes sizes = { 0 };

	if (!lend_pairs_u64(&step->before.pairs, "size", &sizes.small) ||
	    !lend_pairs_u64(&step->after.pairs, "size", &sizes.large))
		return lend_fail(err, LEND_E_FORMAT, "the step says no sizes");
	if (lend_backing_arg(step, "label-size", &sizes.label_bytes, err) < 0)
		return -1;
	if (sizes.label_bytes > LEND_BACKING_LABEL_MAX || sizes.label_bytes >= sizes.small ||
	    sizes.large <= sizes.small || sizes.large - sizes.small < sizes.label_bytes)
		return lend_fail(err, LEND_E_FORMAT, "'%s' cannot grow from %llu to %llu",
				 step->name, (unsigned long long)sizes.small,
				 (unsigned long long)sizes.large);
	*ret = sizes;
	return 0;
}

static int has_label(struct lend_doing *doing, const struct lend_backing *backing, uint64_t end,
		     uint64_t bytes, bool *ret, struct lend_err *err)
{
	struct lend_label_area area;

	*ret = false;
	if (bytes == 0 || (uint64_t)backing->st.st_size < end)
		return 0;
	if (lend_label_area_read(doing, backing, end, bytes, &area, err) < 0)
		return -1;
	*ret = lend_label_area_is_valid(&area);
	return 0;
}

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	lend_auto_backing backing = { .fd = -1 };
	struct lend_state state = { 0 };
	bool at_small, at_large;
	struct sizes sizes;
	uint64_t size;
	int r;

	if (read_step(step, &sizes, err) < 0)
		return -1;
	r = lend_backing_open(doing->writer, step->name, O_RDONLY, &backing, err);
	if (r != 0) {
		*ret_state = (struct lend_state){ .absent = true };
		return r < 0 ? -1 : 0;
	}
	size = (uint64_t)backing.st.st_size;
	if (has_label(doing, &backing, sizes.small, sizes.label_bytes, &at_small, err) < 0 ||
	    has_label(doing, &backing, sizes.large, sizes.label_bytes, &at_large, err) < 0)
		return -1;
	/* Growing that was cut: the file counts as it was. */
	if (size > sizes.small && size <= sizes.large && at_small && !at_large)
		size = sizes.small;
	else if (size > sizes.small && size < sizes.large && sizes.label_bytes == 0)
		size = sizes.small;
	lend_pairs_add_u64(doing->arena, &state.pairs, "size", size);
	if ((size == sizes.small && at_small) || (size == sizes.large && at_large))
		lend_pairs_add_u64(doing->arena, &state.pairs, "label-size", sizes.label_bytes);
	lend_pairs_add(doing->arena, &state.pairs, "file",
		       lend_backing_id_text(&step->args, "file", &backing));
	*ret_state = state;
	return 0;
}

/* The bytes of the old area from start on, at the same place in the new one. */
static int copy_label(struct lend_doing *doing, const struct lend_backing *backing,
		      const struct sizes *sizes, uint64_t start, uint64_t end,
		      struct lend_err *err)
{
	uint8_t *chunk = lend_arena_alloc(doing->arena, LEND_BACKING_CHUNK);
	uint64_t from = sizes->small - sizes->label_bytes;
	uint64_t to = sizes->large - sizes->label_bytes;

	for (uint64_t at = start; at < end; at += LEND_BACKING_CHUNK) {
		uint64_t left = end - at;
		size_t len = left < LEND_BACKING_CHUNK ? left : LEND_BACKING_CHUNK;
		size_t got;

		if (lend_write_pread(doing->writer, backing->fd, backing->path, chunk, len,
				     from + at, &got, err) < 0)
			return -1;
		if (got != len)
			return lend_fail(err, LEND_E_STALE, "'%s' has become shorter",
					 backing->path);
		if (lend_write_bytes(doing->writer, backing->fd, backing->path, chunk, len,
				     to + at, err) < 0)
			return -1;
	}
	return lend_write_sync(doing->writer, backing->fd, backing->path, err);
}

static int areas_are_same(struct lend_doing *doing, const struct lend_backing *backing,
			  const struct sizes *sizes, bool *ret_same, struct lend_err *err)
{
	return lend_backing_is_same(doing, backing, sizes->small - sizes->label_bytes, backing,
				    sizes->large - sizes->label_bytes, sizes->label_bytes,
				    ret_same, err);
}

static int grow(struct lend_doing *doing, const struct lend_backing *backing,
		const struct sizes *sizes, struct lend_err *err)
{
	struct lend_label_area area;
	uint64_t head;
	bool same = true;

	/* Also what an attempt that was cut has reserved already. */
	if (lend_backing_reserve(doing, backing->fd, backing->path, sizes->small,
				 sizes->large - sizes->small, err) < 0 ||
	    lend_write_sync(doing->writer, backing->fd, backing->path, err) < 0)
		return -1;
	if (sizes->label_bytes == 0)
		return 0;
	if (lend_label_area_read(doing, backing, sizes->small, sizes->label_bytes, &area, err) <
	    0)
		return -1;
	if (!lend_label_area_is_valid(&area))
		return lend_fail(err, LEND_E_STALE, "'%s' has no labels", backing->path);
	head = 2 * area.index.index_bytes;
	if (copy_label(doing, backing, sizes, head, sizes->label_bytes, err) < 0 ||
	    copy_label(doing, backing, sizes, 0, head, err) < 0 ||
	    areas_are_same(doing, backing, sizes, &same, err) < 0)
		return -1;
	if (!same)
		return lend_fail(err, LEND_E_SYSTEM,
				 "the new label area of '%s' is not what was written to it",
				 backing->path);
	return 0;
}

/* As it was when it had grown?  0, or LEND_KEEP and why. */
static int is_unused(struct lend_doing *doing, const struct lend_backing *backing,
		     const struct sizes *sizes, const char **ret_why, struct lend_err *err)
{
	bool same = true, is_zero = true;
	uint64_t at;

	if (sizes->label_bytes > 0 && areas_are_same(doing, backing, sizes, &same, err) < 0)
		return -1;
	if (!same) {
		*ret_why = "was used in its new size: its labels have changed since";
		return LEND_KEEP;
	}
	if (lend_backing_is_zero(doing, backing, sizes->small,
				 sizes->large - sizes->label_bytes, &is_zero, &at, err) < 0)
		return -1;
	if (is_zero)
		return 0;
	*ret_why = lend_arena_printf(doing->arena,
				     "was used in its new size: it holds data at offset %llu",
				     (unsigned long long)at);
	return LEND_KEEP;
}

static int shrink(struct lend_doing *doing, const struct lend_backing *backing,
		  const struct sizes *sizes, struct lend_err *err)
{
	const char *why = NULL;
	int r = is_unused(doing, backing, sizes, &why, err);

	if (r < 0)
		return -1;
	if (r == LEND_KEEP)
		return lend_fail(err, LEND_E_REFUSED, "'%s' %s", backing->path, why);
	if (lend_write_truncate(doing->writer, backing->fd, backing->path, sizes->small, err) <
	    0)
		return -1;
	return lend_write_sync(doing->writer, backing->fd, backing->path, err);
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	lend_auto_backing backing = { .fd = -1 };
	struct lend_alone alone;
	struct sizes sizes;
	uint64_t wanted;

	(void)from;
	if (read_step(step, &sizes, err) < 0)
		return -1;
	if (lend_backing_need(doing->writer, step->name, O_RDWR, &backing, err) < 0 ||
	    lend_backing_need_id(&step->args, "file", &backing, err) < 0 ||
	    lend_backing_hold(&backing, &alone, err) < 0)
		return -1;
	if (!lend_pairs_u64(&to->pairs, "size", &wanted))
		return lend_fail(err, LEND_E_FORMAT, "the step says no sizes");
	return wanted == sizes.large ? grow(doing, &backing, &sizes, err)
				     : shrink(doing, &backing, &sizes, err);
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	lend_auto_backing backing = { .fd = -1 };
	struct sizes sizes;
	int r;

	if (read_step(step, &sizes, err) < 0)
		return -1;
	r = lend_backing_may_change(doing, step, from, to, ret_why, err);
	if (r != 0)
		return r;
	r = lend_backing_open(doing->writer, step->name, O_RDONLY, &backing, err);
	if (r != 0)
		return r < 0 ? -1 : 0;
	return is_unused(doing, &backing, &sizes, ret_why, err);
}

/* Behind growing that was cut, the file gets its length back. */
static int forget(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	lend_auto_backing backing = { .fd = -1 };
	struct lend_state state = { 0 };
	struct sizes sizes;
	uint64_t counts;
	int r;

	if (read_step(step, &sizes, err) < 0 || look(doing, step, &state, err) < 0)
		return -1;
	if (!lend_state_is(&state, &step->before) ||
	    !lend_pairs_u64(&state.pairs, "size", &counts))
		return 0;
	r = lend_backing_open(doing->writer, step->name, O_RDWR, &backing, err);
	if (r != 0)
		return r < 0 ? -1 : 0;
	if (!lend_backing_is_id(&step->args, "file", &backing) ||
	    (uint64_t)backing.st.st_size == sizes.small)
		return 0;
	if (lend_write_truncate(doing->writer, backing.fd, backing.path, counts, err) < 0)
		return -1;
	return lend_write_sync(doing->writer, backing.fd, backing.path, err);
}

const struct lend_step_kind lend_step_grow = {
	.name = "grow",
	.does = "makes a backing file larger, its label area at the new end",
	.look = look,
	.set = set,
	.forget = forget,
	.may = may,
};
