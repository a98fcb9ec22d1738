/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether what is given away could be given to a VM at all, and what has to
 * be done first: drivers that are in the way, interrupts and resets, the ways
 * of a VMD.  Only what an inventory says; nothing is tried.
 */

#ifndef LEND_MODEL_IMPACT_GIVE_H
#define LEND_MODEL_IMPACT_GIVE_H

#include "model/impact.h"

enum lend_give_kind {
	LEND_GIVE_NOTE,    /* it works, and this is what comes of it */
	LEND_GIVE_FIRST,   /* to be done first */
	LEND_GIVE_UNKNOWN, /* it could be in the way */
	LEND_GIVE_NOT,     /* it cannot be given as long as that holds */
};

/* "note", "first", "unknown", "not": in JSON */
const char *lend_give_kind_name(enum lend_give_kind kind);

struct lend_give_line {
	enum lend_give_kind kind;
	const char *text;
};

struct lend_give {
	struct lend_give_line *lines; /* in the arena of the impact */
	size_t n, cap;
	enum lend_give_kind worst;
	bool applies; /* false: it has no PCI function */
};

void lend_give_of(struct lend_impact *impact, struct lend_give *ret);

#endif
