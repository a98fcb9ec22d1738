/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/nd-id.h"

#include "tests/must.h"

static const struct {
	const char *text;
	const char *prints; /* NULL: no id */
	struct lend_nd_id id;
} ids[] = {
	{ "8680-56341200", "8680-56341200", { .vendor = 0x8086, .serial = 0x00123456 } },
	{ "8680-59341200", "8680-59341200", { .vendor = 0x8086, .serial = 0x00123459 } },
	{ "8902-A2EBF260", "8902-a2ebf260", { .vendor = 0x0289, .serial = 0x60f2eba2 } },
	{ "8902-5f86e969", "8902-5f86e969", { .vendor = 0x0289, .serial = 0x69e9865f } },
	{ "8089-a2-1834-00001f13",
	  "8089-a2-1834-00001f13",
	  { .vendor = 0x8980,
	    .has_mfg = true,
	    .mfg_location = 0xa2,
	    .mfg_date = 0x3418,
	    .serial = 0x131f0000 } },
	{ "cdab-0a-07e0-ffffffff",
	  "cdab-0a-07e0-ffffffff",
	  { .vendor = 0xabcd,
	    .has_mfg = true,
	    .mfg_location = 0x0a,
	    .mfg_date = 0xe007,
	    .serial = 0xffffffff } },
	{ "", NULL, { 0 } },
	{ "8680", NULL, { 0 } },
	{ "8680-5634120", NULL, { 0 } },
	{ "8680-563412000", NULL, { 0 } },
	{ "8680-563412 0", NULL, { 0 } },
	{ "868056341200-", NULL, { 0 } },
	{ "0x86-56341200", NULL, { 0 } },
	{ "8680_56341200", NULL, { 0 } },
	{ "8680-56341200\n", NULL, { 0 } },
	{ "8089-a2-183400001f13-", NULL, { 0 } },
	{ "8089-a2-1834_00001f13", NULL, { 0 } },
	{ "8089-g2-1834-00001f13", NULL, { 0 } },
	{ "8089-a2-1834-00001f130", NULL, { 0 } },
};

static void reads_texts(void)
{
	for (size_t i = 0; i < LEND_COUNT(ids); i++) {
		struct lend_nd_id id = { .serial = 0xeeee };
		char text[LEND_ND_ID_TEXT];

		must_in(ids[i].text);
		must(lend_nd_id_parse(ids[i].text, &id) == (ids[i].prints != NULL));
		if (ids[i].prints == NULL) {
			must_u64(id.serial, 0xeeee);
			continue;
		}
		must_u64(id.vendor, ids[i].id.vendor);
		must_u64(id.serial, ids[i].id.serial);
		must_u64(id.has_mfg, ids[i].id.has_mfg);
		must_u64(id.mfg_location, ids[i].id.mfg_location);
		must_u64(id.mfg_date, ids[i].id.mfg_date);
		lend_nd_id_format(&id, text);
		must_str(text, ids[i].prints);
	}
	must_in("");
}

static const struct {
	uint32_t slot;
	const char *id;
	uint64_t v11;
	uint64_t v12;
} slots[] = {
	{ 0, "8680-56341200", 0x2468ac00123456, 0xba90120012b4dc },
	{ 3, "8680-59341200", 0x2468b200123459, 0xba90300012b4df },
	/* The low byte of the serial wraps: a pattern on the text would miss it. */
	{ 170, "8680-00351200", 0, 0 },
	{ 255, "8680-55351200", 0, 0 },
};

static void knows_qemu_slots(void)
{
	for (size_t i = 0; i < LEND_COUNT(slots); i++) {
		struct lend_nd_id id = lend_nd_id_of_qemu_slot(slots[i].slot);
		char text[LEND_ND_ID_TEXT];

		must_in(slots[i].id);
		lend_nd_id_format(&id, text);
		must_str(text, slots[i].id);
		if (slots[i].v11 != 0) {
			must_u64(lend_nd_cookie_v11(&id), slots[i].v11);
			must_u64(lend_nd_cookie_v12(&id), slots[i].v12);
		}
	}
	must_in("");
}

static void inverts_slots(void)
{
	struct lend_nd_id other = { .vendor = 0x8087, .serial = 0x123456 };
	uint32_t slot = 77;
	unsigned int minor = 77;

	for (uint32_t want = 0; want < LEND_ND_QEMU_SLOTS; want++) {
		struct lend_nd_id id = lend_nd_id_of_qemu_slot(want);

		must(lend_nd_id_qemu_slot(&id, &slot));
		must_u64(slot, want);
		must(lend_nd_cookie_qemu_slot(lend_nd_cookie_v11(&id), &slot, &minor));
		must_u64(slot, want);
		must_u64(minor, 1);
		must(lend_nd_cookie_qemu_slot(lend_nd_cookie_v12(&id), &slot, &minor));
		must_u64(slot, want);
		must_u64(minor, 2);
	}
	slot = minor = 77;
	must(!lend_nd_id_qemu_slot(&other, &slot));
	other = lend_nd_id_of_qemu_slot(256);
	must(!lend_nd_id_qemu_slot(&other, &slot));
	other = lend_nd_id_of_qemu_slot(UINT32_MAX);
	must(!lend_nd_id_qemu_slot(&other, &slot));
	must(!lend_nd_cookie_qemu_slot(0, &slot, &minor));
	must(!lend_nd_cookie_qemu_slot(10248187106440279, &slot, &minor));
	must_u64(slot, 77);
	must_u64(minor, 77);

	/* iset_id as ndctl printed it in a guest. */
	must(lend_nd_cookie_qemu_slot(52512752653219036, &slot, &minor));
	must_u64(slot, 0);
	must_u64(minor, 2);
	must(lend_nd_cookie_qemu_slot(52512881502237919, &slot, &minor));
	must_u64(slot, 3);
	must_u64(minor, 2);
	must(lend_nd_cookie_qemu_slot(10248187106440278, &slot, &minor));
	must_u64(slot, 0);
	must_u64(minor, 1);
}

/* Both pairs of the vPMem mapping article. */
static void knows_vmware_disks(void)
{
	static const uint8_t first[16] = { 0x60, 0x00, 0xc2, 0x98, 0x42, 0xc7, 0x54, 0xf8,
					   0x02, 0xc2, 0xd4, 0x9b, 0x20, 0x6b, 0x08, 0x0c };
	static const uint8_t second[16] = { 0x60, 0x00, 0xc2, 0x9d, 0x90, 0x45, 0x42, 0x66,
					    0xd7, 0xcf, 0xed, 0xf7, 0xa2, 0xeb, 0xf2, 0x60 };
	struct lend_nd_id id = lend_nd_id_of_vmdk_uuid(first);
	char text[LEND_ND_ID_TEXT];
	uint32_t slot;

	lend_nd_id_format(&id, text);
	must_str(text, "8902-206b080c");
	must(lend_nd_id_is_vmware(&id));
	must(!lend_nd_id_qemu_slot(&id, &slot));
	id = lend_nd_id_of_vmdk_uuid(second);
	lend_nd_id_format(&id, text);
	must_str(text, "8902-a2ebf260");
	id = lend_nd_id_of_qemu_slot(0);
	must(!lend_nd_id_is_vmware(&id));
}

static void sums(void)
{
	static const uint8_t words[] = { 1, 0, 0, 0, 2, 0, 0, 0, 9, 9, 9 };
	static const uint8_t hole[] = { 1, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 2, 0, 0, 0 };
	static const uint8_t carry[] = { 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0 };

	must_u64(lend_fletcher64(words, 0), 0);
	must_u64(lend_fletcher64(words, 4), 0x0000000100000001);
	must_u64(lend_fletcher64(words, 8), 0x0000000400000003);
	must_u64(lend_fletcher64(words, 11), 0x0000000400000003);
	must_u64(lend_fletcher64(carry, 8), 0x0000000000000001);
	must_u64(lend_fletcher64_hole(hole, 16, 4), 0x0000000600000003);
}

int main(void)
{
	reads_texts();
	knows_qemu_slots();
	inverts_slots();
	knows_vmware_disks();
	sums();
	return 0;
}
