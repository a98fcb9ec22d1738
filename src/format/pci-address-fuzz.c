/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/pci-address.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is)
{
	if (!is)
		abort();
}

/* What was read is written and read again as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[LEND_PCI_ADDRESS_TEXT];
	struct lend_pci_address a, again;
	struct lend_pci_decimal d;

	if (lend_pci_address_parse((const char *)data, size, &a)) {
		lend_pci_address_format(&a, text);
		check(lend_pci_address_parse(text, strlen(text), &again));
		check(lend_pci_address_compare(&a, &again) == 0);
	}
	if (lend_pci_decimal_parse((const char *)data, size, &d)) {
		a = lend_pci_of_decimal(&d);
		lend_pci_address_format(&a, text);
		check(lend_pci_address_in_path(text, &again));
	}
	return 0;
}
