/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans for backing files that are there: to grow, copy or move one, with its
 * label area at the right place and its labels of the right slot.
 * docs/design/pmem.md says why it is done so.
 */

#ifndef LEND_PLAN_PMEM_FILE_H
#define LEND_PLAN_PMEM_FILE_H

#include "format/opt.h"
#include "model/inside.h"
#include "plan/plan.h"

/* What was seen of the file. */
struct lend_pmem_file {
	const struct lend_inside *inside;
	const char *id;   /* lend_file_id */
	const char *user; /* who has it open; NULL: nobody */
};

/* What was seen of the place where it shall be. */
struct lend_pmem_place {
	const char *path;
	bool is_taken;    /* something has that name */
	bool same_system; /* a file system with the file */
};

/* A new one, for no VM in particular. */
struct lend_pmem_new {
	uint64_t guest_bytes;            /* what the guest shall get, without the label area */
	struct lend_opt_u64 label_bytes; /* unset: 2 MiB; 0: none */
	struct lend_opt_u64 align_bytes; /* of huge pages, of the guest's device DAX */
	unsigned int label_minor;        /* 1 or 2 */
	bool sparse;
};
int lend_plan_pmem_new(const struct lend_pmem_new *wanted, const struct lend_pmem_place *place,
		       struct lend_plan **ret_plan, struct lend_err *err) LEND_MUST_CHECK;

/* guest_bytes is what the guest shall get, without the label area. */
int lend_plan_pmem_grow(const struct lend_pmem_file *file, uint64_t guest_bytes,
			struct lend_plan **ret_plan, struct lend_err *err) LEND_MUST_CHECK;

/* slot: for which the labels shall be; unset: for the one they are of. */
int lend_plan_pmem_copy(const struct lend_pmem_file *file, const struct lend_pmem_place *to,
			struct lend_opt_u64 slot, struct lend_plan **ret_plan,
			struct lend_err *err) LEND_MUST_CHECK;

/* The path may stay the same when there is a slot. */
int lend_plan_pmem_move(const struct lend_pmem_file *file, const struct lend_pmem_place *to,
			struct lend_opt_u64 slot, struct lend_plan **ret_plan,
			struct lend_err *err) LEND_MUST_CHECK;

/*
 * The two halves of QEMU's command line that a backing of lend has, for the
 * one who writes it: lines of lend_plan_after.
 */
void lend_plan_pmem_say(struct lend_plan *plan, const char *path, uint64_t guest_bytes,
			uint64_t size_bytes, uint64_t label_bytes, struct lend_opt_u64 slot);

#endif
