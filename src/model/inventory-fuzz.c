/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as an inventory; what loads must save, and load and save again to the same text. */

#include "model/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_inventory *inv = NULL;
	struct lend_inventory *again = NULL;
	char *first = NULL, *second = NULL;
	size_t first_len, second_len;

	if (lend_load((const char *)data, size, &inv, NULL) < 0)
		return 0;
	if (lend_save(inv, &first, &first_len, NULL) < 0 ||
	    lend_load(first, first_len, &again, NULL) < 0 ||
	    lend_save(again, &second, &second_len, NULL) < 0 || strcmp(first, second) != 0)
		abort();
	free(first);
	free(second);
	lend_inventory_free(inv);
	lend_inventory_free(again);
	return 0;
}
