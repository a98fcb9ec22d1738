/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On which NUMA nodes of the host the memory of a guest's node is bound to be. */

#ifndef LEND_FORMAT_QEMU_ARGS_NUMA_H
#define LEND_FORMAT_QEMU_ARGS_NUMA_H

#include "format/qemu-args.h"

/*
 * As host-nodes= has them: "0" or "0-1,3".  NULL when nothing binds it, or
 * when that was not understood.
 */
const char *lend_qemu_args_host_nodes(struct lend_arena *arena,
				      const struct lend_qemu_args *args, uint64_t guest_node);

#endif
