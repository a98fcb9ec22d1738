/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/efi-boot.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Texts end, and nothing is told that the bytes have no room for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_efi_option option = { 0 };
	struct lend_efi_option masked = { 0 };
	uint8_t *copy, *guid;
	uint16_t order[LEND_EFI_ORDER_MAX];
	uint16_t current;
	size_t n;

	if (lend_efi_option_parse(data, size, &option) &&
	    (strlen(option.title) * 2 > size * 3 || strlen(option.part) > 36))
		abort();
	if (lend_efi_order_parse(data, size, order, &n) && n * 2 + 4 != size)
		abort();
	if (lend_efi_current_parse(data, size, &current) && size != 6)
		abort();
	copy = malloc(size + 1);
	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	if (lend_efi_option_mask(copy, size, &guid) &&
	    (!lend_efi_option_parse(copy, size, &masked) ||
	     (guid != NULL && strcmp(masked.part, option.part) != 0)))
		abort();
	free(copy);
	return 0;
}
