/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text: what is decoded has three bytes for four digits, and encoded again it is the text.
 */

#include "base/base64.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lend_auto_buf out = { 0 };
	size_t padding = 0;

	if (!lend_base64_decode((const char *)data, size, &out))
		return 0;
	while (padding < size && data[size - 1 - padding] == '=')
		padding++;
	if (size % 4 != 0 || padding > 2 || out.len != size / 4 * 3 - padding)
		abort();
	/* All digits but the last, which may have bits that belong to no byte. */
	for (size_t i = 0; i + 1 < size - padding; i++) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++) {
			size_t at = i / 4 * 3 + k;

			bits = bits << 8 | (at < out.len ? (uint8_t)out.text[at] : 0);
		}
		if (data[i] != (uint8_t)digits[bits >> (18 - 6 * (i % 4)) & 63])
			abort();
	}
	return 0;
}
