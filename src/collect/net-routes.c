/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses and routes, and which of them leads to an address.
 *
 * Asks  "ip" of iproute2, once for addresses and routes of all tables; once
 *       more for each address that something needs, since rules and marks can
 *       choose the table (net-rules.c).  Where it cannot be asked:
 *       /proc/net/route and ipv6_route, which know one table each, if_inet6
 *       and fib_trie
 * Adds  address and route nodes, edges to interfaces
 *
 * Routes that lead to this host itself, or nowhere, are left out: they stand
 * on no interface.
 */

#include "collect/net.h"

#include <inttypes.h>

#include "base/err.h"
#include "format/proc-net.h"
#include "model/kind-address.h"
#include "model/kind-route.h"

/* A router with the whole of the Internet is not looked at route by route. */
enum {
	ROUTES_MAX = 8192,
	ADDRESSES_MAX = 16384,
	TRIE_MAX = 1024,
	LEADS_MAX = 64,
	TABLES_MAX = 64,
};

static const struct lend_ask ask_ip = { .via = LEND_VIA_RUN,
					.key = "ip -json -details -batch -",
					.limit_bytes = 64 << 20,
					.input = "address show\nroute show table all\n" };
static const struct lend_ask ask_way = { .via = LEND_VIA_RUN, .key = "ip -json route get %s" };
static const struct lend_ask ask_route = { .via = LEND_VIA_FILE,
					   .key = "proc/net/route",
					   .limit_bytes = 16 << 20 };
static const struct lend_ask ask_route6 = { .via = LEND_VIA_FILE,
					    .key = "proc/net/ipv6_route",
					    .limit_bytes = 16 << 20 };
static const struct lend_ask ask_address6 = { .via = LEND_VIA_FILE,
					      .key = "proc/net/if_inet6",
					      .limit_bytes = 4 << 20 };

static const struct lend_ask ask_trie = { .via = LEND_VIA_FILE,
					  .key = "proc/net/fib_trie",
					  .limit_bytes = 16 << 20 };

void lend_net_ask_ip(struct lend_net_look *look)
{
	struct lend_scan *scan = look->scan;
	const struct lend_answer *answer;
	struct lend_err err = { 0 };

	answer = lend_io_ask(scan->io, &ask_ip);
	if (answer->known == LEND_KNOWN)
		look->has_ip = lend_ip_json_parse(&scan->memory, answer->bytes, answer->len,
						  &look->ip, &err) == 0 &&
			       look->ip.documents >= 2;
	if (!look->has_ip)
		look->ip = (struct lend_ip_json){ 0 };
	if (look->ip.cut)
		lend_build_gap(
			&scan->build, "net", false, "",
			"more than %d addresses or routes: the others were not looked at",
			LEND_IP_JSON_MAX);
}

/* ---- addresses ---- */

static void put_address(struct lend_net_look *look, uint32_t by,
			const struct lend_ip_address *from)
{
	struct lend_build *b = &look->scan->build;
	struct lend_node *net = lend_net_find(look, from->dev);
	struct lend_address *address;
	struct lend_net_own *own;
	struct lend_ip ip;

	if (!lend_ip_parse(from->local, strlen(from->local), &ip) || net == NULL)
		return;
	own = LEND_PUSH(&look->scan->memory, look->own, look->n_own, look->cap_own);
	own->ip = ip;
	if (lend_ip_is_loopback(&ip) || look->n_own > ADDRESSES_MAX)
		return;
	address = (struct lend_address *)lend_build_node(
		b, LEND_KIND_ADDRESS, NULL,
		from->bits.has ? lend_build_internf(b, "%s/%" PRIu64 " dev %s", from->local,
						    from->bits.v, from->dev)
			       : lend_build_internf(b, "%s dev %s", from->local, from->dev));
	own->node = &address->node;
	lend_build_text(b, &address->node, &address->address, by, from->local);
	if (from->bits.has)
		lend_build_u64(b, &address->node, &address->prefix, by, from->bits.v);
	if (from->scope != NULL)
		lend_build_text(b, &address->node, &address->scope, by, from->scope);
	lend_build_text(b, &address->node, &address->net, by, from->dev);
	lend_build_edge(b, &address->node, net);
}

/* ---- routes ---- */

/* As "ip route" writes it. */
static const char *name_of(struct lend_net_look *look, const struct lend_ip_route *from)
{
	lend_auto_buf name = { 0 };

	lend_buf_puts(&name, from->to);
	if (from->via != NULL)
		lend_buf_printf(&name, " via %s", from->via);
	for (size_t i = 0; i < from->n_devs; i++)
		lend_buf_printf(&name, "%s%s", i == 0 ? " dev " : ",", from->devs[i]);
	if (from->table != NULL && strcmp(from->table, "main") != 0)
		lend_buf_printf(&name, " table %s", from->table);
	if (from->metric.has)
		lend_buf_printf(&name, " metric %" PRIu64, from->metric.v);
	return lend_arena_strdup(&look->scan->memory, lend_buf_text(&name));
}

static bool net_of(const struct lend_ip_route *from, struct lend_ip_net *ret)
{
	if (strcmp(from->to, "default") != 0)
		return lend_ip_net_parse(from->to, strlen(from->to), ret);
	*ret = (struct lend_ip_net){ .ip.v6 = from->v6 };
	return true;
}

/* What all interfaces have, however they are used: fe80::/64 and multicast. */
static bool is_of_all(const struct lend_ip_net *to)
{
	return to->ip.v6 && (to->ip.bytes[0] == 0xff ||
			     (to->ip.bytes[0] == 0xfe && (to->ip.bytes[1] & 0xc0) == 0x80));
}

static void put_route_facts(struct lend_net_look *look, struct lend_route *route, uint32_t by,
			    const struct lend_ip_route *from)
{
	struct lend_build *b = &look->scan->build;
	lend_auto_buf devs = { 0 };

	lend_build_text(b, &route->node, &route->to, by, from->to);
	if (from->via != NULL)
		lend_build_text(b, &route->node, &route->via, by, from->via);
	else
		lend_build_absent(b, &route->node, &route->via, by);
	for (size_t i = 0; i < from->n_devs; i++) {
		struct lend_node *net = lend_net_find(look, from->devs[i]);

		lend_buf_printf(&devs, "%s%s", i > 0 ? ", " : "", from->devs[i]);
		if (net != NULL)
			lend_build_edge(b, &route->node, net);
	}
	lend_build_text(b, &route->node, &route->dev, by, lend_buf_text(&devs));
	if (from->table != NULL)
		lend_build_text(b, &route->node, &route->table, by, from->table);
	if (from->metric.has)
		lend_build_u64(b, &route->node, &route->metric, by, from->metric.v);
	if (from->origin != NULL)
		lend_build_text(b, &route->node, &route->origin, by, from->origin);
}

static void put_route(struct lend_net_look *look, uint32_t by, const struct lend_ip_route *from)
{
	struct lend_net_route route = { .metric = from->metric.has ? from->metric.v : 0,
					.table = from->table != NULL ? from->table : "main",
					.devs = from->devs,
					.n_devs = from->n_devs };

	if ((from->type != NULL && strcmp(from->type, "unicast") != 0) || from->n_devs == 0 ||
	    !net_of(from, &route.to) || is_of_all(&route.to) ||
	    lend_net_find(look, from->devs[0]) == NULL)
		return;
	if (look->n_routes == ROUTES_MAX) {
		look->ip.cut = true;
		return;
	}
	route.node =
		lend_build_node(&look->scan->build, LEND_KIND_ROUTE, NULL, name_of(look, from));
	put_route_facts(look, (struct lend_route *)route.node, by, from);
	route.unused = lend_net_put_rule(look, route.node, from);
	*LEND_PUSH(&look->scan->memory, look->routes, look->n_routes, look->cap_routes) = route;
}

/* ---- without the program ---- */

static const char *copy(struct lend_net_look *look, struct lend_span text)
{
	return lend_arena_strndup(&look->scan->memory, text.at, text.len);
}

static const char *ip_text(struct lend_net_look *look, const struct lend_ip *ip)
{
	char text[LEND_IP_TEXT];

	lend_ip_format(ip, text);
	return lend_arena_strdup(&look->scan->memory, text);
}

static void put_proc_route(struct lend_net_look *look, uint32_t by,
			   const struct lend_proc_route *from)
{
	const char **dev = lend_arena_array(&look->scan->memory, 1, sizeof(*dev));
	struct lend_ip_route route = { .v6 = from->to.ip.v6, .devs = dev, .n_devs = 1 };

	if (from->local)
		return;
	dev[0] = copy(look, from->dev);
	route.to = from->to.bits == 0
			   ? "default"
			   : lend_arena_printf(&look->scan->memory, "%s/%u",
					       ip_text(look, &from->to.ip), from->to.bits);
	if (from->has_via)
		route.via = ip_text(look, &from->via);
	else if (from->to.bits > 0)
		route.origin = "kernel"; /* or made by hand for a wire: nobody says */
	if (from->metric > 0)
		route.metric = lend_opt(from->metric);
	put_route(look, by, &route);
}

static uint32_t sighting(struct lend_net_look *look, const struct lend_ask *ask)
{
	return lend_build_sighting(&look->scan->build, lend_collect_trust(look->scan), "net",
				   ask->key, "");
}

/* Its interface is that of the route to its own network, unless several may be it. */
static const char *dev_of(const struct lend_net_look *look, const struct lend_ip *ip)
{
	const struct lend_net_route *best = NULL;

	for (size_t i = 0; i < look->n_routes; i++) {
		const struct lend_net_route *route = &look->routes[i];

		if (route->to.bits == 0 || !lend_ip_net_has(&route->to, ip) ||
		    (best != NULL && best->to.bits > route->to.bits))
			continue;
		if (best != NULL && best->to.bits == route->to.bits)
			return NULL;
		best = route;
	}
	return best != NULL ? best->devs[0] : NULL;
}

/* false: there is one whose interface is not known, or nobody could tell. */
static bool read_trie(struct lend_net_look *look)
{
	const struct lend_answer *trie = lend_io_ask(look->scan->io, &ask_trie);
	struct lend_span rest = { trie->bytes, trie->len };
	uint32_t by = sighting(look, &ask_trie);
	size_t first = look->n_own;
	bool all = true;
	struct lend_ip ip;

	while (trie->known == LEND_KNOWN && lend_fib_trie_next(&rest, &ip)) {
		struct lend_ip_address from = { .scope = "global" };
		bool again = look->n_own - first >= TRIE_MAX;

		for (size_t i = first; i < look->n_own && !again; i++)
			again = lend_ip_is(&look->own[i].ip, &ip);
		if (again || lend_ip_is_loopback(&ip))
			continue;
		from.local = ip_text(look, &ip);
		from.dev = dev_of(look, &ip);
		if (from.dev != NULL)
			put_address(look, by, &from);
		all = all && from.dev != NULL;
	}
	return all && look->n_own - first < TRIE_MAX && trie->known == LEND_KNOWN;
}

static void read_proc(struct lend_net_look *look)
{
	const struct lend_answer *v4 = lend_io_ask(look->scan->io, &ask_route);
	const struct lend_answer *v6 = lend_io_ask(look->scan->io, &ask_route6);
	const struct lend_answer *own = lend_io_ask(look->scan->io, &ask_address6);
	struct lend_span rest = { v4->bytes, v4->len };
	struct lend_proc_address address;
	struct lend_proc_route route;
	uint32_t by = sighting(look, &ask_route);

	while (v4->known == LEND_KNOWN && lend_proc_route_next(&rest, &route))
		put_proc_route(look, by, &route);
	by = sighting(look, &ask_route6);
	rest = (struct lend_span){ v6->bytes, v6->len };
	while (v6->known == LEND_KNOWN && lend_proc_route6_next(&rest, &route))
		put_proc_route(look, by, &route);
	by = sighting(look, &ask_address6);
	rest = (struct lend_span){ own->bytes, own->len };
	while (own->known == LEND_KNOWN && lend_proc_address6_next(&rest, &address)) {
		const struct lend_ip_address from = {
			.dev = copy(look, address.dev),
			.local = ip_text(look, &address.at.ip),
			.bits = lend_opt(address.at.bits),
			.scope = address.scope == 0x20   ? "link"
				 : address.scope == 0x10 ? "host"
							 : "global",
		};

		put_address(look, by, &from);
	}
	lend_build_gap(&look->scan->build, "net", false,
		       lend_io_is_live(look->scan->io) ? "install iproute2" : "",
		       "%sroutes beyond the main table are not known: \"ip\" did not tell%s",
		       read_trie(look) ? "" : "some addresses of IPv4 and ",
		       v4->known == LEND_KNOWN ? "" : ", nor did /proc/net/route");
}

void lend_net_put_addresses(struct lend_net_look *look)
{
	uint32_t by;

	if (!look->has_ip) {
		read_proc(look);
		return;
	}
	lend_net_ask_rules(look);
	by = sighting(look, &ask_ip);
	for (size_t i = 0; i < look->ip.n_addresses; i++)
		put_address(look, by, &look->ip.addresses[i]);
	for (size_t i = 0; i < look->ip.n_routes; i++)
		put_route(look, by, &look->ip.routes[i]);
	if (look->n_routes == ROUTES_MAX)
		lend_build_gap(&look->scan->build, "net", false, "",
			       "more than %d routes: the others were not looked at",
			       ROUTES_MAX);
}

/* ---- the way to an address ---- */

static const struct lend_net_own *own_of(const struct lend_net_look *look,
					 const struct lend_ip *ip)
{
	for (size_t i = 0; i < look->n_own; i++) {
		if (lend_ip_is(&look->own[i].ip, ip))
			return &look->own[i];
	}
	return NULL;
}

void lend_net_put_own(struct lend_net_look *look, const struct lend_node *user,
		      const char *address, size_t len)
{
	const struct lend_net_own *own;
	struct lend_ip ip;

	if (!lend_ip_parse(address, len, &ip))
		return;
	own = own_of(look, &ip);
	if (own != NULL && own->node != NULL)
		lend_build_edge(&look->scan->build, user, own->node);
}

/* The interface that the kernel would use now; NULL when nobody can say. */
static const char *ask_kernel(struct lend_net_look *look, const struct lend_ip *to)
{
	struct lend_scan *scan = look->scan;
	const struct lend_answer *answer;
	struct lend_ip_json said = { 0 };
	struct lend_err err = { 0 };
	char text[LEND_IP_TEXT];

	if (!look->has_ip)
		return NULL;
	lend_ip_format(to, text);
	answer = lend_io_ask(scan->io, &ask_way, text);
	if (answer->known != LEND_KNOWN ||
	    lend_ip_json_parse(&scan->memory, answer->bytes, answer->len, &said, &err) < 0 ||
	    said.n_routes == 0 || said.routes[0].n_devs == 0)
		return NULL;
	return said.routes[0].devs[0];
}

static bool is_better(const struct lend_net_route *a, const struct lend_net_route *b)
{
	return a->to.bits > b->to.bits || (a->to.bits == b->to.bits && a->metric < b->metric);
}

/* The best route of each table that is in use. */
static size_t find_best(const struct lend_net_look *look, const struct lend_ip *to,
			const struct lend_net_route *best[TABLES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < look->n_routes; i++) {
		const struct lend_net_route *route = &look->routes[i];
		size_t t = 0;

		if (route->unused || !lend_ip_net_has(&route->to, to))
			continue;
		while (t < n && strcmp(best[t]->table, route->table) != 0)
			t++;
		if (t == n && n < TABLES_MAX)
			best[n++] = route;
		else if (t < n && is_better(route, best[t]))
			best[t] = route;
	}
	return n;
}

static bool has_dev(const struct lend_net_route *route, const char *dev)
{
	for (size_t i = 0; i < route->n_devs; i++) {
		if (strcmp(route->devs[i], dev) == 0)
			return true;
	}
	return false;
}

static void add_node(struct lend_net_look *look, struct lend_net_lead *lead,
		     const struct lend_node *node)
{
	*LEND_PUSH(&look->scan->memory, lead->nodes, lead->n, lead->cap) = node;
	lead->known = true;
}

/* Which table holds is told by the kernel; when it is not, the best of each may be it. */
static void find_way(struct lend_net_look *look, struct lend_net_lead *lead)
{
	const struct lend_net_route *best[TABLES_MAX];
	const struct lend_net_route *chosen = NULL;
	const char *dev;
	size_t n;

	if (lend_ip_is_loopback(&lead->to) || own_of(look, &lead->to) != NULL) {
		lead->known = true;
		return;
	}
	dev = ask_kernel(look, &lead->to);
	n = find_best(look, &lead->to, best);
	for (size_t i = 0; i < n; i++) {
		if (dev == NULL)
			add_node(look, lead, best[i]->node);
		else if (has_dev(best[i], dev) &&
			 (chosen == NULL || is_better(best[i], chosen)))
			chosen = best[i];
	}
	if (chosen != NULL)
		add_node(look, lead, chosen->node);
	if (lead->n == 0 && dev != NULL && lend_net_find(look, dev) != NULL)
		add_node(look, lead, lend_net_find(look, dev));
}

static const struct lend_net_lead *way_to(struct lend_net_look *look, const struct lend_ip *to)
{
	struct lend_net_lead *lead;

	for (size_t i = 0; i < look->n_leads; i++) {
		if (lend_ip_is(&look->leads[i].to, to))
			return &look->leads[i];
	}
	if (look->n_leads == LEADS_MAX)
		return NULL;
	lead = LEND_PUSH(&look->scan->memory, look->leads, look->n_leads, look->cap_leads);
	lead->to = *to;
	find_way(look, lead);
	return lead;
}

void lend_net_put_way(struct lend_net_look *look, const struct lend_node *user,
		      const char *address, size_t len)
{
	struct lend_build *b = &look->scan->build;
	const char *zone = memchr(address, '%', len);
	const struct lend_net_lead *lead = NULL;
	const struct lend_node *net;
	struct lend_ip to;

	if (zone != NULL) {
		net = lend_net_find(look,
				    lend_arena_strndup(&look->scan->memory, zone + 1,
						       len - (size_t)(zone + 1 - address)));
		if (net != NULL) {
			lend_build_edge(b, user, net);
			return;
		}
		len = (size_t)(zone - address);
	}
	if (lend_ip_parse(address, len, &to))
		lead = way_to(look, &to);
	if (lead == NULL || !lead->known) {
		lend_build_gap(b, "net", false, "", "which interface %s needs is not known",
			       user->id);
		return;
	}
	for (size_t i = 0; i < lead->n; i++)
		lend_build_edge(b, user, lead->nodes[i]);
}
