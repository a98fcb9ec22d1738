/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The whole test harness.  A test is a program; must() prints file, line and
 * expression and ends it with status 1; status 0 is a pass, 77 a skip.
 * Inside a table, must_in(row name) tells which row.
 */

#ifndef LEND_TESTS_MUST_H
#define LEND_TESTS_MUST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/* Set before the checks of a table row; printed with a failure. */
void must_in(const char *row);

#define must(expr)          must_check(__FILE__, __LINE__, #expr, (expr))
#define must_str(got, want) must_check_str(__FILE__, __LINE__, #got, (got), (want))
#define must_u64(got, want)                                                                    \
	must_check_u64(__FILE__, __LINE__, #got, (uint64_t)(got), (uint64_t)(want))

void must_check(const char *file, int line, const char *expr, bool ok);
void must_check_str(const char *file, int line, const char *expr, const char *got,
		    const char *want);
void must_check_u64(const char *file, int line, const char *expr, uint64_t got, uint64_t want);

/* How many times longer things may take: LEND_SLOW of the environment, else 1. */
double must_patience(void);

/*
 * Ends a child: by another program, so that valgrind takes what its parent has
 * in memory for no leak of the child.
 */
_Noreturn void must_leave(int status);

/* The whole file in memory, NUL behind it; ends the test when it cannot be read.  Freed never.
 */
char *must_read(const char *path, size_t *ret_len);

#endif
