/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One answer, with who said it.  A zeroed fact is "not asked".
 *
 * v is meant when known is LEND_KNOWN or LEND_DISPUTED (then it is the first
 * value seen; the others are in the inventory's side list).  When known is
 * LEND_UNREADABLE, v.str says why.
 */

#ifndef LEND_BASE_FACT_H
#define LEND_BASE_FACT_H

#include <stdint.h>

#include "lend/lend.h"

struct lend_fact {
	union {
		uint64_t u64;
		const char *str; /* interned in the inventory */
	} v;
	uint32_t sighting; /* index: who said it, by which ask */
	uint8_t known;     /* enum lend_known */
	uint8_t trust;     /* enum lend_trust */
};

#endif
