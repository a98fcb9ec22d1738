/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/ip-json.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "tests/must.h"

static const struct {
	const char *text, *says; /* "!": refused */
} rows[] = {
	{ "", "" },
	{ "[ ]\n[]\n", "" },
	{ "[{\"ifname\":\"eth0\",\"operstate\":\"UP\",\"master\":\"br0\","
	  "\"address\":\"52:54:00:00:00:01\",\"addr_info\":[]}]",
	  "link eth0 - UP 52:54:00:00:00:01 in br0 on -;" },
	{ "[{\"ifname\":\"bond0\",\"linkinfo\":{\"info_kind\":\"bond\",\"info_data\":"
	  "{\"mode\":\"active-backup\",\"active_slave\":\"eth0\",\"min_links\":0}}}]",
	  "link bond0 bond - - in - on - active-backup eth0 0;" },
	{ "[{\"ifname\":\"bond0.5\",\"link\":\"bond0\",\"linkinfo\":{\"info_kind\":\"vlan\"},"
	  "\"addr_info\":[{\"local\":\"192.0.2.2\",\"prefixlen\":24,\"scope\":\"global\"},"
	  "{\"prefixlen\":24},{\"local\":5}]}]",
	  "link bond0.5 vlan - - in - on bond0; address 192.0.2.2/24 bond0.5 global;" },
	{ "[{\"type\":\"unicast\",\"dst\":\"default\",\"gateway\":\"192.0.2.1\",\"dev\":\"eth0\","
	  "\"table\":\"main\",\"protocol\":\"dhcp\",\"metric\":100}]",
	  "route default unicast 192.0.2.1 main dhcp 100 eth0;" },
	{ "[{\"dst\":\"default\",\"gateway\":\"fd00::1\",\"dev\":\"eth0\"},"
	  "{\"dst\":\"default\",\"dev\":\"eth0\",\"pref\":\"medium\"},"
	  "{\"dst\":\"default\",\"via\":{\"family\":\"inet6\",\"host\":\"fe80::1\"},\"dev\":\"e\"},"
	  "{\"dst\":\"fd00::/64\",\"dev\":\"eth0\"}]",
	  "route6 default - fd00::1 - - - eth0; route6 default - - - - - eth0;"
	  " route default - fe80::1 - - - e; route6 fd00::/64 - - - - - eth0;" },
	{ "[{\"dst\":\"default\",\"nexthops\":[{\"gateway\":\"192.0.2.1\",\"dev\":\"eth0\"},"
	  "{\"gateway\":\"198.51.100.1\",\"dev\":\"eth1\"},{}]}]",
	  "route default - 192.0.2.1 - - - eth0 eth1;" },
	{ "[{\"type\":\"blackhole\",\"dst\":\"192.0.2.0/24\"}]",
	  "route 192.0.2.0/24 blackhole - - - -;" },
	{ "[{\"priority\":0,\"src\":\"all\",\"table\":\"local\"},5,null,{\"dst\":7}]",
	  "rule 0 all local;" },
	{ "[{\"priority\":32763,\"src\":\"all\",\"fwmark\":\"0x1\",\"goto\":32766},"
	  "{\"priority\":9,\"src\":\"192.0.2.0\",\"srclen\":24,\"dst\":\"198.51.100.1\",\"table\":\"7\"},"
	  "{\"priority\":1000,\"src\":\"all\",\"l3mdev\":null},{\"priority\":-1},{\"priority\":\"5\"}]",
	  "rule 32763 all -; rule 9 192.0.2.0/24 7; rule 1000 all - vrf;" },
	{ "[{\"ifname\":\"eth9\",\"parentbus\":\"pci\",\"parentdev\":\"0000:01:00.0\"}]",
	  "link eth9 - - - in - on - of 0000:01:00.0;" },
	{ "[{\"ifname\":\"blue\",\"linkinfo\":{\"info_kind\":\"vrf\",\"info_data\":{\"table\":55}}}]",
	  "link blue vrf - - in - on - table 55;" },
	{ "[{\"ifindex\":7,\"link_index\":5,\"link_netnsid\":0,\"ifname\":\"mv\",\"linkinfo\":{"
	  "\"info_kind\":\"macvlan\",\"info_data\":{\"mode\":\"bridge\"}}}]",
	  "link mv macvlan - - in - on - 7 on 5 in 0;" },
	{ "[{\"ifname\":\"vx7\",\"linkinfo\":{\"info_kind\":\"vxlan\",\"info_data\":{\"id\":67,"
	  "\"remote\":\"203.0.113.9\",\"local\":\"192.0.2.2\"}}},{\"ifname\":\"g\",\"linkinfo\":{"
	  "\"info_kind\":\"gre\",\"info_data\":{\"remote\":\"any\",\"local6\":\"fd00::2\",\"link\":\"eth0\"}}}]",
	  "link vx7 vxlan - - in - on - from 192.0.2.2 to 203.0.113.9 by -;"
	  " link g gre - - in - on - from fd00::2 to - by eth0;" },
	{ "[{\"dst\":\"fd00::1\",\"encap\":\"seg6local\",\"action\":\"End.DT6\",\"dev\":\"eth0\"}]",
	  "route6 fd00::1 - - - - - eth0; seg6;" },
	{ "[{\"ifname\":\"a\"", "!" },
	{ "{}", "!" },
	{ "[] x", "!" },
	{ "Object \"address\" is unknown", "!" },
};

static const char *or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

static void say_link(struct lend_buf *out, const struct lend_ip_link *l)
{
	lend_buf_printf(out, " link %s %s %s %s in %s on %s", l->name, or_dash(l->kind),
			or_dash(l->state), or_dash(l->mac), or_dash(l->master),
			or_dash(l->below));
	if (l->bond_mode != NULL)
		lend_buf_printf(out, " %s %s %" PRIu64, l->bond_mode, or_dash(l->bond_active),
				l->bond_min_links.v);
	if (l->parent != NULL)
		lend_buf_printf(out, " of %s", l->parent);
	if (l->vrf_table.has)
		lend_buf_printf(out, " table %" PRIu64, l->vrf_table.v);
	if (l->below_index.has)
		lend_buf_printf(out, " %" PRIu64 " on %" PRIu64 " in %" PRIu64, l->index.v,
				l->below_index.v, l->below_space.v);
	if (l->local != NULL || l->remote != NULL || l->through != NULL)
		lend_buf_printf(out, " from %s to %s by %s", or_dash(l->local),
				or_dash(l->remote), or_dash(l->through));
	lend_buf_putc(out, ';');
}

static void say_route(struct lend_buf *out, const struct lend_ip_route *r)
{
	lend_buf_printf(out, " route%s %s %s %s %s %s ", r->v6 ? "6" : "", r->to,
			or_dash(r->type), or_dash(r->via), or_dash(r->table),
			or_dash(r->origin));
	if (r->metric.has)
		lend_buf_put_u64(out, r->metric.v, 10);
	else
		lend_buf_putc(out, '-');
	for (size_t i = 0; i < r->n_devs; i++)
		lend_buf_printf(out, " %s", r->devs[i]);
	lend_buf_putc(out, ';');
}

static void say_rule(struct lend_buf *out, const struct lend_ip_rule *r)
{
	lend_buf_printf(out, " rule %" PRIu64 " %s", r->priority,
			r->from != NULL ? r->from : "all");
	if (r->bits.has)
		lend_buf_printf(out, "/%" PRIu64, r->bits.v);
	lend_buf_printf(out, " %s%s;", or_dash(r->table), r->vrf ? " vrf" : "");
}

int main(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_arena arena = { 0 };
		struct lend_ip_json ip = { 0 };
		struct lend_err err = { 0 };
		lend_auto_buf out = { 0 };

		must_in(rows[i].text);
		lend_buf_putc(&out, ' ');
		if (lend_ip_json_parse(&arena, rows[i].text, strlen(rows[i].text), &ip, &err) <
		    0)
			lend_buf_putc(&out, '!');
		else
			lend_buf_reset(&out);
		for (size_t n = 0; n < ip.n_links; n++)
			say_link(&out, &ip.links[n]);
		for (size_t n = 0; n < ip.n_addresses; n++)
			lend_buf_printf(&out, " address %s/%" PRIu64 " %s %s;",
					ip.addresses[n].local, ip.addresses[n].bits.v,
					ip.addresses[n].dev, or_dash(ip.addresses[n].scope));
		for (size_t n = 0; n < ip.n_routes; n++)
			say_route(&out, &ip.routes[n]);
		for (size_t n = 0; n < ip.n_rules; n++)
			say_rule(&out, &ip.rules[n]);
		if (ip.seg6)
			lend_buf_puts(&out, " seg6;");
		must_str(out.len > 0 ? out.text + 1 : "", rows[i].says);
		lend_arena_done(&arena);
	}
	return 0;
}
