/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses and networks of IP as text: "192.0.2.1", "fd00::1", "fd00::/64".
 *
 * An address of IPv4 inside IPv6 (::ffff:192.0.2.1, RFC 4291 2.5.5.2) is that
 * of IPv4.  A zone ("%eth0", RFC 4007 11) is no part of an address here.
 */

#ifndef LEND_FORMAT_IP_ADDRESS_H
#define LEND_FORMAT_IP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum { LEND_IP_TEXT = 46, LEND_IP_NET_TEXT = LEND_IP_TEXT + 4 };

struct lend_ip {
	bool v6;
	uint8_t bytes[16]; /* of IPv4 the first four */
};

struct lend_ip_net {
	struct lend_ip ip;
	unsigned int bits; /* at most 32 or 128 */
};

bool lend_ip_parse(const char *text, size_t len, struct lend_ip *ret) LEND_MUST_CHECK;
void lend_ip_format(const struct lend_ip *ip, char ret[LEND_IP_TEXT]);
bool lend_ip_is(const struct lend_ip *a, const struct lend_ip *b);

/* 127.0.0.0/8 or ::1. */
bool lend_ip_is_loopback(const struct lend_ip *ip);

/* "192.0.2.0/24"; without a length it is one address. */
bool lend_ip_net_parse(const char *text, size_t len, struct lend_ip_net *ret) LEND_MUST_CHECK;
bool lend_ip_net_has(const struct lend_ip_net *net, const struct lend_ip *ip);

#endif
