/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What would be: a second inventory, in which a VM is as a command line would
 * start it, and everything else as it is.  Rules look at it as at the first
 * one (rules/rules.h).
 */

#ifndef LEND_PLAN_PROPOSE_H
#define LEND_PLAN_PROPOSE_H

#include "format/qemu-args.h"
#include "plan/plan.h"

struct lend_inventory;

struct lend_proposal {
	const char *vm; /* its name; nodes of one of that name are left out */
	const struct lend_qemu_args *args;
	const char *cwd; /* where relative paths begin; NULL: they stay as they are */
	const struct lend_plan *plan; /* NULL, or: the files that its steps make are there */
};

/* Fills in what a scan has to look at for it; texts live as long as arena and args. */
void lend_propose_wants(struct lend_arena *arena, const struct lend_proposal *proposal,
			struct lend_scan_options *options);

/* now is sealed, and made with what lend_propose_wants says.  *ret_then is the caller's. */
void lend_propose(const struct lend_inventory *now, const struct lend_proposal *proposal,
		  struct lend_inventory **ret_then);

#endif
