/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names out of a pci.ids file.
 *
 * The text is read once, whatever the number of devices: what is wanted goes
 * in first, and a line is looked at only when its vendor is wanted.  The same
 * lines can be written again, as a pci.ids that names the same and no more.
 *
 *	struct lend_pci_ids ids = { .arena = &arena };
 *
 *	lend_pci_ids_want(&ids, LEND_PCI_ID_VENDOR, 0x8086);
 *	lend_pci_ids_read(&ids, text, len);
 *	name = lend_pci_ids_name(&ids, LEND_PCI_ID_VENDOR, 0x8086);
 *
 * (The format is told in the head of the file itself, pci-ids.ucw.cz.)
 */

#ifndef LEND_FORMAT_PCI_IDS_H
#define LEND_FORMAT_PCI_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "format/span.h"

enum lend_pci_id_level {
	LEND_PCI_ID_VENDOR = 1, /* 0x8086 */
	LEND_PCI_ID_DEVICE,     /* vendor << 16 | device */
	LEND_PCI_ID_SUBSYSTEM, /* vendor, device, subsystem's vendor and device, 16 bits each */
	LEND_PCI_ID_CLASS,     /* 0x01 */
	LEND_PCI_ID_SUBCLASS,  /* 0x0108 */
	LEND_PCI_ID_INTERFACE, /* 0x010802 */
};

/* Longer ones are no names; the longest that are have half of it. */
enum { LEND_PCI_ID_NAME_MAX = 300 };

struct lend_pci_id {
	uint64_t id;
	uint32_t level;        /* 0: a free place */
	struct lend_span name; /* at is NULL: none was found */
};

/* Zeroed but for the arena, it is empty. */
struct lend_pci_ids {
	struct lend_arena *arena;
	struct lend_pci_id *items; /* open hash */
	size_t size, n;
};

/* What stands above it in the file is wanted with it. */
void lend_pci_ids_want(struct lend_pci_ids *ids, enum lend_pci_id_level level, uint64_t id);

/* The names point into text.  Lines that are none of the format are passed over. */
void lend_pci_ids_read(struct lend_pci_ids *ids, const char *text, size_t len);

/* at is NULL when it has no name. */
struct lend_span lend_pci_ids_name(const struct lend_pci_ids *ids, enum lend_pci_id_level level,
				   uint64_t id);

/* The lines of text that were wanted, as they are. */
void lend_pci_ids_cut(const struct lend_pci_ids *ids, const char *text, size_t len,
		      struct lend_buf *out);

#endif
