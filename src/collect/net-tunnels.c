/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tunnels: interfaces whose packets leave the host by another one.
 *
 * Adds  edges from a tunnel to the way to its other end, to the address it
 *       sends from, and to the interface it was told to use; a gap where none
 *       of them is known and something is on it
 *
 * (ip-link(8).  The peers of WireGuard are not told by rtnetlink, and what is
 * at the other side of a tun device is a program: linux/if_tun.h.)
 */

#include "collect/net.h"
#include "model/kind-address.h"

static bool is_tunnel(const char *kind)
{
	static const char *const kinds[] = { "vxlan",     "geneve",    "gre",     "gretap",
					     "ip6gre",    "ip6gretap", "erspan",  "ip6erspan",
					     "ipip",      "sit",       "ip6tnl",  "vti",
					     "vti6",      "gtp",       "bareudp", "xfrm",
					     "wireguard", "tun",       "ppp",     "amt" };

	for (size_t i = 0; i < LEND_COUNT(kinds); i++) {
		if (strcmp(kinds[i], kind) == 0)
			return true;
	}
	return false;
}

/* Each interface has an address of its own wire; the tap of a VM is known to be the VM's. */
static bool is_in_use(const struct lend_inventory *inv, const struct lend_node *net)
{
	bool used = false;

	for (size_t i = 0; i < inv->n_edges; i++) {
		const struct lend_node *user = inv->nodes[inv->edges[i].user];
		const struct lend_fact *scope = &lend_as_address(user)->scope;

		if (inv->edges[i].used != net->index)
			continue;
		if (user->kind == LEND_KIND_VM)
			return false;
		if (user->kind == LEND_KIND_ROUTE)
			used = true;
		if (user->kind == LEND_KIND_ADDRESS &&
		    !(scope->known == LEND_KNOWN && strcmp(scope->v.str, "link") == 0))
			used = true;
	}
	return used;
}

static void put(struct lend_net_look *look, const struct lend_ip_link *link)
{
	struct lend_node *net = lend_net_find(look, link->name);
	const char *name = link->through != NULL ? link->through : link->below;
	struct lend_node *through = name != NULL ? lend_net_find(look, name) : NULL;

	if (net == NULL)
		return;
	if (through != NULL)
		lend_build_edge(&look->scan->build, net, through);
	if (link->local != NULL)
		lend_net_put_own(look, net, link->local, strlen(link->local));
	if (link->remote != NULL)
		lend_net_put_way(look, net, link->remote, strlen(link->remote));
	if (through == NULL && link->remote == NULL && is_in_use(look->scan->build.inv, net))
		lend_build_gap(
			&look->scan->build, "net", true, "",
			"by which interface the tunnel %s (%s) leaves the host is not known",
			link->name, link->kind);
}

void lend_net_put_tunnels(struct lend_net_look *look)
{
	for (size_t i = 0; i < look->ip.n_links; i++) {
		if (look->ip.links[i].kind != NULL && is_tunnel(look->ip.links[i].kind))
			put(look, &look->ip.links[i]);
	}
}
