/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When VFIO takes an IOMMU group: when none of its members has a driver that
 * does DMA for the host (Linux Documentation/driver-api/vfio.rst).
 *
 * Since Linux 5.19 a driver says itself that it leaves DMA alone
 * (driver_managed_dma: pcieport, pci-stub, those of VFIO; commits 70693f470848,
 * 18c7a349d072, 31076af0cb00).  Before that, bridges were no obstacle whatever
 * their driver.
 */

#ifndef LEND_MODEL_VIABLE_H
#define LEND_MODEL_VIABLE_H

#include "format/opt.h"
#include "model/kind-pci.h"

/* A bridge, which stays with the host: its header is not that of a device. */
bool lend_viable_is_bridge(const struct lend_pci *pci);

/* The function has a driver that keeps its group from VFIO; unset: cannot be told.  kernel: its
 * release, NULL when not known. */
enum lend_tri lend_viable_is_in_way(const struct lend_pci *pci, const char *kernel);

/* A kernel of those who patch it to obey pcie_acs_override=; others pass the word over. */
bool lend_viable_has_override(const char *kernel);

#endif
