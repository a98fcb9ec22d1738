/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What went wrong, for the person at the terminal.
 *
 * A function that can fail returns int and takes "struct lend_err *err" last:
 *    0   done
 *   -1   failed; *err says what, where and what to try
 *   >0   an expected outcome that the function's own comment names
 *
 * The caller owns the struct.  Its text is inline: nothing to free, and no
 * allocation on the way out of a failed allocation.  Whoever notices the
 * failure writes it, once; callers on the way up only add where they were.
 */

#ifndef LEND_BASE_ERR_H
#define LEND_BASE_ERR_H

#include "base/attr.h"
#include "base/buf.h"
#include "lend/lend.h"

/*
 * Each returns -1, so that "return lend_fail(...)" is a whole error path.
 * The first failure wins: a second call on the same struct changes nothing.
 * err may be NULL where the caller only wants to know that it failed.
 * The text is stored as it comes; whoever prints it escapes it.  Too long a
 * text, mostly by a long name, loses its middle.
 */
int lend_fail(struct lend_err *err, enum lend_errc code, const char *fmt, ...)
	LEND_PRINTF(3, 4);

/* As lend_fail with LEND_E_SYSTEM; adds the name of errno in parentheses. */
int lend_fail_errno(struct lend_err *err, const char *fmt, ...) LEND_PRINTF(2, 3);

/* Puts context in front of what is already there, outermost first. */
int lend_where(struct lend_err *err, const char *fmt, ...) LEND_PRINTF(2, 3);

/* One thing to try.  The first hint wins. */
void lend_hint(struct lend_err *err, const char *fmt, ...) LEND_PRINTF(2, 3);

/* "where: what", and in a line of its own the hint, when hints are wanted; escaped. */
void lend_err_put(const struct lend_err *err, bool hints, struct lend_buf *out);

/* clang's analyzer sees one file at a time; it has to be told about the -1. */
#ifdef __clang_analyzer__
#define lend_fail(...)       (lend_fail(__VA_ARGS__), -1)
#define lend_fail_errno(...) (lend_fail_errno(__VA_ARGS__), -1)
#define lend_where(...)      (lend_where(__VA_ARGS__), -1)
#endif

#endif
