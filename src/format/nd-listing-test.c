/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/nd-listing.h"

#include "base/err.h"
#include "tests/must.h"

static const char text[] = "f region0/size 134217728\n"
			   "l region0 /sys/devices/x/ndbus0/region0\n"
			   "f nmem0/nfit/flags \n"
			   "u region0/resource\n"
			   "e region0/driver\n"
			   "n namespace0.0/block pmem0\n"
			   "n namespace0.0/block pmem1\n"
			   "f region0/size 1\n"
			   "something else\n"
			   "x y z\n"
			   "f \n"
			   "l nmem0 /sys/devices/x/ndbus0/nmem0\n"
			   "end\n"
			   "f region0/size 2\n";

static void reads(void)
{
	struct lend_arena arena = { 0 };
	struct lend_nd_listing listing;
	const struct lend_nd_entry *e;

	must(lend_nd_listing_parse(&arena, text, strlen(text), &listing, NULL) == 0);
	must_u64(listing.n, 9);
	must_u64(lend_nd_listing_find(&listing, 'f', "region0/size", &e), 2);
	must_str(e[0].text, "134217728");
	must_u64(lend_nd_listing_find(&listing, 'f', "nmem0/nfit/flags", &e), 1);
	must_str(e[0].text, "");
	must_u64(lend_nd_listing_find(&listing, 'u', "region0/resource", &e), 1);
	must_u64(lend_nd_listing_find(&listing, 'f', "region0/resource", &e), 0);
	must_u64(lend_nd_listing_find(&listing, 'n', "namespace0.0/block", &e), 2);
	must_str(e[1].text, "pmem1");
	must_u64(lend_nd_listing_find(&listing, 'l', NULL, &e), 2);
	must_str(e[0].path, "nmem0");
	must_str(e[1].text, "/sys/devices/x/ndbus0/region0");
	must_u64(lend_nd_listing_find(&listing, 'z', NULL, &e), 0);
	lend_arena_done(&arena);
}

static void ends(void)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ "end\n", true },
		{ "end", false },
		{ "", false },
		{ "f region0/size 1\nen", false },
		{ "f region0/size 1\nf region0/end\n", false },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_arena arena = { 0 };
		struct lend_nd_listing listing;
		struct lend_err err = { 0 };

		must_in(rows[i].text);
		must((lend_nd_listing_parse(&arena, rows[i].text, strlen(rows[i].text),
					    &listing, &err) == 0) == rows[i].good);
		must_str(err.what, rows[i].good ? "" : "the list of its nd bus has no end");
		lend_arena_done(&arena);
	}
	must_in("");
}

int main(void)
{
	reads();
	ends();
	return 0;
}
