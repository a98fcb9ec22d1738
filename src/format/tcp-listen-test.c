/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/tcp-listen.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "tests/must.h"

static struct lend_tcp_name name_of(const char *text)
{
	struct lend_tcp_name name = { 0 };

	must_in(text);
	must(lend_tcp_name_parse(text, strlen(text), &name));
	must_in("");
	return name;
}

static void names(void)
{
	static const struct {
		const char *text;
		int host; /* -1: is none */
		uint16_t port, last;
		bool loopback;
	} rows[] = {
		{ "127.0.0.1:4444", LEND_TCP_V4, 4444, 4444, true },
		{ "127.8.9.10:1", LEND_TCP_V4, 1, 1, true },
		{ "128.0.0.1:4444", LEND_TCP_V4, 4444, 4444, false },
		{ "0.0.0.0:4444", LEND_TCP_V4, 4444, 4444, false },
		{ "[::1]:65535", LEND_TCP_V6, 65535, 65535, true },
		{ "::1:4444", LEND_TCP_V6, 4444, 4444, true },
		{ "[::]:4444", LEND_TCP_V6, 4444, 4444, false },
		{ "[::ffff:127.0.0.1]:4444", LEND_TCP_V6, 4444, 4444, false },
		{ "localhost:4444", LEND_TCP_LOCALHOST, 4444, 4444, true },
		{ "LOCALHOST:4444", LEND_TCP_LOCALHOST, 4444, 4444, true },
		{ "localhost:4444-4450", LEND_TCP_LOCALHOST, 4444, 4450, false },
		{ "localhost.example.org:4444", LEND_TCP_OTHER, 4444, 4444, false },
		{ "127.1:4444", LEND_TCP_OTHER, 4444, 4444, false },
		{ ":4444", LEND_TCP_ALL, 4444, 4444, false },
		{ "127.0.0.1", -1, 0, 0, false },
		{ "127.0.0.1:", -1, 0, 0, false },
		{ "127.0.0.1:0", -1, 0, 0, false },
		{ "127.0.0.1:65536", -1, 0, 0, false },
		{ "127.0.0.1:44x", -1, 0, 0, false },
		{ "127.0.0.1:+44", -1, 0, 0, false },
		{ "127.0.0.1:50-44", -1, 0, 0, false },
		{ "127.0.0.1:http", -1, 0, 0, false },
		{ "", -1, 0, 0, false },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_tcp_name name = { 0 };
		bool is = lend_tcp_name_parse(rows[i].text, strlen(rows[i].text), &name);

		must_in(rows[i].text);
		must(is == (rows[i].host >= 0));
		if (!is)
			continue;
		must_u64(name.host, (uint64_t)rows[i].host);
		must_u64(name.port, rows[i].port);
		must_u64(name.last, rows[i].last);
		must(lend_tcp_name_is_loopback(&name) == rows[i].loopback);
	}
	must_in("");
}

static void covering(void)
{
	static const struct {
		const char *a, *b;
		bool covers;
	} rows[] = {
		{ "127.0.0.1:1", "127.0.0.1:1", true },
		{ "127.0.0.1:1", "127.0.0.1:2", false },
		{ "127.0.0.1:1", "127.0.0.2:1", false },
		{ "127.0.0.1:1", "localhost:1", true },
		{ "127.0.0.1:1", "[::1]:1", false },
		{ "0.0.0.0:1", "127.0.0.2:1", true },
		{ "10.0.0.1:1", "127.0.0.1:1", false },
		{ "[::1]:1", "[::1]:1", true },
		{ "[::1]:1", "127.0.0.1:1", false },
		{ "[::]:1", "127.0.0.1:1", true },
		{ ":1", "127.0.0.1:1", true },
		{ "localhost:1-9", "[::1]:9", true },
		{ "localhost:1-9", "[::1]:10", false },
		{ "myself:1", "127.0.0.1:1", true },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_tcp_name a = name_of(rows[i].a);
		struct lend_tcp_name b = name_of(rows[i].b);

		must_in(rows[i].a);
		must(lend_tcp_name_covers(&a, &b) == rows[i].covers);
	}
	must_in("");
}

static void written(void)
{
	lend_auto_buf out = { 0 };

	lend_tcp_name_put(&out, "::1", 4444, 4444);
	lend_tcp_name_put(&out, " 127.0.0.1", 1, 9);
	must_str(lend_buf_text(&out), "[::1]:4444 127.0.0.1:1-9");
}

/* A line as the kernel of this machine writes it. */
static void put_line(struct lend_buf *out, const char *address, unsigned int port,
		     const char *state, unsigned int inode)
{
	uint32_t words[4];
	int n = strchr(address, ':') != NULL ? 4 : 1;

	must(inet_pton(n == 4 ? AF_INET6 : AF_INET, address, words) == 1);
	lend_buf_puts(out, "   7: ");
	for (int i = 0; i < n; i++)
		lend_buf_printf(out, "%08" PRIX32, words[i]);
	lend_buf_printf(out, ":%04X 00000000:0000 %s 0:0 00:0 0  1000        0 %u 1 0\n", port,
			state, inode);
}

static void tables(void)
{
	static const struct {
		const char *address;
		const char *name; /* that fits */
		const char *reach;
	} rows[] = {
		{ "127.0.0.1", "127.0.0.1:4444", "4:127.0.0.1" },
		{ "127.0.0.9", "127.0.0.9:4440-4450", "4:127.0.0.9" },
		{ "127.0.0.1", "localhost:4444", "4:127.0.0.1" },
		{ "0.0.0.0", ":4444", "4:127.0.0.1" },
		{ "10.0.0.1", "10.0.0.1:4444", NULL },
		{ "::1", "[::1]:4444", "6" },
		{ "::", "[::]:4444", "6" },
		{ "::ffff:127.0.0.1", "127.0.0.1:4444", "4:127.0.0.1" },
		{ "2001:db8::1", "somewhere:4444", NULL },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_tcp_name name = name_of(rows[i].name);
		struct lend_tcp_listener l;
		struct lend_loopback to;
		lend_auto_buf text = { 0 };
		const char *at;
		char got[30];

		must_in(rows[i].address);
		lend_buf_puts(&text, "  sl  local_address rem_address   st\n");
		put_line(&text, rows[i].address, 4444, "01", 1);
		put_line(&text, rows[i].address, 4444, "0A", 0);
		put_line(&text, rows[i].address, 4444, "0A", 77);
		lend_buf_puts(&text, "   8: short\n");
		at = text.text;
		must(lend_tcp_table_next(&at, &l));
		must_u64(l.inode, 77);
		must_u64(l.port, 4444);
		must(lend_tcp_name_fits(&name, &l));
		name.port = name.last = 4443;
		must(!lend_tcp_name_fits(&name, &l));
		must(lend_tcp_reach(&l, &to) == (rows[i].reach != NULL));
		if (rows[i].reach != NULL) {
			(void)snprintf(got, sizeof(got), "4:%u.%u.%u.%u", to.v4[0], to.v4[1],
				       to.v4[2], to.v4[3]);
			must_str(to.v6 ? "6" : got, rows[i].reach);
			must_u64(to.port, 4444);
		}
		must(!lend_tcp_table_next(&at, &l));
	}
	must_in("");
}

static struct lend_tcp_listener listener(const char *address)
{
	struct lend_tcp_listener l = { 0 };
	lend_auto_buf text = { 0 };
	const char *at;

	put_line(&text, address, 4444, "0A", 5);
	at = text.text;
	must(lend_tcp_table_next(&at, &l));
	return l;
}

static void scores(void)
{
	static const struct {
		const char *address;
		unsigned int v4, v6;
	} rows[] = {
		{ "127.0.0.1", 3, 0 }, { "127.0.0.2", 0, 0 }, { "0.0.0.0", 2, 0 },
		{ "::1", 0, 3 },       { "::", 1, 2 },        { "10.0.0.1", 0, 0 },
	};
	const struct lend_loopback v4 = { .v4 = { 127, 0, 0, 1 }, .port = 4444 };
	const struct lend_loopback v6 = { .v6 = true, .port = 4444 };
	const struct lend_loopback other = { .v6 = true, .port = 4445 };

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_tcp_listener l = listener(rows[i].address);

		must_in(rows[i].address);
		must_u64(lend_tcp_score(&l, &v4), rows[i].v4);
		must_u64(lend_tcp_score(&l, &v6), rows[i].v6);
		must_u64(lend_tcp_score(&l, &other), 0);
	}
	must_in("");
}

int main(void)
{
	names();
	covering();
	written();
	tables();
	scores();
	return 0;
}
