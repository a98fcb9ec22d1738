/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of enum lend_trust in JSON. */

#ifndef LEND_MODEL_TRUST_H
#define LEND_MODEL_TRUST_H

#include "base/attr.h"
#include "lend/lend.h"

static inline const char *lend_trust_name(unsigned int trust)
{
	static const char *const names[] = { "seen", "recorded", "claimed", "predicted" };

	return trust < LEND_COUNT(names) ? names[trust] : "predicted";
}

/* LEND_PREDICTED, the least, for a name that is none. */
static inline enum lend_trust lend_trust_of_name(const char *name)
{
	unsigned int trust = LEND_SEEN;

	while (trust < LEND_PREDICTED &&
	       (name == NULL || strcmp(name, lend_trust_name(trust)) != 0))
		trust++;
	return (enum lend_trust)trust;
}

#endif
