/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses of IP, wherever they stand: known by their form.
 *
 * A replay has to find the same routes, so a part that is replaced depends on
 * itself and on what is in front of it alone, and no two become one: the first
 * two of the four numbers of IPv4, the second and third group of IPv6, of
 * which each is moved round among those with as many digits.  What is behind
 * them stays; so do addresses that every host has.  A MAC address inside an
 * address of IPv6 (RFC 4291, appendix A) gets another number, too.
 *
 * Networks whose length is not that of whole parts may lose what is in them.
 */

#include "base/ascii.h"
#include "collect/anonymise.h"
#include "format/ip-address.h"

/* How far to move, 1 to n - 1: the same for the same context, and random. */
static unsigned int distance(struct lend_anonymise *a, const char *context, unsigned int n)
{
	lend_auto_buf other = { 0 };
	unsigned int sum = 0;

	lend_anon_word(a, LEND_ANON_FORCE, context, strlen(context), &other);
	for (size_t i = 0; i < other.len; i++)
		sum = sum * 31 + (uint8_t)other.text[i];
	return 1 + sum % (n - 1);
}

static unsigned int move(struct lend_anonymise *a, const char *context, unsigned int value,
			 unsigned int low, unsigned int high)
{
	unsigned int n = high - low + 1;

	return low + (value - low + distance(a, context, n)) % n;
}

/* ---- IPv4 ---- */

/* This host, loopback, link-local, multicast and masks (RFC 6890). */
static bool is_everybodys(unsigned int first)
{
	return first == 0 || first == 127 || first == 169 || first >= 224;
}

static unsigned int other_octet(struct lend_anonymise *a, const char *context,
				unsigned int value, unsigned int highest)
{
	if (value == 0)
		return 0;
	if (value < 10)
		return move(a, context, value, 1, 9);
	return value < 100 ? move(a, context, value, 10, 99)
			   : move(a, context, value, 100, highest);
}

static void other_v4(struct lend_anonymise *a, uint8_t *ip)
{
	unsigned int first = ip[0];
	char context[32];

	if (is_everybodys(first))
		return;
	/* Round and round, until it is none of these: so no two become one, still. */
	do {
		first = other_octet(a, "firstoctets", first, 223);
	} while (is_everybodys(first));
	(void)snprintf(context, sizeof(context), "octetsbehind%03u", ip[0]);
	ip[1] = (uint8_t)other_octet(a, context, ip[1], 255);
	ip[0] = (uint8_t)first;
}

/* ---- IPv6 ---- */

static unsigned int group_of(const uint8_t *ip, size_t i)
{
	return (unsigned int)ip[2 * i] << 8 | ip[2 * i + 1];
}

static void put_group(uint8_t *ip, size_t i, unsigned int value)
{
	ip[2 * i] = (uint8_t)(value >> 8);
	ip[2 * i + 1] = (uint8_t)value;
}

/* As many digits, and zero stays zero, so that it is as long as it was. */
static unsigned int other_group(struct lend_anonymise *a, const char *context,
				unsigned int value)
{
	unsigned int low = value >= 0x1000  ? 0x1000
			   : value >= 0x100 ? 0x100
			   : value >= 0x10  ? 0x10
					    : 1;

	return value == 0 ? 0 : move(a, context, value, low, low * 16 - 1);
}

static void other_v6(struct lend_anonymise *a, uint8_t *ip)
{
	unsigned int first = group_of(ip, 0), second = group_of(ip, 1);
	bool global = first >= 0x2000 && first < 0xfe00;
	char context[40];

	/* ff:fe in the middle: made of a MAC address, whose maker stays. */
	if (ip[11] == 0xff && ip[12] == 0xfe) {
		ip[13] = (uint8_t)move(a, "interfaceids", ip[13], 0, 255);
		put_group(ip, 7, other_group(a, "interfaceends", group_of(ip, 7)));
	}
	if (!global)
		return;
	(void)snprintf(context, sizeof(context), "groupsbehind%04x", first);
	put_group(ip, 1, other_group(a, context, second));
	(void)snprintf(context, sizeof(context), "groupsbehind%04x%04x", first, second);
	put_group(ip, 2, other_group(a, context, group_of(ip, 2)));
}

/* ---- in text ---- */

static bool may_go_on(char c)
{
	return lend_ascii_is_alpha(c) || lend_ascii_is_digit(c) ||
	       (c != '\0' && strchr("_-.+@:", c) != NULL);
}

/* Of the address that begins here: digits, colons and dots; 0 when there is none. */
static size_t length_of(const char *text, size_t len, struct lend_ip *ret)
{
	size_t n = 0, dots = 0, colons = 0;

	while (n < len && n < LEND_IP_TEXT &&
	       (lend_ascii_is_xdigit(text[n]) || text[n] == ':' || text[n] == '.')) {
		dots += text[n] == '.';
		colons += text[n] == ':';
		n++;
	}
	/* "192.0.2.1:22": a port is no part of it. */
	if (colons > 0 && dots == 3 && memchr(text, '.', n) < memchr(text, ':', n)) {
		n = (size_t)((const char *)memchr(text, ':', n) - text);
		colons = 0;
	} else if (n < len && may_go_on(text[n])) {
		return 0;
	}
	if ((dots != 3 || colons != 0) && colons < 2)
		return 0;
	return lend_ip_parse(text, n, ret) ? n : 0;
}

size_t lend_anon_ip(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out)
{
	struct lend_ip ip;
	char other[LEND_IP_TEXT];
	size_t n = length_of(text, len, &ip);

	if (n == 0)
		return 0;
	if (ip.v6)
		other_v6(a, ip.bytes);
	else
		other_v4(a, ip.bytes);
	/* IPv4 inside IPv6 keeps what stands before it. */
	if (!ip.v6 && memchr(text, ':', n) != NULL)
		lend_buf_puts(out, "::ffff:");
	lend_ip_format(&ip, other);
	lend_buf_puts(out, other);
	return n;
}

bool lend_anon_is_ip(const char *text)
{
	struct lend_ip ip;

	for (;;) {
		size_t len = strcspn(text, ",");
		size_t zone = strcspn(text, ",%/");

		if (!lend_ip_parse(text, zone, &ip))
			return false;
		if (text[len] == '\0')
			return true;
		text += len + 1;
	}
}

/* ---- /proc/net ---- */

static bool parse_hex(const char *text, size_t len, uint8_t *ret)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		unsigned int digit = lend_ascii_is_digit(c)
					     ? (unsigned int)(c - '0')
					     : (unsigned int)((c | 32) - 'a') + 10;

		if (!lend_ascii_is_xdigit(c))
			return false;
		ret[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : ret[i / 2] | digit);
	}
	return true;
}

/* "010200C0", the bytes of an address from the last to the first; or all 32 digits of one. */
static bool put_table_word(struct lend_anonymise *a, const char *word, size_t len,
			   struct lend_buf *out)
{
	uint8_t bytes[16], ip[4];

	if ((len != 8 && len != 32) || !parse_hex(word, len, bytes))
		return false;
	if (len == 32) {
		other_v6(a, bytes);
		for (size_t i = 0; i < sizeof(bytes); i++)
			lend_buf_printf(out, "%02x", bytes[i]);
		return true;
	}
	for (size_t i = 0; i < sizeof(ip); i++)
		ip[i] = bytes[3 - i];
	other_v4(a, ip);
	for (size_t i = 0; i < sizeof(ip); i++)
		lend_buf_printf(out, "%02X", ip[3 - i]);
	return true;
}

bool lend_anon_is_net_table(const char *key)
{
	static const char *const keys[] = { "proc/net/route", "proc/net/ipv6_route",
					    "proc/net/if_inet6" };

	for (size_t i = 0; i < LEND_COUNT(keys); i++) {
		if (strcmp(key, keys[i]) == 0)
			return true;
	}
	return false;
}

void lend_anon_net_table(struct lend_anonymise *a, const char *text, size_t len,
			 struct lend_buf *out)
{
	bool v6 = len > 32 && lend_ascii_is_xdigit(text[0]) && lend_ascii_is_xdigit(text[8]);

	for (size_t i = 0; i < len;) {
		size_t n = 0;

		while (i + n < len && !lend_ascii_is_space(text[i + n]))
			n++;
		/* Metric and flags of IPv6 have eight digits, too. */
		if (n == 0)
			lend_buf_putc(out, text[i]);
		else if ((v6 && n == 8) || !put_table_word(a, text + i, n, out))
			lend_anon_word(a, LEND_ANON_LOOKUP, text + i, n, out);
		i += n > 0 ? n : 1;
	}
}
