/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the net collector share; nobody else includes it. */

#ifndef LEND_COLLECT_NET_H
#define LEND_COLLECT_NET_H

#include "collect/collect.h"
#include "format/ip-address.h"
#include "format/ip-json.h"
#include "model/kind-net.h"

#define LEND_NET_CLASS "sys/class/net"

struct lend_net_route {
	struct lend_node *node;
	struct lend_ip_net to;
	uint64_t metric;
	const char *table;
	const char *const *devs;
	size_t n_devs;
	bool unused; /* no rule leads to its table */
};

struct lend_net_own {
	struct lend_ip ip;
	const struct lend_node *node; /* NULL: of the loopback, or one too many */
};

/* Which ways lead to an address. */
struct lend_net_lead {
	struct lend_ip to;
	const struct lend_node **nodes; /* routes, or an interface; none: it is our own */
	size_t n, cap;
	bool known;
};

struct lend_net_look {
	struct lend_scan *scan;
	struct lend_ip_json ip; /* what the program said */
	bool has_ip;
	struct lend_ip_json rules[2]; /* of IPv4, of IPv6 */
	bool has_rules[2];
	struct lend_net_route *routes;
	size_t n_routes, cap_routes;
	struct lend_net_own *own; /* addresses of this host */
	size_t n_own, cap_own;
	struct lend_net_lead *leads; /* those that were asked for */
	size_t n_leads, cap_leads;
};

/* The interface of that name, NULL when there is none. */
struct lend_node *lend_net_find(struct lend_net_look *look, const char *name);

/* net-class.c: the interfaces, and what they are made of. */
void lend_net_put_interfaces(struct lend_net_look *look, const struct lend_answer *names);

/* net-rules.c: which tables anybody looks into.  Asks only where there is more than one. */
void lend_net_ask_rules(struct lend_net_look *look);
/* true: no rule leads to its table.  Puts the fact into the node. */
bool lend_net_put_rule(struct lend_net_look *look, struct lend_node *route,
		       const struct lend_ip_route *from);

/* net-routes.c: addresses and routes. */
void lend_net_ask_ip(struct lend_net_look *look);
void lend_net_put_addresses(struct lend_net_look *look);
/* user needs the way to that address, which may have a zone behind it. */
void lend_net_put_way(struct lend_net_look *look, const struct lend_node *user,
		      const char *address, size_t len);

/* user needs that address of the host; whose it is may be nobody's. */
void lend_net_put_own(struct lend_net_look *look, const struct lend_node *user,
		      const char *address, size_t len);

/* net-session.c: by which connections the caller works. */
void lend_net_put_sessions(struct lend_net_look *look);

/* net-spaces.c: cards whose interface is in another network namespace. */
void lend_net_put_spaces(struct lend_net_look *look);
void lend_net_draft_spaces(struct lend_scan *scan);

/* net-taps.c: what the VMs are connected to. */
void lend_net_put_taps(struct lend_net_look *look);

/* net-tunnels.c: by which way tunnels leave the host. */
void lend_net_put_tunnels(struct lend_net_look *look);

/* net-storage.c: mounts and disks from the network. */
void lend_net_put_storage(struct lend_net_look *look);

#endif
