/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON objects over a socket, one after another: what every conversation with
 * a QEMU monitor or a guest agent is made of, whether it asks or changes.
 *
 * Both peers serve one client at a time: a second one is accepted by the
 * kernel and then hears nothing, so silence until the deadline is how a busy
 * peer looks.
 */

#ifndef LEND_IO_WIRE_H
#define LEND_IO_WIRE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/json.h"

enum lend_wire_peer { LEND_WIRE_MONITOR, LEND_WIRE_AGENT };

struct lend_wire {
	enum lend_wire_peer peer;
	int fd; /* does not block; -1: none */
	struct lend_buf in;
	struct lend_json_scan scan; /* of in */
	/* Of the last failure: the errno alone, or a reason with or without one. */
	int os_errno;
	bool timed_out;
	char why[160];
};

/* As answers and messages call the peer. */
const char *lend_wire_peer_name(const struct lend_wire *wire);

/* All four: false with a reason in *wire.  waited_ms is what a message says of the deadline. */
bool lend_wire_send(struct lend_wire *wire, const char *text, size_t len,
		    int64_t deadline) LEND_MUST_CHECK;
/*
 * The next object with one of the two wanted keys; events are passed over.
 * It is the first *ret_len bytes of in, and not parsed; drop takes it away.
 */
bool lend_wire_next(struct lend_wire *wire, int64_t deadline, uint32_t waited_ms, size_t limit,
		    const char *const want[2], size_t *ret_len) LEND_MUST_CHECK;
/* The greeting of QMP, to be dropped; its qmp_capabilities are the caller's. */
bool lend_wire_greeting(struct lend_wire *wire, int64_t deadline, uint32_t waited_ms,
			size_t *ret_len) LEND_MUST_CHECK;
/* guest-sync-delimited, whole. */
bool lend_wire_sync(struct lend_wire *wire, int64_t deadline,
		    uint32_t waited_ms) LEND_MUST_CHECK;

void lend_wire_drop(struct lend_wire *wire, size_t len);
void lend_wire_done(struct lend_wire *wire); /* closes it */

extern const char *const lend_wire_reply[2];

#endif
