/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels in their slots: written, read, added, freed, moved. */

#include "format/nd-id.h"
#include "tests/nd-label-rig.h"

static struct lend_nd_label sample(enum lend_nd_mode mode)
{
	struct lend_nd_label label = {
		/* 1951ef1d-0102-4304-8506-0708090a0b0c */
		.uuid = { 0x19, 0x51, 0xef, 0x1d, 1, 2, 0x43, 4, 0x85, 6, 7, 8, 9, 10, 11, 12 },
		.name = "alpha-fs",
		.nlabel = 1,
		.isetcookie = 0xba90120012b4dc,
		.lbasize = 512,
		.dpa = 0x4000000,
		.rawsize = 0x8000000,
		.has_v12 = true,
		.mode = mode,
	};

	memcpy(label.type_guid, lend_nd_type_pmem, 16);
	memcpy(label.abstraction_guid, lend_nd_mode_guid(mode), 16);
	return label;
}

/* The modes with the GUIDs of UEFI 2.7, as they lie in the file. */
static const struct {
	enum lend_nd_mode mode;
	const char *text;
	const char *bytes;
} modes[] = {
	{ LEND_ND_MODE_RAW, "raw", "00000000000000000000000000000000" },
	{ LEND_ND_MODE_BTT, "sector", "a263ed8aa229664c8b12f05d15d3922a" },
	{ LEND_ND_MODE_BTT2, "sector", "fc3b6318351717428ac917239282d3f8" },
	{ LEND_ND_MODE_PFN, "fsdax", "ba0064269ffb7746bcb0968f11d0d225" },
	{ LEND_ND_MODE_DAX, "devdax", "9c6da897dd3cda4e986f5068b4f80088" },
};

static void labels_go_there_and_back(void)
{
	for (size_t i = 0; i < LEND_COUNT(modes); i++) {
		struct lend_nd_label label = sample(modes[i].mode);
		struct lend_err err = { 0 };
		struct lend_nd_label back;
		uint8_t bytes[LEND_ND_LABEL_MAX];
		uint8_t again[LEND_ND_LABEL_MAX];
		uint8_t guid[16];

		must_in(modes[i].text);
		label.slot = 7;
		label.align = 21;
		label.flags = LEND_ND_LABEL_RO | LEND_ND_LABEL_UPDATING;
		memset(label.name, 'n', LEND_ND_NAME_MAX);
		lend_nd_label_write(&label, 256, bytes);
		put_hex(guid, modes[i].bytes);
		must(memcmp(bytes + 144, guid, 16) == 0);
		put_hex(guid, "79d3f066f3b47440ac430d3318b78cdb");
		must(memcmp(bytes + 128, guid, 16) == 0);
		must(memcmp(bytes, label.uuid, 16) == 0);
		must_u64(bytes[79], 'n');
		must_u64(bytes[80], 9);
		must_u64(bytes[120], 7);
		must(lend_nd_label_read(bytes, 256, 7, 256, &back, &err) == 0);
		must_u64(back.mode, modes[i].mode);
		must_str(lend_nd_mode_text(back.mode), modes[i].text);
		must_u64(strlen(back.name), LEND_ND_NAME_MAX);
		/* Not the structs: what lies between their members is anybody's. */
		lend_nd_label_write(&back, 256, again);
		must(memcmp(bytes, again, 256) == 0);
	}
	must_in("");
	must(lend_nd_mode_text(LEND_ND_MODE_UNKNOWN) == NULL);
}

static void labels_are_checked(void)
{
	struct lend_nd_label label = sample(LEND_ND_MODE_PFN);
	struct lend_nd_label back = { .slot = 99 };
	struct lend_err err = { 0 };
	uint8_t bytes[LEND_ND_LABEL_MAX];

	label.slot = 5;
	lend_nd_label_write(&label, 256, bytes);
	must(lend_nd_label_read(bytes, 255, 5, 256, &back, &err) == -1);
	err = (struct lend_err){ 0 };
	must(lend_nd_label_read(bytes, 256, 6, 256, &back, &err) == -1);
	must_str(err.what, "label 6 says that it is label 5");
	for (size_t at = 0; at < 256; at++) {
		bytes[at] ^= 0x10;
		must(lend_nd_label_read(bytes, 256, 5, 256, &back, NULL) == -1);
		bytes[at] ^= 0x10;
	}
	must_u64(back.slot, 99);
	/* Version 1.1 has no checksum, and no abstraction: only a flag for BTT. */
	must(lend_nd_label_read(bytes, 128, 5, 128, &back, NULL) == 0);
	must_u64(back.mode, LEND_ND_MODE_UNKNOWN);
	must(!back.has_v12);
	must(memcmp(back.abstraction_guid, (const uint8_t[16]){ 0 }, 16) == 0);
	bytes[80] |= LEND_ND_LABEL_BTT;
	must(lend_nd_label_read(bytes, 128, 5, 128, &back, NULL) == 0);
	must_u64(back.mode, LEND_ND_MODE_BTT);
	/* A GUID that nobody knows. */
	label.abstraction_guid[3]++;
	lend_nd_label_write(&label, 256, bytes);
	must(lend_nd_label_read(bytes, 256, 5, 256, &back, NULL) == 0);
	must_u64(back.mode, LEND_ND_MODE_UNKNOWN);
}

static void adds_labels(void)
{
	for (unsigned int minor = 1; minor <= 2; minor++) {
		struct lend_nd_label label = sample(LEND_ND_MODE_DAX);
		unsigned int seq = 3;

		init(minor);
		for (uint32_t want = 0; want < 5; want++) {
			struct lend_err err = { 0 };
			struct lend_nd_index index;
			struct lend_nd_label back;
			uint32_t slot = 99;

			label.dpa = want;
			must(lend_nd_area_add(area, sizeof(area), &label, &slot, &err) == 0);
			must_u64(slot, want);
			index = read_index(512);
			seq = seq == 3 ? 1 : seq + 1;
			must_u64(index.state, LEND_LABEL_VALID);
			must_u64(index.seq, seq);
			must_u64(index.active, (want + 1) % 2);
			must_u64(lend_nd_index_used_count(&index), want + 1);
			must(lend_nd_index_slot_used(&index, want));
			must(!lend_nd_index_slot_used(&index, want + 1));
			must(lend_nd_label_read(area + lend_nd_index_slot_offset(&index, want),
						256, want, index.label_bytes, &back,
						&err) == 0);
			must_u64(back.dpa, want);
			must_str(back.name, "alpha-fs");
		}
	}
}

static void a_cut_write_loses_nothing(void)
{
	struct lend_nd_label label = sample(LEND_ND_MODE_RAW);
	struct lend_err err = { 0 };
	struct lend_nd_index index;
	uint32_t slot;

	init(2);
	must(lend_nd_area_add(area, sizeof(area), &label, &slot, &err) == 0);
	/* The block that was being written is torn: back to the state before. */
	area[256 + 100] ^= 1;
	index = read_index(512);
	must_u64(index.state, LEND_LABEL_ONE_TORN);
	must_u64(lend_nd_index_used_count(&index), 0);
	/* And it is the torn one that is written next. */
	must(lend_nd_area_add(area, sizeof(area), &label, &slot, &err) == 0);
	must_u64(slot, 0);
	index = read_index(512);
	must_u64(index.state, LEND_LABEL_VALID);
	must_u64(lend_nd_index_used_count(&index), 1);
}

static void frees_slots(void)
{
	struct lend_nd_label label = sample(LEND_ND_MODE_RAW);
	struct lend_err err = { 0 };
	struct lend_nd_index index;
	uint8_t block[256];
	uint64_t offset;
	uint32_t slot;

	init(2);
	for (int i = 0; i < 3; i++)
		must(lend_nd_area_add(area, sizeof(area), &label, &slot, &err) == 0);
	index = read_index(512);
	lend_nd_index_next(&index, 1, false, block, &offset);
	memcpy(area + offset, block, sizeof(block));
	index = read_index(512);
	must_u64(lend_nd_index_used_count(&index), 2);
	must(!lend_nd_index_slot_used(&index, 1));
	must(lend_nd_index_free_slot(&index, &slot));
	must_u64(slot, 1);
}

static void moves_labels(void)
{
	static const uint32_t old_slots[] = { 0, 1 }, new_slots[] = { 3, 4 };
	const struct lend_nd_slots use = { new_slots, 2 }, no_more = { old_slots, 2 };
	struct lend_nd_label label = sample(LEND_ND_MODE_RAW), back;
	struct lend_err err = { 0 };
	struct lend_nd_index index;
	uint8_t block[256];
	uint64_t offset;
	uint32_t slot;

	for (unsigned int minor = 1; minor <= 2; minor++) {
		init(minor);
		for (int i = 0; i < 3; i++)
			must(lend_nd_area_add(area, sizeof(area), &label, &slot, &err) == 0);
		index = read_index(512);
		for (size_t i = 0; i < 2; i++) {
			uint8_t *from = area + lend_nd_index_slot_offset(&index, old_slots[i]);
			uint8_t *to = area + lend_nd_index_slot_offset(&index, new_slots[i]);

			memcpy(to, from, index.label_bytes);
			lend_nd_label_move(to, index.label_bytes, new_slots[i], 0x1234);
			must(lend_nd_label_read(to, index.label_bytes, new_slots[i],
						index.label_bytes, &back, &err) == 0);
			must_u64(back.isetcookie, 0x1234);
			must_u64(back.slot, new_slots[i]);
			must_str(back.name, "alpha-fs");
		}
		lend_nd_index_swap(&index, use, no_more, block, &offset);
		must_u64(offset, (1 - index.active) * index.index_bytes);
		memcpy(area + offset, block, sizeof(block));
		index = read_index(512);
		must_u64(index.state, LEND_LABEL_VALID);
		must_u64(lend_nd_index_used_count(&index), 3);
		for (slot = 0; slot < 6; slot++)
			must(lend_nd_index_slot_used(&index, slot) == (slot > 1 && slot < 5));
	}
}

static void refuses_to_add(void)
{
	struct lend_nd_label label = sample(LEND_ND_MODE_RAW);
	struct lend_err err = { 0 };
	uint32_t slot = 99;
	size_t n = 0;

	memset(area, 0, sizeof(area));
	must(lend_nd_area_add(area, sizeof(area), &label, &slot, &err) == -1);
	must_str(err.what, "the label area has no valid index block");
	must(lend_nd_area_init(area, 2048, 2, NULL) == 0);
	while (lend_nd_area_add(area, 2048, &label, &slot, NULL) == 0)
		n++;
	/* Six slots, one kept back. */
	must_u64(n, 5);
	must_u64(slot, 4);
	label.has_v12 = false;
	must(lend_nd_area_init(area, 2048, 2, NULL) == 0);
	must(lend_nd_area_add(area, 2048, &label, &slot, NULL) == -1);
	must(lend_nd_area_init(area, 2048, 1, NULL) == 0);
	must(lend_nd_area_add(area, 2048, &label, &slot, NULL) == 0);
	must(lend_nd_area_init(area, 512, 1, NULL) == -1);
}

int main(void)
{
	labels_go_there_and_back();
	labels_are_checked();
	adds_labels();
	a_cut_write_loses_nothing();
	frees_slots();
	moves_labels();
	refuses_to_add();
	return 0;
}
