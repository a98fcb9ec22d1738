/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who listens on a TCP port of this machine, and a QEMU's monitor there.
 *
 * The same care as with Unix sockets (collect/socket-holder.h): a connect()
 * can start a guest, so whose a port is is told by the kernel's table of
 * listening sockets and what processes hold open, never by trying.  The table
 * is that of our own network namespace: what is not in it cannot be reached.
 * It is not recorded, for it tells of the whole host; a capture knows a
 * monitor by its name, and why one was not asked.
 */

#ifndef LEND_COLLECT_TCP_HOLDER_H
#define LEND_COLLECT_TCP_HOLDER_H

#include "collect/collect.h"
#include "format/tcp-listen.h"

/* "tcp:HOST:PORT"; a Unix socket's path is absolute. */
bool lend_is_tcp(const char *socket);

/* "tcp:..." of a chardev that QEMU listens by; NULL when it is none to speak QMP to. */
const char *lend_tcp_of_chardev(struct lend_scan *scan, const struct lend_qemu_chardev *c);

/* Could a connection to that socket, "tcp:...", get to the chardev? */
bool lend_tcp_is_chardev(struct lend_scan *scan, const char *pid,
			 const struct lend_qemu_chardev *c, const char *socket);

/* Whether the process holds what listens there; a replay cannot tell. */
enum lend_holding lend_tcp_holds(struct lend_scan *scan, const char *pid, const char *socket);

/* Nobody listens there, whoever may look; false when that cannot be told, and in a replay. */
bool lend_tcp_is_closed(struct lend_scan *scan, const char *socket);

/* The process that listens there, as text; NULL when none can be seen, and in a replay. */
const char *lend_tcp_holder(struct lend_scan *scan, const char *socket);

/*
 * A conversation with qemu->monitor, "tcp:...".  The questions of first go
 * out early only when the monitor is that QEMU's own without doubt.
 */
struct lend_talk *lend_tcp_talk(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
				const struct lend_ask *const *first,
				const struct lend_answer **ret_answer);

#endif
