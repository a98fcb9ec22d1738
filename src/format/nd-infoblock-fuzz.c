/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as the start of a namespace, and as one block whose rest is zero. */

#include "format/nd-infoblock.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct lend_nd_info *info)
{
	const uint64_t sizes[] = { 0, 1, 4096, 1 << 26, UINT64_MAX };

	if (lend_nd_info_mode(info->kind) == NULL)
		abort();
	for (size_t i = 0; i < LEND_COUNT(sizes); i++) {
		uint64_t offset, bytes;

		if (lend_nd_info_data(info, sizes[i], &offset, &bytes) &&
		    (bytes == 0 || offset > sizes[i] || bytes > sizes[i] - offset))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t block[LEND_ND_INFO_BYTES] = { 0 };
	struct lend_nd_info info;

	if (lend_nd_info_find(data, size, &info))
		check(&info);
	if (size > 0)
		memcpy(block, data, size < sizeof(block) ? size : sizeof(block));
	if (lend_nd_info_read(block, &info))
		check(&info);
	return 0;
}
