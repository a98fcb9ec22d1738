/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of some names somebody meant who typed another one. */

#ifndef LEND_BASE_NEAR_H
#define LEND_BASE_NEAR_H

#include <stddef.h>

/* Longer words are near to nothing. */
enum { LEND_NEAR_MAX = 32 };

/* The i-th of some names, NULL at the end. */
typedef const char *lend_name_at(const void *context, size_t i);

/*
 * The name with the fewest edits (insert, drop, change, swap neighbours), the
 * first of several; NULL when none is near.  Capitals, "-" and "_" do not
 * count, and three letters stand for every name that begins with them.
 */
const char *lend_near(const char *typed, lend_name_at *at, const void *context);

/* For names in an array that ends with NULL. */
const char *lend_near_word(const char *typed, const char *const *words);

#endif
