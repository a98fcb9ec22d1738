/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/pid-space.h"

static const struct lend_ask ask_pids = { .via = LEND_VIA_MAGIC, .key = "proc/1/ns/pid" };

/*
 * The first process that /proc shows is the first of all only in the namespace
 * that the kernel has made itself, whose number never changes (PROC_PID_INIT_INO,
 * linux/proc_ns.h).  Captures of before do not say.
 */
bool lend_hides_processes(struct lend_scan *scan)
{
	const struct lend_answer *answer = lend_io_ask(scan->io, &ask_pids);

	return answer->known == LEND_KNOWN && strcmp(answer->bytes, "pid:[4026531836]") != 0;
}
