/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/uevent.h"

#include <string.h>

#include "base/buf.h"
#include "tests/must.h"

static const struct {
	const char *text;
	const char
		*says; /* class, vendor, device, subsystem, driver; "-" for what is not there */
} rows[] = {
	{ "DRIVER=nvme\nPCI_CLASS=10802\nPCI_ID=144D:A80A\nPCI_SUBSYS_ID=144D:A801\n"
	  "PCI_SLOT_NAME=0000:01:00.0\nMODALIAS=pci:v0000144D\n",
	  "10802 144d a80a 144d a801 nvme" },
	{ "PCI_CLASS=60400\nPCI_ID=8086:A340\nPCI_SUBSYS_ID=0000:0000\n",
	  "60400 8086 a340 0 0 -" },
	{ "PCI_CLASS=60400", "60400 - - - - -" },
	{ "DRIVER=\nDRIVER=vfio-pci\nDRIVER=second\n", "- - - - - vfio-pci" },
	{ "PCI_CLASS=0x10802\nPCI_CLASS=1000000\nPCI_CLASS=\nPCI_CLASS=+1\n", "- - - - - -" },
	{ "PCI_ID=8086\nPCI_ID=:1\nPCI_ID=1:\nPCI_ID=10000:1\nPCI_ID=1:2\nPCI_ID=3:4\n",
	  "- 1 2 - - -" },
	{ "XPCI_ID=1:2\nPCI_IDS=1:2\n PCI_ID=1:2\n", "- - - - - -" },
	{ "", "- - - - - -" },
	{ "\n\n=\n", "- - - - - -" },
};

static void put(struct lend_buf *out, struct lend_opt_u64 value)
{
	if (value.has)
		lend_buf_put_u64(out, value.v, 16);
	else
		lend_buf_putc(out, '-');
	lend_buf_putc(out, ' ');
}

int main(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_pci_uevent e;
		lend_auto_buf out = { 0 };

		must_in(rows[i].text);
		lend_pci_uevent_read(rows[i].text, strlen(rows[i].text), &e);
		put(&out, e.class);
		put(&out, e.vendor);
		put(&out, e.device);
		put(&out, e.subsystem_vendor);
		put(&out, e.subsystem_device);
		if (e.driver.at == NULL)
			lend_buf_putc(&out, '-');
		else
			lend_buf_put(&out, e.driver.at, e.driver.len);
		must_str(out.text, rows[i].says);
	}
	return 0;
}
