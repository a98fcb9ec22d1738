/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/ip-json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is never NULL is there, within the limits. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_ip_json ip = { 0 };
	struct lend_err err = { 0 };

	if (lend_ip_json_parse(&arena, (const char *)data, size, &ip, &err) < 0 &&
	    err.what[0] == '\0')
		abort();
	if (ip.n_links > LEND_IP_JSON_MAX || ip.n_addresses > LEND_IP_JSON_MAX ||
	    ip.n_routes > LEND_IP_JSON_MAX || ip.n_rules > LEND_IP_JSON_MAX)
		abort();
	for (size_t i = 0; i < ip.n_addresses; i++) {
		if (ip.addresses[i].dev == NULL || ip.addresses[i].local == NULL)
			abort();
	}
	for (size_t i = 0; i < ip.n_routes; i++) {
		if (ip.routes[i].to == NULL)
			abort();
	}
	lend_arena_done(&arena);
	return 0;
}
