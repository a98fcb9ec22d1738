/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/uuid.h"

#include "tests/must.h"

static void swaps_guids(void)
{
	/* The GUID of pmem regions as the NFIT and the label area hold it. */
	static const uint8_t guid[] = { 0x79, 0xd3, 0xf0, 0x66, 0xf3, 0xb4, 0x74, 0x40,
					0xac, 0x43, 0x0d, 0x33, 0x18, 0xb7, 0x8c, 0xdb };
	uint8_t uuid[LEND_UUID_BYTES];
	char text[LEND_UUID_TEXT];

	lend_uuid_swap_guid(guid, uuid);
	lend_uuid_format(uuid, text);
	must_str(text, "66f0d379-b4f3-4074-ac43-0d3318b78cdb");
	lend_uuid_swap_guid(uuid, uuid);
	must(memcmp(uuid, guid, sizeof(guid)) == 0);
}

int main(void)
{
	swaps_guids();
	return 0;
}
