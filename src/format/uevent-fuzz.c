/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/uevent.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct lend_opt_u64 value, uint64_t max)
{
	if (value.has && value.v > max)
		abort();
}

/* Every number fits its place, and the driver lies in the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct lend_pci_uevent e;

	lend_pci_uevent_read(text, size, &e);
	check(e.class, 0xffffff);
	check(e.vendor, 0xffff);
	check(e.device, 0xffff);
	check(e.subsystem_vendor, 0xffff);
	check(e.subsystem_device, 0xffff);
	if (e.vendor.has != e.device.has || e.subsystem_vendor.has != e.subsystem_device.has)
		abort();
	if (e.driver.at != NULL && (e.driver.at < text || e.driver.len == 0 ||
				    e.driver.at + e.driver.len > text + size))
		abort();
	return 0;
}
