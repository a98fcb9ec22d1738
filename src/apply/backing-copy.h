/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two backing files: one made like the other, and held against it. */

#ifndef LEND_APPLY_BACKING_COPY_H
#define LEND_APPLY_BACKING_COPY_H

#include "apply/backing-slot.h"

/* len bytes of a from "from" on, and of b from "to" on. */
int lend_backing_is_same(struct lend_doing *doing, const struct lend_backing *a, uint64_t from,
			 const struct lend_backing *b, uint64_t to, uint64_t len,
			 bool *ret_same, struct lend_err *err) LEND_MUST_CHECK;

/* The same bytes, and the same labels but for the slot they are of. */
int lend_backing_is_copy(struct lend_doing *doing, const struct lend_backing *a,
			 const struct lend_backing *b, uint64_t label_bytes, bool *ret_same,
			 struct lend_err *err) LEND_MUST_CHECK;

/*
 * Like from, in doing->made, with every block real, compared after it was
 * written; "label-size" and "slot" (or none: labels as they are) of the
 * step's arguments.  Nothing is left when it fails.
 */
int lend_backing_copy(struct lend_doing *doing, const struct lend_step *step,
		      const struct lend_backing *from, const char *path,
		      struct lend_err *err) LEND_MUST_CHECK;

#endif
