/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes what: a hash by bytes, which text, UUIDs and cookies share. */

#ifndef LEND_COLLECT_ANONYMISE_TABLE_H
#define LEND_COLLECT_ANONYMISE_TABLE_H

#include "base/arena.h"

struct lend_anon_entry {
	const char *from;
	size_t len;
	const char *to; /* of the same length, but for numbers; NULL until it is needed */
	size_t to_len;
	unsigned int flags;
};

/* An open hash. */
struct lend_anon_table {
	struct lend_anon_entry *entries;
	size_t size, n;
};

/* NULL when it is not there. */
struct lend_anon_entry *lend_anon_find(const struct lend_anon_table *t, const char *from,
				       size_t len);

/* The one that is there, or a new one that is zero but for from, a copy, and len. */
struct lend_anon_entry *lend_anon_add(struct lend_arena *arena, struct lend_anon_table *t,
				      const char *from, size_t len);

#endif
