/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The namespace label area of an NVDIMM, versions 1.1 and 1.2: two index
 * blocks, then label slots.  All little-endian.
 *
 * Layout: UEFI 2.7, "NVDIMM Label Protocol"; Linux drivers/nvdimm/label.[ch].
 * An area is read in two steps, so that nobody has to hold all of it: the
 * head (both index blocks), then the labels of the slots in use.
 *
 * Nothing is ever updated in place: a change writes labels into free slots,
 * then the older index block with the next sequence number.
 */

#ifndef LEND_FORMAT_ND_LABEL_H
#define LEND_FORMAT_ND_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "lend/lend.h"

enum {
	/* The first so many bytes are always enough for an area of up to 63 MiB. */
	LEND_ND_HEAD_MAX = 128 * 1024,
	LEND_ND_LABEL_MAX = 256,
	LEND_ND_NAME_MAX = 64,
};

/* ---- geometry: follows from the size of the area and of a label ---- */

/* label_bytes is 128 (v1.1) or 256 (v1.2); false when the area cannot hold two labels. */
bool lend_nd_label_geometry(uint64_t area_bytes, unsigned int label_bytes,
			    uint64_t *ret_index_bytes, uint32_t *ret_nslot) LEND_MUST_CHECK;

/* How many of the first bytes lend_nd_index_read wants; 0 when the area is too small for
 * labels. */
uint64_t lend_nd_head_bytes(uint64_t area_bytes);

/* ---- index blocks ---- */

enum lend_label_state {
	LEND_LABEL_NONE,     /* no signature: blank, or other data (see head_blank) */
	LEND_LABEL_VALID,    /* both index blocks are good */
	LEND_LABEL_ONE_TORN, /* one is, which is enough */
	LEND_LABEL_DAMAGED,  /* a signature is there and no block is good */
};

/* The first check that a block failed, in the kernel's order. */
enum lend_nd_fault {
	LEND_ND_FAULT_NONE,
	LEND_ND_FAULT_SIGNATURE,
	LEND_ND_FAULT_LABEL_SIZE,
	LEND_ND_FAULT_CHECKSUM,
	LEND_ND_FAULT_SEQ,
	LEND_ND_FAULT_OFFSETS,
	LEND_ND_FAULT_SIZE,
	LEND_ND_FAULT_NSLOT,
};

struct lend_nd_index {
	enum lend_label_state state;
	bool head_blank; /* every byte of the head is zero */
	enum lend_nd_fault
		fault[2]; /* of each block; when damaged, by the label size that got furthest */

	/* Meant when the state is VALID or ONE_TORN. */
	unsigned int active;  /* the block that counts, 0 or 1 */
	unsigned int seq;     /* its sequence number, 1 to 3 */
	unsigned int seqs[2]; /* of each block, meant when it has no fault */
	uint16_t
		major; /* 1; CXL writes 2, whose labels have another layout: do not read them */
	uint16_t minor;
	unsigned int label_bytes; /* 128 or 256 */
	uint64_t index_bytes;
	uint32_t nslot;
	const uint8_t *block; /* the active block, inside the caller's head */
};

/*
 * head is the first head_len bytes of an area of area_bytes: at least
 * lend_nd_head_bytes() of them, more does no harm.  *ret_index points into
 * head.  -1: the head is too short, or the area too small for any label.
 */
int lend_nd_index_read(const uint8_t *head, size_t head_len, uint64_t area_bytes,
		       struct lend_nd_index *ret_index, struct lend_err *err) LEND_MUST_CHECK;

/*
 * Where the area of an index block lies, by the block's own words: for an
 * area that somebody forgot the place of.  bytes begin with its signature;
 * *ret_before is how far before them the area begins, *ret_area_bytes how
 * long it is.  The words are not checked against a checksum: read the area.
 * false: there is no such area.
 */
bool lend_nd_index_place(const uint8_t *bytes, size_t len, uint64_t *ret_before,
			 uint64_t *ret_area_bytes) LEND_MUST_CHECK;

/* The text that every index block begins with, without its NUL. */
extern const char lend_nd_signature[16];

/* false for slots beyond nslot.  A free slot may hold stale bytes: do not look at it. */
bool lend_nd_index_slot_used(const struct lend_nd_index *index, uint32_t slot);
uint32_t lend_nd_index_used_count(const struct lend_nd_index *index);
/* Where slot lies, from the start of the area. */
uint64_t lend_nd_index_slot_offset(const struct lend_nd_index *index, uint32_t slot);

/* ---- labels ---- */

enum lend_nd_label_flag {
	LEND_ND_LABEL_RO = 1,
	LEND_ND_LABEL_LOCAL = 2,
	LEND_ND_LABEL_BTT = 4,
	LEND_ND_LABEL_UPDATING = 8, /* a write was cut short: the namespace is not to be used */
};

enum lend_nd_mode {
	LEND_ND_MODE_UNKNOWN, /* also: a v1.1 label, which does not say */
	LEND_ND_MODE_RAW,
	LEND_ND_MODE_BTT,  /* "sector", layout of v1.1 */
	LEND_ND_MODE_BTT2, /* "sector", as v1.2 writes it */
	LEND_ND_MODE_PFN,  /* "fsdax" */
	LEND_ND_MODE_DAX,  /* "devdax" */
};

struct lend_nd_label {
	uint8_t uuid[16];                /* text order; ndctl's raw_uuid */
	char name[LEND_ND_NAME_MAX + 1]; /* the 64 bytes of the file and a NUL */
	uint32_t flags;                  /* enum lend_nd_label_flag */
	uint16_t nlabel;                 /* ways of the interleave set */
	uint16_t position;               /* of this DIMM in the set */
	uint64_t isetcookie;
	uint64_t lbasize; /* 512, or the sector size of a sector namespace */
	uint64_t dpa;     /* where the namespace begins in the pmem area */
	uint64_t rawsize;
	uint32_t slot;

	/* Version 1.2 only; has_v12 is false for a 128-byte label. */
	bool has_v12;
	uint8_t align;
	uint8_t type_guid[16];        /* text order, as uuid */
	uint8_t abstraction_guid[16]; /* text order */

	enum lend_nd_mode mode; /* computed when read; the writer goes by abstraction_guid */
};

/*
 * bytes are the label_bytes (128 or 256) of the slot at slot_position.
 * -1: the label names another slot, or its checksum (v1.2) is wrong.
 */
int lend_nd_label_read(const uint8_t *bytes, size_t len, uint32_t slot_position,
		       unsigned int label_bytes, struct lend_nd_label *ret_label,
		       struct lend_err *err) LEND_MUST_CHECK;

/* label_bytes (128 or 256) bytes into ret_bytes, checksum included for 256. */
void lend_nd_label_write(const struct lend_nd_label *label, unsigned int label_bytes,
			 uint8_t *ret_bytes);

/* "raw", "sector", "fsdax", "devdax" as ndctl says; NULL for unknown. */
const char *lend_nd_mode_text(enum lend_nd_mode mode);
/* The abstraction GUID of a mode, in text order; all zero for raw and unknown. */
const uint8_t *lend_nd_mode_guid(enum lend_nd_mode mode);
/* The type GUID of pmem namespaces, in text order. */
extern const uint8_t lend_nd_type_pmem[16];

/* ---- writing an area ---- */

/*
 * The bytes of an empty, initialised area, as "ndctl init-labels" makes it:
 * both index blocks, 2 * index size bytes, into head.  What follows them does
 * not matter.  minor is 1 or 2.
 */
int lend_nd_area_write_head(uint8_t *head, size_t head_len, uint64_t area_bytes,
			    unsigned int minor, size_t *ret_len,
			    struct lend_err *err) LEND_MUST_CHECK;

/* The same for an area in memory; the rest of it becomes zero. */
int lend_nd_area_init(uint8_t *area, uint64_t area_bytes, unsigned int minor,
		      struct lend_err *err) LEND_MUST_CHECK;

/* The lowest free slot; one free slot is kept back, as the kernel wants one for updates. */
bool lend_nd_index_free_slot(const struct lend_nd_index *index,
			     uint32_t *ret_slot) LEND_MUST_CHECK;

/*
 * The index block that puts slot into use (used) or frees it: index_bytes
 * bytes into ret_block, to be written at *ret_offset once the label itself
 * is on the medium.
 */
void lend_nd_index_next(const struct lend_nd_index *index, uint32_t slot, bool used,
			uint8_t *ret_block, uint64_t *ret_offset);

/*
 * The same for many slots at once: those of use and those of no_more change
 * together, or, when the write is cut, not at all.
 */
struct lend_nd_slots {
	const uint32_t *items;
	size_t n;
};
void lend_nd_index_swap(const struct lend_nd_index *index, struct lend_nd_slots use,
			struct lend_nd_slots no_more, uint8_t *ret_block, uint64_t *ret_offset);

/*
 * Gives the label in label_bytes bytes another place and another cookie, and
 * leaves what it does not know alone.
 */
void lend_nd_label_move(uint8_t *bytes, unsigned int label_bytes, uint32_t slot,
			uint64_t isetcookie);

/*
 * Both in one, for an area in memory: label->slot is set here.  -1: no valid
 * index, or no free slot.
 */
int lend_nd_area_add(uint8_t *area, uint64_t area_bytes, const struct lend_nd_label *label,
		     uint32_t *ret_slot, struct lend_err *err) LEND_MUST_CHECK;

#endif
