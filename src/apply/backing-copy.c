/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two backing files: one made like the other, and held against it. */

#include "apply/backing-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "format/nd-id.h"

/* Where data begins at or behind at; end when there is none.  Holes are zeros. */
static uint64_t next_data(const struct lend_backing *backing, uint64_t at, uint64_t end)
{
	off_t data = lseek(backing->fd, (off_t)at, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? end : at; /* one that cannot tell: all is data */
	return (uint64_t)data < end ? (uint64_t)data : end;
}

int lend_backing_is_same(struct lend_doing *doing, const struct lend_backing *a, uint64_t from,
			 const struct lend_backing *b, uint64_t to, uint64_t len,
			 bool *ret_same, struct lend_err *err)
{
	uint8_t *chunk_a = lend_arena_alloc(doing->arena, LEND_BACKING_CHUNK);
	uint8_t *chunk_b = lend_arena_alloc(doing->arena, LEND_BACKING_CHUNK);
	uint64_t at = 0;

	*ret_same = true;
	while (*ret_same && at < len) {
		uint64_t data_a = next_data(a, from + at, from + len) - from;
		uint64_t data_b = next_data(b, to + at, to + len) - to;
		size_t n;

		at = data_a < data_b ? data_a : data_b;
		if (at >= len)
			break;
		n = len - at < LEND_BACKING_CHUNK ? len - at : LEND_BACKING_CHUNK;
		if (lend_backing_read(doing, a, chunk_a, n, from + at, err) < 0 ||
		    lend_backing_read(doing, b, chunk_b, n, to + at, err) < 0)
			return -1;
		*ret_same = memcmp(chunk_a, chunk_b, n) == 0;
		at += n;
	}
	return 0;
}

int lend_backing_is_copy(struct lend_doing *doing, const struct lend_backing *a,
			 const struct lend_backing *b, uint64_t label_bytes, bool *ret_same,
			 struct lend_err *err)
{
	struct lend_label_area of_a, of_b;
	uint64_t size = (uint64_t)a->st.st_size;

	*ret_same = false;
	if (a->st.st_size != b->st.st_size || label_bytes >= size)
		return 0;
	if (label_bytes > 0) {
		if (lend_label_area_read(doing, a, size, label_bytes, &of_a, err) < 0 ||
		    lend_label_area_read(doing, b, size, label_bytes, &of_b, err) < 0 ||
		    lend_labels_are_same(doing, a, &of_a, b, &of_b, ret_same, err) < 0)
			return -1;
		if (!*ret_same)
			return 0;
	}
	return lend_backing_is_same(doing, a, 0, b, 0, size - label_bytes, ret_same, err);
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

/* What was made is zeros. */
static int copy_bytes(struct lend_doing *doing, const struct lend_backing *from, const char *to,
		      struct lend_err *err)
{
	uint8_t *chunk = lend_arena_alloc(doing->arena, LEND_BACKING_CHUNK);
	uint64_t size = (uint64_t)from->st.st_size;
	uint64_t at = next_data(from, 0, size);

	while (at < size) {
		size_t len = size - at < LEND_BACKING_CHUNK ? size - at : LEND_BACKING_CHUNK;

		if (lend_backing_read(doing, from, chunk, len, at, err) < 0)
			return -1;
		if (!all_zero(chunk, len) && lend_write_bytes(doing->writer, doing->made.fd, to,
							      chunk, len, at, err) < 0)
			return -1;
		at = next_data(from, at + len, size);
	}
	return 0;
}

/* label_bytes and slot of the step; *ret_has_slot: labels are to be of that slot. */
static int read_args(const struct lend_step *step, uint64_t *ret_label, uint64_t *ret_slot,
		     bool *ret_has_slot, struct lend_err *err)
{
	if (lend_backing_arg(step, "label-size", ret_label, err) < 0 ||
	    lend_backing_arg(step, "slot", ret_slot, err) < 0)
		return -1;
	*ret_has_slot = lend_pairs_get(&step->args, "slot") != NULL;
	if (*ret_has_slot && (*ret_slot >= LEND_ND_QEMU_SLOTS || *ret_label == 0))
		return lend_fail(err, LEND_E_FORMAT, "the step says no slot that labels have");
	return 0;
}

/* Nothing of it is taken from memory, where that can be helped. */
static int verify(struct lend_doing *doing, const struct lend_step *step,
		  const struct lend_backing *from, const char *path, struct lend_err *err)
{
	struct lend_backing made = { .path = path, .fd = doing->made.fd, .st = from->st };
	struct lend_label_area of_from, of_made;
	uint64_t label_bytes, slot;
	bool same = false, has_slot;

	if (read_args(step, &label_bytes, &slot, &has_slot, err) < 0)
		return -1;
	(void)posix_fadvise(made.fd, 0, 0, POSIX_FADV_DONTNEED);
	if (label_bytes > 0 && has_slot) {
		uint64_t size = (uint64_t)from->st.st_size;

		if (lend_label_area_read(doing, from, size, label_bytes, &of_from, err) < 0 ||
		    lend_label_area_read(doing, &made, size, label_bytes, &of_made, err) < 0 ||
		    lend_labels_verify(doing, &made, &of_made,
				       lend_nd_index_used_count(&of_from.index), (uint32_t)slot,
				       err) < 0)
			return -1;
	}
	if (has_slot ? lend_backing_is_copy(doing, from, &made, label_bytes, &same, err) < 0
		     : lend_backing_is_same(doing, from, 0, &made, 0,
					    (uint64_t)from->st.st_size, &same, err) < 0)
		return -1;
	if (!same)
		return lend_fail(err, LEND_E_SYSTEM, "'%s' is not what was written to it",
				 path);
	return 0;
}

static int fill(struct lend_doing *doing, const struct lend_step *step,
		const struct lend_backing *from, const char *path, struct lend_err *err)
{
	struct lend_label_area area;
	uint64_t label_bytes, slot;
	bool has_slot;

	if (read_args(step, &label_bytes, &slot, &has_slot, err) < 0 ||
	    copy_bytes(doing, from, path, err) < 0)
		return -1;
	if (label_bytes > 0) {
		if (lend_label_area_read(doing, from, (uint64_t)from->st.st_size, label_bytes,
					 &area, err) < 0)
			return -1;
		if (!lend_label_area_is_valid(&area))
			return lend_fail(err, LEND_E_STALE, "'%s' has no labels", from->path);
		if (has_slot && lend_labels_patch(doing, from, &area, doing->made.fd, path,
						  (uint32_t)slot, err) < 0)
			return -1;
	}
	if (lend_write_sync(doing->writer, doing->made.fd, path, err) < 0)
		return -1;
	return verify(doing, step, from, path, err);
}

int lend_backing_copy(struct lend_doing *doing, const struct lend_step *step,
		      const struct lend_backing *from, const char *path, struct lend_err *err)
{
	struct lend_err ignored = { 0 };

	if (lend_backing_make(doing, path, (uint64_t)from->st.st_size, true, err) < 0)
		return -1;
	if (fill(doing, step, from, path, err) == 0)
		return 0;
	(void)!lend_backing_forget(doing, path, &ignored);
	return -1;
}
