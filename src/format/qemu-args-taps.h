/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which interfaces of the host a QEMU is connected to, by its command line
 * (qemu(1), -netdev tap, bridge and af-xdp; -nic and -net in the same words).
 */

#ifndef LEND_FORMAT_QEMU_ARGS_TAPS_H
#define LEND_FORMAT_QEMU_ARGS_TAPS_H

#include "format/qemu-args.h"

/* Neither: the kernel chose the name, or a descriptor came with it. */
struct lend_qemu_tap {
	const char *ifname; /* NULL: not said */
	const char *bridge; /* that its helper puts it into; NULL: not said */
};

struct lend_qemu_taps {
	struct lend_qemu_tap *items;
	size_t n, cap;
	bool partial; /* something was not understood: there may be more */
};

void lend_qemu_args_taps(struct lend_arena *arena, const struct lend_qemu_args *args,
			 struct lend_qemu_taps *ret);

#endif
