/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a file the user names to a plan: a wish, or a plan that was saved. */

#ifndef LEND_CLI_WISHES_H
#define LEND_CLI_WISHES_H

#include "cli/change.h"

/* path: "-" is standard input.  A plan that others can write is refused. */
int lend_wish_or_plan(struct lend_change *change, const struct lend_args *args,
		      const char *path, struct lend_plan **ret_plan,
		      struct lend_err *err) LEND_MUST_CHECK;

#endif
