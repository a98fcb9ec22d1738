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
	silent();
	return 0;
}
