/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the loop that lets every call fail needs of a kind of step: a world in
 * which it can be done, and a plan that does it.  Each kind of the table has
 * to be in an example, so a new one cannot be forgotten.
 */

#ifndef LEND_TESTS_APPLY_EXAMPLE_H
#define LEND_TESTS_APPLY_EXAMPLE_H

#include "apply/apply.h"
#include "tests/fakehost/fakehost.h"

struct world {
	char dir[200];    /* all of it */
	char things[240]; /* what examples make lies here */
	struct lend_places places;
	struct fakehost *host;
};

struct example {
	const char *name;
	const char *kinds; /* that it shows, a blank between */

	/* What is there before; NULL: nothing. */
	void (*before)(struct world *world);
	struct lend_plan *(*plan)(const struct world *world);
	/* What tells one state from another; NULL: every byte of every file, and the QEMUs. */
	void (*see)(const struct world *world, struct lend_buf *out);

	/*
	 * What a person does so that all of it can go back (a guest that is shut
	 * down by its user); NULL: nothing has to be done.
	 */
	void (*release)(struct world *world);
};

extern const struct example *const examples[]; /* NULL at the end */

#endif
