/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration space of a PCI function: the little of it that lend asks
 * for and that sysfs has nowhere else.
 */

#ifndef LEND_FORMAT_PCI_CONFIG_H
#define LEND_FORMAT_PCI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LEND_PCI_CONFIG_HEADER = 64, /* what the kernel shows to everybody */
	LEND_PCI_CONFIG_BASIC = 256,
	LEND_PCI_CONFIG_MAX = 4096,
};

enum lend_pci_config_has {
	LEND_PCI_CONFIG_NOT_SHOWN, /* the bytes do not go so far */
	LEND_PCI_CONFIG_HAS_NOT,
	LEND_PCI_CONFIG_HAS,
};

/* Every byte is 0xff: a device that is not there, or asleep. */
bool lend_pci_config_is_silent(const uint8_t *bytes, size_t len);

/* Extended capability 0x0003 (PCI Express Base Specification, Device Serial Number). */
enum lend_pci_config_has lend_pci_config_serial(const uint8_t *bytes, size_t len,
						uint64_t *ret_serial);

/*
 * Access Control Services: whether a function keeps apart what is below or
 * beside it, as Linux takes it for IOMMU groups (drivers/pci/pci.c,
 * pci_acs_enabled): extended capability 0x000D, of which source validation,
 * redirection of requests and completions, and upstream forwarding have to be
 * on where there is a switch for them.
 */
enum lend_pci_acs {
	LEND_PCI_ACS_NOT_SHOWN,  /* the bytes do not go so far */
	LEND_PCI_ACS_NOT_NEEDED, /* a function alone, with nothing below it */
	LEND_PCI_ACS_ON,
	LEND_PCI_ACS_OFF,
	LEND_PCI_ACS_NONE,         /* it has none */
	LEND_PCI_ACS_CONVENTIONAL, /* no PCI Express, or none below it */
};
enum lend_pci_acs lend_pci_config_acs(const uint8_t *bytes, size_t len);

/*
 * Of an Intel VMD endpoint 8086:28c0: bit 1 of VMLOCK at 0x70, with which the
 * endpoint tells a guest where the host has its windows (MB2_SHADOW_EN in
 * drivers/pci/controller/vmd.c).
 */
enum lend_pci_config_has lend_pci_config_vmd_shadow(const uint8_t *bytes, size_t len,
						    bool *ret_on);

#endif
