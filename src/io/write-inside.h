/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What write.c, write-run.c and write-talk.c share among themselves; nobody else includes it.
 */

#ifndef LEND_IO_WRITE_INSIDE_H
#define LEND_IO_WRITE_INSIDE_H

#include "base/arena.h"
#include "base/err.h"
#include "io/child.h"
#include "io/wire.h"
#include "io/write.h"

struct lend_writer {
	struct lend_write_hooks hooks;
	struct lend_reaper reaper;
	struct lend_wire wire;
	struct lend_buf socket; /* where wire leads to */
	bool greeted;           /* nothing is said on wire before */
	pid_t proven;           /* who has to listen at proven_at; 0: anybody */
	struct lend_buf proven_at;
	/* NULL, or what the one who had the wire before was told. */
	struct lend_line *line;
	/* Sent, but for its last byte: the rest goes out when just that is told. */
	struct lend_buf begun;
	bool refused; /* by the peer that was told last */
	/* Of one that asks each once: how long it waits, and whom it waited for in vain. */
	uint32_t once_ms; /* 0: it asks as often as it is told to */
	struct lend_arena memory;
	const char **silent;
	size_t n_silent, cap_silent;
};

/*
 * The gate.  Every call that changes something stands between the two; when
 * the first says -1 it is not made, when the second does it has failed.
 */
int lend_gate_enter(struct lend_writer *w, const char *call, const char *what,
		    struct lend_err *err) LEND_MUST_CHECK;
int lend_gate_leave(struct lend_writer *w, const char *call, const char *what,
		    struct lend_err *err) LEND_MUST_CHECK;

/* -1 with errno, what was done to which path, and what to try. */
int lend_write_fail(struct lend_err *err, const char *does, const char *path);

#endif
