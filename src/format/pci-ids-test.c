/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/pci-ids.h"

#include "tests/must.h"

static const char text[] = "# a comment\n"
			   "\n"
			   "0e11  Compaq Computer Corporation\n"
			   "\t28c0  Not this one\n"
			   "8086  Intel Corporation\n"
			   "\t1533  I210 Gigabit Network Connection\n"
			   "\t\t1028 0869  Of a subsystem\n"
			   "\t\t1028 0870\n"
			   "# a comment between devices\n"
			   "\n"
			   "\t28C0  Volume Management Device\n"
			   "\t\t1028 0869  Of another device\n"
			   "\tzz00  damaged\n"
			   "\t\t1028 0869  Below a damaged line\n"
			   "ffff  Illegal Vendor ID\n"
			   "C 01  Mass storage controller\n"
			   "\t04  RAID bus controller\n"
			   "\t08  Non-Volatile memory controller\r\n"
			   "\t\t02  NVM Express\n"
			   "8086  A second one\n"
			   "\t1533  and its device\n"
			   "\tfff0  the last line has no end";

static const struct {
	enum lend_pci_id_level level;
	uint64_t id;
	const char *name; /* NULL: none */
} rows[] = {
	{ LEND_PCI_ID_VENDOR, 0x8086, "Intel Corporation" },
	{ LEND_PCI_ID_VENDOR, 0x1234, NULL },
	{ LEND_PCI_ID_DEVICE, 0x80861533, "I210 Gigabit Network Connection" },
	{ LEND_PCI_ID_DEVICE, 0x808628c0, "Volume Management Device" },
	{ LEND_PCI_ID_DEVICE, 0x8086fff0, "the last line has no end" },
	{ LEND_PCI_ID_SUBSYSTEM, 0x8086153310280869, "Of a subsystem" },
	{ LEND_PCI_ID_SUBSYSTEM, 0x808628c010280869, "Of another device" },
	{ LEND_PCI_ID_SUBSYSTEM, 0x8086153310280870, NULL },
	{ LEND_PCI_ID_CLASS, 0x01, "Mass storage controller" },
	{ LEND_PCI_ID_SUBCLASS, 0x0108, "Non-Volatile memory controller" },
	{ LEND_PCI_ID_INTERFACE, 0x010802, "NVM Express" },
	{ LEND_PCI_ID_INTERFACE, 0x010402, NULL },
	{ LEND_PCI_ID_CLASS, 0x02, NULL },
};

static void check(const char *from, size_t len)
{
	struct lend_arena arena = { 0 };
	struct lend_pci_ids ids = { .arena = &arena };

	for (size_t i = 0; i < LEND_COUNT(rows); i++)
		lend_pci_ids_want(&ids, rows[i].level, rows[i].id);
	lend_pci_ids_read(&ids, from, len);
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_span name = lend_pci_ids_name(&ids, rows[i].level, rows[i].id);

		must_u64(name.at != NULL, rows[i].name != NULL);
		if (name.at != NULL)
			must_str(lend_arena_strndup(&arena, name.at, name.len), rows[i].name);
	}
	lend_arena_done(&arena);
}

/* What is cut out gives the same names, and is not cut any further. */
static void cut(void)
{
	struct lend_arena arena = { 0 };
	struct lend_pci_ids ids = { .arena = &arena };
	lend_auto_buf once = { 0 };
	lend_auto_buf twice = { 0 };

	for (size_t i = 0; i < LEND_COUNT(rows); i++)
		lend_pci_ids_want(&ids, rows[i].level, rows[i].id);
	lend_pci_ids_cut(&ids, text, strlen(text), &once);
	must(once.len < strlen(text) && strstr(once.text, "Compaq") == NULL);
	check(once.text, once.len);
	lend_pci_ids_cut(&ids, once.text, once.len, &twice);
	must_str(twice.text, once.text);
	lend_arena_done(&arena);
}

/* Nobody wants anything; many want much. */
static void sizes(void)
{
	struct lend_arena arena = { 0 };
	struct lend_pci_ids ids = { .arena = &arena };

	lend_pci_ids_read(&ids, text, strlen(text));
	must(lend_pci_ids_name(&ids, LEND_PCI_ID_VENDOR, 0x8086).at == NULL);
	for (uint64_t i = 0; i < 50000; i++)
		lend_pci_ids_want(&ids, LEND_PCI_ID_DEVICE, 0x80860000 + i % 20000);
	must_u64(ids.n, 20001);
	lend_pci_ids_read(&ids, text, strlen(text));
	must(lend_pci_ids_name(&ids, LEND_PCI_ID_DEVICE, 0x80861533).at != NULL);
	lend_arena_done(&arena);
}

int main(void)
{
	check(text, strlen(text));
	cut();
	sizes();
	return 0;
}
