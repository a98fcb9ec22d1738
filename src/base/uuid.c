/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/uuid.h"

#include <string.h>

/* Bytes in each group of 8-4-4-4-12. */
static const uint8_t groups[] = { 4, 2, 2, 2, 6 };

void lend_uuid_format(const uint8_t uuid[LEND_UUID_BYTES], char ret_text[LEND_UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *out = ret_text;

	for (size_t g = 0; g < LEND_COUNT(groups); g++) {
		if (g > 0)
			*out++ = '-';
		for (size_t i = 0; i < groups[g]; i++, uuid++) {
			*out++ = digits[*uuid >> 4];
			*out++ = digits[*uuid & 15];
		}
	}
	*out = '\0';
}

void lend_uuid_swap_guid(const uint8_t in[LEND_UUID_BYTES], uint8_t ret_out[LEND_UUID_BYTES])
{
	/* The first three groups are little-endian numbers in a GUID, the rest bytes. */
	static const uint8_t from[] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t out[LEND_UUID_BYTES];

	for (size_t i = 0; i < LEND_UUID_BYTES; i++)
		out[i] = in[from[i]];
	memcpy(ret_out, out, sizeof(out));
}
