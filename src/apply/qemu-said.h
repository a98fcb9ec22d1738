/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What QEMU says when it does not like something, and what can be done about it. */

#ifndef LEND_APPLY_QEMU_SAID_H
#define LEND_APPLY_QEMU_SAID_H

#include <stdbool.h>

#include "base/buf.h"

/* One thing to try for that message; NULL when it is none of the known ones. */
const char *lend_qemu_hint(const char *message);

/*
 * The line of a log that says why QEMU ended: the last one that is no warning,
 * without the program's name; false when there is none.
 */
bool lend_qemu_last_word(const char *log, size_t len, struct lend_buf *out);

#endif
