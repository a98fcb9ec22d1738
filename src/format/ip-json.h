/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What "ip -json -details" of iproute2 prints for "address show", "route show"
 * and "rule show", one document behind the other, as -batch does it
 * (ip-address(8), ip-route(8), ip-rule(8); iproute2 ip/ipaddress.c,
 * ip/iproute.c, ip/iprule.c).
 *
 * A value of the wrong type is a value that was not given; an entry without a
 * name, or a route without a destination, is left out.
 */

#ifndef LEND_FORMAT_IP_JSON_H
#define LEND_FORMAT_IP_JSON_H

#include "base/arena.h"
#include "format/opt.h"
#include "lend/lend.h"

enum { LEND_IP_JSON_MAX = 65536 }; /* of each kind; more is cut */

struct lend_ip_address {
	const char *dev;   /* never NULL */
	const char *local; /* never NULL */
	const char *scope;
	struct lend_opt_u64 bits;
};

struct lend_ip_link {
	const char *name; /* never NULL */
	const char *kind; /* "bond", "bridge", "vlan" ...; NULL: a device of its own */
	const char *state;
	const char *mac;
	const char *master;
	const char *below;  /* "eth0" of "eth0.5" */
	const char *parent; /* "0000:01:00.0": the device it is of */
	struct lend_opt_u64 index;
	struct lend_opt_u64 below_index; /* of one in another namespace, which has a */
	struct lend_opt_u64 below_space; /* number of its own here */
	const char *local, *remote;      /* ends of a tunnel; NULL: not fixed */
	const char *through;             /* the interface that a tunnel was told to use */
	const char *bond_mode;           /* "active-backup", "802.3ad" ... */
	const char *bond_active;         /* the one it uses */
	struct lend_opt_u64 bond_min_links;
	struct lend_opt_u64 vrf_table;
};

struct lend_ip_route {
	bool v6;
	const char *to;    /* never NULL: "default", "192.0.2.0/24" */
	const char *type;  /* "unicast", "local", "blackhole" ...; NULL: unicast */
	const char *via;   /* of the first hop */
	const char *table; /* NULL: main */
	const char *origin;
	struct lend_opt_u64 metric;
	const char **devs; /* of all hops */
	size_t n_devs, cap_devs;
};

struct lend_ip_rule {
	uint64_t priority;
	const char *from; /* NULL: all */
	struct lend_opt_u64 bits;
	const char *table; /* NULL: it leads to none by itself */
	bool vrf;          /* to the table of the VRF, whichever that is */
};

struct lend_ip_json {
	struct lend_ip_link *links;
	size_t n_links, cap_links;
	struct lend_ip_address *addresses;
	size_t n_addresses, cap_addresses;
	struct lend_ip_route *routes;
	size_t n_routes, cap_routes;
	struct lend_ip_rule *rules;
	size_t n_rules, cap_rules;
	size_t documents;
	bool seg6; /* a route sends to tables without a rule (seg6local) */
	bool cut;
};

/* Text is a copy in the arena. */
int lend_ip_json_parse(struct lend_arena *arena, const char *text, size_t len,
		       struct lend_ip_json *ret, struct lend_err *err) LEND_MUST_CHECK;

#endif
