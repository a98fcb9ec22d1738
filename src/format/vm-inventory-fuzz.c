/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: paths as they are promised, or an error. */

#include "format/vm-inventory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_vm_inventory vms;

	if (lend_vm_inventory_parse((const char *)data, size, &arena, &vms, NULL) == 0) {
		for (size_t i = 0; i < vms.n_paths; i++) {
			if (strncmp(vms.paths[i], "/vmfs/volumes/", 14) != 0)
				abort();
		}
		if ((vms.n_odd > 0) != (vms.first_odd > 0))
			abort();
	}
	lend_arena_done(&arena);
	return 0;
}
