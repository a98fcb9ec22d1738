/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>

#undef lend_fail
#undef lend_fail_errno
#undef lend_where

/* More than the names that the kernel takes (PATH_MAX), and what stands around two of them. */
enum { TEXT_MAX = 10000 };

/* Where a character of UTF-8 begins; at most three bytes on from at, in bytes that are not. */
static size_t border_after(const char *text, size_t at)
{
	for (int i = 0; i < 3 && ((uint8_t)text[at] & 0xc0) == 0x80; i++)
		at++;
	return at;
}

static size_t border_before(const char *text, size_t at)
{
	for (int i = 0; i < 3 && at > 0 && ((uint8_t)text[at] & 0xc0) == 0x80; i++)
		at--;
	return at;
}

/*
 * Into size bytes.  Long text is mostly one long name: it loses its middle, so
 * that what was done, and the end of the name, are still there.
 */
static void put_cut(char *out, size_t size, const char *text)
{
	static const char dots[] = "...";
	size_t len = strlen(text);
	size_t room = size - sizeof(dots);
	size_t head, tail;

	if (len < size) {
		memcpy(out, text, len + 1);
		return;
	}
	head = border_before(text, room / 2);
	tail = border_after(text, len - (room - head));
	memcpy(out, text, head);
	memcpy(out + head, dots, sizeof(dots) - 1);
	memcpy(out + head + sizeof(dots) - 1, text + tail, len - tail + 1);
}

static void set_what(struct lend_err *err, enum lend_errc code, int os_errno, const char *fmt,
		     va_list ap)
{
	char text[TEXT_MAX];
	char suffix[sizeof(err->what) / 2] = "";
	size_t room;

	if (err == NULL || err->code != LEND_OK)
		return;
	err->code = code;
	err->os_errno = os_errno;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	if (os_errno != 0)
		(void)snprintf(suffix, sizeof(suffix), " (%s)", strerror(os_errno));
	room = sizeof(err->what) - strlen(suffix);
	put_cut(err->what, room, text);
	memcpy(err->what + strlen(err->what), suffix, strlen(suffix) + 1);
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
	char text[TEXT_MAX];
	size_t len;
	va_list ap;

	if (err == NULL)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text) - sizeof(err->where) - 2, fmt, ap);
	va_end(ap);
	len = strlen(text);
	if (err->where[0] != '\0')
		(void)snprintf(text + len, sizeof(text) - len, ": %s", err->where);
	put_cut(err->where, sizeof(err->where), text);
	return -1;
}

void lend_hint(struct lend_err *err, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	if (err == NULL || err->hint[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_cut(err->hint, sizeof(err->hint), text);
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
