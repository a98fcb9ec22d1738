/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/span.h"

#include "base/err.h"

int lend_span_check(const char *what, const char *text, size_t len, size_t max,
		    struct lend_err *err)
{
	if (len > max)
		return lend_fail(err, LEND_E_FORMAT, "%s of %zu bytes is too long", what, len);
	if (len > 0 && memchr(text, '\0', len) != NULL)
		return lend_fail(err, LEND_E_FORMAT, "this is not text");
	return 0;
}
