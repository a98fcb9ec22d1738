/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The NVDIMMs of a guest, out of what its ndctl printed. */

#ifndef LEND_COLLECT_GUEST_NDCTL_H
#define LEND_COLLECT_GUEST_NDCTL_H

#include "collect/collect.h"
#include "format/ndctl-json.h"
#include "model/kind-nd-region.h"

/* guest/VM, with how it was looked at: via "agent" (its ndctl), "agent-sysfs", "agent-files",
 * "file", "inventory". */
void lend_collect_guest(struct lend_scan *scan, const char *vm, const char *via,
			const char *source, uint32_t by);

/* Adds nd-dimm, nd-region and nd-namespace nodes inside the guest.  guest is NULL for the
 * host's own. */
void lend_collect_ndctl(struct lend_scan *scan, const char *guest, const struct lend_ndctl *nd,
			uint32_t by);

#endif
