/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/base64.h"

#include <stdint.h>

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool lend_base64_decode(const char *text, size_t len, struct lend_buf *out)
{
	uint32_t bits = 0;
	unsigned int n_bits = 0;
	size_t body = len;

	if (len % 4 != 0)
		return false;
	while (body > 0 && len - body < 2 && text[body - 1] == '=')
		body--;
	for (size_t i = 0; i < body; i++) {
		int d = digit(text[i]);

		if (d < 0)
			return false;
		bits = bits << 6 | (uint32_t)d;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			lend_buf_putc(out, (char)(bits >> n_bits & 0xff));
		}
	}
	return true;
}

void lend_base64_encode(const void *bytes, size_t len, struct lend_buf *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)p[i] << 16;

		v |= n > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		v |= n > 2 ? p[i + 2] : 0;
		lend_buf_putc(out, digits[v >> 18]);
		lend_buf_putc(out, digits[v >> 12 & 63]);
		lend_buf_putc(out, n > 1 ? digits[v >> 6 & 63] : '=');
		lend_buf_putc(out, n > 2 ? digits[v & 63] : '=');
	}
}
