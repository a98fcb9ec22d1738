/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An open monitor between two requests, with what it has just said: who asked
 * hands it to who changes.  A second connection and the same questions again
 * would cost more than the change.
 */

#ifndef LEND_IO_LINE_H
#define LEND_IO_LINE_H

#include <stdint.h>

#include "base/attr.h"

struct lend_line;

/*
 * To a program of ours that takes its time to load ("libvirt:URI"): begun as soon
 * as it is known that it will be asked, so that what else is looked at goes on
 * meanwhile.  NULL when it cannot be; whoever asks will learn why.
 */
struct lend_line *lend_line_begin(const char *name);
/* When it was handed over, lend_now_ms(); 0: it was not. */
int64_t lend_line_at(const struct lend_line *line); /* NULL is fine */
void lend_line_free(struct lend_line *line);        /* NULL is fine */

#endif
