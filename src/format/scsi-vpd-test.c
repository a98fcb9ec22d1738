/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/scsi-vpd.h"

#include "tests/must.h"

static const struct {
	const char *bytes;
	size_t len;
	const char *want; /* NULL: no such page */
} pages[] = {
	{ "\0\x80\0\x08 WD-1234", 12, "WD-1234" },
	{ "\0\x80\0\x08WD-1\0\0\0\0", 12, "WD-1" },
	{ "\0\x80\0\x04WD-1 and more", 17, "WD-1" },
	{ "\0\x80\0\x04    ", 8, "" },
	{ "\0\x80\0\0", 4, "" },
	{ "\0\x80\0\x09 WD-1234", 12, NULL },
	{ "\0\x80\xff\xff WD-1234", 12, NULL },
	{ "\0\x83\0\x08 WD-1234", 12, NULL },
	{ "\0\x80\0", 3, NULL },
	{ "", 0, NULL },
};

int main(void)
{
	struct lend_arena arena = { 0 };

	for (size_t i = 0; i < LEND_COUNT(pages); i++) {
		const char *got = lend_scsi_serial(&arena, pages[i].bytes, pages[i].len);

		if (pages[i].want == NULL)
			must(got == NULL);
		else
			must_str(got, pages[i].want);
	}
	lend_arena_done(&arena);
	return 0;
}
