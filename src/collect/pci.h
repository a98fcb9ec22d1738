/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the pci collector share; nobody else includes it. */

#ifndef LEND_COLLECT_PCI_H
#define LEND_COLLECT_PCI_H

#include "collect/collect.h"
#include "format/pci-address.h"
#include "model/kind-pci.h"

#define LEND_PCI_DEVICES "sys/bus/pci/devices"

struct lend_pci_look {
	struct lend_scan *scan;
	uint32_t by_link, by_uevent, by_group, by_dev; /* sightings, one for all functions */
	bool refused;                                  /* something is for root alone */
	size_t n_failed;         /* functions that could not be read whole, whoever asks */
	const char *first, *why; /* of them */
	const char *last;
};

/* What a question about the function was answered; a refusal or failure is noted.  name lives
 * as long as the scan. */
const struct lend_answer *lend_pci_noted(struct lend_pci_look *look, const char *name,
					 const struct lend_answer *answer);

/* The next function of the host, NULL at the end: while the scan writes. */
struct lend_pci *lend_pci_next(const struct lend_scan *scan, size_t *at);

/* Vendor, product, subsystem and class by name. */
void lend_pci_put_names(struct lend_scan *scan);

/* Which VMs were given functions, and which functions wait for one. */
void lend_pci_put_users(struct lend_scan *scan);

/* What matters for lending it: its ways to be reset, the function that it is a part of. */
void lend_pci_put_lending(struct lend_pci_look *look, struct lend_pci *pci, uint32_t by);

/* What costs more, of one function. */
void lend_pci_look_closely(struct lend_pci_look *look, struct lend_pci *pci);

#endif
