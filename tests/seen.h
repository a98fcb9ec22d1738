/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of collectors: a tree to look at, and what was seen in it. */

#ifndef LEND_TESTS_SEEN_H
#define LEND_TESTS_SEEN_H

#include <stdbool.h>

#include "model/inventory.h"

/* A file below root, with the folders above it; one that is there is overwritten. */
void put_file(const char *root, const char *path, const char *text);

/* The field of a node: "-" for absent, "?" for unreadable, "" for not asked; else its text. */
void must_say(const struct lend_inventory *inv, const char *id, const char *field,
	      const char *want);

/* Whether the node user, which must be there, uses the other. */
bool uses(const struct lend_inventory *inv, const char *user, const char *used);

#endif
