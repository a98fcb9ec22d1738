/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI addresses: domain, bus, device, function.
 *
 * All four are hexadecimal here, as Linux, QEMU and lspci write them, and the
 * domain has 32 bits: Intel VMD makes domains from 0x10000 on
 * (drivers/pci/controller/vmd.c).  What VMware writes in decimal is another
 * type with its own reader; the two never meet as text.
 */

#ifndef LEND_FORMAT_PCI_ADDRESS_H
#define LEND_FORMAT_PCI_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lend_pci_address {
	uint32_t domain;
	uint8_t bus, device, function; /* device 0 to 31, function 0 to 7 */
};

enum { LEND_PCI_ADDRESS_TEXT = sizeof("ffffffff:ff:1f.7") };

/*
 * "0000:00:1f.2", "10000:01:00.0", or without domain "00:1f.2" (domain 0).
 * The domain has 1 to 8 digits, the bus two, the device two; the whole text
 * must be one.  False otherwise.
 */
bool lend_pci_address_parse(const char *text, size_t len, struct lend_pci_address *ret);

/* As sysfs does: four digits of domain, more when it needs them. */
void lend_pci_address_format(const struct lend_pci_address *address,
			     char ret[LEND_PCI_ADDRESS_TEXT]);

/* By number, domain first: <0, 0, >0 */
int lend_pci_address_compare(const struct lend_pci_address *a,
			     const struct lend_pci_address *b);

/*
 * The last address among the components of a path, as in
 * "../../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0/nvme/nvme0"; false when there is none.
 */
bool lend_pci_address_in_path(const char *path, struct lend_pci_address *ret);

/*
 * The same as VMware writes it into .vmx files ("00000:098:00.5") and esx.conf
 * ("0000:000:31.2", "000:26.7"): every field decimal (facts/esxi.md, sections 3
 * and 4; VMware KB 309986).  Small numbers look the same in both, so the types
 * differ, and only these two functions go from one to the other.
 */
struct lend_pci_decimal {
	uint32_t segment;
	uint8_t bus, slot, function;
};

/* "SEGMENT:BUS:SLOT.FUNCTION" or "BUS:SLOT.FUNCTION", leading zeros or not. */
bool lend_pci_decimal_parse(const char *text, size_t len, struct lend_pci_decimal *ret);
struct lend_pci_address lend_pci_of_decimal(const struct lend_pci_decimal *decimal);
struct lend_pci_decimal lend_pci_to_decimal(const struct lend_pci_address *address);

#endif
