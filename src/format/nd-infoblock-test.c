/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/nd-infoblock.h"

#include "base/num.h"
#include "base/uuid.h"
#include "format/nd-id.h"
#include "tests/must.h"

enum { MIB = 1 << 20 };

static const char *corpus; /* blocks that a Linux 6.1 wrote into a DIMM of QEMU */

/* Lives until the next one. */
static const uint8_t *block_of(const char *name)
{
	static uint8_t block[LEND_ND_INFO_BYTES];
	char path[4096];
	size_t len = 0;
	char *bytes;

	(void)snprintf(path, sizeof(path), "%s/%s", corpus, name);
	bytes = must_read(path, &len);
	must_u64(len, sizeof(block));
	memcpy(block, bytes, sizeof(block));
	free(bytes);
	return block;
}

static void seal(uint8_t *block)
{
	lend_put_le64(block + 4088, lend_fletcher64_hole(block, LEND_ND_INFO_BYTES, 4088));
}

static const struct {
	const char *name;
	enum lend_nd_info_kind kind;
	const char *mode;
	const char *uuid;
	const char *parent;
	unsigned int major, minor;
} real[] = {
	{ "pfn", LEND_ND_INFO_PFN, "fsdax", "17273c6e-006b-4bb6-a3a1-588b4ad22d97",
	  "1951ef1d-01ef-4bd1-9d57-a0a591ea497d", 1, 4 },
	{ "dax", LEND_ND_INFO_DAX, "devdax", "daea44cd-c9f8-412d-8ecf-2b8daa1ae196",
	  "76ac2de4-d41d-4269-aeb5-abb9e48bb6eb", 1, 4 },
	{ "btt", LEND_ND_INFO_BTT, "sector", "8f24c960-f6be-44f3-a43d-13074656df75",
	  "2a385e7e-451f-4ef1-bd92-f3dcacb2730c", 2, 0 },
};

static void reads_what_linux_wrote(void)
{
	for (size_t i = 0; i < LEND_COUNT(real); i++) {
		const uint8_t *block = block_of(real[i].name);
		struct lend_nd_info info;
		char text[LEND_UUID_TEXT];

		must_in(real[i].name);
		must(lend_nd_info_read(block, &info));
		must_u64(info.kind, real[i].kind);
		must_str(lend_nd_info_mode(info.kind), real[i].mode);
		must(info.checksum_ok);
		lend_uuid_format(info.uuid, text);
		must_str(text, real[i].uuid);
		lend_uuid_format(info.parent, text);
		must_str(text, real[i].parent);
		must_u64(info.major, real[i].major);
		must_u64(info.minor, real[i].minor);
		if (info.kind == LEND_ND_INFO_BTT) {
			must_u64(info.external_lbasize, 4096);
			must_u64(info.external_nlba, 16105);
			must_u64(info.dataoff, 4096);
			must_u64(info.info2off, 0x3fff000);
		} else {
			must_u64(info.dataoff, 2 * MIB);
			must_u64(info.npfns, 15872);
			must_u64(info.mode, 2);
			must_u64(info.align, 2 * MIB);
			must_u64(info.page_size, 4096);
		}
	}
	must_in("");
}

static void data_place(void)
{
	struct lend_nd_info info = { .kind = LEND_ND_INFO_PFN, .dataoff = 2 * MIB };
	uint64_t at = 0, bytes = 0;

	must(lend_nd_info_data(&info, 64 * MIB, &at, &bytes));
	must_u64(at, 2 * MIB);
	must_u64(bytes, 62 * MIB);
	info.start_pad = MIB;
	info.end_trunc = MIB;
	must(lend_nd_info_data(&info, 64 * MIB, &at, &bytes));
	must_u64(at, 3 * MIB);
	must_u64(bytes, 60 * MIB);
	must(!lend_nd_info_data(&info, 4 * MIB, &at, &bytes));
	must(!lend_nd_info_data(&info, 0, &at, &bytes));
	info.dataoff = UINT64_MAX;
	must(!lend_nd_info_data(&info, 64 * MIB, &at, &bytes));
	info = (struct lend_nd_info){ .kind = LEND_ND_INFO_BTT, .dataoff = 4096 };
	must(!lend_nd_info_data(&info, 64 * MIB, &at, &bytes));
}

static void places(void)
{
	static uint8_t start[LEND_ND_INFO_WINDOW];
	struct lend_nd_info info;

	must(!lend_nd_info_find(start, sizeof(start), &info));
	memcpy(start, block_of("pfn"), LEND_ND_INFO_BYTES);
	must(!lend_nd_info_find(start, sizeof(start), &info)); /* Linux does not look there */
	memcpy(start + LEND_ND_INFO_AT, block_of("pfn"), LEND_ND_INFO_BYTES);
	must(lend_nd_info_find(start, sizeof(start), &info));
	must_u64(info.at, LEND_ND_INFO_AT);
	must(!lend_nd_info_find(start, sizeof(start) - 1, &info));

	/* Of two, the one that is whole. */
	memcpy(start, block_of("btt"), LEND_ND_INFO_BYTES);
	must(lend_nd_info_find(start, sizeof(start), &info));
	must_u64(info.kind, LEND_ND_INFO_BTT);
	start[100] ^= 1;
	must(lend_nd_info_find(start, sizeof(start), &info));
	must_u64(info.kind, LEND_ND_INFO_PFN);
	start[LEND_ND_INFO_AT + 100] ^= 1;
	must(lend_nd_info_find(start, sizeof(start), &info));
	must(!info.checksum_ok);
}

/* Before their version, fields hold what was there. */
static void versions(void)
{
	static const struct {
		unsigned int minor;
		uint32_t start_pad, align, page_size;
	} rows[] = { { 0, 0, 0, 0 },
		     { 1, 7, 0, 0 },
		     { 2, 7, 2 * MIB, 0 },
		     { 3, 7, 2 * MIB, 0 },
		     { 4, 7, 2 * MIB, 4096 } };
	uint8_t block[LEND_ND_INFO_BYTES];
	struct lend_nd_info info;

	memcpy(block, block_of("pfn"), sizeof(block));
	lend_put_le32(block + 76, 7);
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		lend_put_le16(block + 54, (uint16_t)rows[i].minor);
		must(lend_nd_info_read(block, &info) && !info.checksum_ok);
		seal(block);
		must(lend_nd_info_read(block, &info) && info.checksum_ok);
		must_u64(info.start_pad, rows[i].start_pad);
		must_u64(info.align, rows[i].align);
		must_u64(info.page_size, rows[i].page_size);
	}
}

int main(int argc, char **argv)
{
	must_u64(argc, 2);
	corpus = argv[1];
	reads_what_linux_wrote();
	data_place();
	places();
	versions();
	must(lend_nd_info_mode(LEND_ND_INFO_NONE) == NULL);
	return 0;
}
