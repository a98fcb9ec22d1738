/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the uevent file of a PCI function says: all that is to be known of
 * most functions, in one file (pci_uevent in drivers/pci/pci-driver.c,
 * dev_uevent in drivers/base/core.c).
 */

#ifndef LEND_FORMAT_UEVENT_H
#define LEND_FORMAT_UEVENT_H

#include "format/opt.h"
#include "format/span.h"

struct lend_pci_uevent {
	struct lend_opt_u64 class; /* 24 bits: class, subclass, interface */
	struct lend_opt_u64 vendor, device;
	struct lend_opt_u64 subsystem_vendor, subsystem_device;
	struct lend_span driver; /* at is NULL: bound to none */
};

/* The first line with a key counts; what is not of its form is left out. */
void lend_pci_uevent_read(const char *text, size_t len, struct lend_pci_uevent *ret);

#endif
