/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/nd-id.h"

#include "base/num.h"

static const uint16_t vendor_intel = 0x8086;
static const uint16_t vendor_vmware = 0x0289; /* prints as 8902 */
static const uint32_t qemu_serial = 0x123456;

static uint16_t swap16(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

static uint32_t swap32(uint32_t v)
{
	return (uint32_t)swap16((uint16_t)v) << 16 | swap16((uint16_t)(v >> 16));
}

bool lend_nd_id_parse(const char *text, struct lend_nd_id *ret_id)
{
	static const uint8_t with_mfg[] = { 4, 2, 4, 8 };
	static const uint8_t without[] = { 4, 8 };
	size_t len = strlen(text);
	bool has_mfg = len == LEND_ND_ID_TEXT - 1;
	const uint8_t *width = has_mfg ? with_mfg : without;
	size_t n = has_mfg ? LEND_COUNT(with_mfg) : LEND_COUNT(without);
	uint64_t field[4];

	if (!has_mfg && len != 13)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && *text++ != '-')
			return false;
		if (!lend_parse_u64n(text, width[i], 16, &field[i]))
			return false;
		text += width[i];
	}
	*ret_id = (struct lend_nd_id){
		.vendor = swap16((uint16_t)field[0]),
		.has_mfg = has_mfg,
		.mfg_location = has_mfg ? (uint8_t)field[1] : 0,
		.mfg_date = has_mfg ? swap16((uint16_t)field[2]) : 0,
		.serial = swap32((uint32_t)field[n - 1]),
	};
	return true;
}

void lend_nd_id_format(const struct lend_nd_id *id, char ret_text[LEND_ND_ID_TEXT])
{
	if (id->has_mfg)
		(void)snprintf(ret_text, LEND_ND_ID_TEXT, "%04x-%02x-%04x-%08x",
			       swap16(id->vendor), id->mfg_location, swap16(id->mfg_date),
			       swap32(id->serial));
	else
		(void)snprintf(ret_text, LEND_ND_ID_TEXT, "%04x-%08x", swap16(id->vendor),
			       swap32(id->serial));
}

struct lend_nd_id lend_nd_id_of_qemu_slot(uint32_t slot)
{
	return (struct lend_nd_id){ .vendor = vendor_intel, .serial = qemu_serial + slot };
}

bool lend_nd_id_qemu_slot(const struct lend_nd_id *id, uint32_t *ret_slot)
{
	uint32_t slot = id->serial - qemu_serial;

	if (id->vendor != vendor_intel || id->has_mfg || slot >= LEND_ND_QEMU_SLOTS)
		return false;
	*ret_slot = slot;
	return true;
}

struct lend_nd_id lend_nd_id_of_vmdk_uuid(const uint8_t uuid[16])
{
	return (struct lend_nd_id){ .vendor = vendor_vmware,
				    .serial = lend_get_le32(uuid + 12) };
}

bool lend_nd_id_is_vmware(const struct lend_nd_id *id)
{
	return id->vendor == vendor_vmware;
}

uint64_t lend_fletcher64_hole(const void *bytes, size_t len, size_t hole)
{
	const uint8_t *p = bytes;
	uint32_t lo = 0;
	uint64_t hi = 0;

	for (size_t i = 0; i + 4 <= len; i += 4) {
		if (i < hole || i - hole >= 8)
			lo += lend_get_le32(p + i);
		hi += lo;
	}
	return hi << 32 | lo;
}

uint64_t lend_fletcher64(const void *bytes, size_t len)
{
	return lend_fletcher64_hole(bytes, len, len);
}

/* Linux drivers/acpi/nfit/core.c: struct nfit_set_info2, one mapping. */
uint64_t lend_nd_cookie_v12(const struct lend_nd_id *id)
{
	uint8_t record[48] = { 0 };

	lend_put_le32(record + 8, id->serial);
	lend_put_le16(record + 12, id->vendor);
	if (id->has_mfg) {
		lend_put_le16(record + 14, id->mfg_date);
		record[16] = id->mfg_location;
	}
	return lend_fletcher64(record, sizeof(record));
}

/* The same file: struct nfit_set_info, one mapping. */
uint64_t lend_nd_cookie_v11(const struct lend_nd_id *id)
{
	uint8_t record[16] = { 0 };

	lend_put_le32(record + 8, id->serial);
	return lend_fletcher64(record, sizeof(record));
}

bool lend_nd_cookie_qemu_slot(uint64_t cookie, uint32_t *ret_slot, unsigned int *ret_minor)
{
	/* Sums, not hashes, but 512 of them are quicker tried than inverted. */
	for (uint32_t slot = 0; slot < LEND_ND_QEMU_SLOTS; slot++) {
		struct lend_nd_id id = lend_nd_id_of_qemu_slot(slot);
		bool v12 = lend_nd_cookie_v12(&id) == cookie;

		if (v12 || lend_nd_cookie_v11(&id) == cookie) {
			*ret_slot = slot;
			*ret_minor = v12 ? 2 : 1;
			return true;
		}
	}
	return false;
}
