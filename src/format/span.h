/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stretch of a text that somebody else owns: lines and words of what is parsed. */

#ifndef LEND_FORMAT_SPAN_H
#define LEND_FORMAT_SPAN_H

#include <string.h>

#include "base/ascii.h"
#include "base/attr.h"
#include "lend/lend.h"

struct lend_span {
	const char *at;
	size_t len;
};

/* Before it is parsed: text, and no more than max bytes of it.  what is "a .vmx". */
int lend_span_check(const char *what, const char *text, size_t len, size_t max,
		    struct lend_err *err) LEND_MUST_CHECK;

/* Without the white space at both ends. */
static inline struct lend_span lend_span_trim(struct lend_span s)
{
	while (s.len > 0 && lend_ascii_is_space(s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && lend_ascii_is_space(s.at[s.len - 1]))
		s.len--;
	return s;
}

/* The next line with its end; false when there is none left. */
static inline bool lend_span_next_line(struct lend_span *rest, struct lend_span *ret_line)
{
	const char *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->at, '\n', rest->len);
	*ret_line = (struct lend_span){ rest->at, end == NULL ? rest->len
							      : (size_t)(end - rest->at) + 1 };
	rest->at += ret_line->len;
	rest->len -= ret_line->len;
	return true;
}

#endif
