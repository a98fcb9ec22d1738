/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which slot labels are of, and writing them for another one. */

#ifndef LEND_APPLY_BACKING_SLOT_H
#define LEND_APPLY_BACKING_SLOT_H

#include "apply/backing-file.h"

enum lend_labels_of {
	LEND_LABELS_OF_NONE,   /* there are none: good for every slot */
	LEND_LABELS_OF_SLOT,   /* all are of one slot of QEMU */
	LEND_LABELS_OF_OTHERS, /* of several, or not of QEMU: lend does not write them */
};

/* area is valid here and below. */
int lend_labels_slot(struct lend_doing *doing, const struct lend_backing *backing,
		     const struct lend_label_area *area, enum lend_labels_of *ret_of,
		     uint32_t *ret_slot, struct lend_err *err) LEND_MUST_CHECK;

/*
 * As the kernel does it: all labels into free places, synced; then the older
 * index block with the next number, which is the moment from which they
 * count.  What is read back afterwards is checked.
 */
int lend_labels_rewrite(struct lend_doing *doing, const struct lend_backing *backing,
			const struct lend_label_area *area, uint32_t slot,
			struct lend_err *err) LEND_MUST_CHECK;

/* Into a copy of the file that nobody sees yet: each label in its own place. */
int lend_labels_patch(struct lend_doing *doing, const struct lend_backing *from,
		      const struct lend_label_area *area, int to_fd, const char *to,
		      uint32_t slot, struct lend_err *err) LEND_MUST_CHECK;

/* area has n labels, of that slot all of them. */
int lend_labels_verify(struct lend_doing *doing, const struct lend_backing *backing,
		       const struct lend_label_area *area, uint32_t n, uint32_t slot,
		       struct lend_err *err) LEND_MUST_CHECK;

/* Both have the same labels in the same places, but for the slot they are of. */
int lend_labels_are_same(struct lend_doing *doing, const struct lend_backing *a,
			 const struct lend_label_area *of_a, const struct lend_backing *b,
			 const struct lend_label_area *of_b, bool *ret_same,
			 struct lend_err *err) LEND_MUST_CHECK;

#endif
