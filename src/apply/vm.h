/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A QEMU as a step names it: whether it runs, talking to it, stopping it. */

#ifndef LEND_APPLY_VM_H
#define LEND_APPLY_VM_H

#include "apply/step.h"

enum {
	LEND_VM_ASK_MS = 10000,
	LEND_VM_CHANGE_MS = 120000, /* object-add with prealloc=on writes all of it */
};

struct lend_vm_at {
	const char *name;    /* "db1" */
	const char *monitor; /* a path, or "tcp:HOST:PORT" */
	const char *word;    /* of its command line; NULL: it is known by its number */
	pid_t pid;           /* when it runs */
	const char *agent;   /* sockets in folder; or NULL */
	const char *folder;
	const struct lend_pairs *args; /* "socket": more of them in folder */
	uint64_t patience_s;
};

/* By the arguments "vm" (else the step's name), "monitor", "word" or "pid" ... */
int lend_vm_of_step(struct lend_doing *doing, const struct lend_step *step,
		    struct lend_vm_at *ret, struct lend_err *err) LEND_MUST_CHECK;

/*
 * Connects to its monitor: to that QEMU and none else.  1: it does not run.
 * LEND_E_STALE: it runs, and another process listens there.
 */
int lend_vm_reach(struct lend_doing *doing, struct lend_vm_at *vm,
		  struct lend_err *err) LEND_MUST_CHECK;

/*
 * Stops it and removes its sockets: the guest is asked to shut down; when it
 * does not within the patience and "kill:NAME" was agreed to, QEMU is ended.
 * Else LEND_E_REFUSED, and it runs on.  0 also when it did not run.
 */
int lend_vm_stop(struct lend_doing *doing, struct lend_vm_at *vm,
		 struct lend_err *err) LEND_MUST_CHECK;

/* Its sockets, where nobody listens any more, and their folder when nothing else is in it. */
int lend_vm_clean(struct lend_doing *doing, const struct lend_vm_at *vm,
		  struct lend_err *err) LEND_MUST_CHECK;

/* Was it agreed to beforehand?  Asks nobody. */
bool lend_vm_may_stop(const struct lend_doing *doing, const struct lend_vm_at *vm);

/* doing->deadline, or so many milliseconds from now, whichever is sooner. */
int64_t lend_vm_deadline(const struct lend_doing *doing, int64_t ms);

#endif
