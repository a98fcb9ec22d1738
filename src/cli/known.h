/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMs that lend knows by its journals alone. */

#ifndef LEND_CLI_KNOWN_H
#define LEND_CLI_KNOWN_H

#include "cli/change.h"

/*
 * Of what there is no record.  How, such as "shutdown", is virsh's word for what was asked:
 * that it is a domain of libvirt is an error that says what to do instead.
 */
int lend_known_domain(const struct lend_change *change, const char *vm, const char *how,
		      struct lend_err *err) LEND_MUST_CHECK;

/* The same, and an error when no journal is about it. */
int lend_known_vm(const struct lend_change *change, const char *vm, const char *how,
		  struct lend_err *err) LEND_MUST_CHECK;

#endif
