/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/viable.h"

#include "base/attr.h"
#include "base/num.h"

/* PCI Code and ID Assignment Specification; a host bridge (0x0600) has the header of a device.
 */
enum { CLASS_PCI_BRIDGE = 0x0604, CLASS_CARDBUS = 0x0607 };

bool lend_viable_is_bridge(const struct lend_pci *pci)
{
	uint64_t class;

	if (pci->class.known != LEND_KNOWN)
		return false;
	class = pci->class.v.u64 >> 8;
	return class == CLASS_PCI_BRIDGE || class == CLASS_CARDBUS;
}

/* "5.19" and newer; distributions that carry newer code under an old number cannot be told. */
static enum lend_tri asks_drivers_of_bridges(const char *kernel)
{
	uint64_t major, minor;
	size_t len, next;

	if (kernel == NULL)
		return LEND_TRI_UNSET;
	len = strspn(kernel, "0123456789");
	if (kernel[len] != '.')
		return LEND_TRI_UNSET;
	next = strspn(kernel + len + 1, "0123456789");
	if (!lend_parse_u64n(kernel, len, 10, &major) ||
	    !lend_parse_u64n(kernel + len + 1, next, 10, &minor))
		return LEND_TRI_UNSET;
	if (major > 5 || (major == 5 && minor >= 19))
		return LEND_TRI_ON;
	return strstr(kernel, ".el") != NULL ? LEND_TRI_UNSET : LEND_TRI_OFF;
}

enum lend_tri lend_viable_is_in_way(const struct lend_pci *pci, const char *kernel)
{
	static const char *const leave_dma_alone[] = { "pci-stub", "pcieport" };

	if (pci->driver.known == LEND_ABSENT)
		return LEND_TRI_OFF;
	if (pci->driver.known != LEND_KNOWN)
		return LEND_TRI_UNSET;
	if (strstr(pci->driver.v.str, "vfio") != NULL)
		return LEND_TRI_OFF;
	for (size_t i = 0; i < LEND_COUNT(leave_dma_alone); i++) {
		if (strcmp(pci->driver.v.str, leave_dma_alone[i]) == 0)
			return LEND_TRI_OFF;
	}
	return lend_viable_is_bridge(pci) ? asks_drivers_of_bridges(kernel) : LEND_TRI_ON;
}

bool lend_viable_has_override(const char *kernel)
{
	static const char *const patched[] = { "-pve", "-zen", "unraid", "-acs" };

	for (size_t i = 0; kernel != NULL && i < LEND_COUNT(patched); i++) {
		if (strcasestr(kernel, patched[i]) != NULL)
			return true;
	}
	return false;
}
