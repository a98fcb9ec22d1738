/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/zpool-cache.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No part can miss all of its devices, and no path is longer than the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_zpools pools = { 0 };

	if (lend_zpool_cache_parse(&arena, data, size, &pools, NULL) < 0)
		pools.n = 0;
	for (size_t p = 0; p < pools.n; p++) {
		for (size_t i = 0; i < pools.items[p].n; i++) {
			const struct lend_zpool_part *part = &pools.items[p].parts[i];

			if (part->spare > 0 && part->spare >= part->n)
				abort();
			for (size_t d = 0; d < part->n; d++) {
				if (strlen(part->paths[d]) > size)
					abort();
			}
		}
	}
	lend_arena_done(&arena);
	return 0;
}
