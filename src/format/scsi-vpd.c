/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/scsi-vpd.h"

#include <string.h>

#include "format/span.h"

enum { PAGE_SERIAL = 0x80, HEADER = 4 };

const char *lend_scsi_serial(struct lend_arena *arena, const void *bytes, size_t len)
{
	const unsigned char *page = bytes;
	struct lend_span text;

	if (len < HEADER || page[1] != PAGE_SERIAL)
		return NULL;
	text = (struct lend_span){ (const char *)page + HEADER,
				   (size_t)page[2] << 8 | page[3] };
	if (text.len > len - HEADER)
		return NULL;
	/* Some fill up with NULs. */
	text.len = strnlen(text.at, text.len);
	text = lend_span_trim(text);
	return lend_arena_strndup(arena, text.at, text.len);
}
