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

/* Where QEMU puts a device that is plugged in; unset: it is chosen later, and not judged. */
struct lend_place {
	const char *device;
	struct lend_opt_u64 address, size_bytes;
};

struct lend_proposal {
	const char *vm; /* its name; nodes of one of that name are left out */
	const struct lend_qemu_args *args;
	const char *cwd; /* where relative paths begin; NULL: they stay as they are */
	const struct lend_plan *plan;    /* NULL, or: the files that its steps make are there */
	const struct lend_place *places; /* of lend_propose_more alone */
	size_t n_places;
};

/* Fills in what a scan has to look at for it; texts live as long as arena and args. */
void lend_propose_wants(struct lend_arena *arena, const struct lend_proposal *proposal,
			struct lend_scan_options *options);

/* now is sealed, and made with what lend_propose_wants says.  *ret_then is the caller's. */
void lend_propose(const struct lend_inventory *now, const struct lend_proposal *proposal,
		  struct lend_inventory **ret_then);

/*
 * The same for what comes to the VM while it runs: args has these backends and
 * devices alone.  In *ret_then is only what they have to do with; of the VM no
 * more than who it is.
 */
void lend_propose_more(const struct lend_inventory *now, const struct lend_proposal *proposal,
		       struct lend_inventory **ret_then);

#endif
