/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/efi-boot.h"

#include <string.h>

#include "base/num.h"
#include "base/uuid.h"

enum {
	ATTRIBUTES = 4, /* of the variable, before its value */
	OPTION_HEAD = 6,
	LOAD_OPTION_ACTIVE = 1,
	NODE_HEAD = 4,
	MEDIA = 4,
	HARD_DRIVE = 1,
	HARD_DRIVE_BYTES = 42,
	END = 0x7f,
	SIGNATURE_MBR = 1,
	SIGNATURE_GUID = 2,
};

/* One character of UCS-2 as UTF-8; half of a pair is none. */
static size_t put_utf8(uint16_t c, char *to, size_t room)
{
	if (c < 0x80 && room >= 1) {
		to[0] = (char)c;
		return 1;
	}
	if (c >= 0x80 && c < 0x800 && room >= 2) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c >= 0x800 && (c < 0xd800 || c > 0xdfff) && room >= 3) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	return 0;
}

/* How many bytes the title takes with its end; 0 when it has none. */
static size_t read_title(const uint8_t *at, size_t len, char *ret)
{
	size_t n = 0;

	for (size_t i = 0; i + 2 <= len; i += 2) {
		uint16_t c = lend_get_le16(at + i);

		if (c == 0) {
			ret[n] = '\0';
			return i + 2;
		}
		n += put_utf8(c, ret + n, LEND_EFI_TITLE_MAX - 1 - n);
	}
	return 0;
}

static void read_hard_drive(const uint8_t *node, char *ret)
{
	uint32_t number = lend_get_le32(node + 4);
	const uint8_t *signature = node + 24;
	uint8_t uuid[LEND_UUID_BYTES];

	if (node[41] == SIGNATURE_GUID) {
		lend_uuid_swap_guid(signature, uuid);
		lend_uuid_format(uuid, ret);
	} else if (node[41] == SIGNATURE_MBR && number <= UINT8_MAX) {
		(void)snprintf(ret, LEND_EFI_PART_TEXT, "%08x-%02x",
			       (unsigned int)lend_get_le32(signature), (unsigned int)number);
	}
}

/* The first disk of the first path. */
static void read_path(const uint8_t *at, size_t len, char *ret)
{
	while (len >= NODE_HEAD && (at[0] & 0x7f) != END) {
		size_t n = lend_get_le16(at + 2);

		if (n < NODE_HEAD || n > len)
			return;
		if (at[0] == MEDIA && at[1] == HARD_DRIVE && n >= HARD_DRIVE_BYTES) {
			read_hard_drive(at, ret);
			return;
		}
		at += n;
		len -= n;
	}
}

bool lend_efi_option_parse(const void *bytes, size_t len, struct lend_efi_option *ret)
{
	const uint8_t *at = bytes;
	struct lend_efi_option option = { 0 };
	size_t path, title;

	if (len < ATTRIBUTES + OPTION_HEAD)
		return false;
	at += ATTRIBUTES;
	len -= ATTRIBUTES;
	option.active = (lend_get_le32(at) & LOAD_OPTION_ACTIVE) != 0;
	path = lend_get_le16(at + 4);
	at += OPTION_HEAD;
	len -= OPTION_HEAD;
	title = read_title(at, len, option.title);
	if (title == 0 || path > len - title)
		return false;
	read_path(at + title, path, option.part);
	*ret = option;
	return true;
}

/* All that is behind the head of a node, but for the GUID of the first disk. */
static void mask_node(uint8_t *node, size_t n, bool *first, uint8_t **ret_guid)
{
	bool drive = node[0] == MEDIA && node[1] == HARD_DRIVE && n >= HARD_DRIVE_BYTES;

	if (!drive)
		memset(node + NODE_HEAD, 0, n - NODE_HEAD);
	else if (*first && node[41] == SIGNATURE_GUID)
		*ret_guid = node + 24;
	else
		memset(node + 24, 0, LEND_UUID_BYTES);
	*first = *first && !drive;
}

bool lend_efi_option_mask(uint8_t *bytes, size_t len, uint8_t **ret_guid)
{
	struct lend_efi_option option;
	char title[LEND_EFI_TITLE_MAX];
	size_t at = ATTRIBUTES + OPTION_HEAD;
	bool first = true;
	size_t end, n;

	*ret_guid = NULL;
	if (!lend_efi_option_parse(bytes, len, &option))
		return false;
	end = at + read_title(bytes + at, len - at, title);
	for (; at + 2 < end; at += 2)
		lend_put_le16(bytes + at, 'x');
	at = end;
	end += lend_get_le16(bytes + ATTRIBUTES + 4);
	for (; end - at >= NODE_HEAD; at += n) {
		n = lend_get_le16(bytes + at + 2);
		if (n < NODE_HEAD || n > end - at)
			break;
		mask_node(bytes + at, n, &first, ret_guid);
	}
	memset(bytes + at, 0, len - at);
	return true;
}

bool lend_efi_current_parse(const void *bytes, size_t len, uint16_t *ret)
{
	if (len != ATTRIBUTES + 2)
		return false;
	*ret = lend_get_le16((const uint8_t *)bytes + ATTRIBUTES);
	return true;
}

bool lend_efi_order_parse(const void *bytes, size_t len, uint16_t ret[LEND_EFI_ORDER_MAX],
			  size_t *ret_n)
{
	size_t n;

	if (len < ATTRIBUTES || len % 2 != 0)
		return false;
	n = (len - ATTRIBUTES) / 2;
	if (n > LEND_EFI_ORDER_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		ret[i] = lend_get_le16((const uint8_t *)bytes + ATTRIBUTES + 2 * i);
	*ret_n = n;
	return true;
}

bool lend_efi_option_name(const char *name, uint16_t *ret)
{
	static const char global[] = "-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	uint64_t number;

	if (strlen(name) != 8 + strlen(global) || memcmp(name, "Boot", 4) != 0 ||
	    strcmp(name + 8, global) != 0 || !lend_parse_u64n(name + 4, 4, 16, &number))
		return false;
	*ret = (uint16_t)number;
	return true;
}
