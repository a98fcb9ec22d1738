/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A map as a few lines of text, held against what a test expects. */

#ifndef LEND_TESTS_MAP_EXPECT_H
#define LEND_TESTS_MAP_EXPECT_H

#include "model/map.h"

enum { MAP_SAYS_MAX = 8 };

struct map_expect {
	const char *name;
	const char *inventory; /* tests/sketch.h */
	/*
	 * One row a line: "LEFT DIMM/REGION [NAMESPACES] VERDICT {CANDIDATE}...".
	 * LEFT is the device, else the path of the backing; a predicted id
	 * stands in quotes where the DIMM would.
	 */
	const char *rows;
	const char *says[MAP_SAYS_MAX];   /* each is part of a line "LEFT: EVIDENCE" */
	const char *silent[MAP_SAYS_MAX]; /* none of these is */
};

void map_must(const struct map_expect *expect, size_t n);

#endif
