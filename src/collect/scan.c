/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From sources to one sealed inventory: this host, one of its monitors, or a
 * capture.
 */

#include <inttypes.h>

#include "base/err.h"
#include "collect/collect.h"

static int open_sources(struct lend_scan *scan, struct lend_err *err)
{
	const struct lend_scan_options *options = scan->options;

	if (options->n_sources > 1)
		return lend_fail(err, LEND_E_USAGE, "one SOURCE at a time");
	if (options->n_sources == 1 && strncmp(options->sources[0], "qmp:", 4) == 0)
		scan->only_monitor = options->sources[0] + 4;
	else if (options->n_sources == 1)
		return lend_io_open_tree(options->sources[0], &scan->io, err);
	scan->io = lend_io_live();
	return 0;
}

static int run_collectors(struct lend_scan *scan, struct lend_err *err)
{
	scan->loose = !lend_io_is_live(scan->io) && !lend_io_is_replay(scan->io);
	lend_io_set_timeout(scan->io, scan->options->timeout_ms);
	if (scan->options->record_to != NULL &&
	    lend_io_record_to(scan->io, scan->options->record_to, err) < 0)
		return -1;
	for (size_t i = 0; i < lend_n_collectors; i++) {
		if (lend_collectors[i]->collect(scan, err) < 0)
			return lend_where(err, "%s", lend_collectors[i]->id);
	}
	return lend_io_record_end(scan->io, err);
}

int lend_scan(const struct lend_scan_options *options, struct lend_inventory **ret_inventory,
	      struct lend_err *err)
{
	struct lend_scan scan = { .options = options };
	int r;

	lend_build_init(&scan.build);
	r = open_sources(&scan, err);
	if (r == 0)
		r = run_collectors(&scan, err);
	if (r == 0)
		*ret_inventory = lend_build_seal(&scan.build);
	else
		lend_build_done(&scan.build);
	lend_io_free(scan.io);
	lend_arena_done(&scan.memory);
	return r;
}
