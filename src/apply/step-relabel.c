/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * relabel: a backing file is made ready for another slot.
 *
 * Its labels are written anew, as a guest itself changes labels; one index
 * block is the moment from which they count (backing-slot.h).
 */

#include <fcntl.h>

#include "apply/backing-slot.h"
#include "base/err.h"
#include "format/nd-id.h"

/* 0, 1: not there.  backing and area of the file that the plan is about. */
static int open_it(struct lend_doing *doing, const struct lend_step *step, int flags,
		   struct lend_backing *backing, struct lend_label_area *ret_area,
		   struct lend_err *err)
{
	uint64_t label_bytes;
	int r;

	if (lend_step_need_u64(step, "label-size", &label_bytes, err) < 0)
		return -1;
	r = lend_backing_open(doing->writer, step->name, flags, backing, err);
	if (r != 0)
		return r;
	return lend_label_area_read(doing, backing, (uint64_t)backing->st.st_size, label_bytes,
				    ret_area, err);
}

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	lend_auto_backing backing = { .fd = -1 };
	struct lend_state state = { 0 };
	struct lend_label_area area;
	enum lend_labels_of of;
	uint32_t slot = 0;
	int r;

	r = open_it(doing, step, O_RDONLY, &backing, &area, err);
	if (r < 0)
		return -1;
	state.absent = r > 0;
	if (r == 0) {
		lend_pairs_add(doing->arena, &state.pairs, "file",
			       lend_backing_id_text(&step->args, "file", &backing));
		if (!lend_label_area_is_valid(&area)) {
			lend_pairs_add(doing->arena, &state.pairs, "slot", "damaged");
		} else if (lend_labels_slot(doing, &backing, &area, &of, &slot, err) < 0) {
			return -1;
		} else if (of == LEND_LABELS_OF_SLOT) {
			lend_pairs_add_u64(doing->arena, &state.pairs, "slot", slot);
		} else {
			lend_pairs_add(doing->arena, &state.pairs, "slot",
				       of == LEND_LABELS_OF_NONE ? "none" : "others");
		}
	}
	*ret_state = state;
	return 0;
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	lend_auto_backing backing = { .fd = -1 };
	struct lend_label_area area;
	struct lend_alone alone;
	uint64_t slot;
	int r;

	(void)from;
	if (!lend_pairs_u64(&to->pairs, "slot", &slot) || slot >= LEND_ND_QEMU_SLOTS)
		return lend_fail(err, LEND_E_FORMAT, "the step says no slot");
	r = open_it(doing, step, O_RDWR, &backing, &area, err);
	if (r > 0)
		return lend_fail(err, LEND_E_STALE, "'%s' is gone", step->name);
	if (r < 0 || lend_backing_need_id(&step->args, "file", &backing, err) < 0 ||
	    lend_backing_hold(&backing, &alone, err) < 0)
		return -1;
	if (!lend_label_area_is_valid(&area))
		return lend_fail(err, LEND_E_STALE, "'%s' has no labels", step->name);
	return lend_labels_rewrite(doing, &backing, &area, (uint32_t)slot, err);
}

const struct lend_step_kind lend_step_relabel = {
	.name = "relabel",
	.does = "writes the labels of a backing file for another slot",
	.look = look,
	.set = set,
	.may = lend_backing_may_change,
};
