/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/zfs/zpool.cache: the pools that a host imports when it boots, with the
 * devices each is made of.  It is an nvlist in XDR.
 *
 * (OpenZFS module/nvpair/nvpair.c, include/sys/nvpair.h; RFC 4506; zpoolconcepts(7).)
 */

#ifndef LEND_FORMAT_ZPOOL_CACHE_H
#define LEND_FORMAT_ZPOOL_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* A part of the pool; a pool without one of its parts is lost. */
struct lend_zpool_part {
	const char *type; /* "disk", "mirror", "raidz", "draid", "file"; "log", "special" count
			     too */
	uint32_t spare;   /* devices it can miss */
	const char **paths;
	size_t n, cap;
};

struct lend_zpool {
	const char *name;
	struct lend_zpool_part *parts;
	size_t n, cap;
};

struct lend_zpools {
	struct lend_zpool *items; /* in the arena, like all that is in them */
	size_t n, cap;
};

int lend_zpool_cache_parse(struct lend_arena *arena, const void *bytes, size_t len,
			   struct lend_zpools *ret, struct lend_err *err) LEND_MUST_CHECK;

#endif
