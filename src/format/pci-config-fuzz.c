/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/pci-config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends, and stays inside. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t serial;
	bool on;

	if (lend_pci_config_serial(data, size, &serial) == LEND_PCI_CONFIG_HAS && size < 268)
		abort();
	(void)lend_pci_config_vmd_shadow(data, size, &on);
	if (lend_pci_config_acs(data, size) != LEND_PCI_ACS_NOT_SHOWN &&
	    size < LEND_PCI_CONFIG_BASIC)
		abort();
	(void)lend_pci_config_is_silent(data, size);
	return 0;
}
