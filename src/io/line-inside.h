/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What talk.c puts into a line and write-talk.c takes out; nobody else includes it. */

#ifndef LEND_IO_LINE_INSIDE_H
#define LEND_IO_LINE_INSIDE_H

#include "base/arena.h"
#include "io/line.h"
#include "io/wire.h"

/* A question without arguments and the whole reply to it. */
struct lend_said {
	const char *request;
	const char *reply; /* NULL: it has not come yet, or was used */
};

struct lend_line {
	struct lend_arena memory;
	const char *socket;
	struct lend_wire wire;
	struct lend_said *said;
	size_t n_said, cap_said;
	size_t n_came; /* of their replies; the others come before any other one */
	bool changed;  /* something, since: the replies are old */
	int64_t at;    /* when the first question went out, lend_now_ms() */
};

#endif
