/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Offsets and checks of the label area; see nd-label.h for where they come
 * from.  The order of the checks is the kernel's (__nd_label_validate).
 */

#include "format/nd-label.h"

#include <assert.h>

#include "base/err.h"
#include "base/num.h"
#include "base/uuid.h"
#include "format/nd-id.h"

const char lend_nd_signature[16] = "NAMESPACE_INDEX";

enum {
	INDEX_ALIGN = 256,
	INDEX_LABEL_SIZE = 19,
	INDEX_SEQ = 20,
	INDEX_MYOFF = 24,
	INDEX_MYSIZE = 32,
	INDEX_OTHEROFF = 40,
	INDEX_LABELOFF = 48,
	INDEX_NSLOT = 56,
	INDEX_MAJOR = 60,
	INDEX_MINOR = 62,
	INDEX_CHECKSUM = 64,
	INDEX_BITMAP = 72,

	LABEL_NAME = 16,
	LABEL_FLAGS = 80,
	LABEL_NLABEL = 84,
	LABEL_POSITION = 86,
	LABEL_COOKIE = 88,
	LABEL_LBASIZE = 96,
	LABEL_DPA = 104,
	LABEL_RAWSIZE = 112,
	LABEL_SLOT = 120,
	LABEL_ALIGN = 124,
	LABEL_TYPE = 128,
	LABEL_ABSTRACTION = 144,
	LABEL_CHECKSUM = 248,
};

const uint8_t lend_nd_type_pmem[16] = { 0x66, 0xf0, 0xd3, 0x79, 0xb4, 0xf3, 0x40, 0x74,
					0xac, 0x43, 0x0d, 0x33, 0x18, 0xb7, 0x8c, 0xdb };

static const struct {
	const char *text;
	uint8_t guid[16]; /* text order */
} modes[] = {
	[LEND_ND_MODE_UNKNOWN] = { NULL, { 0 } },
	[LEND_ND_MODE_RAW] = { "raw", { 0 } },
	[LEND_ND_MODE_BTT] = { "sector",
			       { 0x8a, 0xed, 0x63, 0xa2, 0x29, 0xa2, 0x4c, 0x66, 0x8b, 0x12,
				 0xf0, 0x5d, 0x15, 0xd3, 0x92, 0x2a } },
	[LEND_ND_MODE_BTT2] = { "sector",
				{ 0x18, 0x63, 0x3b, 0xfc, 0x17, 0x35, 0x42, 0x17, 0x8a, 0xc9,
				  0x17, 0x23, 0x92, 0x82, 0xd3, 0xf8 } },
	[LEND_ND_MODE_PFN] = { "fsdax",
			       { 0x26, 0x64, 0x00, 0xba, 0xfb, 0x9f, 0x46, 0x77, 0xbc, 0xb0,
				 0x96, 0x8f, 0x11, 0xd0, 0xd2, 0x25 } },
	[LEND_ND_MODE_DAX] = { "devdax",
			       { 0x97, 0xa8, 0x6d, 0x9c, 0x3c, 0xdd, 0x4e, 0xda, 0x98, 0x6f,
				 0x50, 0x68, 0xb4, 0xf8, 0x00, 0x88 } },
};

/* ---- geometry ---- */

static uint64_t index_size(uint64_t nslot)
{
	uint64_t bytes = INDEX_BITMAP + (nslot + 7) / 8;

	return (bytes + INDEX_ALIGN - 1) / INDEX_ALIGN * INDEX_ALIGN;
}

bool lend_nd_label_geometry(uint64_t area_bytes, unsigned int label_bytes,
			    uint64_t *ret_index_bytes, uint32_t *ret_nslot)
{
	uint64_t reserve;
	uint64_t nslot;

	/* The NFIT methods carry offsets in 32 bits, so there are no larger areas. */
	if (area_bytes > UINT32_MAX || (label_bytes != 128 && label_bytes != 256))
		return false;
	reserve = 2 * index_size(area_bytes / label_bytes);
	if (reserve > area_bytes)
		return false;
	nslot = (area_bytes - reserve) / label_bytes;
	if (nslot < 2)
		return false;
	*ret_index_bytes = index_size(nslot);
	*ret_nslot = (uint32_t)nslot;
	return true;
}

uint64_t lend_nd_head_bytes(uint64_t area_bytes)
{
	uint64_t bytes;
	uint32_t nslot;

	/* Small labels make many slots, so their index is the larger one. */
	if (!lend_nd_label_geometry(area_bytes, 128, &bytes, &nslot))
		return 0;
	return 2 * bytes;
}

/* ---- reading index blocks ---- */

static bool has_signature(const uint8_t *block)
{
	return memcmp(block, lend_nd_signature, sizeof(lend_nd_signature)) == 0;
}

static unsigned int label_size_of(const uint8_t *block)
{
	uint32_t version =
		lend_get_le16(block + INDEX_MAJOR) * 100u + lend_get_le16(block + INDEX_MINOR);

	if (version < 102)
		return 128;
	return block[INDEX_LABEL_SIZE] > 1 ? 0 : 128u << block[INDEX_LABEL_SIZE];
}

static enum lend_nd_fault check_block(const uint8_t *head, uint64_t index_bytes,
				      unsigned int label_bytes, unsigned int which,
				      uint64_t area_bytes)
{
	const uint8_t *block = head + which * index_bytes;
	uint64_t my_size;
	uint64_t nslot;

	if (!has_signature(block))
		return LEND_ND_FAULT_SIGNATURE;
	if (label_size_of(block) != label_bytes)
		return LEND_ND_FAULT_LABEL_SIZE;
	if (lend_fletcher64_hole(block, index_bytes, INDEX_CHECKSUM) !=
	    lend_get_le64(block + INDEX_CHECKSUM))
		return LEND_ND_FAULT_CHECKSUM;
	if ((lend_get_le32(block + INDEX_SEQ) & 3) == 0)
		return LEND_ND_FAULT_SEQ;
	if (lend_get_le64(block + INDEX_MYOFF) != which * index_bytes ||
	    lend_get_le64(block + INDEX_OTHEROFF) != (1 - which) * index_bytes ||
	    lend_get_le64(block + INDEX_LABELOFF) != 2 * index_bytes)
		return LEND_ND_FAULT_OFFSETS;
	my_size = lend_get_le64(block + INDEX_MYSIZE);
	if (my_size < INDEX_BITMAP || my_size > index_bytes)
		return LEND_ND_FAULT_SIZE;
	nslot = lend_get_le32(block + INDEX_NSLOT);
	/* The last one is not the kernel's: a bitmap that runs out of its block is no bitmap.
	 */
	if (nslot * label_bytes + 2 * index_bytes > area_bytes ||
	    index_size(nslot) > index_bytes)
		return LEND_ND_FAULT_NSLOT;
	return LEND_ND_FAULT_NONE;
}

static unsigned int next_seq(unsigned int seq)
{
	return seq % 3 + 1;
}

/* Both are good: which one is newer? */
static unsigned int newer(const uint8_t *head, uint64_t index_bytes)
{
	unsigned int a = lend_get_le32(head + INDEX_SEQ) & 3;
	unsigned int b = lend_get_le32(head + index_bytes + INDEX_SEQ) & 3;

	return a == b || next_seq(a) == b ? 1 : 0;
}

static void take(struct lend_nd_index *index, const uint8_t *head, unsigned int label_bytes,
		 uint64_t index_bytes)
{
	bool good[2] = { index->fault[0] == LEND_ND_FAULT_NONE,
			 index->fault[1] == LEND_ND_FAULT_NONE };

	if (good[0] && good[1])
		index->active = newer(head, index_bytes);
	else
		index->active = good[0] ? 0 : 1;
	index->state = good[0] && good[1] ? LEND_LABEL_VALID : LEND_LABEL_ONE_TORN;
	index->block = head + index->active * index_bytes;
	for (unsigned int i = 0; i < 2; i++)
		index->seqs[i] = lend_get_le32(head + i * index_bytes + INDEX_SEQ) & 3;
	index->seq = index->seqs[index->active];
	index->major = lend_get_le16(index->block + INDEX_MAJOR);
	index->minor = lend_get_le16(index->block + INDEX_MINOR);
	index->nslot = lend_get_le32(index->block + INDEX_NSLOT);
	index->label_bytes = label_bytes;
	index->index_bytes = index_bytes;
}

static bool is_blank(const uint8_t *bytes, size_t len)
{
	return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

/* A block of another geometry still shows that labels were here. */
static bool any_signature(const uint8_t *head, uint64_t len)
{
	for (uint64_t at = 0; at + INDEX_ALIGN <= len; at += INDEX_ALIGN) {
		if (has_signature(head + at))
			return true;
	}
	return false;
}

static bool got_further(const enum lend_nd_fault a[2], const enum lend_nd_fault b[2])
{
	enum lend_nd_fault far_a = a[0] > a[1] ? a[0] : a[1];
	enum lend_nd_fault far_b = b[0] > b[1] ? b[0] : b[1];

	return far_a > far_b;
}

int lend_nd_index_read(const uint8_t *head, size_t head_len, uint64_t area_bytes,
		       struct lend_nd_index *ret_index, struct lend_err *err)
{
	struct lend_nd_index index = { 0 };
	uint64_t need = lend_nd_head_bytes(area_bytes);

	if (need == 0)
		return lend_fail(err, LEND_E_FORMAT,
				 "an area of %llu bytes cannot hold namespace labels",
				 (unsigned long long)area_bytes);
	if (head_len < need)
		return lend_fail(err, LEND_E_FORMAT,
				 "the label area was cut at byte %zu of the %llu needed",
				 head_len, (unsigned long long)need);
	for (unsigned int label_bytes = 128; label_bytes <= 256; label_bytes *= 2) {
		enum lend_nd_fault fault[2];
		uint64_t index_bytes;
		uint32_t nslot;

		if (!lend_nd_label_geometry(area_bytes, label_bytes, &index_bytes, &nslot))
			continue;
		for (unsigned int i = 0; i < 2; i++)
			fault[i] = check_block(head, index_bytes, label_bytes, i, area_bytes);
		if (fault[0] == LEND_ND_FAULT_NONE || fault[1] == LEND_ND_FAULT_NONE) {
			memcpy(index.fault, fault, sizeof(fault));
			take(&index, head, label_bytes, index_bytes);
			break;
		}
		if (label_bytes == 128 || got_further(fault, index.fault))
			memcpy(index.fault, fault, sizeof(fault));
	}
	if (index.block == NULL) {
		index.head_blank = is_blank(head, head_len);
		index.state = any_signature(head, need) ? LEND_LABEL_DAMAGED : LEND_LABEL_NONE;
	}
	*ret_index = index;
	return 0;
}

/* Several sizes make the same geometry: the first whole number of pages, else the first. */
static bool area_of(uint64_t index_bytes, uint32_t nslot, unsigned int label_bytes,
		    uint64_t *ret_area_bytes)
{
	enum { PAGE = 4096 };
	uint64_t least = 2 * index_bytes + (uint64_t)nslot * label_bytes;
	uint64_t most = least + 2 * INDEX_ALIGN + 2 * label_bytes;
	bool found = false;

	for (uint64_t bytes = least; bytes <= most; bytes += INDEX_ALIGN / 2) {
		uint64_t its_index;
		uint32_t its_nslot;

		if (!lend_nd_label_geometry(bytes, label_bytes, &its_index, &its_nslot) ||
		    its_index != index_bytes || its_nslot != nslot)
			continue;
		if (!found || bytes % PAGE == 0)
			*ret_area_bytes = bytes;
		found = true;
		if (bytes % PAGE == 0)
			break;
	}
	return found;
}

bool lend_nd_index_place(const uint8_t *bytes, size_t len, uint64_t *ret_before,
			 uint64_t *ret_area_bytes)
{
	unsigned int label_bytes;
	uint64_t index_bytes;
	uint32_t nslot;

	if (len < INDEX_BITMAP || !has_signature(bytes))
		return false;
	label_bytes = label_size_of(bytes);
	nslot = lend_get_le32(bytes + INDEX_NSLOT);
	if (label_bytes == 0 || nslot < 2 || nslot > UINT32_MAX / label_bytes)
		return false;
	index_bytes = index_size(nslot);
	*ret_before = lend_get_le64(bytes + INDEX_MYOFF);
	if (*ret_before != 0 && *ret_before != index_bytes)
		return false;
	return area_of(index_bytes, nslot, label_bytes, ret_area_bytes);
}

bool lend_nd_index_slot_used(const struct lend_nd_index *index, uint32_t slot)
{
	if (index->block == NULL || slot >= index->nslot)
		return false;
	/* In the bitmap 1 means free. */
	return (index->block[INDEX_BITMAP + slot / 8] >> slot % 8 & 1) == 0;
}

uint32_t lend_nd_index_used_count(const struct lend_nd_index *index)
{
	uint32_t n = 0;

	for (uint32_t slot = 0; slot < index->nslot; slot++)
		n += lend_nd_index_slot_used(index, slot);
	return n;
}

uint64_t lend_nd_index_slot_offset(const struct lend_nd_index *index, uint32_t slot)
{
	return 2 * index->index_bytes + (uint64_t)slot * index->label_bytes;
}

/* ---- labels ---- */

static enum lend_nd_mode mode_of(const struct lend_nd_label *label)
{
	if (!label->has_v12)
		return label->flags & LEND_ND_LABEL_BTT ? LEND_ND_MODE_BTT
							: LEND_ND_MODE_UNKNOWN;
	for (size_t i = LEND_ND_MODE_RAW; i < LEND_COUNT(modes); i++) {
		if (memcmp(label->abstraction_guid, modes[i].guid, 16) == 0)
			return (enum lend_nd_mode)i;
	}
	return LEND_ND_MODE_UNKNOWN;
}

int lend_nd_label_read(const uint8_t *bytes, size_t len, uint32_t slot_position,
		       unsigned int label_bytes, struct lend_nd_label *ret_label,
		       struct lend_err *err)
{
	struct lend_nd_label label = { .has_v12 = label_bytes == 256 };

	assert(label_bytes == 128 || label_bytes == 256);
	if (len < label_bytes)
		return lend_fail(err, LEND_E_FORMAT, "label %u was cut at byte %zu of %u",
				 slot_position, len, label_bytes);
	if (label.has_v12 && lend_fletcher64_hole(bytes, label_bytes, LABEL_CHECKSUM) !=
				     lend_get_le64(bytes + LABEL_CHECKSUM))
		return lend_fail(err, LEND_E_FORMAT, "label %u has a wrong checksum",
				 slot_position);
	label.slot = lend_get_le32(bytes + LABEL_SLOT);
	if (label.slot != slot_position)
		return lend_fail(err, LEND_E_FORMAT, "label %u says that it is label %u",
				 slot_position, label.slot);
	memcpy(label.uuid, bytes, sizeof(label.uuid));
	memcpy(label.name, bytes + LABEL_NAME, LEND_ND_NAME_MAX);
	label.flags = lend_get_le32(bytes + LABEL_FLAGS);
	label.nlabel = lend_get_le16(bytes + LABEL_NLABEL);
	label.position = lend_get_le16(bytes + LABEL_POSITION);
	label.isetcookie = lend_get_le64(bytes + LABEL_COOKIE);
	label.lbasize = lend_get_le64(bytes + LABEL_LBASIZE);
	label.dpa = lend_get_le64(bytes + LABEL_DPA);
	label.rawsize = lend_get_le64(bytes + LABEL_RAWSIZE);
	if (label.has_v12) {
		label.align = bytes[LABEL_ALIGN];
		lend_uuid_swap_guid(bytes + LABEL_TYPE, label.type_guid);
		lend_uuid_swap_guid(bytes + LABEL_ABSTRACTION, label.abstraction_guid);
	}
	label.mode = mode_of(&label);
	*ret_label = label;
	return 0;
}

void lend_nd_label_write(const struct lend_nd_label *label, unsigned int label_bytes,
			 uint8_t *ret_bytes)
{
	assert(label_bytes == 128 || label_bytes == 256);
	memset(ret_bytes, 0, label_bytes);
	memcpy(ret_bytes, label->uuid, sizeof(label->uuid));
	memcpy(ret_bytes + LABEL_NAME, label->name, LEND_ND_NAME_MAX);
	lend_put_le32(ret_bytes + LABEL_FLAGS, label->flags);
	lend_put_le16(ret_bytes + LABEL_NLABEL, label->nlabel);
	lend_put_le16(ret_bytes + LABEL_POSITION, label->position);
	lend_put_le64(ret_bytes + LABEL_COOKIE, label->isetcookie);
	lend_put_le64(ret_bytes + LABEL_LBASIZE, label->lbasize);
	lend_put_le64(ret_bytes + LABEL_DPA, label->dpa);
	lend_put_le64(ret_bytes + LABEL_RAWSIZE, label->rawsize);
	lend_put_le32(ret_bytes + LABEL_SLOT, label->slot);
	if (label_bytes == 128)
		return;
	ret_bytes[LABEL_ALIGN] = label->align;
	lend_uuid_swap_guid(label->type_guid, ret_bytes + LABEL_TYPE);
	lend_uuid_swap_guid(label->abstraction_guid, ret_bytes + LABEL_ABSTRACTION);
	lend_put_le64(ret_bytes + LABEL_CHECKSUM, lend_fletcher64(ret_bytes, label_bytes));
}

const char *lend_nd_mode_text(enum lend_nd_mode mode)
{
	return (size_t)mode < LEND_COUNT(modes) ? modes[mode].text : NULL;
}

const uint8_t *lend_nd_mode_guid(enum lend_nd_mode mode)
{
	return (size_t)mode < LEND_COUNT(modes) ? modes[mode].guid : modes[0].guid;
}

/* ---- writing an area ---- */

static void seal_block(uint8_t *block, uint64_t index_bytes)
{
	lend_put_le64(block + INDEX_CHECKSUM,
		      lend_fletcher64_hole(block, index_bytes, INDEX_CHECKSUM));
}

/* What differs between the two blocks. */
static void place_block(uint8_t *block, uint64_t index_bytes, unsigned int which,
			unsigned int seq)
{
	lend_put_le32(block + INDEX_SEQ, seq);
	lend_put_le64(block + INDEX_MYOFF, which * index_bytes);
	lend_put_le64(block + INDEX_OTHEROFF, (1 - which) * index_bytes);
	seal_block(block, index_bytes);
}

int lend_nd_area_write_head(uint8_t *head, size_t head_len, uint64_t area_bytes,
			    unsigned int minor, size_t *ret_len, struct lend_err *err)
{
	unsigned int label_bytes = minor == 1 ? 128 : 256;
	uint64_t index_bytes;
	uint32_t nslot;

	assert(minor == 1 || minor == 2);
	if (!lend_nd_label_geometry(area_bytes, label_bytes, &index_bytes, &nslot))
		return lend_fail(err, LEND_E_FORMAT,
				 "an area of %llu bytes cannot hold namespace labels",
				 (unsigned long long)area_bytes);
	assert(head_len >= 2 * index_bytes);
	memset(head, 0, 2 * index_bytes);
	for (unsigned int i = 0; i < 2; i++) {
		uint8_t *block = head + i * index_bytes;

		memcpy(block, lend_nd_signature, sizeof(lend_nd_signature));
		block[INDEX_LABEL_SIZE] = (uint8_t)(minor - 1);
		lend_put_le64(block + INDEX_MYSIZE, index_bytes);
		lend_put_le64(block + INDEX_LABELOFF, 2 * index_bytes);
		lend_put_le32(block + INDEX_NSLOT, nslot);
		lend_put_le16(block + INDEX_MAJOR, 1);
		lend_put_le16(block + INDEX_MINOR, (uint16_t)minor);
		/*
		 * The kernel clears the bits behind the last slot, ndctl sets
		 * them up to a whole 64-bit word; nobody reads them.  As ndctl.
		 */
		memset(block + INDEX_BITMAP, 0xff, ((size_t)nslot + 63) / 64 * 8);
		place_block(block, index_bytes, i, 3 - i);
	}
	*ret_len = 2 * index_bytes;
	return 0;
}

int lend_nd_area_init(uint8_t *area, uint64_t area_bytes, unsigned int minor,
		      struct lend_err *err)
{
	size_t len = 0;

	if (lend_nd_area_write_head(area, area_bytes, area_bytes, minor, &len, err) < 0)
		return -1;
	memset(area + len, 0, area_bytes - len);
	return 0;
}

bool lend_nd_index_free_slot(const struct lend_nd_index *index, uint32_t *ret_slot)
{
	bool found = false;
	uint32_t lowest = 0;

	for (uint32_t slot = 0; slot < index->nslot; slot++) {
		if (lend_nd_index_slot_used(index, slot))
			continue;
		if (found) {
			*ret_slot = lowest;
			return true;
		}
		found = true;
		lowest = slot;
	}
	return false;
}

void lend_nd_index_swap(const struct lend_nd_index *index, struct lend_nd_slots use,
			struct lend_nd_slots no_more, uint8_t *ret_block, uint64_t *ret_offset)
{
	unsigned int which = 1 - index->active;

	assert(index->block != NULL);
	memcpy(ret_block, index->block, index->index_bytes);
	for (size_t i = 0; i < use.n; i++) {
		assert(use.items[i] < index->nslot);
		ret_block[INDEX_BITMAP + use.items[i] / 8] &=
			(uint8_t) ~(1 << use.items[i] % 8);
	}
	for (size_t i = 0; i < no_more.n; i++) {
		assert(no_more.items[i] < index->nslot);
		ret_block[INDEX_BITMAP + no_more.items[i] / 8] |=
			(uint8_t)(1 << no_more.items[i] % 8);
	}
	place_block(ret_block, index->index_bytes, which, next_seq(index->seq));
	*ret_offset = which * index->index_bytes;
}

void lend_nd_index_next(const struct lend_nd_index *index, uint32_t slot, bool used,
			uint8_t *ret_block, uint64_t *ret_offset)
{
	struct lend_nd_slots one = { &slot, 1 }, none = { NULL, 0 };

	lend_nd_index_swap(index, used ? one : none, used ? none : one, ret_block, ret_offset);
}

void lend_nd_label_move(uint8_t *bytes, unsigned int label_bytes, uint32_t slot,
			uint64_t isetcookie)
{
	assert(label_bytes == 128 || label_bytes == 256);
	lend_put_le32(bytes + LABEL_SLOT, slot);
	lend_put_le64(bytes + LABEL_COOKIE, isetcookie);
	if (label_bytes == 256)
		lend_put_le64(bytes + LABEL_CHECKSUM,
			      lend_fletcher64_hole(bytes, label_bytes, LABEL_CHECKSUM));
}

int lend_nd_area_add(uint8_t *area, uint64_t area_bytes, const struct lend_nd_label *label,
		     uint32_t *ret_slot, struct lend_err *err)
{
	struct lend_nd_label placed = *label;
	struct lend_nd_index index = { 0 };
	uint64_t offset;

	if (lend_nd_index_read(area, area_bytes, area_bytes, &index, err) < 0)
		return -1;
	if (index.block == NULL)
		return lend_fail(err, LEND_E_FORMAT, "the label area has no valid index block");
	if (index.major != 1)
		return lend_fail(err, LEND_E_FORMAT, "labels of version %u.%u are not written",
				 index.major, index.minor);
	if (index.label_bytes == 256 && !label->has_v12)
		return lend_fail(err, LEND_E_USAGE,
				 "a label without type cannot go into an area of version 1.2");
	if (!lend_nd_index_free_slot(&index, &placed.slot))
		return lend_fail(err, LEND_E_REFUSED, "all %u label slots are in use",
				 index.nslot);
	lend_nd_label_write(&placed, index.label_bytes,
			    area + lend_nd_index_slot_offset(&index, placed.slot));
	/* The block that is written is not the one that is read. */
	lend_nd_index_next(&index, placed.slot, true,
			   area + (1 - index.active) * index.index_bytes, &offset);
	*ret_slot = placed.slot;
	return 0;
}
