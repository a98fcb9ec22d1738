/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/ip-address.h"

#include <string.h>

#include "tests/must.h"

static void addresses(void)
{
	static const struct {
		const char *text, *says; /* "": is none */
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "FD00::0:1", "fd00::1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::", "::" },
		{ "192.0.2", "" },
		{ "192.0.2.256", "" },
		{ "192.0.2.1 ", "" },
		{ "fe80::1%eth0", "" },
		{ "fd00:::1", "" },
		{ "", "" },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", "" },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		char text[LEND_IP_TEXT] = "";
		struct lend_ip ip;

		must_in(rows[i].text);
		if (lend_ip_parse(rows[i].text, strlen(rows[i].text), &ip))
			lend_ip_format(&ip, text);
		must_str(text, rows[i].says);
	}
}

static void nets(void)
{
	static const struct {
		const char *net, *ip;
		int has; /* -1: is none */
	} rows[] = {
		{ "192.0.2.0/24", "192.0.2.255", 1 },
		{ "192.0.2.0/24", "192.0.3.0", 0 },
		{ "192.0.2.128/25", "192.0.2.127", 0 },
		{ "192.0.2.128/25", "192.0.2.128", 1 },
		{ "0.0.0.0/0", "255.0.0.1", 1 },
		{ "0.0.0.0/0", "::1", 0 },
		{ "::/0", "::1", 1 },
		{ "::/0", "::ffff:192.0.2.1", 0 },
		{ "fd00::/63", "fd00:0:0:1::5", 1 },
		{ "fd00::/64", "fd00:0:0:1::5", 0 },
		{ "192.0.2.1", "192.0.2.1", 1 },
		{ "192.0.2.1", "192.0.2.2", 0 },
		{ "192.0.2.0/33", "192.0.2.1", -1 },
		{ "192.0.2.0/", "192.0.2.1", -1 },
		{ "192.0.2.0/+1", "192.0.2.1", -1 },
		{ "default", "192.0.2.1", -1 },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_ip_net net;
		struct lend_ip ip;
		bool is = lend_ip_net_parse(rows[i].net, strlen(rows[i].net), &net);

		must_in(rows[i].net);
		must(lend_ip_parse(rows[i].ip, strlen(rows[i].ip), &ip));
		must(is == (rows[i].has >= 0));
		must(!is || lend_ip_net_has(&net, &ip) == (rows[i].has == 1));
	}
}

static void loopback(void)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = { { "127.8.0.1", true },
		     { "128.0.0.1", false },
		     { "::1", true },
		     { "::2", false },
		     { "::ffff:127.0.0.1", true } };
	struct lend_ip first, ip;

	must(lend_ip_parse("127.8.0.1", 9, &first));
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		must_in(rows[i].text);
		must(lend_ip_parse(rows[i].text, strlen(rows[i].text), &ip));
		must(lend_ip_is_loopback(&ip) == rows[i].is);
		must(lend_ip_is(&ip, &first) == (i == 0));
	}
}

int main(void)
{
	addresses();
	nets();
	loopback();
	return 0;
}
