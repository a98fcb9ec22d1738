/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text in every style; what was read can be written and read back. */

#include "format/size.h"

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void back(enum lend_size_style style, int r, uint64_t bytes)
{
	lend_auto_buf out = { 0 };
	uint64_t again;

	if (r == LEND_SIZE_ROUNDED)
		lend_size_format_ndctl(&out, bytes);
	else
		lend_size_format(&out, bytes);
	if (lend_size_parse(out.text, r > 0 ? style : LEND_SIZE_UNITS, &again, NULL) < 0 ||
	    again != bytes)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum lend_size_style styles[] = { LEND_SIZE_UNITS, LEND_SIZE_QEMU,
						       LEND_SIZE_QEMU_MIB, LEND_SIZE_NDCTL };
	char *text = lend_xrealloc(NULL, size + 1);

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < LEND_COUNT(styles); i++) {
		struct lend_err err = { 0 };
		uint64_t bytes;
		int r = lend_size_parse(text, styles[i], &bytes, &err);

		if (r >= 0)
			back(styles[i], r, bytes);
		else if (err.code == LEND_OK)
			abort();
	}
	free(text);
	return 0;
}
