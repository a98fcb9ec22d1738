/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An nd bus that somebody else looked at, with the meanings of the host's own. */

#ifndef LEND_COLLECT_ND_SYSFS_H
#define LEND_COLLECT_ND_SYSFS_H

#include "collect/collect.h"

struct lend_nd_source {
	const char *const
		*names; /* in /sys/bus/nd/devices; others than lend knows do no harm */
	size_t n_names;
	/* A FILE, LINK or DIR below that folder: "nmem0/nfit/handle".  Never NULL. */
	const struct lend_answer *(*get)(void *arg, enum lend_via via, const char *path);
	void *arg;
};

/* nd-bus, nd-dimm, nd-region and nd-namespace nodes of the guest (NULL: the host's). */
void lend_collect_nd(struct lend_scan *scan, const char *guest,
		     const struct lend_nd_source *source, uint32_t by);

#endif
