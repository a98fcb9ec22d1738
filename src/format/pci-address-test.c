/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/pci-address.h"

#include "tests/must.h"

static const struct {
	const char *text;
	const char *again; /* NULL: is none */
	uint32_t domain;
	uint8_t bus, device, function;
} rows[] = {
	{ "0000:00:1f.2", "0000:00:1f.2", 0, 0, 0x1f, 2 },
	{ "00:1f.2", "0000:00:1f.2", 0, 0, 0x1f, 2 },
	{ "10000:01:00.0", "10000:01:00.0", 0x10000, 1, 0, 0 },
	{ "ffffffff:ff:1f.7", "ffffffff:ff:1f.7", 0xffffffff, 0xff, 0x1f, 7 },
	{ "0:5D:05.5", "0000:5d:05.5", 0, 0x5d, 5, 5 },
	{ "5d0505:01:00.0", "5d0505:01:00.0", 0x5d0505, 1, 0, 0 },
	{ "0000:00:20.0", NULL, 0, 0, 0, 0 },
	{ "0000:00:1f.8", NULL, 0, 0, 0, 0 },
	{ "100000000:00:00.0", NULL, 0, 0, 0, 0 },
	{ ":00:00.0", NULL, 0, 0, 0, 0 },
	{ "0000:00:00", NULL, 0, 0, 0, 0 },
	{ "0000:00:00.0 ", NULL, 0, 0, 0, 0 },
	{ "0x00:00:00.0", NULL, 0, 0, 0, 0 },
	{ "-1:00:00.0", NULL, 0, 0, 0, 0 },
	{ "0000.00:00.0", NULL, 0, 0, 0, 0 },
	{ "0:66:0.0", NULL, 0, 0, 0, 0 },
	{ "", NULL, 0, 0, 0, 0 },
};

static void hexadecimal(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_pci_address a = { 0 };
		char text[LEND_PCI_ADDRESS_TEXT];
		bool is = lend_pci_address_parse(rows[i].text, strlen(rows[i].text), &a);

		must_in(rows[i].text);
		must(is == (rows[i].again != NULL));
		if (!is)
			continue;
		must(a.domain == rows[i].domain && a.bus == rows[i].bus &&
		     a.device == rows[i].device && a.function == rows[i].function);
		lend_pci_address_format(&a, text);
		must_str(text, rows[i].again);
	}
	must_in("");
}

static void by_number(void)
{
	struct lend_pci_address low, high;

	must(lend_pci_address_parse("ffff:00:00.0", 12, &low));
	must(lend_pci_address_parse("10000:00:00.0", 13, &high));
	must(lend_pci_address_compare(&low, &high) < 0);
	must(lend_pci_address_compare(&high, &low) > 0);
	must(lend_pci_address_compare(&low, &low) == 0);
}

static void in_paths(void)
{
	static const struct {
		const char *path, *last;
	} paths[] = {
		{ "../../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0/nvme/nvme0",
		  "0000:03:00.0" },
		{ "/sys/devices/pci0000:b2/0000:b2:05.5/pci10000:00/10000:00:02.0/10000:01:00.0",
		  "10000:01:00.0" },
		{ "/sys/devices/virtual/nvme-subsystem/nvme-subsys3/nvme3n1", NULL },
		{ "0000:03:00.0", "0000:03:00.0" },
		{ "/0000:03:00.0x/", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < LEND_COUNT(paths); i++) {
		struct lend_pci_address a;
		char text[LEND_PCI_ADDRESS_TEXT];
		bool is = lend_pci_address_in_path(paths[i].path, &a);

		must_in(paths[i].path);
		must(is == (paths[i].last != NULL));
		if (is) {
			lend_pci_address_format(&a, text);
			must_str(text, paths[i].last);
		}
	}
	must_in("");
}

/* VMD 62:00.5 of the guide, KB 309986's 00:0b.0, and what only looks decimal. */
static void decimal(void)
{
	static const struct {
		const char *text, *hexadecimal;
	} decimals[] = {
		{ "00000:098:00.5", "0000:62:00.5" },
		{ "000:11.0", "0000:00:0b.0" },
		{ "0000:000:31.2", "0000:00:1f.2" },
		{ "0:66:0.0", "0000:42:00.0" },
		{ "000:1f.2", NULL },
		{ "0000:00:1f.2", NULL },
		{ "000:32.0", NULL },
		{ "256:00.0", NULL },
		{ "0:0:0:0.0", NULL },
		{ "000:31.2 ", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < LEND_COUNT(decimals); i++) {
		struct lend_pci_decimal d, again;
		struct lend_pci_address a;
		char text[LEND_PCI_ADDRESS_TEXT];
		bool is =
			lend_pci_decimal_parse(decimals[i].text, strlen(decimals[i].text), &d);

		must_in(decimals[i].text);
		must(is == (decimals[i].hexadecimal != NULL));
		if (!is)
			continue;
		a = lend_pci_of_decimal(&d);
		lend_pci_address_format(&a, text);
		must_str(text, decimals[i].hexadecimal);
		again = lend_pci_to_decimal(&a);
		must(again.segment == d.segment && again.bus == d.bus && again.slot == d.slot &&
		     again.function == d.function);
	}
	must_in("");
}

int main(void)
{
	hexadecimal();
	by_number();
	in_paths();
	decimal();
	return 0;
}
