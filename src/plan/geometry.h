/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sizes, slots and addresses of NVDIMMs, chosen so that plain ndctl in the
 * guest can use every one of them.
 *
 * Linux gives out pmem in steps of 16 MiB and maps memory in blocks of
 * 128 MiB (model/predict-effects.c): what a guest gets, and where it lies, is
 * a multiple of 128 MiB.  The label area comes on top, at the end of the
 * backing; QEMU puts one DIMM right behind the other without it.
 */

#ifndef LEND_PLAN_GEOMETRY_H
#define LEND_PLAN_GEOMETRY_H

#include "format/opt.h"
#include "model/predict.h"
#include "plan/plan.h"

#define LEND_GEOMETRY_UNIT      ((uint64_t)128 << 20) /* wanted of sizes and addresses */
#define LEND_GEOMETRY_STEP      ((uint64_t)16 << 20)  /* the least of sizes */
#define LEND_GEOMETRY_LABEL     ((uint64_t)2 << 20)   /* libvirt wants 2 MiB, too */
#define LEND_GEOMETRY_LABEL_MIN ((uint64_t)128 << 10)
#define LEND_GEOMETRY_PAGE      ((uint64_t)4096)

enum { LEND_GEOMETRY_ROOM_SLOTS = 4, LEND_GEOMETRY_SLOTS_MAX = 256 };

struct lend_geometry_dimm {
	const char *name; /* as remarks call it */
	uint64_t guest_bytes;
	struct lend_opt_u64 want_label; /* unset: 2 MiB; 0: no label area */
	struct lend_opt_u64 want_slot;
	struct lend_opt_u64 want_align;
	uint64_t page_bytes; /* of what holds it: huge pages, device DAX; 0: 4 KiB */
	bool is_devdax;      /* page_bytes is its align, which has to be said to QEMU */

	uint64_t label_bytes; /* 0: none */
	uint64_t backing_bytes;
	struct lend_opt_u64 align_bytes; /* to be written; unset: QEMU's default is right */
	uint64_t slot;
	struct lend_opt_u64 address; /* where it will lie; unset: cannot be told */
	bool address_is_said;        /* "addr=" is needed to have it there */
};

struct lend_geometry {
	enum lend_predict_board board;
	uint64_t ram_bytes;
	struct lend_opt_u64 want_slots, want_maxmem;
	struct lend_opt_u64 room_slots, room_bytes; /* unset: chosen */
	struct lend_geometry_dimm *dimms;
	size_t n_dimms;
	/* A VM that runs has its slots and maxmem, and these; with slot and address. */
	const struct lend_predict_device *there;
	size_t n_there;
	/* From its next start on: their slots are taken. */
	const struct lend_predict_device *later;
	size_t n_later;
	bool runs;

	uint64_t slots, maxmem_bytes; /* 0: none */
	uint64_t spare_slots, spare_bytes;
};

/* What cannot be is a refusal in plan, what is unwise a warning. */
void lend_geometry_lay(struct lend_plan *plan, struct lend_geometry *g);

/* What was refused all the same, as it was wished: for rules to look at, never to be done. */
void lend_geometry_as_wished(struct lend_geometry *g);

/* "size: 4 GiB or 4.125 GiB": what is good instead of bytes. */
const char *lend_geometry_near(struct lend_arena *arena, uint64_t bytes);

/* The backing of so much; 0 when it does not fit into 64 bits. */
uint64_t lend_geometry_backing(uint64_t guest_bytes, uint64_t label_bytes, uint64_t page_bytes);

#endif
