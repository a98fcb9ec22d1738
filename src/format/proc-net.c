/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/proc-net.h"

#include <string.h>

#include "base/num.h"

/* linux/route.h, linux/ipv6_route.h, net/tcp_states.h */
enum { RTF_UP = 0x1, RTF_GATEWAY = 0x2, RTF_REJECT = 0x200, ESTABLISHED = 1 };
static const uint64_t rtf_local = 0x80000000, rtf_anycast = 0x00100000;

enum { WORDS_MAX = 12 };

static size_t split(struct lend_span line, struct lend_span words[WORDS_MAX])
{
	size_t n = 0;

	while (n < WORDS_MAX) {
		while (line.len > 0 && lend_ascii_is_space(*line.at)) {
			line.at++;
			line.len--;
		}
		if (line.len == 0)
			break;
		words[n] = line;
		while (line.len > 0 && !lend_ascii_is_space(*line.at)) {
			line.at++;
			line.len--;
		}
		words[n].len = (size_t)(line.at - words[n].at);
		n++;
	}
	return n;
}

static bool hex(struct lend_span word, uint64_t *ret)
{
	return lend_parse_u64n(word.at, word.len, 16, ret);
}

/* A number of the machine as the kernel has it in memory: its bytes are in order of the net. */
static bool put_word(struct lend_span word, uint8_t ret[4])
{
	uint64_t number;
	uint32_t value;

	if (word.len != 8 || !hex(word, &number))
		return false;
	value = (uint32_t)number;
	memcpy(ret, &value, sizeof(value));
	return true;
}

/* 16 bytes in order of the net. */
static bool put_bytes(struct lend_span word, struct lend_ip *ret)
{
	struct lend_ip ip = { .v6 = true };
	uint64_t byte;

	if (word.len != 2 * sizeof(ip.bytes))
		return false;
	for (size_t i = 0; i < sizeof(ip.bytes); i++) {
		if (!hex((struct lend_span){ word.at + 2 * i, 2 }, &byte))
			return false;
		ip.bytes[i] = (uint8_t)byte;
	}
	*ret = ip;
	return true;
}

static bool is_set(const struct lend_ip *ip)
{
	static const uint8_t none[16];

	return memcmp(ip->bytes, none, sizeof(none)) != 0;
}

/* ---- routes ---- */

/* A mask is ones, then zeros. */
static bool bits_of(const uint8_t mask[4], unsigned int *ret)
{
	uint32_t m = (uint32_t)mask[0] << 24 | (uint32_t)mask[1] << 16 |
		     (uint32_t)mask[2] << 8 | mask[3];
	unsigned int bits = 0;

	while (bits < 32 && (m & (UINT32_C(1) << (31 - bits))) != 0)
		bits++;
	*ret = bits;
	return bits == 32 || (m & (UINT32_MAX >> bits)) == 0;
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT */
static bool read_route(struct lend_span line, struct lend_proc_route *ret)
{
	struct lend_span words[WORDS_MAX];
	struct lend_proc_route route = { 0 };
	uint8_t mask[4];
	uint64_t flags;

	if (split(line, words) < 8 || !hex(words[3], &flags) || (flags & RTF_UP) == 0 ||
	    !put_word(words[1], route.to.ip.bytes) || !put_word(words[2], route.via.bytes) ||
	    !put_word(words[7], mask) || !bits_of(mask, &route.to.bits) ||
	    !lend_parse_u64n(words[6].at, words[6].len, 10, &route.metric))
		return false;
	route.dev = words[0];
	route.has_via = (flags & RTF_GATEWAY) != 0 && is_set(&route.via);
	route.local = (flags & RTF_REJECT) != 0;
	*ret = route;
	return true;
}

/* destination bits source bits next-hop metric refs use flags dev */
static bool read_route6(struct lend_span line, struct lend_proc_route *ret)
{
	struct lend_span words[WORDS_MAX];
	struct lend_proc_route route = { 0 };
	uint64_t flags, bits;

	if (split(line, words) < 10 || !put_bytes(words[0], &route.to.ip) ||
	    !hex(words[1], &bits) || bits > 128 || !put_bytes(words[4], &route.via) ||
	    !hex(words[5], &route.metric) || !hex(words[8], &flags) || (flags & RTF_UP) == 0)
		return false;
	route.dev = words[9];
	route.to.bits = (unsigned int)bits;
	route.has_via = (flags & RTF_GATEWAY) != 0 && is_set(&route.via);
	route.local = (flags & (RTF_REJECT | rtf_local | rtf_anycast)) != 0;
	*ret = route;
	return true;
}

bool lend_proc_route_next(struct lend_span *rest, struct lend_proc_route *ret)
{
	struct lend_span line;

	while (lend_span_next_line(rest, &line)) {
		if (read_route(line, ret))
			return true;
	}
	return false;
}

bool lend_proc_route6_next(struct lend_span *rest, struct lend_proc_route *ret)
{
	struct lend_span line;

	while (lend_span_next_line(rest, &line)) {
		if (read_route6(line, ret))
			return true;
	}
	return false;
}

/* ---- addresses ---- */

/* address index bits scope flags dev */
bool lend_proc_address6_next(struct lend_span *rest, struct lend_proc_address *ret)
{
	struct lend_span line;

	while (lend_span_next_line(rest, &line)) {
		struct lend_span words[WORDS_MAX];
		struct lend_proc_address address = { 0 };
		uint64_t bits, scope;

		if (split(line, words) < 6 || !put_bytes(words[0], &address.at.ip) ||
		    !hex(words[2], &bits) || bits > 128 || !hex(words[3], &scope) ||
		    scope > 0xff)
			continue;
		address.dev = words[5];
		address.at.bits = (unsigned int)bits;
		address.scope = (unsigned int)scope;
		*ret = address;
		return true;
	}
	return false;
}

/* "|-- 192.0.2.10", and in a line below it "/32 host LOCAL". */
bool lend_fib_trie_next(struct lend_span *rest, struct lend_ip *ret)
{
	struct lend_span words[WORDS_MAX];
	struct lend_span line;
	struct lend_ip ip;
	bool has = false;

	while (lend_span_next_line(rest, &line)) {
		size_t n = split(line, words);

		if (n == 2 && words[0].len == 3 && memcmp(words[0].at, "|--", 3) == 0) {
			has = lend_ip_parse(words[1].at, words[1].len, &ip);
		} else if (has && n == 3 && words[2].len == 5 &&
			   memcmp(words[2].at, "LOCAL", 5) == 0 && words[0].len == 3 &&
			   memcmp(words[0].at, "/32", 3) == 0) {
			*ret = ip;
			return true;
		}
	}
	return false;
}

/* ---- connections ---- */

/* "0100007F:0016", or four such words of IPv6. */
static bool read_end(struct lend_span word, struct lend_ip *ret_ip, uint16_t *ret_port)
{
	const char *colon = memchr(word.at, ':', word.len);
	struct lend_ip ip = { 0 };
	char text[LEND_IP_TEXT];
	uint64_t port;
	size_t len;

	if (colon == NULL)
		return false;
	len = (size_t)(colon - word.at);
	if ((len != 8 && len != 32) ||
	    !hex((struct lend_span){ colon + 1, word.len - len - 1 }, &port) || port == 0 ||
	    port > UINT16_MAX)
		return false;
	ip.v6 = len == 32;
	for (size_t i = 0; i < len / 8; i++) {
		if (!put_word((struct lend_span){ word.at + 8 * i, 8 }, ip.bytes + 4 * i))
			return false;
	}
	/* One way to write each of them: IPv4 inside IPv6 becomes IPv4. */
	lend_ip_format(&ip, text);
	*ret_port = (uint16_t)port;
	return lend_ip_parse(text, strlen(text), ret_ip);
}

/* sl local rem st tx:rx tr:when retrnsmt uid timeout inode ... */
bool lend_tcp_connection_next(struct lend_span *rest, struct lend_tcp_connection *ret)
{
	struct lend_span line;

	while (lend_span_next_line(rest, &line)) {
		struct lend_span words[WORDS_MAX];
		struct lend_tcp_connection c = { 0 };
		uint64_t state;

		if (split(line, words) < 10 || !hex(words[3], &state) || state != ESTABLISHED ||
		    !read_end(words[1], &c.local, &c.local_port) ||
		    !read_end(words[2], &c.remote, &c.remote_port) ||
		    !lend_parse_u64n(words[9].at, words[9].len, 10, &c.inode))
			continue;
		*ret = c;
		return true;
	}
	return false;
}

/* ---- descriptors ---- */

bool lend_fdinfo_tun(struct lend_span text, struct lend_span *ret)
{
	static const char key[] = "iff:";
	struct lend_span line;

	while (lend_span_next_line(&text, &line)) {
		if (line.len < strlen(key) || memcmp(line.at, key, strlen(key)) != 0)
			continue;
		*ret = lend_span_trim(
			(struct lend_span){ line.at + strlen(key), line.len - strlen(key) });
		return ret->len > 0;
	}
	return false;
}
