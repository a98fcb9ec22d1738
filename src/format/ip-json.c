/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/ip-json.h"

#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/json.h"

/* An address is some 20 values, a route some 12. */
enum { VALUES_MAX = 1000000, DOCUMENTS_MAX = 16, DEVS_MAX = 256 };

struct reader {
	struct lend_arena *arena;
	struct lend_ip_json *ret;
};

static const char *text_of(const struct reader *r, const struct lend_json *object,
			   const char *key)
{
	const char *text = lend_json_str(lend_json_get(object, key));

	return text == NULL || *text == '\0' ? NULL : lend_arena_strdup(r->arena, text);
}

static struct lend_opt_u64 number_of(const struct lend_json *object, const char *key)
{
	uint64_t value;

	return lend_json_u64(lend_json_get(object, key), &value) ? lend_opt(value)
								 : (struct lend_opt_u64){ 0 };
}

/* ---- links and their addresses ---- */

/* "any" where it is not fixed. */
static const char *end_of(const struct reader *r, const struct lend_json *data, const char *key,
			  const char *key6)
{
	const char *text = text_of(r, data, key);

	if (text == NULL)
		text = text_of(r, data, key6);
	return text == NULL || strcmp(text, "any") == 0 ? NULL : text;
}

static void take_link(struct reader *r, const struct lend_json *entry, const char *name)
{
	const struct lend_json *info = lend_json_get(entry, "linkinfo");
	const struct lend_json *data = lend_json_get(info, "info_data");
	struct lend_ip_link link = {
		.name = name,
		.kind = text_of(r, info, "info_kind"),
		.state = text_of(r, entry, "operstate"),
		.mac = text_of(r, entry, "address"),
		.master = text_of(r, entry, "master"),
		.below = text_of(r, entry, "link"),
		.parent = text_of(r, entry, "parentdev"),
		.index = number_of(entry, "ifindex"),
		.below_index = number_of(entry, "link_index"),
		.below_space = number_of(entry, "link_netnsid"),
		.local = end_of(r, data, "local", "local6"),
		.remote = end_of(r, data, "remote", "remote6"),
		.through = text_of(r, data, "link"),
	};

	if (link.kind != NULL && strcmp(link.kind, "bond") == 0) {
		link.bond_mode = text_of(r, data, "mode");
		link.bond_active = text_of(r, data, "active_slave");
		link.bond_min_links = number_of(data, "min_links");
	}
	if (link.kind != NULL && strcmp(link.kind, "vrf") == 0)
		link.vrf_table = number_of(data, "table");
	*LEND_PUSH(r->arena, r->ret->links, r->ret->n_links, r->ret->cap_links) = link;
}

static void take_address(struct reader *r, const struct lend_json *entry, const char *dev)
{
	struct lend_ip_address address = {
		.dev = dev,
		.local = text_of(r, entry, "local"),
		.scope = text_of(r, entry, "scope"),
		.bits = number_of(entry, "prefixlen"),
	};

	if (address.local == NULL)
		return;
	if (r->ret->n_addresses == LEND_IP_JSON_MAX) {
		r->ret->cut = true;
		return;
	}
	*LEND_PUSH(r->arena, r->ret->addresses, r->ret->n_addresses, r->ret->cap_addresses) =
		address;
}

static void take_interface(struct reader *r, const struct lend_json *entry)
{
	const struct lend_json *addresses = lend_json_get(entry, "addr_info");
	const char *name = text_of(r, entry, "ifname");

	if (name == NULL)
		return;
	if (r->ret->n_links == LEND_IP_JSON_MAX) {
		r->ret->cut = true;
		return;
	}
	take_link(r, entry, name);
	for (size_t i = 0; i < lend_json_count(addresses); i++)
		take_address(r, lend_json_at(addresses, i), name);
}

/* ---- routes ---- */

static void take_hop(struct reader *r, const struct lend_json *hop, struct lend_ip_route *route)
{
	const char *dev = text_of(r, hop, "dev");

	if (route->via == NULL)
		route->via = text_of(r, hop, "gateway");
	if (route->via == NULL)
		route->via = text_of(r, lend_json_get(hop, "via"), "host");
	if (dev != NULL && route->n_devs < DEVS_MAX)
		*LEND_PUSH(r->arena, route->devs, route->n_devs, route->cap_devs) = dev;
}

/* "default" is of either family; "pref" stands with routes of IPv6 alone. */
static bool is_v6(const struct lend_json *entry, const struct lend_ip_route *route)
{
	const char *source = lend_json_str(lend_json_get(entry, "prefsrc"));

	if (strcmp(route->to, "default") != 0)
		return strchr(route->to, ':') != NULL;
	if (lend_json_has(entry, "pref"))
		return true;
	if (lend_json_has(entry, "via"))
		return false; /* said only when the next host is of the other family */
	return (route->via != NULL && strchr(route->via, ':') != NULL) ||
	       (source != NULL && strchr(source, ':') != NULL);
}

static void take_route(struct reader *r, const struct lend_json *entry)
{
	const struct lend_json *hops = lend_json_get(entry, "nexthops");
	const char *encap;
	struct lend_ip_route route = {
		.to = text_of(r, entry, "dst"),
		.type = text_of(r, entry, "type"),
		.table = text_of(r, entry, "table"),
		.origin = text_of(r, entry, "protocol"),
		.metric = number_of(entry, "metric"),
	};

	if (route.to == NULL)
		return;
	if (r->ret->n_routes == LEND_IP_JSON_MAX) {
		r->ret->cut = true;
		return;
	}
	take_hop(r, entry, &route);
	for (size_t i = 0; i < lend_json_count(hops); i++)
		take_hop(r, lend_json_at(hops, i), &route);
	route.v6 = is_v6(entry, &route);
	encap = lend_json_str(lend_json_get(entry, "encap"));
	if (encap != NULL && strcmp(encap, "seg6local") == 0)
		r->ret->seg6 = true;
	*LEND_PUSH(r->arena, r->ret->routes, r->ret->n_routes, r->ret->cap_routes) = route;
}

/* ---- rules ---- */

static void take_rule(struct reader *r, const struct lend_json *entry)
{
	struct lend_ip_rule rule = {
		.from = text_of(r, entry, "src"),
		.bits = number_of(entry, "srclen"),
		.table = text_of(r, entry, "table"),
		.vrf = lend_json_has(entry, "l3mdev"),
	};

	if (!lend_json_u64(lend_json_get(entry, "priority"), &rule.priority))
		return;
	if (rule.from != NULL && strcmp(rule.from, "all") == 0)
		rule.from = NULL;
	if (r->ret->n_rules == LEND_IP_JSON_MAX) {
		r->ret->cut = true;
		return;
	}
	*LEND_PUSH(r->arena, r->ret->rules, r->ret->n_rules, r->ret->cap_rules) = rule;
}

/* ---- all of it ---- */

static int take_document(struct reader *r, const char *text, size_t len, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;

	if (lend_json_parse_large(text, len, VALUES_MAX, &doc, err) < 0)
		return -1;
	if (lend_json_kind(doc) != LEND_JSON_ARRAY)
		return lend_fail(err, LEND_E_FORMAT, "what ip printed is no list");
	for (size_t i = 0; i < lend_json_count(doc); i++) {
		const struct lend_json *entry = lend_json_at(doc, i);

		if (lend_json_has(entry, "ifname"))
			take_interface(r, entry);
		else if (lend_json_has(entry, "priority"))
			take_rule(r, entry); /* it may have a "dst", too */
		else if (lend_json_has(entry, "dst"))
			take_route(r, entry);
	}
	r->ret->documents++;
	return 0;
}

int lend_ip_json_parse(struct lend_arena *arena, const char *text, size_t len,
		       struct lend_ip_json *ret, struct lend_err *err)
{
	struct lend_ip_json read = { 0 };
	struct reader r = { arena, &read };

	for (;;) {
		size_t n;

		while (len > 0 && lend_ascii_is_space(*text)) {
			text++;
			len--;
		}
		if (len == 0)
			break;
		n = lend_json_scan(text, len);

		if (n == 0)
			return lend_fail(err, LEND_E_FORMAT, "what ip printed is cut off");
		if (read.documents == DOCUMENTS_MAX)
			return lend_fail(err, LEND_E_FORMAT, "what ip printed has no end");
		if (take_document(&r, text, n, err) < 0)
			return -1;
		text += n;
		len -= n;
	}
	*ret = read;
	return 0;
}
