/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backing is given to one QEMU at a time.  QEMU takes no lock on it, plans of
 * two VMs do not know of each other, and what nobody had open when a plan was
 * made somebody may have by now.
 */

#ifndef LEND_APPLY_HOLD_H
#define LEND_APPLY_HOLD_H

#include "apply/step.h"

enum { LEND_HOLD_LOCKS = 64 };

/* Locks, each of many files: to make one for each file takes longer than to give it away. */
struct lend_held {
	int locks[LEND_HOLD_LOCKS]; /* descriptor plus 1; 0: not held */
};

/*
 * Nobody has the file open, and no other lend with this state folder gives it
 * away until *held is let go of.  0, too, when there is no such file, or no
 * regular one: what is wrong with it, QEMU says.  LEND_E_REFUSED: somebody has
 * it.
 */
int lend_hold(struct lend_doing *doing, const char *path, struct lend_held *held,
	      struct lend_err *err) LEND_MUST_CHECK;
void lend_held_done(struct lend_held *held);

#define lend_auto_held LEND_CLEANUP(lend_held_done) struct lend_held

#endif
