/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/uuid.h"

#include "tests/must.h"

static const struct {
	const char *text;
	bool ok;
} texts[] = {
	{ "66f0d379-b4f3-4074-ac43-0d3318b78cdb", true },
	{ "66F0D379-B4F3-4074-AC43-0D3318B78CDB", true },
	{ "00000000-0000-0000-0000-000000000000", true },
	{ "", false },
	{ "66f0d379-b4f3-4074-ac43-0d3318b78cd", false },
	{ "66f0d379-b4f3-4074-ac43-0d3318b78cdb0", false },
	{ "66f0d379b-4f3-4074-ac43-0d3318b78cdb", false },
	{ "66f0d379-b4f3-4074-ac43-0d3318b78cdg", false },
	{ "66f0d379 b4f3 4074 ac43 0d3318b78cdb", false },
	{ "-66f0d37-b4f3-4074-ac43-0d3318b78cdb", false },
	{ "{6f0d379-b4f3-4074-ac43-0d3318b78cd}", false },
};

static void reads_texts(void)
{
	for (size_t i = 0; i < LEND_COUNT(texts); i++) {
		uint8_t uuid[LEND_UUID_BYTES] = { 0xee };
		char back[LEND_UUID_TEXT];

		must_in(texts[i].text);
		must(lend_uuid_parse(texts[i].text, uuid) == texts[i].ok);
		if (!texts[i].ok) {
			must_u64(uuid[0], 0xee);
			continue;
		}
		lend_uuid_format(uuid, back);
		must_str(back, i == 1 ? texts[0].text : texts[i].text);
	}
	must_in("");
}

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
	must(!lend_uuid_is_zero(uuid));
	memset(uuid, 0, sizeof(uuid));
	must(lend_uuid_is_zero(uuid));
	uuid[15] = 1;
	must(!lend_uuid_is_zero(uuid));
}

int main(void)
{
	reads_texts();
	swaps_guids();
	return 0;
}
