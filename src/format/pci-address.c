/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/pci-address.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/num.h"

enum { DOMAIN_DIGITS_MAX = 8 };

/* Hexadecimal digits only: no sign, no 0x, no blank. */
static bool read_hex(const char *text, size_t len, uint64_t max, uint64_t *ret)
{
	for (size_t i = 0; i < len; i++) {
		if (!lend_ascii_is_xdigit(text[i]))
			return false;
	}
	return len > 0 && lend_parse_u64n(text, len, 16, ret) && *ret <= max;
}

bool lend_pci_address_parse(const char *text, size_t len, struct lend_pci_address *ret)
{
	static const size_t tail = sizeof("00:1f.2") - 1;
	uint64_t domain = 0, bus, device, function;
	const char *at;

	if (len < tail)
		return false;
	at = text + len - tail;
	if (len > tail) {
		size_t digits = len - tail - 1;

		if (at[-1] != ':' || digits > DOMAIN_DIGITS_MAX ||
		    !read_hex(text, digits, UINT32_MAX, &domain))
			return false;
	}
	if (at[2] != ':' || at[5] != '.' || !read_hex(at, 2, 0xff, &bus) ||
	    !read_hex(at + 3, 2, 0x1f, &device) || !read_hex(at + 6, 1, 7, &function))
		return false;
	*ret = (struct lend_pci_address){ .domain = (uint32_t)domain,
					  .bus = (uint8_t)bus,
					  .device = (uint8_t)device,
					  .function = (uint8_t)function };
	return true;
}

void lend_pci_address_format(const struct lend_pci_address *a, char ret[LEND_PCI_ADDRESS_TEXT])
{
	(void)snprintf(ret, LEND_PCI_ADDRESS_TEXT, "%04" PRIx32 ":%02x:%02x.%x", a->domain,
		       a->bus, a->device & 0x1fU, a->function & 7U);
}

static uint64_t order(const struct lend_pci_address *a)
{
	return (uint64_t)a->domain << 16 | (uint64_t)a->bus << 8 | (uint64_t)a->device << 3 |
	       a->function;
}

int lend_pci_address_compare(const struct lend_pci_address *a, const struct lend_pci_address *b)
{
	return (order(a) > order(b)) - (order(a) < order(b));
}

bool lend_pci_address_in_path(const char *path, struct lend_pci_address *ret)
{
	size_t end = strlen(path);

	while (end > 0) {
		size_t start = end;

		while (start > 0 && path[start - 1] != '/')
			start--;
		if (lend_pci_address_parse(path + start, end - start, ret))
			return true;
		end = start > 0 ? start - 1 : 0;
	}
	return false;
}

/* Digits up to the mark, which is passed over; NUL stands for the end. */
static bool read_field(const char **at, const char *end, char mark, uint64_t max, uint64_t *ret)
{
	const char *start = *at;

	while (*at < end && **at >= '0' && **at <= '9')
		(*at)++;
	if (*at == start || !lend_parse_u64n(start, (size_t)(*at - start), 10, ret) ||
	    *ret > max)
		return false;
	if (mark == '\0')
		return *at == end;
	return *at < end && *(*at)++ == mark;
}

bool lend_pci_decimal_parse(const char *text, size_t len, struct lend_pci_decimal *ret)
{
	const char *end = text + len;
	const char *first = memchr(text, ':', len);
	uint64_t segment = 0, bus, slot, function;

	if (first != NULL && memchr(first + 1, ':', (size_t)(end - first - 1)) != NULL &&
	    !read_field(&text, end, ':', UINT32_MAX, &segment))
		return false;
	if (!read_field(&text, end, ':', 255, &bus) ||
	    !read_field(&text, end, '.', 31, &slot) ||
	    !read_field(&text, end, '\0', 7, &function))
		return false;
	*ret = (struct lend_pci_decimal){ .segment = (uint32_t)segment,
					  .bus = (uint8_t)bus,
					  .slot = (uint8_t)slot,
					  .function = (uint8_t)function };
	return true;
}

struct lend_pci_address lend_pci_of_decimal(const struct lend_pci_decimal *d)
{
	return (struct lend_pci_address){
		.domain = d->segment, .bus = d->bus, .device = d->slot, .function = d->function
	};
}

struct lend_pci_decimal lend_pci_to_decimal(const struct lend_pci_address *a)
{
	return (struct lend_pci_decimal){
		.segment = a->domain, .bus = a->bus, .slot = a->device, .function = a->function
	};
}
