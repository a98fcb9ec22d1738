/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/ip-address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/num.h"

static void unmap(struct lend_ip *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t v4[4];

	if (memcmp(ip->bytes, mapped, sizeof(mapped)) != 0)
		return;
	memcpy(v4, ip->bytes + 12, sizeof(v4));
	*ip = (struct lend_ip){ 0 };
	memcpy(ip->bytes, v4, sizeof(v4));
}

bool lend_ip_parse(const char *text, size_t len, struct lend_ip *ret)
{
	char copy[LEND_IP_TEXT];
	struct lend_ip ip = { 0 };

	if (len == 0 || len >= sizeof(copy) || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, ip.bytes) != 1) {
		if (inet_pton(AF_INET6, copy, ip.bytes) != 1)
			return false;
		ip.v6 = true;
		unmap(&ip);
	}
	*ret = ip;
	return true;
}

void lend_ip_format(const struct lend_ip *ip, char ret[LEND_IP_TEXT])
{
	if (inet_ntop(ip->v6 ? AF_INET6 : AF_INET, ip->bytes, ret, LEND_IP_TEXT) == NULL)
		ret[0] = '\0';
}

bool lend_ip_is(const struct lend_ip *a, const struct lend_ip *b)
{
	return a->v6 == b->v6 && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool lend_ip_is_loopback(const struct lend_ip *ip)
{
	static const uint8_t v6[16] = { [15] = 1 };

	return ip->v6 ? memcmp(ip->bytes, v6, sizeof(v6)) == 0 : ip->bytes[0] == 127;
}

bool lend_ip_net_parse(const char *text, size_t len, struct lend_ip_net *ret)
{
	const char *slash = memchr(text, '/', len);
	size_t first = slash == NULL ? len : (size_t)(slash - text);
	struct lend_ip_net net;
	uint64_t bits;

	if (!lend_ip_parse(text, first, &net.ip))
		return false;
	net.bits = net.ip.v6 ? 128 : 32;
	if (slash != NULL) {
		if (!lend_parse_u64n(slash + 1, len - first - 1, 10, &bits) || bits > net.bits)
			return false;
		net.bits = (unsigned int)bits;
	}
	*ret = net;
	return true;
}

bool lend_ip_net_has(const struct lend_ip_net *net, const struct lend_ip *ip)
{
	unsigned int whole = net->bits / 8, rest = net->bits % 8;
	uint8_t mask = (uint8_t)(0xff00U >> rest);

	if (net->ip.v6 != ip->v6 || memcmp(net->ip.bytes, ip->bytes, whole) != 0)
		return false;
	return rest == 0 || ((net->ip.bytes[whole] ^ ip->bytes[whole]) & mask) == 0;
}
