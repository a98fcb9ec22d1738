/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Labels of a file that goes into another slot.
 *
 * Every label carries the cookie of the slot it was written in; a guest
 * passes over those of other slots, and its namespaces are gone.
 */

#include "apply/backing-slot.h"

#include "base/err.h"
#include "format/nd-id.h"

static uint64_t cookie_of(const struct lend_label_area *area, uint32_t slot)
{
	struct lend_nd_id id = lend_nd_id_of_qemu_slot(slot);

	return area->index.minor < 2 ? lend_nd_cookie_v11(&id) : lend_nd_cookie_v12(&id);
}

/* From slot on, the next that is in use; false at the end. */
static bool next_used(const struct lend_label_area *area, uint32_t *slot)
{
	for (; *slot < area->index.nslot; (*slot)++) {
		if (lend_nd_index_slot_used(&area->index, *slot))
			return true;
	}
	return false;
}

static bool is_of_qemu_slot(const struct lend_label_area *area,
			    const struct lend_nd_label *label, uint32_t *ret_slot)
{
	unsigned int minor;
	uint32_t slot;

	if (label->nlabel != 1 || label->position != 0 ||
	    !lend_nd_cookie_qemu_slot(label->isetcookie, &slot, &minor) ||
	    (minor == 1) != (area->index.minor < 2))
		return false;
	*ret_slot = slot;
	return true;
}

int lend_labels_slot(struct lend_doing *doing, const struct lend_backing *backing,
		     const struct lend_label_area *area, enum lend_labels_of *ret_of,
		     uint32_t *ret_slot, struct lend_err *err)
{
	enum lend_labels_of of = LEND_LABELS_OF_NONE;
	uint32_t found = 0;

	for (uint32_t i = 0; next_used(area, &i); i++) {
		struct lend_nd_label label;
		uint32_t slot;

		if (lend_label_area_label(doing, backing, area, i, &label, err) < 0)
			return -1;
		if (!is_of_qemu_slot(area, &label, &slot) ||
		    (of == LEND_LABELS_OF_SLOT && slot != found)) {
			*ret_of = LEND_LABELS_OF_OTHERS;
			return 0;
		}
		of = LEND_LABELS_OF_SLOT;
		found = slot;
	}
	*ret_of = of;
	*ret_slot = found;
	return 0;
}

/* The label of slot from, as it is in slot to of a DIMM with that cookie. */
static int read_moved(struct lend_doing *doing, const struct lend_backing *backing,
		      const struct lend_label_area *area, uint32_t from, uint32_t to,
		      uint64_t cookie, uint8_t *ret_bytes, struct lend_err *err)
{
	struct lend_nd_label label;
	size_t len = area->index.label_bytes, got;

	/* Only what is whole is given a new checksum. */
	if (lend_label_area_label(doing, backing, area, from, &label, err) < 0)
		return -1;
	if (lend_write_pread(doing->writer, backing->fd, backing->path, ret_bytes, len,
			     area->offset + lend_nd_index_slot_offset(&area->index, from), &got,
			     err) < 0)
		return -1;
	if (got != len)
		return lend_fail(err, LEND_E_STALE, "'%s' has become shorter", backing->path);
	lend_nd_label_move(ret_bytes, area->index.label_bytes, to, cookie);
	return 0;
}

int lend_labels_patch(struct lend_doing *doing, const struct lend_backing *from,
		      const struct lend_label_area *area, int to_fd, const char *to,
		      uint32_t slot, struct lend_err *err)
{
	uint64_t cookie = cookie_of(area, slot);

	for (uint32_t i = 0; next_used(area, &i); i++) {
		uint8_t bytes[LEND_ND_LABEL_MAX];

		if (read_moved(doing, from, area, i, i, cookie, bytes, err) < 0 ||
		    lend_write_bytes(doing->writer, to_fd, to, bytes, area->index.label_bytes,
				     area->offset + lend_nd_index_slot_offset(&area->index, i),
				     err) < 0)
			return -1;
	}
	return 0;
}

int lend_labels_verify(struct lend_doing *doing, const struct lend_backing *backing,
		       const struct lend_label_area *area, uint32_t n, uint32_t slot,
		       struct lend_err *err)
{
	enum lend_labels_of of;
	uint32_t found = 0;

	if (!lend_label_area_is_valid(area) || lend_nd_index_used_count(&area->index) != n)
		return lend_fail(err, LEND_E_SYSTEM, "'%s' does not hold the labels it got",
				 backing->path);
	if (lend_labels_slot(doing, backing, area, &of, &found, err) < 0)
		return -1;
	if (n > 0 && (of != LEND_LABELS_OF_SLOT || found != slot))
		return lend_fail(err, LEND_E_SYSTEM, "'%s' has labels of another slot than %u",
				 backing->path, slot);
	return 0;
}

/* Those in use, and as many free ones; one stays free, as the kernel wants it for updates. */
static int find_slots(struct lend_doing *doing, const struct lend_backing *backing,
		      const struct lend_label_area *area, uint32_t **ret_used,
		      uint32_t **ret_free, uint32_t *ret_n, struct lend_err *err)
{
	uint32_t n = lend_nd_index_used_count(&area->index);
	uint32_t used = 0, free_ones = 0;

	if (n > (area->index.nslot - 1) / 2)
		return lend_fail(err, LEND_E_REFUSED,
				 "'%s' has %u labels in %u places: too few are free to write "
				 "them anew",
				 backing->path, n, area->index.nslot);
	*ret_used = lend_arena_array(doing->arena, n + 1, sizeof(**ret_used));
	*ret_free = lend_arena_array(doing->arena, n + 1, sizeof(**ret_free));
	for (uint32_t i = 0; i < area->index.nslot && used + free_ones < 2 * n; i++) {
		if (lend_nd_index_slot_used(&area->index, i))
			(*ret_used)[used++] = i;
		else if (free_ones < n)
			(*ret_free)[free_ones++] = i;
	}
	*ret_n = n;
	return 0;
}

int lend_labels_rewrite(struct lend_doing *doing, const struct lend_backing *backing,
			const struct lend_label_area *area, uint32_t slot, struct lend_err *err)
{
	uint64_t cookie = cookie_of(area, slot);
	struct lend_label_area again;
	uint32_t *used = NULL, *free_ones = NULL, n = 0;
	uint64_t offset;
	uint8_t *block;

	if (find_slots(doing, backing, area, &used, &free_ones, &n, err) < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		uint8_t bytes[LEND_ND_LABEL_MAX];

		if (read_moved(doing, backing, area, used[i], free_ones[i], cookie, bytes,
			       err) < 0 ||
		    lend_write_bytes(doing->writer, backing->fd, backing->path, bytes,
				     area->index.label_bytes,
				     area->offset + lend_nd_index_slot_offset(&area->index,
									      free_ones[i]),
				     err) < 0)
			return -1;
	}
	if (lend_write_sync(doing->writer, backing->fd, backing->path, err) < 0)
		return -1;
	block = lend_arena_alloc(doing->arena, area->index.index_bytes);
	lend_nd_index_swap(&area->index, (struct lend_nd_slots){ free_ones, n },
			   (struct lend_nd_slots){ used, n }, block, &offset);
	if (lend_write_bytes(doing->writer, backing->fd, backing->path, block,
			     area->index.index_bytes, area->offset + offset, err) < 0 ||
	    lend_write_sync(doing->writer, backing->fd, backing->path, err) < 0 ||
	    lend_label_area_read(doing, backing, area->offset + area->bytes, area->bytes,
				 &again, err) < 0)
		return -1;
	return lend_labels_verify(doing, backing, &again, n, slot, err);
}

static int same_moved(struct lend_doing *doing, const struct lend_backing *a,
		      const struct lend_label_area *of_a, const struct lend_backing *b,
		      const struct lend_label_area *of_b, uint32_t i, bool *ret_same,
		      struct lend_err *err)
{
	uint8_t bytes_a[LEND_ND_LABEL_MAX], bytes_b[LEND_ND_LABEL_MAX];

	if (read_moved(doing, a, of_a, i, i, 0, bytes_a, err) < 0 ||
	    read_moved(doing, b, of_b, i, i, 0, bytes_b, err) < 0)
		return -1;
	*ret_same = memcmp(bytes_a, bytes_b, of_a->index.label_bytes) == 0;
	return 0;
}

int lend_labels_are_same(struct lend_doing *doing, const struct lend_backing *a,
			 const struct lend_label_area *of_a, const struct lend_backing *b,
			 const struct lend_label_area *of_b, bool *ret_same,
			 struct lend_err *err)
{
	*ret_same = false;
	if (!lend_label_area_is_valid(of_a) || !lend_label_area_is_valid(of_b) ||
	    of_a->index.label_bytes != of_b->index.label_bytes ||
	    of_a->index.nslot != of_b->index.nslot)
		return 0;
	for (uint32_t i = 0; i < of_a->index.nslot; i++) {
		bool used = lend_nd_index_slot_used(&of_a->index, i);

		if (used != lend_nd_index_slot_used(&of_b->index, i))
			return 0;
		if (!used)
			continue;
		if (same_moved(doing, a, of_a, b, of_b, i, ret_same, err) < 0)
			return -1;
		if (!*ret_same)
			return 0;
	}
	*ret_same = true;
	return 0;
}
