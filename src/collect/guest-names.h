/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What in a guest names persistent memory as /dev/pmemN, a name that changes. */

#ifndef LEND_COLLECT_GUEST_NAMES_H
#define LEND_COLLECT_GUEST_NAMES_H

#include "collect/guest-exec.h"

/* Facts of the guest of agent->vm, when they are wanted; of: for their sighting. */
void lend_guest_names(struct lend_agent *agent, const char *of);

/* The same of a guest that io asks. */
void lend_guest_names_far(struct lend_scan *scan, struct lend_io *io, const char *vm,
			  const char *of);

/* What the guest's shell is given; for tests. */
extern const char lend_guest_names_script[];

#endif
