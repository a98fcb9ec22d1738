/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/num.h"

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return 99;
}

bool lend_parse_u64n(const char *text, size_t len, int base, uint64_t *ret)
{
	uint64_t value = 0;

	if (base == 0) {
		base = 10;
		if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
			base = 16;
			text += 2;
			len -= 2;
		}
	}
	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		int digit = digit_value(text[i]);

		if (digit >= base)
			return false;
		if (!lend_mul_u64(value, (uint64_t)base, &value) ||
		    !lend_add_u64(value, (uint64_t)digit, &value))
			return false;
	}
	*ret = value;
	return true;
}

bool lend_parse_u64(const char *text, int base, uint64_t *ret)
{
	return lend_parse_u64n(text, strlen(text), base, ret);
}
