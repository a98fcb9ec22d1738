/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: written unchanged they are the same; what is added can be found and removed. */

#include "format/passthru-map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_passthru_map map, back;
	lend_auto_buf out = { 0 };

	(void)lend_passthru_map_recognise((const char *)data, size);
	if (lend_passthru_map_parse((const char *)data, size, &arena, &map, NULL) == 0) {
		lend_passthru_map_write(&map, &out);
		if (out.len != size || (size > 0 && memcmp(out.text, data, size) != 0))
			abort();
		(void)lend_passthru_map_remove(&map, 0x8086, 0x28c0);
		if (lend_passthru_map_add(&map, 0x8086, 0x28c0, LEND_PASSTHRU_D3D0,
					  LEND_PASSTHRU_SHARE_DEFAULT, NULL) < 0)
			abort();
		lend_buf_reset(&out);
		lend_passthru_map_write(&map, &out);
		/* Taking rows out may leave more junk than rows. */
		if (out.len <= LEND_PASSTHRU_MAP_MAX && map.n_junk <= map.n_rows &&
		    (lend_passthru_map_parse(out.text, out.len, &arena, &back, NULL) < 0 ||
		     back.n_rows != map.n_rows || back.n_duplicates != map.n_duplicates ||
		     lend_passthru_map_find(&back, 0x8086, 0x28c0, NULL) == NULL))
			abort();
	}
	lend_arena_done(&arena);
	return 0;
}
