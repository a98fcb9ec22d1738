/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the verbs of lend pmem share that change a file. */

#ifndef LEND_CLI_PMEM_FILE_H
#define LEND_CLI_PMEM_FILE_H

#include "cli/change.h"
#include "plan/pmem-file.h"

/* Looks at the file, whose path may be a link to it; texts live in the change's arena. */
int lend_pmem_see_file(struct lend_change *change, const char *path,
		       struct lend_opt_u64 label_bytes, struct lend_inside *inside,
		       struct lend_pmem_file *ret_file, struct lend_err *err) LEND_MUST_CHECK;
/* Looks at the place where it shall be. */
int lend_pmem_see_place(struct lend_change *change, const struct lend_pmem_file *file,
			const char *path, struct lend_pmem_place *ret_place,
			struct lend_err *err) LEND_MUST_CHECK;

/* Arguments FILE and TO, and --slot; file points into this struct. */
struct lend_pmem_two {
	struct lend_inside inside;
	struct lend_pmem_file file;
	struct lend_pmem_place place;
	struct lend_opt_u64 slot;
};
int lend_pmem_see_two(struct lend_change *change, const struct lend_args *args,
		      struct lend_pmem_two *ret, struct lend_err *err) LEND_MUST_CHECK;

/* --label-size, unset when it was not given. */
int lend_pmem_label_size(const struct lend_args *args, struct lend_opt_u64 *ret,
			 struct lend_err *err) LEND_MUST_CHECK;

/* An option that is a size. */
int lend_pmem_size(const char *name, const char *text, uint64_t *ret_bytes,
		   struct lend_err *err) LEND_MUST_CHECK;

/* Warns of VMs of lend that have the file in their wish. */
void lend_pmem_warn_users(struct lend_change *change, struct lend_plan *plan, const char *path);

/* Does it, or with --plan shows it.  The exit status, or -1. */
int lend_pmem_apply(struct lend_change *change, const struct lend_plan *plan,
		    const struct lend_args *args, bool harmless,
		    struct lend_err *err) LEND_MUST_CHECK;

/* Rows that they have. */
#define LEND_OPTION_PLAN                                                                       \
	LEND_OPTION(LEND_OPTION_FLAG, "plan", '\0', only_plan, NULL,                           \
		    "show what would be done, and do nothing")
#define LEND_OPTION_LABEL_SIZE                                                                 \
	LEND_OPTION(LEND_OPTION_TEXT, "label-size", 'l', label_size, "SIZE",                   \
		    "of its label area; without, all usual ones are\nlooked for")
#define LEND_OPTION_SLOT                                                                       \
	LEND_OPTION(LEND_OPTION_TEXT, "slot", '\0', slot, "N",                                 \
		    "write its labels for slot N of QEMU, so that the\n"                       \
		    "guest finds its namespaces there")

#endif
