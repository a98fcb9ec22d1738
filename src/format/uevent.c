/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/uevent.h"

#include <string.h>

#include "base/num.h"

static bool is_key(struct lend_span line, const char *key, struct lend_span *ret_value)
{
	size_t len = strlen(key);

	if (line.len <= len || line.at[len] != '=' || memcmp(line.at, key, len) != 0)
		return false;
	*ret_value = (struct lend_span){ line.at + len + 1, line.len - len - 1 };
	return true;
}

static void take_hex(struct lend_span text, size_t digits_max, struct lend_opt_u64 *ret)
{
	uint64_t value;

	if (text.len > digits_max || !lend_parse_u64n(text.at, text.len, 16, &value))
		return;
	ret->has = true;
	ret->v = value;
}

/* "8086:1533" */
static void take_pair(struct lend_span text, struct lend_opt_u64 *ret_vendor,
		      struct lend_opt_u64 *ret_device)
{
	const char *colon = memchr(text.at, ':', text.len);
	struct lend_opt_u64 vendor = { 0 }, device = { 0 };
	size_t len;

	if (colon == NULL || ret_vendor->has)
		return;
	len = (size_t)(colon - text.at);
	take_hex((struct lend_span){ text.at, len }, 4, &vendor);
	take_hex((struct lend_span){ colon + 1, text.len - len - 1 }, 4, &device);
	if (!vendor.has || !device.has)
		return;
	*ret_vendor = vendor;
	*ret_device = device;
}

static void take_line(struct lend_span line, struct lend_pci_uevent *ret)
{
	struct lend_span value;

	if (is_key(line, "PCI_CLASS", &value)) {
		if (!ret->class.has)
			take_hex(value, 6, &ret->class);
	} else if (is_key(line, "PCI_ID", &value)) {
		take_pair(value, &ret->vendor, &ret->device);
	} else if (is_key(line, "PCI_SUBSYS_ID", &value)) {
		take_pair(value, &ret->subsystem_vendor, &ret->subsystem_device);
	} else if (is_key(line, "DRIVER", &value)) {
		if (ret->driver.at == NULL && value.len > 0)
			ret->driver = value;
	}
}

void lend_pci_uevent_read(const char *text, size_t len, struct lend_pci_uevent *ret)
{
	const char *end = text + len;

	*ret = (struct lend_pci_uevent){ 0 };
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		if (stop == NULL)
			stop = end;
		take_line((struct lend_span){ text, (size_t)(stop - text) }, ret);
		text = stop == end ? end : stop + 1;
	}
}
