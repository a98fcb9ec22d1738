/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a wish names, when somebody else looked at it. */

#ifndef LEND_COLLECT_WANTED_H
#define LEND_COLLECT_WANTED_H

#include "collect/collect.h"
#include "model/kind-wanted.h"

/* The label area that it shall have; bytes NULL: it could not be read, and why. */
void lend_wanted_put_area(struct lend_scan *scan, struct lend_wanted_node *node, uint32_t by,
			  const struct lend_wanted *wanted, const char *bytes, size_t len,
			  const char *why);

#endif
