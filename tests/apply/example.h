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

/* By subject; NULL at the end. */
extern const struct example *const examples_files[];
extern const struct example *const examples_qemu[];
extern const struct example *const examples_nd[];
extern const struct example *const examples_libvirt[];

/* Of all of them; NULL behind the last. */
const struct example *nth_example(size_t n);

/* ---- what examples are made of ---- */

enum { LABEL = 128 << 10, SMALL = LABEL + (64 << 10), LARGE = SMALL + 2 * LABEL };

/* A path in that folder. */
const char *ex_in(struct lend_plan *plan, const char *folder, const char *name);
void ex_put(struct lend_plan *plan, struct lend_state *state, const char *key,
	    const char *value);
/* Those of a backing. */
void ex_put_sizes(struct lend_plan *plan, struct lend_state *state, uint64_t size);
/* A step of what is not there yet. */
struct lend_step *ex_add(struct lend_plan *plan, const char *kind, const char *name,
			 enum lend_back back);
void ex_add_backing(struct lend_plan *plan, const struct world *world, const char *name);
/* before: NULL: there is none. */
void ex_add_record(struct lend_plan *plan, const struct world *world, const char *before,
		   const char *after);
/* A release: all QEMUs have ended. */
void ex_end_qemus(struct world *world);

#endif
