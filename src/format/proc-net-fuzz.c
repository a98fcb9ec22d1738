/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/proc-net.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct lend_ip_net *net)
{
	if (net->bits > (net->ip.v6 ? 128 : 32) || !lend_ip_net_has(net, &net->ip))
		abort();
}

/* Networks are whole ones, names lie in the text, ports are ports. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct lend_span text = { (const char *)data, size };
	struct lend_tcp_connection connection;
	struct lend_proc_address address;
	struct lend_proc_route route;
	struct lend_ip ip;
	struct lend_span rest = text, name;

	while (lend_proc_route_next(&rest, &route))
		check(&route.to);
	rest = text;
	while (lend_proc_route6_next(&rest, &route))
		check(&route.to);
	rest = text;
	while (lend_proc_address6_next(&rest, &address)) {
		check(&address.at);
		if (address.dev.len == 0 || address.dev.at + address.dev.len > text.at + size)
			abort();
	}
	rest = text;
	while (lend_fib_trie_next(&rest, &ip)) {
		if (!lend_ip_is(&ip, &ip))
			abort();
	}
	rest = text;
	while (lend_tcp_connection_next(&rest, &connection)) {
		if (connection.local_port == 0 || connection.remote_port == 0)
			abort();
	}
	if (lend_fdinfo_tun(text, &name) &&
	    (name.len == 0 || name.at < text.at || name.at + name.len > text.at + size))
		abort();
	return 0;
}
