/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what the user names to a plan: the wish, the record, what is there. */

#ifndef LEND_CLI_WISHES_H
#define LEND_CLI_WISHES_H

#include "cli/change.h"
#include "plan/plan-qemu.h"

/* All that a plan is made from; it lives until the plan is there. */
struct lend_look {
	struct lend_arena arena;
	struct lend_wish wish;
	struct lend_buf record;
	struct lend_inventory *inventory;
	struct lend_qemu_caps caps;
	struct lend_plan_request request;
	bool keeps_line;        /* lend_look_at: to the VM that gets one more memory device */
	struct lend_line *line; /* then, or NULL */
};

#define lend_auto_look LEND_CLEANUP(lend_look_done)
void lend_look_done(struct lend_look *look);

/* The record of a VM, when there is one; request->record then. */
int lend_look_record(struct lend_change *change, struct lend_look *look, const char *vm,
		     struct lend_err *err) LEND_MUST_CHECK;

/*
 * For who will look and then change by libvirt, as soon as that is known: its program
 * takes longer to load than most of the rest.  Then look->keeps_line.
 */
void lend_look_begin(struct lend_look *look, const struct lend_args *args);

/* Looks at this host, or at options->sources; options say what more is wanted.  An error when
 * --connect names a libvirt that cannot be asked. */
int lend_look_at(struct lend_look *look, const struct lend_args *args,
		 struct lend_scan_options *options, struct lend_err *err) LEND_MUST_CHECK;

/* With --connect: it is a domain of that libvirt, or an error. */
int lend_look_domain(const struct lend_look *look, const struct lend_args *args, const char *vm,
		     struct lend_err *err) LEND_MUST_CHECK;

/* Both, for look->wish. */
int lend_look_wish(struct lend_change *change, const struct lend_args *args,
		   const char *const *sources, size_t n_sources, struct lend_look *look,
		   struct lend_err *err) LEND_MUST_CHECK;

/*
 * The first argument is a wish or a plan that was saved, "-" is standard
 * input; those behind it are where to look.  A plan that others can write is
 * refused.
 */
int lend_wish_or_plan(struct lend_change *change, const struct lend_args *args,
		      struct lend_plan **ret_plan, struct lend_err *err) LEND_MUST_CHECK;

#endif
