/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An nd bus of sysfs as text: what a small script prints in a guest that has
 * no ndctl, and what it means.  One line an entry, the last one is "end":
 *
 *	l NAME PATH   a device, and where its link leads
 *	f PATH TEXT   an attribute; u PATH: one that cannot be read
 *	e PATH        a link that is there
 *	n PATH NAME   an entry of a folder
 *
 * Paths are relative to /sys/bus/nd/devices.
 */

#ifndef LEND_FORMAT_ND_LISTING_H
#define LEND_FORMAT_ND_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "lend/lend.h"

enum { LEND_ND_LISTING_MAX = 100 * 1000 /* entries */ };

/*
 * For "/bin/sh -c": nothing is put into it, it starts no program and writes
 * nothing but its output.
 */
extern const char lend_nd_listing_script[];

struct lend_nd_entry {
	char kind;
	const char *path;
	const char *text; /* "" when the line has none */
	size_t line;
};

struct lend_nd_listing {
	struct lend_nd_entry *entries; /* by kind, path, line */
	size_t n, cap;
};

/* Fails when the end is missing or there is no end to it. */
int lend_nd_listing_parse(struct lend_arena *arena, const char *text, size_t len,
			  struct lend_nd_listing *ret, struct lend_err *err) LEND_MUST_CHECK;

/* The first entries of that kind and path; returns how many.  path NULL: all of the kind. */
size_t lend_nd_listing_find(const struct lend_nd_listing *listing, char kind, const char *path,
			    const struct lend_nd_entry **ret);

#endif
