/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An open monitor between two requests, with what it has just said: who asked
 * hands it to who changes.  A second connection and the same questions again
 * would cost more than the change.
 */

#ifndef LEND_IO_LINE_H
#define LEND_IO_LINE_H

#include "base/attr.h"

struct lend_line;

void lend_line_free(struct lend_line *line); /* NULL is fine */

#endif
