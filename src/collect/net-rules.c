/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which routing tables are in use: those that a rule leads to (ip-rule(8)).
 *
 * Asks  "ip rule", once for each family that has routes in more tables than
 *       the main one; no file of /proc has the rules
 * Adds  the rule of each route
 *
 * A table counts as used when any rule names it, whatever else the rule wants
 * and whatever is in front of it: which packets there will be, nobody knows.
 * That of a VRF is reached by one rule for all of them, and by its number
 * alone (Linux Documentation/networking/vrf.rst).
 */

#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/num.h"
#include "collect/net.h"
#include "model/kind-route.h"

static const struct lend_ask asks[2] = {
	{ .via = LEND_VIA_RUN, .key = "ip -json rule show", .limit_bytes = 16 << 20 },
	{ .via = LEND_VIA_RUN, .key = "ip -json -6 rule show", .limit_bytes = 16 << 20 },
};

static bool is_main(const char *table)
{
	return table == NULL || strcmp(table, "main") == 0;
}

static bool is_unicast(const struct lend_ip_route *route)
{
	return route->type == NULL || strcmp(route->type, "unicast") == 0;
}

/* By table, those without one first; then as they are looked at. */
static int by_table(const void *pa, const void *pb)
{
	const struct lend_ip_rule *a = pa;
	const struct lend_ip_rule *b = pb;
	int order = strcmp(a->table != NULL ? a->table : "", b->table != NULL ? b->table : "");

	return order != 0 ? order : (a->priority > b->priority) - (a->priority < b->priority);
}

static void ask(struct lend_net_look *look, bool v6)
{
	struct lend_scan *scan = look->scan;
	const struct lend_answer *answer = lend_io_ask(scan->io, &asks[v6]);
	struct lend_ip_json *rules = &look->rules[v6];
	struct lend_err err = { 0 };

	if (answer->known == LEND_KNOWN)
		look->has_rules[v6] = lend_ip_json_parse(&scan->memory, answer->bytes,
							 answer->len, rules, &err) == 0 &&
				      rules->n_rules > 0 && !rules->cut;
	if (look->has_rules[v6])
		qsort(rules->rules, rules->n_rules, sizeof(*rules->rules), by_table);
	else
		lend_build_gap(&scan->build, "net", false,
			       lend_io_is_live(scan->io) ? "see what \"ip rule\" says" : "",
			       "which routing tables of %s are in use is not known: \"%s\" "
			       "did not tell, so all of them count",
			       v6 ? "IPv6" : "IPv4", asks[v6].key);
}

void lend_net_ask_rules(struct lend_net_look *look)
{
	bool more[2] = { false, false };

	for (size_t i = 0; i < look->ip.n_routes; i++) {
		const struct lend_ip_route *route = &look->ip.routes[i];

		if (is_unicast(route) && !is_main(route->table))
			more[route->v6] = true;
	}
	for (size_t v6 = 0; v6 < LEND_COUNT(more); v6++) {
		if (more[v6])
			ask(look, v6 == 1);
	}
}

/* Tables have numbers, and some have names: one with a name may be that of any VRF. */
static bool is_of_vrf(const struct lend_net_look *look, const char *table)
{
	uint64_t number;
	bool named = !lend_parse_u64(table, 10, &number);

	for (size_t i = 0; i < look->ip.n_links; i++) {
		const struct lend_ip_link *link = &look->ip.links[i];

		if (link->kind != NULL && strcmp(link->kind, "vrf") == 0 &&
		    (named || !link->vrf_table.has || link->vrf_table.v == number))
			return true;
	}
	return false;
}

static const struct lend_ip_rule *rule_of(const struct lend_net_look *look,
					  const struct lend_ip_route *route)
{
	const struct lend_ip_json *said = &look->rules[route->v6];
	const char *table = is_main(route->table) ? "main" : route->table;
	const struct lend_ip_rule key = { .table = table };
	size_t low = 0, high = said->n_rules;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_table(&said->rules[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < said->n_rules && said->rules[low].table != NULL &&
	    strcmp(said->rules[low].table, table) == 0)
		return &said->rules[low];
	for (size_t i = 0; i < said->n_rules && said->rules[i].table == NULL; i++) {
		if (said->rules[i].vrf)
			return is_of_vrf(look, table) ? &said->rules[i] : NULL;
	}
	return NULL;
}

bool lend_net_put_rule(struct lend_net_look *look, struct lend_node *node,
		       const struct lend_ip_route *from)
{
	struct lend_build *b = &look->scan->build;
	struct lend_route *route = (struct lend_route *)node;
	const struct lend_ip_rule *rule;
	lend_auto_buf text = { 0 };
	uint32_t by;

	/* With seg6local, tables are named by routes, too (seg6_local.c, End.DT4). */
	if (!look->has_rules[from->v6] || look->ip.seg6)
		return false;
	by = lend_build_sighting(b, lend_collect_trust(look->scan), "net", asks[from->v6].key,
				 "");
	rule = rule_of(look, from);
	if (rule == NULL) {
		lend_build_absent(b, node, &route->rule, by);
		return true;
	}
	lend_buf_printf(&text, "%" PRIu64 " from %s", rule->priority,
			rule->from != NULL ? rule->from : "all");
	if (rule->from != NULL && rule->bits.has)
		lend_buf_printf(&text, "/%" PRIu64, rule->bits.v);
	lend_build_text(b, node, &route->rule, by, lend_buf_text(&text));
	return false;
}
