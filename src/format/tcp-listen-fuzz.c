/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/tcp-listen.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is)
{
	if (!is)
		abort();
}

/* What listens can be reached by what it is reached by. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_tcp_name name = { 0 };
	bool named = lend_tcp_name_parse((const char *)data, size, &name);
	lend_auto_buf text = { 0 };
	struct lend_tcp_listener l;
	const char *at;

	if (named) {
		check(name.port > 0 && name.last >= name.port);
		if (lend_tcp_name_is_loopback(&name))
			check(lend_tcp_name_covers(&name, &name));
	}
	lend_buf_put(&text, (const char *)data, size);
	at = lend_buf_text(&text);
	while (lend_tcp_table_next(&at, &l)) {
		struct lend_loopback to;

		check(l.port > 0 && l.inode > 0);
		(void)lend_tcp_name_fits(&name, &l);
		if (lend_tcp_reach(&l, &to))
			check(lend_tcp_score(&l, &to) >= 2);
	}
	return 0;
}
