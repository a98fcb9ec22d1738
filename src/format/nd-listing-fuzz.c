/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/nd-listing.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is in it is found in it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_nd_listing listing;

	if (lend_nd_listing_parse(&arena, (const char *)data, size, &listing, NULL) == 0) {
		for (size_t i = 0; i < listing.n; i++) {
			const struct lend_nd_entry *e = &listing.entries[i];
			const struct lend_nd_entry *found;
			size_t n = lend_nd_listing_find(&listing, e->kind, e->path, &found);

			if (n == 0 || found > e || e >= found + n)
				abort();
		}
	}
	lend_arena_done(&arena);
	return 0;
}
