/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend detach: an NVDIMM is taken out of a VM's record. */

#include "base/err.h"
#include "cli/change.h"
#include "cli/wishes.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_FLAG, "live", '\0', live, NULL,
		    "now; QEMU cannot, and lend says so"),
	LEND_OPTION(LEND_OPTION_FLAG, "config", '\0', config, NULL,
		    "from the next start on (what happens without it, too)"),
	LEND_OPTION(LEND_OPTION_FLAG, "plan", '\0', only_plan, NULL,
		    "show the plan and do nothing"),
	LEND_OPTION_CONNECT,
	LEND_OPTION_JSON,
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_CHANGE,
	LEND_OPTION_COMMON,
};

static int run(const struct lend_args *args, struct lend_err *err)
{
	struct lend_scan_options scan = { 0 };
	lend_auto_look struct lend_look look = { 0 };
	lend_auto_plan *plan = NULL;
	lend_auto_change change;

	if (lend_change_init(&change, args, err) < 0)
		return -1;
	if (args->sources.n != 2) {
		lend_hint(err, "lend detach db1 log");
		return lend_fail(err, LEND_E_USAGE,
				 "lend detach takes a VM and the name of its NVDIMM");
	}
	if (lend_look_record(&change, &look, args->sources.items[0], err) < 0 ||
	    lend_look_at(&look, args, &scan, err) < 0 ||
	    lend_look_domain(&look, args, args->sources.items[0], err) < 0)
		return -1;
	look.request.live = args->live;
	look.request.config = args->config;
	if (lend_plan_detach(&look.request, args->sources.items[0], args->sources.items[1],
			     &plan, err) < 0)
		return -1;
	return lend_change_apply(&change, plan, args, true, err);
}

const struct lend_command lend_command_detach = {
	.name = "detach",
	.synopsis = "VM NAME",
	.summary = "take an NVDIMM from a VM, from its next start on",
	.about =
		"QEMU cannot unplug an NVDIMM from a running guest: it goes from the record, and\n"
		"from the guest when that has stopped.  The backing stays.\n",
	.examples = "  lend detach db1 log\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.changes = true,
	.run = run,
};
