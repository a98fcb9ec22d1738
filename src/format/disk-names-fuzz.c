/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/disk-names.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has a name is found by it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_disk_names names;

	lend_disk_names_parse((struct lend_span){ (const char *)data, size }, &arena, &names);
	if (*names.part_uuid != '\0' &&
	    !lend_disk_names_has(&names, "by-partuuid", names.part_uuid))
		abort();
	if (*names.uuid != '\0' && strcmp(names.usage, "filesystem") == 0 &&
	    !lend_disk_names_has(&names, "by-uuid", names.uuid))
		abort();
	if (lend_disk_names_has(&names, "by-id", "md-uuid-") &&
	    strspn(names.uuid, "-:") != strlen(names.uuid))
		abort();
	lend_arena_done(&arena);
	return 0;
}
