/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/pci-config.h"

#include <string.h>

#include "base/num.h"
#include "tests/must.h"

static uint8_t config[LEND_PCI_CONFIG_MAX];

static void put_cap(size_t at, uint32_t id, size_t next)
{
	lend_put_le32(config + at, id | 1U << 16 | (uint32_t)next << 20);
}

static void serial(void)
{
	uint64_t value = 0;

	put_cap(0x100, 1, 0x140);
	put_cap(0x140, 3, 0);
	lend_put_le64(config + 0x144, UINT64_C(0x001b21ffff112233));
	must_u64(lend_pci_config_serial(config, sizeof(config), &value), LEND_PCI_CONFIG_HAS);
	must_u64(value, UINT64_C(0x001b21ffff112233));
	must_u64(lend_pci_config_serial(config, 256, &value), LEND_PCI_CONFIG_HAS_NOT);
	must_u64(lend_pci_config_serial(config, 64, &value), LEND_PCI_CONFIG_NOT_SHOWN);
	must_u64(lend_pci_config_serial(config, 0x148, &value), LEND_PCI_CONFIG_NOT_SHOWN);
	must_u64(lend_pci_config_serial(config, 0, &value), LEND_PCI_CONFIG_NOT_SHOWN);
}

static void no_serial(void)
{
	uint64_t value;

	memset(config, 0, sizeof(config));
	must_u64(lend_pci_config_serial(config, sizeof(config), &value),
		 LEND_PCI_CONFIG_HAS_NOT);
	put_cap(0x100, 1, 0x140);
	put_cap(0x140, 2, 0x100); /* a circle */
	must_u64(lend_pci_config_serial(config, sizeof(config), &value),
		 LEND_PCI_CONFIG_HAS_NOT);
	put_cap(0x140, 2, 0x40); /* back into the basic part */
	must_u64(lend_pci_config_serial(config, sizeof(config), &value),
		 LEND_PCI_CONFIG_HAS_NOT);
	put_cap(0x140, 2, 0xffc);
	put_cap(0xffc, 3, 0); /* its number would lie behind the end */
	must_u64(lend_pci_config_serial(config, sizeof(config), &value),
		 LEND_PCI_CONFIG_NOT_SHOWN);
}

static void vmd(void)
{
	bool on = false;

	config[0x70] = 3;
	must_u64(lend_pci_config_vmd_shadow(config, 256, &on), LEND_PCI_CONFIG_HAS);
	must(on);
	config[0x70] = 1;
	must_u64(lend_pci_config_vmd_shadow(config, 256, &on), LEND_PCI_CONFIG_HAS);
	must(!on);
	must_u64(lend_pci_config_vmd_shadow(config, 64, &on), LEND_PCI_CONFIG_NOT_SHOWN);
}

/* type: of its port; at: of the capability, 0 without; can, does: its registers. */
static enum lend_pci_acs acs_of(int type, bool many, size_t at, uint8_t can, uint8_t does,
				size_t len)
{
	memset(config, 0, sizeof(config));
	if (type >= 0) {
		config[0x06] = 0x10;
		config[0x34] = 0x40;
		config[0x40] = 0x05; /* MSI */
		config[0x41] = 0x54;
		config[0x54] = 0x10;
		config[0x56] = (uint8_t)(type << 4 | 2);
	}
	config[0x0e] = many ? 0x81 : 0x01;
	put_cap(0x100, 1, at);
	if (at > 0) {
		put_cap(at, 0xd, 0);
		config[at + 4] = can;
		config[at + 6] = does;
	}
	return lend_pci_config_acs(config, len);
}

static void acs(void)
{
	enum { ENDPOINT = 0, ROOT = 4, UP = 5, DOWN = 6, TO_PCI = 7, INSIDE = 9, ALL = 4096 };

	/* As QEMU's root port and Linux: all that it can. */
	must_u64(acs_of(ROOT, false, 0x148, 0x1f, 0x1d, ALL), LEND_PCI_ACS_ON);
	must_u64(acs_of(ROOT, false, 0x148, 0x1f, 0, ALL), LEND_PCI_ACS_OFF);
	must_u64(acs_of(DOWN, false, 0x148, 0x1f, 0x0d, ALL), LEND_PCI_ACS_OFF);
	/* What it cannot switch is always so. */
	must_u64(acs_of(DOWN, false, 0x148, 0x0d, 0x0d, ALL), LEND_PCI_ACS_ON);
	must_u64(acs_of(ROOT, false, 0x148, 0, 0, ALL), LEND_PCI_ACS_ON);
	must_u64(acs_of(ROOT, false, 0, 0, 0, ALL), LEND_PCI_ACS_NONE);
	must_u64(acs_of(DOWN, true, 0, 0, 0, ALL), LEND_PCI_ACS_NONE);
	/* One alone is beside nobody. */
	must_u64(acs_of(ENDPOINT, false, 0, 0, 0, ALL), LEND_PCI_ACS_NOT_NEEDED);
	must_u64(acs_of(UP, false, 0, 0, 0, 256), LEND_PCI_ACS_NOT_NEEDED);
	must_u64(acs_of(ENDPOINT, true, 0, 0, 0, ALL), LEND_PCI_ACS_NONE);
	must_u64(acs_of(INSIDE, true, 0x100, 0x1f, 0x1d, ALL), LEND_PCI_ACS_ON);
	must_u64(acs_of(TO_PCI, false, 0x148, 0x1f, 0x1d, ALL), LEND_PCI_ACS_CONVENTIONAL);
	must_u64(acs_of(-1, false, 0, 0, 0, 256), LEND_PCI_ACS_CONVENTIONAL);
	/* Not for everybody, and not by every way. */
	must_u64(acs_of(ROOT, false, 0x148, 0x1f, 0x1d, 64), LEND_PCI_ACS_NOT_SHOWN);
	must_u64(acs_of(ROOT, false, 0x148, 0x1f, 0x1d, 256), LEND_PCI_ACS_NOT_SHOWN);
	must_u64(acs_of(ROOT, false, 0x148, 0x1f, 0x1d, 0x14c), LEND_PCI_ACS_NOT_SHOWN);
	must_u64(acs_of(ROOT, false, 0x148, 0x1f, 0x1d, 0), LEND_PCI_ACS_NOT_SHOWN);
	/* A list of capabilities that goes in a circle. */
	(void)acs_of(ROOT, false, 0, 0, 0, ALL);
	config[0x54] = 0x05;
	config[0x55] = 0x40;
	must_u64(lend_pci_config_acs(config, sizeof(config)), LEND_PCI_ACS_CONVENTIONAL);
	config[0x55] = 0xff;
	config[0xfc] = 0x10; /* its registers lie behind the first part */
	must_u64(lend_pci_config_acs(config, sizeof(config)), LEND_PCI_ACS_NOT_NEEDED);
	memset(config, 0, sizeof(config));
}

static void silent(void)
{
	must(!lend_pci_config_is_silent(config, 64));
	must(!lend_pci_config_is_silent(config, 0));
	memset(config, 0xff, 64);
	must(lend_pci_config_is_silent(config, 64));
	config[63] = 0;
	must(!lend_pci_config_is_silent(config, 64));
}

int main(void)
{
	serial();
	no_serial();
	vmd();
	acs();
	silent();
	return 0;
}
