/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>

#undef lend_fail
#undef lend_fail_errno
#undef lend_where

static void set_what(struct lend_err *err, enum lend_errc code, int os_errno, const char *fmt,
		     va_list ap)
{
	if (err == NULL || err->code != LEND_OK)
		return;
	err->code = code;
	err->os_errno = os_errno;
	(void)vsnprintf(err->what, sizeof(err->what), fmt, ap);
	if (os_errno != 0) {
		size_t len = strlen(err->what);

		(void)snprintf(err->what + len, sizeof(err->what) - len, " (%s)",
			       strerror(os_errno));
	}
}

int lend_fail(struct lend_err *err, enum lend_errc code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_what(err, code, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int lend_fail_errno(struct lend_err *err, const char *fmt, ...)
{
	int os_errno = errno;
	va_list ap;

	va_start(ap, fmt);
	set_what(err, LEND_E_SYSTEM, os_errno, fmt, ap);
	va_end(ap);
	return -1;
}

int lend_where(struct lend_err *err, const char *fmt, ...)
{
	char inner[sizeof(err->where)];
	size_t len;
	va_list ap;

	if (err == NULL)
		return -1;
	memcpy(inner, err->where, sizeof(inner));
	va_start(ap, fmt);
	(void)vsnprintf(err->where, sizeof(err->where), fmt, ap);
	va_end(ap);
	len = strlen(err->where);
	if (inner[0] != '\0' && len + 2 < sizeof(err->where)) {
		size_t room = sizeof(err->where) - len - 2;
		size_t inner_len = strlen(inner);

		memcpy(err->where + len, ": ", 2);
		if (inner_len >= room)
			inner_len = room - 1;
		memcpy(err->where + len + 2, inner, inner_len);
		err->where[len + 2 + inner_len] = '\0';
	}
	return -1;
}

void lend_hint(struct lend_err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err->hint[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
}

void lend_err_put(const struct lend_err *err, bool hints, struct lend_buf *out)
{
	if (err->where[0] != '\0') {
		lend_buf_put_safe(out, err->where, strlen(err->where));
		lend_buf_puts(out, ": ");
	}
	lend_buf_put_safe(out, err->what, strlen(err->what));
	if (hints && err->hint[0] != '\0') {
		lend_buf_puts(out, "\nhint: ");
		lend_buf_put_safe(out, err->hint, strlen(err->hint));
	}
}
