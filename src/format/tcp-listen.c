/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/tcp-listen.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "base/ascii.h"
#include "base/num.h"

enum { HOST_MAX = 255, LISTENS = 0x0a /* TCP_LISTEN */ };

static const uint8_t v4_loopback[4] = { 127, 0, 0, 1 };
static const uint8_t v6_loopback[16] = { [15] = 1 };
static const uint8_t v6_all[16];

/* ---- names ---- */

static bool parse_port(const char *text, size_t len, uint16_t *ret)
{
	uint64_t number;

	if (!lend_parse_u64n(text, len, 10, &number) || number == 0 || number > UINT16_MAX)
		return false;
	*ret = (uint16_t)number;
	return true;
}

static bool parse_ports(const char *text, size_t len, struct lend_tcp_name *name)
{
	const char *dash = memchr(text, '-', len);
	size_t first = dash == NULL ? len : (size_t)(dash - text);

	if (!parse_port(text, first, &name->port))
		return false;
	name->last = name->port;
	return dash == NULL ||
	       (parse_port(dash + 1, len - first - 1, &name->last) && name->last >= name->port);
}

static void parse_host(const char *host, struct lend_tcp_name *name)
{
	if (*host == '\0')
		name->host = LEND_TCP_ALL;
	else if (inet_pton(AF_INET, host, name->address) == 1)
		name->host = LEND_TCP_V4;
	else if (inet_pton(AF_INET6, host, name->address) == 1)
		name->host = LEND_TCP_V6;
	else if (lend_ascii_casecmp(host, "localhost") == 0)
		name->host = LEND_TCP_LOCALHOST;
	else
		name->host = LEND_TCP_OTHER;
}

bool lend_tcp_name_parse(const char *text, size_t len, struct lend_tcp_name *ret)
{
	const char *colon = memrchr(text, ':', len);
	struct lend_tcp_name name = { 0 };
	char host[HOST_MAX + 1];
	size_t host_len;

	if (colon == NULL)
		return false;
	host_len = (size_t)(colon - text);
	if (!parse_ports(colon + 1, len - host_len - 1, &name))
		return false;
	if (host_len >= 2 && text[0] == '[' && text[host_len - 1] == ']') {
		text++;
		host_len -= 2;
	}
	if (host_len > HOST_MAX || memchr(text, '\0', host_len) != NULL)
		return false;
	memcpy(host, text, host_len);
	host[host_len] = '\0';
	parse_host(host, &name);
	*ret = name;
	return true;
}

void lend_tcp_name_put(struct lend_buf *out, const char *host, uint64_t port, uint64_t last)
{
	bool wrap = strchr(host, ':') != NULL && host[0] != '[';

	lend_buf_printf(out, "%s%s%s:%" PRIu64, wrap ? "[" : "", host, wrap ? "]" : "", port);
	if (last > port)
		lend_buf_printf(out, "-%" PRIu64, last);
}

static bool is_v6(const struct lend_tcp_name *name, const uint8_t address[16])
{
	return name->host == LEND_TCP_V6 && memcmp(name->address, address, 16) == 0;
}

bool lend_tcp_name_is_loopback(const struct lend_tcp_name *name)
{
	if (name->last != name->port)
		return false;
	return name->host == LEND_TCP_LOCALHOST || is_v6(name, v6_loopback) ||
	       (name->host == LEND_TCP_V4 && name->address[0] == 127);
}

static bool is_all_v4(const uint8_t *address)
{
	return memcmp(address, v6_all, 4) == 0;
}

bool lend_tcp_name_covers(const struct lend_tcp_name *a, const struct lend_tcp_name *b)
{
	if (b->port < a->port || b->port > a->last)
		return false;
	switch (a->host) {
	case LEND_TCP_V4:
		return is_all_v4(a->address) || b->host == LEND_TCP_LOCALHOST ||
		       (b->host == LEND_TCP_V4 && memcmp(a->address, b->address, 4) == 0);
	case LEND_TCP_V6:
		return is_v6(a, v6_all) || b->host == LEND_TCP_LOCALHOST ||
		       is_v6(b, a->address);
	case LEND_TCP_LOCALHOST:
	case LEND_TCP_ALL:
	case LEND_TCP_OTHER:
		break;
	}
	return true;
}

/* ---- the kernel's table ---- */

/* 32 bits at a time, each printed as the machine's own number: bytes in the order of memory. */
static bool parse_address(const char *text, size_t len, struct lend_tcp_listener *l)
{
	size_t words = len / 8;

	if (len != 8 && len != 32)
		return false;
	for (size_t i = 0; i < words; i++) {
		uint64_t number;
		uint32_t word;

		if (!lend_parse_u64n(text + 8 * i, 8, 16, &number))
			return false;
		word = (uint32_t)number;
		memcpy(l->address + 4 * i, &word, sizeof(word));
	}
	l->v6 = words == 4;
	return true;
}

/* ::ffff:127.0.0.1 of a v6 socket is an address of v4. */
static void unmap(struct lend_tcp_listener *l)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t v4[4];

	if (!l->v6 || memcmp(l->address, mapped, sizeof(mapped)) != 0)
		return;
	memcpy(v4, l->address + 12, sizeof(v4));
	memset(l->address, 0, sizeof(l->address));
	memcpy(l->address, v4, sizeof(v4));
	l->v6 = false;
}

/* "sl local rem st tx:rx tr:when retrnsmt uid timeout inode ..." */
static bool parse_line(const char *line, size_t len, struct lend_tcp_listener *ret)
{
	struct lend_tcp_listener l = { 0 };
	const char *field[10];
	size_t size[10];
	const char *colon;
	uint64_t state, port;

	for (size_t i = 0; i < LEND_COUNT(field); i++) {
		while (len > 0 && *line == ' ') {
			line++;
			len--;
		}
		field[i] = line;
		while (len > 0 && *line != ' ') {
			line++;
			len--;
		}
		size[i] = (size_t)(line - field[i]);
	}
	colon = memchr(field[1], ':', size[1]);
	if (colon == NULL || !lend_parse_u64n(field[3], size[3], 16, &state) ||
	    state != LISTENS || !parse_address(field[1], (size_t)(colon - field[1]), &l) ||
	    !lend_parse_u64n(colon + 1, size[1] - (size_t)(colon + 1 - field[1]), 16, &port) ||
	    port == 0 || port > UINT16_MAX ||
	    !lend_parse_u64n(field[9], size[9], 10, &l.inode) || l.inode == 0)
		return false;
	l.port = (uint16_t)port;
	unmap(&l);
	*ret = l;
	return true;
}

bool lend_tcp_table_next(const char **at, struct lend_tcp_listener *ret)
{
	while (**at != '\0') {
		const char *line = *at;
		size_t len = strcspn(line, "\n");

		*at = line + len + (line[len] == '\n');
		if (parse_line(line, len, ret))
			return true;
	}
	return false;
}

/* ---- both ---- */

static bool is_loopback(const struct lend_tcp_listener *l)
{
	return l->v6 ? memcmp(l->address, v6_loopback, 16) == 0 : l->address[0] == 127;
}

static bool is_all(const struct lend_tcp_listener *l)
{
	return l->v6 ? memcmp(l->address, v6_all, 16) == 0 : is_all_v4(l->address);
}

bool lend_tcp_name_fits(const struct lend_tcp_name *name, const struct lend_tcp_listener *l)
{
	if (l->port < name->port || l->port > name->last)
		return false;
	switch (name->host) {
	case LEND_TCP_V4:
		return !l->v6 && memcmp(l->address, name->address, 4) == 0;
	case LEND_TCP_V6:
		return l->v6 && memcmp(l->address, name->address, 16) == 0;
	case LEND_TCP_LOCALHOST:
		return l->v6 ? is_loopback(l) : memcmp(l->address, v4_loopback, 4) == 0;
	case LEND_TCP_ALL:
		return is_all(l);
	case LEND_TCP_OTHER:
		break;
	}
	return true;
}

bool lend_tcp_reach(const struct lend_tcp_listener *l, struct lend_loopback *ret)
{
	if (!is_loopback(l) && !is_all(l))
		return false;
	*ret = (struct lend_loopback){ .v6 = l->v6, .port = l->port };
	if (!l->v6)
		memcpy(ret->v4, is_all(l) ? v4_loopback : l->address, 4);
	return true;
}

unsigned int lend_tcp_score(const struct lend_tcp_listener *l, const struct lend_loopback *to)
{
	if (l->port != to->port)
		return 0;
	if (l->v6 == to->v6 && is_loopback(l) && (to->v6 || memcmp(l->address, to->v4, 4) == 0))
		return 3;
	if (!is_all(l))
		return 0;
	if (l->v6 == to->v6)
		return 2;
	return l->v6 ? 1 : 0; /* a v6 socket may take v4, too */
}
