/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Characters of file formats, the same in every locale: the functions of
 * ctype.h and strcasecmp ask the user's language, where an I may have no dot.
 */

#ifndef LEND_BASE_ASCII_H
#define LEND_BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>

static inline char lend_ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline char lend_ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static inline bool lend_ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool lend_ascii_is_xdigit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline bool lend_ascii_is_alpha(char c)
{
	return lend_ascii_lower(c) >= 'a' && lend_ascii_lower(c) <= 'z';
}

static inline bool lend_ascii_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* As strcmp, with capitals and small letters the same. */
static inline int lend_ascii_casecmp(const char *a, const char *b)
{
	for (;; a++, b++) {
		unsigned char x = (unsigned char)lend_ascii_lower(*a);
		unsigned char y = (unsigned char)lend_ascii_lower(*b);

		if (x != y)
			return x < y ? -1 : 1;
		if (x == '\0')
			return 0;
	}
}

/* text begins with prefix, in any case; text need not be terminated. */
static inline bool lend_ascii_has_prefix(const char *text, size_t len, const char *prefix)
{
	for (; *prefix != '\0'; prefix++, text++, len--) {
		if (len == 0 || lend_ascii_lower(*text) != lend_ascii_lower(*prefix))
			return false;
	}
	return true;
}

#endif
