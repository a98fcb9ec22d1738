/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/nd-label.h"

#include "base/num.h"
#include "base/uuid.h"
#include "format/nd-id.h"
#include "tests/must.h"

enum { KIB = 1024, AREA = 128 * KIB };

static uint8_t area[AREA];

static const struct {
	const char *row;
	uint64_t area_bytes;
	uint64_t index_v11;
	uint32_t nslot_v11;
	uint64_t index_v12;
	uint32_t nslot_v12;
} geometries[] = {
	{ "128 KiB", 128 * KIB, 256, 1020, 256, 510 },
	{ "256 KiB", 256 * KIB, 512, 2040, 256, 1022 },
	{ "512 KiB", 512 * KIB, 768, 4084, 512, 2044 },
	{ "1 MiB", 1024 * KIB, 1280, 8172, 768, 4090 },
	{ "2 MiB", 2048 * KIB, 2304, 16348, 1280, 8182 },
	{ "two small labels", 768, 256, 2, 0, 0 },
	{ "two large labels", 1024, 256, 4, 256, 2 },
	{ "nothing", 0, 0, 0, 0, 0 },
	{ "too small", 767, 0, 0, 0, 0 },
	{ "4 GiB", 1ull << 32, 0, 0, 0, 0 },
	{ "huge", UINT64_MAX, 0, 0, 0, 0 },
};

static void geometry(void)
{
	for (size_t i = 0; i < LEND_COUNT(geometries); i++) {
		uint64_t index = 0;
		uint32_t nslot = 0;

		must_in(geometries[i].row);
		must(lend_nd_label_geometry(geometries[i].area_bytes, 128, &index, &nslot) ==
		     (geometries[i].nslot_v11 != 0));
		must_u64(index, geometries[i].index_v11);
		must_u64(nslot, geometries[i].nslot_v11);
		must_u64(lend_nd_head_bytes(geometries[i].area_bytes), 2 * index);
		index = nslot = 0;
		must(lend_nd_label_geometry(geometries[i].area_bytes, 256, &index, &nslot) ==
		     (geometries[i].nslot_v12 != 0));
		must_u64(index, geometries[i].index_v12);
		must_u64(nslot, geometries[i].nslot_v12);
		must(!lend_nd_label_geometry(geometries[i].area_bytes, 512, &index, &nslot));
	}
	must_in("");
	must(lend_nd_head_bytes(63ull * KIB * KIB) <= LEND_ND_HEAD_MAX);
	must(lend_nd_head_bytes(UINT32_MAX) > LEND_ND_HEAD_MAX);
}

/*
 * What "ndctl init-labels" leaves in a 128 KiB area: the fixed part of both
 * blocks as read from a guest's DIMM; behind each the bitmap, all ones.
 */
static const struct {
	unsigned int minor;
	const char *block[2];
	size_t bitmap_bytes;
} empties[] = {
	{ 1,
	  { "4e414d4553504143455f494e44455800000000000300000000000000000000000001000000000000"
	    "00010000000000000002000000000000fc030000010001000a3e31d7214663eb",
	    "4e414d4553504143455f494e44455800000000000200000000010000000000000001000000000000"
	    "00000000000000000002000000000000fc03000001000100093e31d7e64963eb" },
	  128 },
	{ 2,
	  { "4e414d4553504143455f494e44455800000000010300000000000000000000000001000000000000"
	    "00010000000000000002000000000000fe010000010002001c3c32d8ede39327",
	    "4e414d4553504143455f494e44455800000000010200000000010000000000000001000000000000"
	    "00000000000000000002000000000000fe010000010002001b3c32d8b2e79327" },
	  64 },
};

/* Every area says itself how long it is, in both blocks. */
static void place(void)
{
	const uint64_t sizes[] = { 128 * KIB,  256 * KIB,   512 * KIB, 1024 * KIB, 2048 * KIB,
				   4096 * KIB, 16384 * KIB, 132 * KIB, 200 * KIB,  131328 };
	static uint8_t head[LEND_ND_HEAD_MAX];

	for (size_t i = 0; i < LEND_COUNT(sizes); i++) {
		for (unsigned int minor = 1; minor <= 2; minor++) {
			struct lend_err err = { 0 };
			uint64_t before = 1, bytes = 0, index = 0;
			uint32_t nslot = 0;
			size_t len = 0;

			must(lend_nd_area_write_head(head, sizeof(head), sizes[i], minor, &len,
						     &err) == 0);
			must(lend_nd_label_geometry(sizes[i], minor * 128, &index, &nslot));
			must(lend_nd_index_place(head, 72, &before, &bytes));
			must_u64(before, 0);
			must_u64(bytes, sizes[i]);
			must(lend_nd_index_place(head + index, 72, &before, &bytes));
			must_u64(before, index);
			must_u64(bytes, sizes[i]);
			must(!lend_nd_index_place(head, 71, &before, &bytes));
			must(!lend_nd_index_place(head + 1, 72, &before, &bytes));
			memset(head + 56, 0xff, 4);
			must(!lend_nd_index_place(head, 72, &before, &bytes));
		}
	}
}

static void put_hex(uint8_t *out, const char *hex)
{
	for (; *hex != '\0'; hex += 2) {
		uint64_t byte = 0;

		must(lend_parse_u64n(hex, 2, 16, &byte));
		*out++ = (uint8_t)byte;
	}
}

static void writes_what_ndctl_writes(void)
{
	static uint8_t want[AREA];

	for (size_t i = 0; i < LEND_COUNT(empties); i++) {
		struct lend_err err = { 0 };
		size_t len = 0;

		memset(want, 0, sizeof(want));
		for (size_t b = 0; b < 2; b++) {
			put_hex(want + b * 256, empties[i].block[b]);
			memset(want + b * 256 + 72, 0xff, empties[i].bitmap_bytes);
		}
		memset(area, 0xaa, sizeof(area));
		must(lend_nd_area_init(area, sizeof(area), empties[i].minor, &err) == 0);
		must(memcmp(area, want, sizeof(area)) == 0);

		memset(area, 0xaa, sizeof(area));
		must(lend_nd_area_write_head(area, 512, sizeof(area), empties[i].minor, &len,
					     &err) == 0);
		must_u64(len, 512);
		must(memcmp(area, want, len) == 0);
		must_u64(area[512], 0xaa);
	}
}

static struct lend_nd_index read_index(size_t head_len)
{
	struct lend_err err = { 0 };
	struct lend_nd_index index;

	must(lend_nd_index_read(area, head_len, sizeof(area), &index, &err) == 0);
	return index;
}

static void init(unsigned int minor)
{
	struct lend_err err = { 0 };

	must(lend_nd_area_init(area, sizeof(area), minor, &err) == 0);
}

static void reads_empty_areas(void)
{
	for (unsigned int minor = 1; minor <= 2; minor++) {
		struct lend_nd_index index;

		init(minor);
		index = read_index(512);
		must_u64(index.state, LEND_LABEL_VALID);
		must_u64(index.active, 0);
		must_u64(index.seq, 3);
		must_u64(index.major, 1);
		must_u64(index.minor, minor);
		must_u64(index.label_bytes, minor == 1 ? 128 : 256);
		must_u64(index.index_bytes, 256);
		must_u64(index.nslot, minor == 1 ? 1020 : 510);
		must_u64(lend_nd_index_used_count(&index), 0);
		must(!lend_nd_index_slot_used(&index, index.nslot));
		must_u64(lend_nd_index_slot_offset(&index, 2),
			 512 + 2 * (uint64_t)index.label_bytes);
	}
}

static void tells_what_is_not_an_index(void)
{
	struct lend_err err = { 0 };
	struct lend_nd_index index;
	size_t len = 0;

	memset(area, 0, sizeof(area));
	index = read_index(512);
	must_u64(index.state, LEND_LABEL_NONE);
	must(index.head_blank);
	area[511] = 1;
	index = read_index(512);
	must_u64(index.state, LEND_LABEL_NONE);
	must(!index.head_blank);
	must_u64(lend_nd_index_used_count(&index), 0);

	/* Labels of a larger area: its second block lies elsewhere. */
	must(lend_nd_area_write_head(area, sizeof(area), 256 * KIB, 1, &len, &err) == 0);
	must_u64(len, 1024);
	index = read_index(512);
	must_u64(index.state, LEND_LABEL_DAMAGED);
	must_u64(index.fault[0], LEND_ND_FAULT_CHECKSUM);
	/* The first block is gone, and the second is where none of ours would be. */
	must(lend_nd_area_write_head(area, sizeof(area), 1024 * KIB, 1, &len, &err) == 0);
	memset(area, 0, 256);
	must(lend_nd_index_read(area, 4608, 2048 * KIB, &index, &err) == 0);
	must_u64(index.state, LEND_LABEL_DAMAGED);
	must_u64(index.fault[0], LEND_ND_FAULT_SIGNATURE);

	must(lend_nd_index_read(area, 511, sizeof(area), &index, &err) == -1);
	must_str(err.what, "the label area was cut at byte 511 of the 512 needed");
	err = (struct lend_err){ 0 };
	must(lend_nd_index_read(area, 512, 512, &index, &err) == -1);
	must(err.code == LEND_E_FORMAT);
}

static void no_flipped_bit_passes(void)
{
	for (unsigned int minor = 1; minor <= 2; minor++) {
		for (size_t at = 0; at < 512; at++) {
			for (unsigned int bit = 0; bit < 8; bit++) {
				struct lend_nd_index index;

				init(minor);
				area[at] ^= (uint8_t)(1 << bit);
				index = read_index(512);
				must_u64(index.state, LEND_LABEL_ONE_TORN);
				must_u64(index.active, at < 256);
				must_u64(index.seq, at < 256 ? 2 : 3);
				must(index.fault[at >= 256] != LEND_ND_FAULT_NONE);
				must_u64(index.fault[at < 256], LEND_ND_FAULT_NONE);
			}
		}
	}
}

/* Fields that are wrong under a right checksum, in block 0. */
static const struct {
	const char *row;
	size_t at;
	size_t width;
	uint64_t value;
	enum lend_nd_fault fault;
} wrongs[] = {
	{ "label size code 2", 19, 1, 2, LEND_ND_FAULT_LABEL_SIZE },
	{ "label size code 255", 19, 1, 255, LEND_ND_FAULT_LABEL_SIZE },
	{ "sequence 0", 20, 4, 0, LEND_ND_FAULT_SEQ },
	{ "sequence 4", 20, 4, 4, LEND_ND_FAULT_SEQ },
	{ "my offset", 24, 8, 256, LEND_ND_FAULT_OFFSETS },
	{ "other offset", 40, 8, 512, LEND_ND_FAULT_OFFSETS },
	{ "label offset", 48, 8, 768, LEND_ND_FAULT_OFFSETS },
	{ "size too small", 32, 8, 71, LEND_ND_FAULT_SIZE },
	{ "size too large", 32, 8, 257, LEND_ND_FAULT_SIZE },
	{ "more slots than fit", 56, 4, 511, LEND_ND_FAULT_NSLOT },
	{ "very many slots", 56, 4, UINT32_MAX, LEND_ND_FAULT_NSLOT },
	{ "upper bits of the sequence", 20, 4, 0xfffffff3, LEND_ND_FAULT_NONE },
	{ "fewer slots", 56, 4, 2, LEND_ND_FAULT_NONE },
	{ "smallest size", 32, 8, 72, LEND_ND_FAULT_NONE },
	{ "another minor", 62, 2, 3, LEND_ND_FAULT_NONE },
	{ "CXL", 60, 2, 2, LEND_ND_FAULT_NONE },
};

static void seal(uint8_t *block)
{
	lend_put_le64(block + 64, lend_fletcher64_hole(block, 256, 64));
}

static void checks_every_field(void)
{
	for (size_t i = 0; i < LEND_COUNT(wrongs); i++) {
		struct lend_nd_index index;

		must_in(wrongs[i].row);
		init(2);
		for (size_t b = 0; b < wrongs[i].width; b++)
			area[wrongs[i].at + b] = (uint8_t)(wrongs[i].value >> 8 * b);
		seal(area);
		index = read_index(512);
		must_u64(index.fault[0], wrongs[i].fault);
		must_u64(index.fault[1], LEND_ND_FAULT_NONE);

		/* Without the second block nothing is left; the reason stays. */
		memset(area + 256, 0, 256);
		index = read_index(512);
		must_u64(index.state, wrongs[i].fault == LEND_ND_FAULT_NONE
					      ? LEND_LABEL_ONE_TORN
					      : LEND_LABEL_DAMAGED);
		must_u64(index.fault[0], wrongs[i].fault);
	}
	must_in("");
}

/* 128 bytes are probed first, so the older block wins when only it says 128. */
static void probes_small_labels_first(void)
{
	struct lend_nd_index index;

	init(2);
	area[256 + 19] = 0;
	seal(area + 256);
	index = read_index(512);
	must_u64(index.state, LEND_LABEL_ONE_TORN);
	must_u64(index.active, 1);
	must_u64(index.label_bytes, 128);
	must_u64(index.minor, 2);
	must_u64(index.nslot, 510);
	must_u64(index.fault[0], LEND_ND_FAULT_LABEL_SIZE);
}

static void picks_the_newer(void)
{
	/* Which block counts, by sequence of block 0 and of block 1. */
	static const unsigned int active[4][4] = {
		{ 9, 1, 1, 1 }, /* 0 is no number at all */
		{ 0, 1, 1, 0 },
		{ 0, 0, 1, 1 },
		{ 0, 1, 0, 1 },
	};

	for (unsigned int a = 0; a < 4; a++) {
		for (unsigned int b = 0; b < 4; b++) {
			struct lend_nd_index index;

			init(1);
			area[20] = (uint8_t)a;
			area[256 + 20] = (uint8_t)b;
			seal(area);
			seal(area + 256);
			index = read_index(512);
			if (a == 0 && b == 0) {
				must_u64(index.state, LEND_LABEL_DAMAGED);
				continue;
			}
			must_u64(index.active, active[a][b]);
			must_u64(index.state,
				 a == 0 || b == 0 ? LEND_LABEL_ONE_TORN : LEND_LABEL_VALID);
		}
	}
}

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
	geometry();
	place();
	writes_what_ndctl_writes();
	reads_empty_areas();
	tells_what_is_not_an_index();
	no_flipped_bit_passes();
	checks_every_field();
	probes_small_labels_first();
	picks_the_newer();
	labels_go_there_and_back();
	labels_are_checked();
	adds_labels();
	a_cut_write_loses_nothing();
	frees_slots();
	moves_labels();
	refuses_to_add();
	return 0;
}
