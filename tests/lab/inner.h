/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What shapes share in which a guest runs a QEMU itself. */

#ifndef LEND_TESTS_LAB_INNER_H
#define LEND_TESTS_LAB_INNER_H

#include "case.h"

enum { LAB_INNER_FILES = 200 };

/*
 * The files of this machine's QEMU go behind the *n of files, which has room
 * for LAB_INNER_FILES.  Its modules are in /lend afterwards: a script has to
 * move them to where QEMU looks.  1: there is no QEMU.
 */
int lab_inner_files(struct lab *lab, struct lend_arena *arena, struct lab_file *files,
		    size_t *n, struct lend_err *err) LEND_MUST_CHECK;

/* As lab_sh, with more time. */
int lab_inner_run(struct lab *lab, struct lab_vm *vm, const char *script, struct lend_buf *out,
		  struct lend_err *err) LEND_MUST_CHECK;

#endif
