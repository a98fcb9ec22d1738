/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The QEMU arguments that libvirt makes of a domain: the part about memory.
 *
 * What libvirt adds and changes on the way is here, and nowhere else: which
 * slot a DIMM gets, what it is called, sizes in steps of 2 MiB, memory that is
 * filled in advance, sharing that is inherited.  docs/design/libvirt.md lists
 * it; tests/meta/libvirt-oracle holds it against a real libvirt.
 */

#ifndef LEND_MODEL_DOMAIN_ARGS_H
#define LEND_MODEL_DOMAIN_ARGS_H

#include "format/domain-xml.h"
#include "format/qemu-args.h"

/* libvirt's unit for the sizes of DIMMs at the start of a domain (x86). */
#define LEND_DOMAIN_UNIT ((uint64_t)2 << 20)

/*
 * live: the domain is the XML of one that runs, in which nothing is left to
 * choose.  Texts live as long as arena and domain.  argv0 is NULL: nobody typed it.
 */
void lend_domain_args(struct lend_arena *arena, const struct lend_domain *domain, bool live,
		      struct lend_qemu_args *ret);

/* The slot of each of its memory devices, as it is or as libvirt will choose it. */
struct lend_opt_u64 *lend_domain_slots(struct lend_arena *arena,
				       const struct lend_domain *domain, bool live);

/* Without the DIMMs; unset when the domain does not say it. */
struct lend_opt_u64 lend_domain_ram(const struct lend_domain *domain);

/* "kvm" and "qemu" are QEMU, other types something else. */
bool lend_domain_is_qemu(const struct lend_domain *domain);

#endif
