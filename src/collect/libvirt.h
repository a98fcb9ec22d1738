/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains of libvirt, and the processes that are theirs. */

#ifndef LEND_COLLECT_LIBVIRT_H
#define LEND_COLLECT_LIBVIRT_H

#include "collect/collect.h"

/* The domain of that UUID that runs, and whose process is not known yet; NULL: none. */
struct lend_scan_domain *lend_domain_of(struct lend_scan *scan, const char *uuid);

/* The process is that of a domain, when there is such a one. */
void lend_domain_take(struct lend_scan *scan, struct lend_scan_qemu *qemu);

/* Its memory that no device node shows: DIMMs, and what comes at its next start. */
void lend_collect_domain_memory(struct lend_scan *scan, const struct lend_scan_domain *d,
				struct lend_vm *vm, const struct lend_qemu_args *args,
				uint32_t by);

/* A command line that libvirt made. */
bool lend_is_libvirts(const struct lend_qemu_args *args);

#endif
