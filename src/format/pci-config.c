/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/pci-config.h"

#include "base/num.h"

enum {
	EXT_CAP_SERIAL = 3,
	VMD_VMLOCK = 0x70,
	VMD_MB2_SHADOW_EN = 2,
	/* Each takes at least 8 bytes; more steps than that go in a circle. */
	EXT_CAPS_MAX = (LEND_PCI_CONFIG_MAX - LEND_PCI_CONFIG_BASIC) / 8,
};

bool lend_pci_config_is_silent(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0xff)
			return false;
	}
	return len > 0;
}

enum lend_pci_config_has lend_pci_config_serial(const uint8_t *bytes, size_t len,
						uint64_t *ret_serial)
{
	size_t at = LEND_PCI_CONFIG_BASIC;

	if (len < LEND_PCI_CONFIG_BASIC)
		return LEND_PCI_CONFIG_NOT_SHOWN;
	if (len == LEND_PCI_CONFIG_BASIC)
		return LEND_PCI_CONFIG_HAS_NOT; /* conventional PCI, or no way to its rest */
	for (int i = 0; i < EXT_CAPS_MAX; i++) {
		uint32_t head;

		if (at + 12 > len)
			return LEND_PCI_CONFIG_NOT_SHOWN;
		head = lend_get_le32(bytes + at);
		if (head == 0 || head == UINT32_MAX)
			break;
		if ((head & 0xffff) == EXT_CAP_SERIAL) {
			*ret_serial = lend_get_le64(bytes + at + 4);
			return LEND_PCI_CONFIG_HAS;
		}
		at = head >> 20 & 0xffc;
		if (at < LEND_PCI_CONFIG_BASIC)
			break;
	}
	return LEND_PCI_CONFIG_HAS_NOT;
}

enum lend_pci_config_has lend_pci_config_vmd_shadow(const uint8_t *bytes, size_t len,
						    bool *ret_on)
{
	if (len < VMD_VMLOCK + 4)
		return LEND_PCI_CONFIG_NOT_SHOWN;
	*ret_on = (lend_get_le32(bytes + VMD_VMLOCK) & VMD_MB2_SHADOW_EN) != 0;
	return LEND_PCI_CONFIG_HAS;
}
