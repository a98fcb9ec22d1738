/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the shapes about lend pmem share: lend with a state folder of the lab. */

#ifndef LEND_TESTS_LAB_PMEM_H
#define LEND_TESTS_LAB_PMEM_H

#include "case.h"

/* "lend WORDS..." up to a NULL, at most 8; one check that it ends with that status. */
int lab_pmem(struct lab *lab, struct lab_tap *tap, int want_exit, const char *const *words,
	     struct lend_err *err) LEND_MUST_CHECK;

/* A DIMM whose file lend makes: path, size and label of it are filled in. */
int lab_pmem_create(struct lab *lab, struct lab_tap *tap, struct lab_dimm *dimm,
		    struct lend_err *err) LEND_MUST_CHECK;

#endif
