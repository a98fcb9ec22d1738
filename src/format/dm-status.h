/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The paths in what "dmsetup status --target multipath" prints: behind all
 * numbers of features, handlers and selectors there is for each path its
 * device number and A or F (drivers/md/dm-mpath.c, multipath_status; nothing
 * else in such a line is of the form N:N behind the name).
 */

#ifndef LEND_FORMAT_DM_STATUS_H
#define LEND_FORMAT_DM_STATUS_H

#include <stdint.h>

#include "base/attr.h"
#include "format/span.h"

struct lend_dm_path {
	uint32_t major, minor;
	bool failed;
};

/* The next path of any map; false at the end of the text. */
bool lend_dm_path_next(struct lend_span *rest, struct lend_dm_path *ret) LEND_MUST_CHECK;

struct lend_dm_map {
	struct lend_span name; /* as dmsetup writes it: \xNN for what it does not */
	bool queues;           /* with no path left it waits for one, and nothing fails */
};

/* The same of "dmsetup table --target multipath": the features come first. */
bool lend_dm_map_next(struct lend_span *rest, struct lend_dm_map *ret) LEND_MUST_CHECK;

/* Is it that name?  dmsetup's \xNN is the byte. */
bool lend_dm_is_name(struct lend_span said, const char *name);

#endif
