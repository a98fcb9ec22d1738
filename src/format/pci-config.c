/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/pci-config.h"

#include "base/num.h"

enum {
	EXT_CAP_SERIAL = 3,
	EXT_CAP_ACS = 0xd,
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

/* Where an extended capability of that many bytes begins. */
static enum lend_pci_config_has find_extended(const uint8_t *bytes, size_t len, uint32_t id,
					      size_t size, size_t *ret_at)
{
	size_t at = LEND_PCI_CONFIG_BASIC;

	if (len < LEND_PCI_CONFIG_BASIC)
		return LEND_PCI_CONFIG_NOT_SHOWN;
	if (len == LEND_PCI_CONFIG_BASIC)
		return LEND_PCI_CONFIG_HAS_NOT; /* conventional PCI, or no way to its rest */
	for (int i = 0; i < EXT_CAPS_MAX; i++) {
		uint32_t head;

		if (at + size > len)
			return LEND_PCI_CONFIG_NOT_SHOWN;
		head = lend_get_le32(bytes + at);
		if (head == 0 || head == UINT32_MAX)
			break;
		if ((head & 0xffff) == id) {
			*ret_at = at;
			return LEND_PCI_CONFIG_HAS;
		}
		at = head >> 20 & 0xffc;
		if (at < LEND_PCI_CONFIG_BASIC)
			break;
	}
	return LEND_PCI_CONFIG_HAS_NOT;
}

enum lend_pci_config_has lend_pci_config_serial(const uint8_t *bytes, size_t len,
						uint64_t *ret_serial)
{
	size_t at;
	enum lend_pci_config_has has = find_extended(bytes, len, EXT_CAP_SERIAL, 12, &at);

	if (has == LEND_PCI_CONFIG_HAS)
		*ret_serial = lend_get_le64(bytes + at + 4);
	return has;
}

/* ---- access control ---- */

enum {
	STATUS = 0x06,
	STATUS_HAS_CAPS = 0x10,
	HEADER_TYPE = 0x0e,
	HEADER_MANY_FUNCTIONS = 0x80,
	CAPS = 0x34,
	CAP_EXPRESS = 0x10,
	CAPS_MAX = (LEND_PCI_CONFIG_BASIC - LEND_PCI_CONFIG_HEADER) / 4,
	/* Types of ports: PCI Express Base Specification, PCI Express Capabilities Register. */
	PORT_ROOT = 4,
	PORT_DOWN = 6,
	PORT_TO_PCI = 7,
	PORT_FROM_PCI = 8,
	PORT_EVENTS = 10,
	/* ACS Capability Register, and the same bits in the Control Register. */
	ACS_VALIDATION = 1,
	ACS_REQUESTS = 4,
	ACS_COMPLETIONS = 8,
	ACS_FORWARDING = 16,
	ACS_WANTED = ACS_VALIDATION | ACS_REQUESTS | ACS_COMPLETIONS | ACS_FORWARDING,
};

/* Of all of the first 256 bytes; -1: this is no PCI Express. */
static int port_type(const uint8_t *bytes)
{
	size_t at = bytes[CAPS] & 0xfc;

	if ((bytes[STATUS] & STATUS_HAS_CAPS) == 0)
		return -1;
	for (int i = 0; i < CAPS_MAX && at >= LEND_PCI_CONFIG_HEADER; i++) {
		if (bytes[at] == CAP_EXPRESS)
			return bytes[at + 2] >> 4;
		at = bytes[at + 1] & 0xfc;
	}
	return -1;
}

enum lend_pci_acs lend_pci_config_acs(const uint8_t *bytes, size_t len)
{
	uint16_t can, does;
	size_t at;
	int type;

	if (len < LEND_PCI_CONFIG_BASIC)
		return LEND_PCI_ACS_NOT_SHOWN;
	type = port_type(bytes);
	if (type < 0 || type == PORT_TO_PCI || type == PORT_FROM_PCI || type == PORT_EVENTS)
		return LEND_PCI_ACS_CONVENTIONAL;
	if (type != PORT_ROOT && type != PORT_DOWN &&
	    (bytes[HEADER_TYPE] & HEADER_MANY_FUNCTIONS) == 0)
		return LEND_PCI_ACS_NOT_NEEDED;
	if (len == LEND_PCI_CONFIG_BASIC)
		return LEND_PCI_ACS_NOT_SHOWN;
	switch (find_extended(bytes, len, EXT_CAP_ACS, 8, &at)) {
	case LEND_PCI_CONFIG_NOT_SHOWN:
		return LEND_PCI_ACS_NOT_SHOWN;
	case LEND_PCI_CONFIG_HAS_NOT:
		return LEND_PCI_ACS_NONE;
	case LEND_PCI_CONFIG_HAS:
		break;
	}
	/* What it cannot switch is always so. */
	can = lend_get_le16(bytes + at + 4);
	does = lend_get_le16(bytes + at + 6);
	return (can & ACS_WANTED & ~does) == 0 ? LEND_PCI_ACS_ON : LEND_PCI_ACS_OFF;
}

enum lend_pci_config_has lend_pci_config_vmd_shadow(const uint8_t *bytes, size_t len,
						    bool *ret_on)
{
	if (len < VMD_VMLOCK + 4)
		return LEND_PCI_CONFIG_NOT_SHOWN;
	*ret_on = (lend_get_le32(bytes + VMD_VMLOCK) & VMD_MB2_SHADOW_EN) != 0;
	return LEND_PCI_CONFIG_HAS;
}
