/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host itself.
 *
 * Asks  /proc/sys/kernel/{hostname,osrelease}
 * Adds  host/this
 */

#include "collect/collect.h"
#include "model/kind-host.h"

static const struct lend_ask ask_name = { .via = LEND_VIA_FILE,
					  .key = "proc/sys/kernel/hostname" };
static const struct lend_ask ask_kernel = { .via = LEND_VIA_FILE,
					    .key = "proc/sys/kernel/osrelease" };

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct lend_host *host;
	uint32_t by;

	(void)err;
	host = (struct lend_host *)lend_build_node(&scan->build, LEND_KIND_HOST, NULL, "this");
	by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "host",
				 "proc/sys/kernel", "");
	lend_collect_text(scan, &host->node, &host->hostname, by,
			  lend_io_ask(scan->io, &ask_name));
	lend_collect_text(scan, &host->node, &host->kernel, by,
			  lend_io_ask(scan->io, &ask_kernel));
	return 0;
}

extern const struct lend_collector lend_collector_host;
const struct lend_collector lend_collector_host = {
	.id = "host",
	.sees = "name and kernel of this host",
	.adds = LEND_ADDS(LEND_KIND_HOST),
	.needs_no_vm = true,
	.collect = collect,
};
