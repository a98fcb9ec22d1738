/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backing is given to one QEMU at a time.  QEMU takes no lock on it, plans of
 * two VMs do not know of each other, and what nobody had open when a plan was
 * made somebody may have by now.
 */

#ifndef LEND_APPLY_HOLD_H
#define LEND_APPLY_HOLD_H

#include "apply/step.h"

/*
 * Nobody has the file open, and no other lend with this state folder holds it
 * until *ret_lock is closed (-1: there is nothing to hold: no such file, or no
 * regular one).  LEND_E_REFUSED: somebody has it.
 */
int lend_hold(struct lend_doing *doing, const char *path, int *ret_lock,
	      struct lend_err *err) LEND_MUST_CHECK;

#endif
