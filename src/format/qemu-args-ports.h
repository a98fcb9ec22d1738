/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a QEMU listens, by its command line: consoles, monitors, forwards to
 * its guest.  Unix sockets and what a monitor opens later are left out.
 */

#ifndef LEND_FORMAT_QEMU_ARGS_PORTS_H
#define LEND_FORMAT_QEMU_ARGS_PORTS_H

#include "format/qemu-args.h"

enum lend_qemu_port_kind {
	LEND_QEMU_PORT_VNC,
	LEND_QEMU_PORT_SPICE,
	LEND_QEMU_PORT_MONITOR, /* QMP, the human monitor, gdb: they control the whole VM */
	LEND_QEMU_PORT_OTHER,   /* forwards, serial ports, migration */
};

enum lend_qemu_reach {
	LEND_QEMU_REACH_SELF, /* loopback */
	LEND_QEMU_REACH_ONE,  /* one address of this host */
	LEND_QEMU_REACH_ALL,
};

struct lend_qemu_port {
	enum lend_qemu_port_kind kind;
	enum lend_qemu_reach reach;
	bool locked;      /* it asks for a password, or for a certificate of the other side */
	const char *text; /* for people: "-vnc :0", "hostfwd tcp::2222-:22" */
};

struct lend_qemu_ports {
	struct lend_qemu_port *items;
	size_t n, cap;
	bool partial; /* something was not understood: there may be more */
};

void lend_qemu_args_ports(struct lend_arena *arena, const struct lend_qemu_args *args,
			  struct lend_qemu_ports *ret);

#endif
