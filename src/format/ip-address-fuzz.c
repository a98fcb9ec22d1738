/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/ip-address.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is written so that it is read again, and a network has its own address. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	char again[LEND_IP_TEXT];
	struct lend_ip_net net;
	struct lend_ip ip;

	if (!lend_ip_net_parse(text, size, &net))
		return 0;
	if (net.bits > (net.ip.v6 ? 128 : 32) || !lend_ip_net_has(&net, &net.ip))
		abort();
	lend_ip_format(&net.ip, again);
	if (!lend_ip_parse(again, strlen(again), &ip) || !lend_ip_is(&ip, &net.ip))
		abort();
	return 0;
}
