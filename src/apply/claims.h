/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that the records of VMs name: they are theirs while the VMs are stopped, too. */

#ifndef LEND_APPLY_CLAIMS_H
#define LEND_APPLY_CLAIMS_H

#include "io/write.h"
#include "plan/plan-qemu.h"

/*
 * Of these paths, absolute ones, by VM and then as its record has them.  A
 * record that cannot be read claims nothing: lend starts no VM from it.
 */
int lend_claims_find(struct lend_writer *w, const struct lend_places *places,
		     const char *const *paths, size_t n_paths, struct lend_arena *arena,
		     struct lend_claim **ret, size_t *ret_n,
		     struct lend_err *err) LEND_MUST_CHECK;

#endif
