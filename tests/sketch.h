/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An inventory from a few lines of text, so that a test shows what it is about.
 *
 * One node a line: "[@GUEST] KIND NAME WORD...".  A word is FIELD=VALUE (seen;
 * in a guest claimed; a second, other value makes the fact disputed),
 * FIELD~VALUE (predicted), !FIELD (absent), >KIND/NAME (the node uses that one)
 * or <KIND/NAME (is used by it).  Edges stay inside one guest.  A value or
 * name has no blanks; \xNN in it is that byte.  "#" begins a comment line.
 */

#ifndef LEND_TESTS_SKETCH_H
#define LEND_TESTS_SKETCH_H

#include "model/build.h"

/* Adds to what is there; a line that makes no sense ends the test. */
void sketch_add(struct lend_build *build, const char *text);

/* Sealed; free it. */
struct lend_inventory *sketch(const char *text);

#endif
