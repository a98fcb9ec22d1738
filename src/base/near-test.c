/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/near.h"

#include "tests/must.h"

static const char *const names[] = { "label", "memory",     "max-memory", "slot",
				     "vm",    "size_bytes", NULL };

static const struct {
	const char *typed;
	const char *want; /* NULL: none is near */
} rows[] = {
	{ "lable", "label" },
	{ "memroy", "memory" },
	{ "Memory", "memory" },
	{ "maxmemory", "max-memory" },
	{ "max_memory", "max-memory" },
	{ "maxmem", "max-memory" },
	{ "slots", "slot" },
	{ "slut", "slot" },
	{ "slt", "slot" },
	{ "VM", "vm" },
	{ "vn", "vm" },
	{ "siz", "size_bytes" },
	{ "si", NULL },
	{ "xx", NULL },
	{ "-", NULL },
	{ "", NULL },
	{ "qqqqqq", NULL },
	{ "labellabellabellabellabellabellabellabel", NULL },
};

int main(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		must_in(rows[i].typed);
		must_str(lend_near_word(rows[i].typed, names), rows[i].want);
	}
	return 0;
}
