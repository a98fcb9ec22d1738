/* SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef LEND_COLLECT_SCAN_H
#define LEND_COLLECT_SCAN_H

#include "base/attr.h"
#include "io/line.h"
#include "lend/lend.h"

/*
 * As lend_scan of this host, and the conversation with the monitor of
 * options->room_in stays open: *line is the caller's, NULL when there was
 * none.  Nobody else is served by that monitor until it is freed.  Before, *line is
 * NULL or one by lend_line_begin.
 */
int lend_scan_with_line(const struct lend_scan_options *options,
			struct lend_inventory **ret_inventory, struct lend_line **line,
			struct lend_err *err) LEND_MUST_CHECK;

#endif
