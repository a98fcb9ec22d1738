/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables of the network below /proc/net: route, ipv6_route, if_inet6, fib_trie
 * and the connections of tcp and tcp6 (proc(5); Linux net/ipv4/fib_trie.c,
 * fib_route_seq_show; net/ipv6/route.c, rt6_info_route; net/ipv6/addrconf.c,
 * if6_seq_show; net/ipv4/tcp_ipv4.c, get_tcp4_sock).
 */

#ifndef LEND_FORMAT_PROC_NET_H
#define LEND_FORMAT_PROC_NET_H

#include "base/arena.h"
#include "format/ip-address.h"
#include "format/span.h"

struct lend_proc_route {
	struct lend_span dev;
	struct lend_ip_net to;
	struct lend_ip via; /* meant only when has_via */
	bool has_via;
	bool local; /* leads to this host, or nowhere */
	uint64_t metric;
};

/* All: the next line that can be read, false at the end of the text. */
bool lend_proc_route_next(struct lend_span *rest, struct lend_proc_route *ret) LEND_MUST_CHECK;
bool lend_proc_route6_next(struct lend_span *rest, struct lend_proc_route *ret) LEND_MUST_CHECK;

struct lend_proc_address {
	struct lend_span dev;
	struct lend_ip_net at; /* the address, and the bits of its network */
	unsigned int scope;    /* 0 global, 0x10 host, 0x20 link */
};
bool lend_proc_address6_next(struct lend_span *rest,
			     struct lend_proc_address *ret) LEND_MUST_CHECK;

/*
 * The next address of this host in /proc/net/fib_trie, which has each twice
 * (net/ipv4/fib_trie.c, fib_trie_seq_show); whose interface's it is does not
 * stand there.
 */
bool lend_fib_trie_next(struct lend_span *rest, struct lend_ip *ret) LEND_MUST_CHECK;

struct lend_tcp_connection {
	struct lend_ip local, remote;
	uint16_t local_port, remote_port;
	uint64_t inode;
};
/* Established ones. */
bool lend_tcp_connection_next(struct lend_span *rest,
			      struct lend_tcp_connection *ret) LEND_MUST_CHECK;

/*
 * The interface that a descriptor of /dev/net/tun is of, in /proc/PID/fdinfo
 * (drivers/net/tun.c, tun_chr_show_fdinfo); false: of none.
 */
bool lend_fdinfo_tun(struct lend_span text, struct lend_span *ret) LEND_MUST_CHECK;

#endif
