/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Label areas: where they lie, and their two index blocks. */

#include "base/uuid.h"
#include "format/nd-id.h"
#include "tests/nd-label-rig.h"

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
	return 0;
}
