/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans for backing files that are there: to grow, copy or move one, with its
 * label area at the right place and its labels of the right slot.
 * docs/design/pmem.md says why it is done so.
 */

#ifndef LEND_PLAN_PMEM_FILE_H
#define LEND_PLAN_PMEM_FILE_H

#include "format/wish-yaml.h"
#include "model/inside.h"
#include "plan/plan.h"

/* The file system that something lies on, or shall. */
struct lend_pmem_system {
	const char *read_only;          /* why nothing can be changed there; NULL: it can */
	struct lend_opt_u64 free_bytes; /* for us */
};

/* What was seen of the file. */
struct lend_pmem_file {
	const struct lend_inside *inside;
	struct lend_pmem_system system;
	const char *id;   /* lend_file_id */
	const char *user; /* who has it open; NULL: nobody */
};

/* What was seen of the place where it shall be. */
struct lend_pmem_place {
	const char *path;
	struct lend_pmem_system system;
	bool is_taken;    /* something has that name */
	bool same_system; /* a file system with the file */
};

/*
 * What a wish cannot say of a backing that lend_plan_pmem_create makes:
 * version 1.1 of its labels, or no blocks; and what QEMU is told.
 */
void lend_plan_pmem_vary(struct lend_plan *plan, const struct lend_wish_pmem *pmem,
			 bool old_labels, bool sparse);

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

#endif
