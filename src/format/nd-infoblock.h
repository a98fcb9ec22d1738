/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The block with which Linux turns a raw pmem namespace into one of mode
 * fsdax (PFN), devdax (DAX) or sector (BTT): 4 KiB, little-endian, at a fixed
 * place behind the start of the namespace.
 *
 * Layout: Linux drivers/nvdimm/pfn.h, struct nd_pfn_sb; drivers/nvdimm/btt.h,
 * struct btt_sb; for BTT also UEFI 2.7, "Block Translation Table".
 */

#ifndef LEND_FORMAT_ND_INFOBLOCK_H
#define LEND_FORMAT_ND_INFOBLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum {
	LEND_ND_INFO_BYTES = 4096,
	/* PFN and DAX always stand here; BTT does without labels and with those of v1.1. */
	LEND_ND_INFO_AT = 4096,
	/* The start of a namespace with every place of an info block in it. */
	LEND_ND_INFO_WINDOW = LEND_ND_INFO_AT + LEND_ND_INFO_BYTES,
};

enum lend_nd_info_kind {
	LEND_ND_INFO_NONE,
	LEND_ND_INFO_PFN, /* "fsdax" */
	LEND_ND_INFO_DAX, /* "devdax" */
	LEND_ND_INFO_BTT, /* "sector" */
};

struct lend_nd_info {
	enum lend_nd_info_kind kind;
	uint32_t at; /* from the start of the namespace: 0 or LEND_ND_INFO_AT */
	bool checksum_ok;
	uint8_t uuid[16];   /* text order; what ndctl prints as uuid */
	uint8_t parent[16]; /* text order: uuid of the label, all zero without labels */
	uint32_t flags;
	uint16_t major, minor;
	uint64_t dataoff; /* PFN, DAX: from namespace + start_pad; BTT: from the block */

	/* PFN and DAX; those that its version did not have yet are 0. */
	uint64_t npfns;
	uint32_t mode; /* where struct page lies: 1 RAM, 2 in the namespace */
	uint32_t start_pad, end_trunc;
	uint32_t align;
	uint32_t page_size; /* 0: the one of the machine that wrote it */

	/* BTT */
	uint32_t external_lbasize, external_nlba;
	uint64_t nextoff, info2off;
};

/*
 * bytes are the first len of a namespace, LEND_ND_INFO_WINDOW of them where
 * there are so many.  The block with a signature; of several, one whose
 * checksum is good.  false: there is none.
 */
bool lend_nd_info_find(const uint8_t *bytes, size_t len,
		       struct lend_nd_info *ret_info) LEND_MUST_CHECK;

/* One block; false when it has no signature. */
bool lend_nd_info_read(const uint8_t bytes[LEND_ND_INFO_BYTES],
		       struct lend_nd_info *ret_info) LEND_MUST_CHECK;

/* "fsdax", "devdax", "sector" as ndctl says; NULL for none. */
const char *lend_nd_info_mode(enum lend_nd_info_kind kind);

/*
 * Where in a namespace of so many bytes the data lies, in order.  false for
 * BTT, whose sectors are scattered, and for numbers that make no sense.
 */
bool lend_nd_info_data(const struct lend_nd_info *info, uint64_t namespace_bytes,
		       uint64_t *ret_offset, uint64_t *ret_bytes) LEND_MUST_CHECK;

#endif
