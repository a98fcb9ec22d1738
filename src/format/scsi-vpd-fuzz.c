/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/scsi-vpd.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A serial number is shorter than its page. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	const char *serial = lend_scsi_serial(&arena, data, size);

	if (serial != NULL && strlen(serial) + 4 > size)
		abort();
	lend_arena_done(&arena);
	return 0;
}
