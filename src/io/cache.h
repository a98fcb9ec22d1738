/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was found out once and may be forgotten any time.
 *
 * A file that is not ours alone to write, or that is cut short, is as good as
 * none; that one cannot be written is nobody's error.
 */

#ifndef LEND_IO_CACHE_H
#define LEND_IO_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { LEND_CACHE_BYTES_MAX = 64 << 10 };

/* name is one in the folder dir. */
bool lend_cache_read(const char *dir, const char *name, struct lend_buf *out);
void lend_cache_write(const char *dir, const char *name, const char *bytes, size_t len);

#endif
