/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/dm-status.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A path takes five bytes at least, and nothing behind the end is read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_span rest = { (const char *)data, size };
	struct lend_dm_path path;
	struct lend_dm_map map;

	for (size_t left = size; lend_dm_path_next(&rest, &path); left = rest.len) {
		if (rest.len + 5 > left)
			abort();
	}
	if (rest.len != 0)
		abort();
	rest = (struct lend_span){ (const char *)data, size };
	while (lend_dm_map_next(&rest, &map)) {
		if (map.name.len > size || lend_dm_is_name(map.name, "") != (map.name.len == 0))
			abort();
	}
	return 0;
}
