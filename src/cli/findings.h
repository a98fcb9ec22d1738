/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings as people and programs read them, and the exit status they make. */

#ifndef LEND_CLI_FINDINGS_H
#define LEND_CLI_FINDINGS_H

#include "cli/command.h"
#include "format/qemu-args.h"
#include "plan/plan.h"
#include "rules/rules.h"

/* What was said of all hosts together. */
struct lend_findings_said {
	enum lend_level fail_on;
	size_t n;      /* of findings */
	size_t n_fail; /* from fail_on on */
	size_t n_untold;
	const char *vm; /* that was judged; NULL: all that is there */
	bool blind;     /* a rule that counts could not tell */
	bool comma;     /* the next one of the JSON list needs it */
};

void lend_findings_begin(struct lend_buf *out, const struct lend_args *args);
void lend_findings_put(struct lend_buf *out, const struct lend_findings *findings,
		       const struct lend_args *args, struct lend_findings_said *said);
/* The remarks of a plan, but for those that findings say: what the wish cannot have here. */
void lend_findings_put_plan(struct lend_buf *out, const struct lend_plan *plan,
			    const struct lend_findings *findings, const struct lend_args *args,
			    struct lend_findings_said *said);
/* What nobody understood of the command line of a VM that would be, or that it is of
 * another architecture than the rules. */
void lend_findings_put_unread(struct lend_buf *out, const struct lend_node *vm,
			      const struct lend_qemu_args *qemu, const struct lend_args *args,
			      struct lend_findings_said *said);
void lend_findings_end(struct lend_buf *out, const struct lend_inventory *first,
		       const struct lend_args *args, const struct lend_findings_said *said);
int lend_findings_status(const struct lend_findings_said *said,
			 const struct lend_inventory *first);

#endif
