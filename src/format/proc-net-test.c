/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/proc-net.h"

#include <inttypes.h>

#include "base/buf.h"
#include "tests/must.h"

static void put_ip(struct lend_buf *out, const struct lend_ip *ip)
{
	char text[LEND_IP_TEXT];

	lend_ip_format(ip, text);
	lend_buf_puts(out, text);
}

static void say_route(struct lend_buf *out, const struct lend_proc_route *r)
{
	put_ip(out, &r->to.ip);
	lend_buf_printf(out, "/%u ", r->to.bits);
	if (r->has_via)
		put_ip(out, &r->via);
	lend_buf_printf(out, " %.*s %" PRIu64 "%s;", (int)r->dev.len, r->dev.at, r->metric,
			r->local ? " local" : "");
}

static void routes(void)
{
	static const char v4[] =
		"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n"
		"eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
		"eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
		"eth1\t000200C0\t00000000\t0001\t0\t0\t0\t00FF00FF\t0\t0\t0\n"
		"eth1\t000200C0\t00000000\t0000\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
		"eth1\t0200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
		"*\t000A0A0A\t00000000\t0201\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
		"eth0\t00";
	static const char v6[] =
		"fd000000000000000000000000000000 40 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"fd000000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n"
		"00000000000000000000000000000001 80 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo\n"
		"fd 40 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n";
	struct lend_span rest = { v4, strlen(v4) };
	struct lend_proc_route r;
	lend_auto_buf out = { 0 };

	while (lend_proc_route_next(&rest, &r))
		say_route(&out, &r);
	must_str(lend_buf_text(&out), "0.0.0.0/0 192.0.2.1 eth0 100;192.0.2.0/24  eth0 0;"
				      "10.10.10.0/24  * 0 local;");
	lend_buf_reset(&out);
	rest = (struct lend_span){ v6, strlen(v6) };
	while (lend_proc_route6_next(&rest, &r))
		say_route(&out, &r);
	must_str(lend_buf_text(&out), "fd00::/64  eth0 256;::/0 fd00::1 eth0 1024;"
				      "::1/128  lo 0 local;");
}

static void addresses(void)
{
	static const char text[] = "00000000000000000000000000000001 01 80 10 80       lo\n"
				   "fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n"
				   "fd000000000000000000000000000002 04 40 00 82     eth0\n"
				   "fd000000000000000000000000000002 04 81 00 82     eth0\n"
				   "fd00 04 40\n";
	struct lend_span rest = { text, strlen(text) };
	struct lend_proc_address a;
	lend_auto_buf out = { 0 };

	while (lend_proc_address6_next(&rest, &a)) {
		put_ip(&out, &a.at.ip);
		lend_buf_printf(&out, "/%u %.*s %x;", a.at.bits, (int)a.dev.len, a.dev.at,
				a.scope);
	}
	must_str(lend_buf_text(&out),
		 "::1/128 lo 10;fe80::fc:ff:fe00:1/64 eth0 20;fd00::2/64 eth0 0;");
}

static void trie(void)
{
	static const char text[] = "Main:\n"
				   "  +-- 0.0.0.0/0 3 0 5\n"
				   "     |-- 0.0.0.0\n"
				   "        /0 universe UNICAST\n"
				   "     +-- 192.0.2.0/28 2 0 2\n"
				   "        |-- 192.0.2.0\n"
				   "           /24 link UNICAST\n"
				   "        |-- 192.0.2.10\n"
				   "           /32 host LOCAL\n"
				   "        |-- 192.0.2.300\n"
				   "           /32 host LOCAL\n"
				   "        |-- 127.0.0.0\n"
				   "           /8 host LOCAL\n"
				   "           /32 host LOCAL";
	struct lend_span rest = { text, strlen(text) };
	struct lend_ip ip;
	lend_auto_buf out = { 0 };

	while (lend_fib_trie_next(&rest, &ip)) {
		put_ip(&out, &ip);
		lend_buf_putc(&out, ';');
	}
	must_str(lend_buf_text(&out), "192.0.2.10;127.0.0.0;");
}

static void connections(void)
{
	static const char text[] =
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
		"   0: 0A0200C0:0016 070200C0:C822 01 00000000:00000000 02:000A 00000000 0 0 4242 4\n"
		"   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:0000 00000000 0 0 17 1\n"
		"   2: 0000000000000000FFFF00000A0200C0:0016 0000000000000000FFFF0000070200C0:C823 01"
		" 00000000:00000000 00:0000 00000000 0 0 4243 4\n"
		"   3: 0A0200C0:0016 070200C0 01 00000000:00000000 02:000A 00000000 0 0 1 4\n"
		"   4: 0A0200C:0016 070200C0:C822 01 00000000:00000000 02:000A 00000000 0 0 1 4\n"
		"   5: 0A0200C0:0016 070200C0:1C822 01 00000000:00000000 02:000A 00000000 0 0 1 4\n";
	struct lend_span rest = { text, strlen(text) };
	struct lend_tcp_connection c;
	lend_auto_buf out = { 0 };

	while (lend_tcp_connection_next(&rest, &c)) {
		put_ip(&out, &c.local);
		lend_buf_printf(&out, ":%u ", c.local_port);
		put_ip(&out, &c.remote);
		lend_buf_printf(&out, ":%u %" PRIu64 ";", c.remote_port, c.inode);
	}
	must_str(lend_buf_text(&out), "192.0.2.10:22 192.0.2.7:51234 4242;"
				      "192.0.2.10:22 192.0.2.7:51235 4243;");
}

static void descriptors(void)
{
	static const struct {
		const char *text, *name;
	} rows[] = {
		{ "pos:\t0\nflags:\t02104002\nmnt_id:\t24\nino:\t105\niff:\ttap0\n", "tap0" },
		{ "iff:\tvnet 1\n", "vnet 1" },
		{ "pos:\t0\niff:\t\n", "" },
		{ "pos:\t0\nflags:\t02\n", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_span text = { rows[i].text, strlen(rows[i].text) }, name = { 0 };
		lend_auto_buf out = { 0 };

		if (lend_fdinfo_tun(text, &name))
			lend_buf_put(&out, name.at, name.len);
		must_str(lend_buf_text(&out), rows[i].name);
	}
}

int main(void)
{
	descriptors();
	routes();
	addresses();
	trie();
	connections();
	return 0;
}
