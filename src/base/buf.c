/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void lend_buf_done(struct lend_buf *buf)
{
	free(buf->text);
	*buf = (struct lend_buf){ 0 };
}

void lend_buf_reset(struct lend_buf *buf)
{
	buf->len = 0;
	if (buf->text != NULL)
		buf->text[0] = '\0';
}

void lend_buf_drop(struct lend_buf *buf, size_t len)
{
	assert(len <= buf->len);
	if (len == 0)
		return; /* there may be no text */
	buf->len -= len;
	memmove(buf->text, buf->text + len, buf->len);
	buf->text[buf->len] = '\0';
}

enum { SHORT_TEXT = 128 }; /* longer ones are formatted twice */

char *lend_buf_room(struct lend_buf *buf, size_t len)
{
	size_t need;

	if (__builtin_add_overflow(buf->len, len, &need) ||
	    __builtin_add_overflow(need, 1, &need))
		abort();
	if (need > buf->cap) {
		size_t cap = buf->cap < 64 ? 64 : buf->cap;

		while (cap < need)
			cap = cap > SIZE_MAX / 2 ? need : cap * 2;
		buf->text = lend_xrealloc(buf->text, cap);
		buf->cap = cap;
	}
	buf->text[buf->len] = '\0'; /* also when nothing comes into the room */
	return buf->text + buf->len;
}

void lend_buf_put(struct lend_buf *buf, const void *bytes, size_t len)
{
	char *end = lend_buf_room(buf, len);

	if (len > 0)
		memcpy(end, bytes, len);
	end[len] = '\0';
	buf->len += len;
}

void lend_buf_puts(struct lend_buf *buf, const char *text)
{
	lend_buf_put(buf, text, strlen(text));
}

void lend_buf_putc(struct lend_buf *buf, char c)
{
	lend_buf_put(buf, &c, 1);
}

/* Ten times as fast as printf, which counts where there are 100,000 devices. */
void lend_buf_put_u64(struct lend_buf *buf, uint64_t value, unsigned int base)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	lend_buf_put(buf, digits + at, sizeof(digits) - at);
}

void lend_buf_vprintf(struct lend_buf *buf, const char *fmt, va_list ap)
{
	size_t room = SHORT_TEXT;
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(lend_buf_room(buf, room), room + 1, fmt, ap);
	if (len < 0)
		abort();
	if ((size_t)len > room)
		(void)vsnprintf(lend_buf_room(buf, (size_t)len), (size_t)len + 1, fmt, again);
	va_end(again);
	buf->len += (size_t)len;
}

void lend_buf_printf(struct lend_buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lend_buf_vprintf(buf, fmt, ap);
	va_end(ap);
}

const char *lend_buf_text(const struct lend_buf *buf)
{
	return buf->text == NULL ? "" : buf->text;
}

/* The code point at text, and its length; 0 length when the bytes are not UTF-8 (RFC 3629). */
static size_t decode_utf8(const char *text, size_t len, uint32_t *ret_point)
{
	const uint8_t *p = (const uint8_t *)text;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t point;
	size_t n;

	if (len == 0)
		return 0;
	if (p[0] < 0x80) {
		*ret_point = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		n = 2;
		point = p[0] & 0x1f;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		n = 3;
		point = p[0] & 0x0f;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		n = 4;
		point = p[0] & 0x07;
	} else {
		return 0;
	}
	if (len < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (p[i] & 0x3f);
	}
	if (point < least[n] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return n;
}

size_t lend_utf8_len(const char *text, size_t len)
{
	uint32_t point;

	return decode_utf8(text, len, &point);
}

/* How many bytes from text on are printable ASCII, and none of the two. */
static size_t plain_run(const char *text, size_t len, char not1, char not2)
{
	size_t n = 0;

	while (n < len && text[n] >= 0x20 && text[n] < 0x7f && text[n] != not1 &&
	       text[n] != not2)
		n++;
	return n;
}

/* Not for a terminal: controls, C1 ones and DEL included, and what turns the direction of text.
 */
static int is_unsafe(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x061c ||
	       (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

void lend_buf_put_json(struct lend_buf *buf, const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t point = 0;
		size_t n = plain_run(text + i, len - i, '"', '\\');

		if (n > 0) {
			lend_buf_put(buf, text + i, n);
			i += n;
			continue;
		}
		n = decode_utf8(text + i, len - i, &point);
		if (n == 0) {
			lend_buf_printf(buf, "\\\\x%02x", (uint8_t)text[i]);
			n = 1;
		} else if (point == '"' || point == '\\') {
			lend_buf_putc(buf, '\\');
			lend_buf_putc(buf, (char)point);
		} else if (point == '\n') {
			lend_buf_puts(buf, "\\n");
		} else if (is_unsafe(point)) {
			lend_buf_printf(buf, "\\u%04x", point);
		} else {
			lend_buf_put(buf, text + i, n);
		}
		i += n;
	}
}

void lend_buf_put_safe(struct lend_buf *buf, const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t point = 0;
		size_t n = plain_run(text + i, len - i, '\0', '\0');

		if (n > 0) {
			lend_buf_put(buf, text + i, n);
			i += n;
			continue;
		}
		n = decode_utf8(text + i, len - i, &point);
		if (n == 0) {
			lend_buf_printf(buf, "\\x%02x", (uint8_t)text[i]);
			n = 1;
		} else if (is_unsafe(point)) {
			lend_buf_printf(buf, point < 0x100 ? "\\x%02x" : "\\u{%04x}", point);
		} else {
			lend_buf_put(buf, text + i, n);
		}
		i += n;
	}
}
