/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values that may not be there.
 *
 * Formats leave many things out, and "not given" is never zero, off or
 * empty: numbers carry a flag, switches have three states, texts are NULL.
 * A zeroed value is "not given" in all three.
 */

#ifndef LEND_FORMAT_OPT_H
#define LEND_FORMAT_OPT_H

#include <stdbool.h>
#include <stdint.h>

struct lend_opt_u64 {
	uint64_t v; /* meant only when has */
	bool has;
};

enum lend_tri { LEND_TRI_UNSET, LEND_TRI_OFF, LEND_TRI_ON };

static inline struct lend_opt_u64 lend_opt(uint64_t v)
{
	return (struct lend_opt_u64){ .v = v, .has = true };
}

#endif
