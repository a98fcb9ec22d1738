/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the compiler checks for us: one macro for each attribute lend uses. */

#ifndef LEND_BASE_ATTR_H
#define LEND_BASE_ATTR_H

#include "base/banned.h"

/* The caller must look at the result. */
#define LEND_MUST_CHECK        __attribute__((warn_unused_result))
#define LEND_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Runs done(&variable) when the variable goes out of scope. */
#define LEND_CLEANUP(done) __attribute__((cleanup(done)))

#define LEND_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
