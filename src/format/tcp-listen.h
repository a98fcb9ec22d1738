/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where somebody listens on TCP: as people and QEMU's options name it, and as
 * the kernel lists it in /proc/net/tcp and tcp6 (proc(5); net/ipv4/tcp_ipv4.c
 * and net/ipv6/tcp_ipv6.c of Linux, get_..._sock).
 */

#ifndef LEND_FORMAT_TCP_LISTEN_H
#define LEND_FORMAT_TCP_LISTEN_H

#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/loopback.h"

enum lend_tcp_host {
	LEND_TCP_V4,
	LEND_TCP_V6,
	LEND_TCP_LOCALHOST,
	LEND_TCP_ALL,   /* no host at all: every address */
	LEND_TCP_OTHER, /* a name that some resolver would know */
};

struct lend_tcp_name {
	enum lend_tcp_host host;
	uint8_t address[16]; /* of V4 the first four */
	uint16_t port, last; /* equal unless it is a range, as QEMU's "to=" makes one */
};

/* "HOST:PORT", "[::1]:PORT", "HOST:PORT-LAST". */
bool lend_tcp_name_parse(const char *text, size_t len,
			 struct lend_tcp_name *ret) LEND_MUST_CHECK;

/* What parse reads. */
void lend_tcp_name_put(struct lend_buf *out, const char *host, uint64_t port, uint64_t last);

/* One port at 127.0.0.0/8, ::1 or localhost. */
bool lend_tcp_name_is_loopback(const struct lend_tcp_name *name);

/* Could a listener by the name a take what is sent to b, a loopback one? */
bool lend_tcp_name_covers(const struct lend_tcp_name *a, const struct lend_tcp_name *b);

struct lend_tcp_listener {
	bool v6;
	uint8_t address[16]; /* of v4 the first four */
	uint16_t port;
	uint64_t inode;
};

/* The next listening socket of a table; false at its end.  Begin with *at at its text. */
bool lend_tcp_table_next(const char **at, struct lend_tcp_listener *ret) LEND_MUST_CHECK;

/* Could that be what the name says? */
bool lend_tcp_name_fits(const struct lend_tcp_name *name, const struct lend_tcp_listener *l);

/* The loopback address that leads to the listener; false when there is none. */
bool lend_tcp_reach(const struct lend_tcp_listener *l,
		    struct lend_loopback *ret) LEND_MUST_CHECK;

/*
 * How well the listener matches a connection to that address: 0 not at all; of
 * several, the kernel takes the one with the highest (compute_score() of
 * net/ipv4/inet_hashtables.c).
 */
unsigned int lend_tcp_score(const struct lend_tcp_listener *l, const struct lend_loopback *to);

#endif
