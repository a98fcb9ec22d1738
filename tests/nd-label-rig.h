/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of label areas share. */

#ifndef LEND_TESTS_ND_LABEL_RIG_H
#define LEND_TESTS_ND_LABEL_RIG_H

#include "base/num.h"
#include "format/nd-label.h"
#include "tests/must.h"

enum { KIB = 1024, AREA = 128 * KIB };

static uint8_t area[AREA];

static inline void put_hex(uint8_t *out, const char *hex)
{
	for (; *hex != '\0'; hex += 2) {
		uint64_t byte = 0;

		must(lend_parse_u64n(hex, 2, 16, &byte));
		*out++ = (uint8_t)byte;
	}
}

static inline struct lend_nd_index read_index(size_t head_len)
{
	struct lend_err err = { 0 };
	struct lend_nd_index index;

	must(lend_nd_index_read(area, head_len, sizeof(area), &index, &err) == 0);
	return index;
}

static inline void init(unsigned int minor)
{
	struct lend_err err = { 0 };

	must(lend_nd_area_init(area, sizeof(area), minor, &err) == 0);
}

#endif
