/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who listens on a socket that no QEMU's command line names.
 *
 * A QEMU can be given its socket as a descriptor or by a configuration file;
 * something else can stand in front of one.  Asking /proc costs time, but a
 * connect() to find out could start a guest.
 */

#ifndef LEND_COLLECT_SOCKET_HOLDER_H
#define LEND_COLLECT_SOCKET_HOLDER_H

#include "collect/collect.h"

/*
 * Whether that process listens on the socket at path.  A path on a command
 * line proves nothing: another QEMU may have taken it since, one that waits.
 */
enum lend_holding lend_socket_holds(struct lend_scan *scan, const char *pid, const char *path);

/* Whether a QEMU that does not wait may be asked there; false leaves a gap. */
bool lend_socket_may_ask_qemu(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			      enum lend_via via, const char *path);

/* Whether a capture has a conversation on that socket. */
bool lend_socket_is_recorded(struct lend_scan *scan, enum lend_via via, const char *path);

/* Whether no other QEMU of the scan turned out to listen; false leaves a gap. */
bool lend_socket_is_peer(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			 const struct lend_talk *talk);

/* The process id as text; NULL when no process that listens there can be seen. */
const char *lend_socket_holder(struct lend_scan *scan, const char *path);

/*
 * Whether the socket of a process that is no QEMU may be connected to: not
 * while a QEMU waits anywhere on this host, for it could be the one behind.
 * false leaves a gap.  pid is what lend_socket_holder said.
 */
bool lend_socket_may_ask(struct lend_scan *scan, const struct lend_scan_socket *socket,
			 const char *pid);

#endif
