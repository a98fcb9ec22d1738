/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests that play a host, with lend in them. */

#ifndef LEND_TESTS_LAB_PLAYED_H
#define LEND_TESTS_LAB_PLAYED_H

#include "case.h"

/* The lend program, which goes into them; without it that is said as skipped, and false. */
bool played_has_lend(struct lab *lab, struct lab_tap *tap, char *ret_path, size_t size);

/*
 * One boot of such a guest: its files are those of vm, and usr/bin/lend.  compose: NULL, or
 * what has to be made before.  0 also without a lend program.
 */
int played_host(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		int (*compose)(struct lab *lab, struct lab_vm *vm, struct lend_err *err),
		int (*prove)(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			     struct lend_err *err),
		struct lend_err *err) LEND_MUST_CHECK;

#endif
