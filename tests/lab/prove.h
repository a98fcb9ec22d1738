/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the shapes that prove rules share: lend check, and what it found. */

#ifndef LEND_TESTS_LAB_PROVE_H
#define LEND_TESTS_LAB_PROVE_H

#include "case.h"

/*
 * "lend check --json WORDS..." up to a NULL.  What it found becomes lines,
 * sorted: "labels-valid device/vm:nv1"; what it could not tell does not.
 */
int lab_check(struct lab *lab, const char *const *words, struct lend_buf *ret_found,
	      struct lend_err *err) LEND_MUST_CHECK;

/* The lines, of what lend check --json printed. */
int lab_findings(const struct lend_buf *text, struct lend_buf *ret_found,
		 struct lend_err *err) LEND_MUST_CHECK;

/* --only for these rules or subjects (NULL at the end), of a running VM. */
int lab_check_vm(struct lab *lab, const struct lab_vm *vm, const char *const *only,
		 struct lend_buf *ret_found, struct lend_err *err) LEND_MUST_CHECK;

/* As the above, of what the command line vm->argv would start; it is written to a file. */
int lab_check_argv(struct lab *lab, const struct lab_vm *vm, const char *const *only,
		   struct lend_buf *ret_found, struct lend_err *err) LEND_MUST_CHECK;

bool lab_finds(const struct lend_buf *found, const char *rule, const char *node);

/* A check: the lines are these, sorted and with a newline each.  Notes both when not. */
bool lab_found_ok(struct lab_tap *tap, const struct lend_buf *found, const char *want,
		  const char *fmt, ...) LEND_PRINTF(4, 5);

/*
 * A command line by hand: words separated by single spaces, '@' is the lab's
 * folder; QEMU and a monitor are put in front.  Fills in argv, qmp[0], errors.
 */
int lab_argv(struct lab *lab, struct lab_vm *vm, const char *text,
	     struct lend_err *err) LEND_MUST_CHECK;
/* Starts vm->argv; stderr is in vm->errors. */
int lab_argv_start(struct lab *lab, struct lab_vm *vm, struct lend_err *err) LEND_MUST_CHECK;
/* Until it has ended, with a failure, or answers at its monitor: 1, 0. */
int lab_argv_fails(struct lab *lab, struct lab_vm *vm, struct lend_err *err) LEND_MUST_CHECK;
/* What it wrote to stderr. */
int lab_argv_said(const struct lab_vm *vm, struct lend_buf *ret_said,
		  struct lend_err *err) LEND_MUST_CHECK;

/* What a guest makes of an NVDIMM. */
struct lab_place {
	char dimm[16];     /* "nmem0" */
	char region[16];   /* "region0" */
	char blockdev[16]; /* of its first namespace that has one, "pmem0.1"; or "" */
	char mode[16];     /* of that; or "" */
	uint64_t bytes;    /* of the region */
};
int lab_place(struct lab *lab, struct lab_vm *vm, unsigned int slot, struct lab_place *ret,
	      struct lend_err *err) LEND_MUST_CHECK;

/* A sparse file of the lab's folder. */
int lab_sparse(struct lab *lab, const char *name, uint64_t bytes,
	       struct lend_err *err) LEND_MUST_CHECK;

/* ---- crash-guest.s ---- */

/* Until it has said into that file that it flushed. */
int lab_wait_flushed(struct lab *lab, const char *said, struct lend_err *err) LEND_MUST_CHECK;
/* The letters that it writes, of a file; ret_head may be NULL. */
uint64_t lab_count_written(const char *path, char ret_head[4]);

#endif
