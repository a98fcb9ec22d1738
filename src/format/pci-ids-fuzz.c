/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/pci-ids.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	enum lend_pci_id_level level;
	uint64_t id;
} wanted[] = {
	{ LEND_PCI_ID_SUBSYSTEM, 0x8086153310280869 },
	{ LEND_PCI_ID_DEVICE, 0x808628c0 },
	{ LEND_PCI_ID_DEVICE, 0x10001 },
	{ LEND_PCI_ID_INTERFACE, 0x010802 },
	{ LEND_PCI_ID_SUBCLASS, 0x0200 },
};

/* What is cut out of the text gives the same names. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct lend_arena arena = { 0 };
	struct lend_pci_ids ids = { .arena = &arena };
	struct lend_pci_ids again = { .arena = &arena };
	lend_auto_buf cut = { 0 };

	for (size_t i = 0; i < LEND_COUNT(wanted); i++) {
		lend_pci_ids_want(&ids, wanted[i].level, wanted[i].id);
		lend_pci_ids_want(&again, wanted[i].level, wanted[i].id);
	}
	lend_pci_ids_cut(&ids, text, size, &cut);
	lend_pci_ids_read(&ids, text, size);
	lend_pci_ids_read(&again, lend_buf_text(&cut), cut.len);
	for (size_t i = 0; i < ids.size; i++) {
		struct lend_span a = ids.items[i].name, b = again.items[i].name;

		if ((a.at == NULL) != (b.at == NULL) || a.len != b.len ||
		    (a.at != NULL && memcmp(a.at, b.at, a.len) != 0))
			abort();
	}
	lend_arena_done(&arena);
	return 0;
}
