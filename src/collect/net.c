/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The network of the host: interfaces, addresses, routes, and what needs them.
 *
 * Asks  /sys/class/net (net-class.c); "ip" for addresses and routes, and
 *       /proc/net where it cannot be asked (net-routes.c); the environment of
 *       the caller (net-session.c); where mounts and disks come from
 *       (net-storage.c)
 * Adds  net, address, route and session nodes; edges from an interface to
 *       those it is made of and to its PCI function, from VMs, addresses and
 *       routes to interfaces (net-taps.c), from sessions, mounts and disks to the route to
 *       their other end
 *
 * Other network namespaces are looked into for cards that were moved there
 * (net-spaces.c); other interfaces of containers show as ports of a bridge
 * that stand on nothing.
 */

#include "collect/net.h"

#include <errno.h>

static const struct lend_ask ask_names = { .via = LEND_VIA_DIR, .key = LEND_NET_CLASS };

struct lend_node *lend_net_find(struct lend_net_look *look, const char *name)
{
	return lend_build_find(&look->scan->build, LEND_KIND_NET, NULL, name);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct lend_net_look look = { .scan = scan };
	const struct lend_answer *names;

	(void)err;
	if (lend_scan_is_named(scan))
		return 0; /* their QEMUs are all that was asked for */
	lend_net_draft_spaces(scan);
	names = lend_io_ask(scan->io, &ask_names);
	if (names->known == LEND_UNREADABLE)
		lend_build_gap(&scan->build, "net", true,
			       names->os_errno == EACCES ? "run as root" : "",
			       "the network interfaces of the host cannot be listed: %s",
			       names->why);
	/* Who wants all that a capture has is not told of all that it lacks. */
	if (names->known == LEND_NOT_ASKED && scan->wants != UINT64_MAX &&
	    !lend_io_is_copy(scan->io))
		lend_build_gap(&scan->build, "net", false, "make it anew with lend capture",
			       "the capture has no network interfaces: nobody looked");
	if (names->known != LEND_KNOWN || names->n_names == 0)
		return 0;
	lend_net_ask_ip(&look);
	lend_net_put_interfaces(&look, names);
	lend_net_put_spaces(&look);
	lend_net_put_taps(&look);
	lend_net_put_addresses(&look);
	lend_net_put_tunnels(&look);
	lend_net_put_sessions(&look);
	lend_net_put_storage(&look);
	return 0;
}

extern const struct lend_collector lend_collector_net;
const struct lend_collector lend_collector_net = {
	.id = "net",
	.sees = "network interfaces, addresses and routes of this host, and what needs them",
	.adds = LEND_ADDS(LEND_KIND_NET) | LEND_ADDS(LEND_KIND_ADDRESS) |
		LEND_ADDS(LEND_KIND_ROUTE) | LEND_ADDS(LEND_KIND_SESSION),
	.collect = collect,
};
