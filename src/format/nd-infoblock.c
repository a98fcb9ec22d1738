/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/nd-infoblock.h"

#include "base/num.h"
#include "format/nd-id.h"

enum {
	UUID = 16,
	PARENT = 32,
	FLAGS = 48,
	MAJOR = 52,
	MINOR = 54,

	PFN_DATAOFF = 56,
	PFN_NPFNS = 64,
	PFN_MODE = 72,
	PFN_START_PAD = 76,
	PFN_END_TRUNC = 80,
	PFN_ALIGN = 84,
	PFN_PAGE_SIZE = 88,

	BTT_EXTERNAL_LBASIZE = 56,
	BTT_EXTERNAL_NLBA = 60,
	BTT_NEXTOFF = 80,
	BTT_DATAOFF = 88,
	BTT_INFO2OFF = 112,

	CHECKSUM = 4088,
};

static const struct {
	const char *mode;
	uint8_t signature[16];
} kinds[] = {
	[LEND_ND_INFO_NONE] = { NULL, "" },
	[LEND_ND_INFO_PFN] = { "fsdax", "NVDIMM_PFN_INFO" },
	[LEND_ND_INFO_DAX] = { "devdax", "NVDIMM_DAX_INFO" },
	[LEND_ND_INFO_BTT] = { "sector", "BTT_ARENA_INFO\0" },
};

const char *lend_nd_info_mode(enum lend_nd_info_kind kind)
{
	return (size_t)kind < LEND_COUNT(kinds) ? kinds[kind].mode : NULL;
}

/* Fields came with minor versions; before, their bytes could hold anything. */
static void read_pfn(const uint8_t *bytes, struct lend_nd_info *info)
{
	unsigned int version = info->major * 0x10000u + info->minor;

	info->dataoff = lend_get_le64(bytes + PFN_DATAOFF);
	info->npfns = lend_get_le64(bytes + PFN_NPFNS);
	info->mode = lend_get_le32(bytes + PFN_MODE);
	if (version >= 0x10001) {
		info->start_pad = lend_get_le32(bytes + PFN_START_PAD);
		info->end_trunc = lend_get_le32(bytes + PFN_END_TRUNC);
	}
	if (version >= 0x10002)
		info->align = lend_get_le32(bytes + PFN_ALIGN);
	if (version >= 0x10004)
		info->page_size = lend_get_le32(bytes + PFN_PAGE_SIZE);
}

static void read_btt(const uint8_t *bytes, struct lend_nd_info *info)
{
	info->external_lbasize = lend_get_le32(bytes + BTT_EXTERNAL_LBASIZE);
	info->external_nlba = lend_get_le32(bytes + BTT_EXTERNAL_NLBA);
	info->nextoff = lend_get_le64(bytes + BTT_NEXTOFF);
	info->dataoff = lend_get_le64(bytes + BTT_DATAOFF);
	info->info2off = lend_get_le64(bytes + BTT_INFO2OFF);
}

bool lend_nd_info_read(const uint8_t bytes[LEND_ND_INFO_BYTES], struct lend_nd_info *ret_info)
{
	struct lend_nd_info info = { 0 };

	for (size_t i = LEND_ND_INFO_PFN; i < LEND_COUNT(kinds); i++) {
		if (memcmp(bytes, kinds[i].signature, sizeof(kinds[i].signature)) == 0)
			info.kind = (enum lend_nd_info_kind)i;
	}
	if (info.kind == LEND_ND_INFO_NONE)
		return false;
	info.checksum_ok = lend_fletcher64_hole(bytes, LEND_ND_INFO_BYTES, CHECKSUM) ==
			   lend_get_le64(bytes + CHECKSUM);
	memcpy(info.uuid, bytes + UUID, sizeof(info.uuid));
	memcpy(info.parent, bytes + PARENT, sizeof(info.parent));
	info.flags = lend_get_le32(bytes + FLAGS);
	info.major = lend_get_le16(bytes + MAJOR);
	info.minor = lend_get_le16(bytes + MINOR);
	if (info.kind == LEND_ND_INFO_BTT)
		read_btt(bytes, &info);
	else
		read_pfn(bytes, &info);
	*ret_info = info;
	return true;
}

bool lend_nd_info_find(const uint8_t *bytes, size_t len, struct lend_nd_info *ret_info)
{
	bool found = false;

	for (uint32_t at = 0; at <= LEND_ND_INFO_AT; at += LEND_ND_INFO_AT) {
		struct lend_nd_info info;

		if (len < at + (size_t)LEND_ND_INFO_BYTES ||
		    !lend_nd_info_read(bytes + at, &info))
			continue;
		/* At the very start Linux looks for BTT alone. */
		if (at == 0 && info.kind != LEND_ND_INFO_BTT)
			continue;
		if (found && (ret_info->checksum_ok || !info.checksum_ok))
			continue;
		info.at = at;
		*ret_info = info;
		found = true;
	}
	return found;
}

bool lend_nd_info_data(const struct lend_nd_info *info, uint64_t namespace_bytes,
		       uint64_t *ret_offset, uint64_t *ret_bytes)
{
	uint64_t start;

	if (info->kind != LEND_ND_INFO_PFN && info->kind != LEND_ND_INFO_DAX)
		return false;
	if (!lend_add_u64(info->dataoff, info->start_pad, &start) ||
	    info->end_trunc > namespace_bytes || start >= namespace_bytes - info->end_trunc)
		return false;
	*ret_offset = start;
	*ret_bytes = namespace_bytes - info->end_trunc - start;
	return true;
}
