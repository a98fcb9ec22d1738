/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that is run to its end, whether it answers or changes something.
 *
 * No shell, no standard input but a text it is given, an environment of two
 * variables, and a process group of its own, which is killed as a whole at the
 * deadline, and with us.  lend's own helpers (io/libexec.h) go by their name.
 */

#ifndef LEND_IO_CHILD_H
#define LEND_IO_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

#define LEND_PROGRAM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Of io/reap.c: children that were killed, and did not die yet. */
struct lend_reaper {
	pid_t left[16];
	size_t n;
};
/* Waits a moment for a child that was killed, and once more for those left. */
void lend_reap(struct lend_reaper *reaper, pid_t pid);
void lend_reap_left(struct lend_reaper *reaper);

enum lend_child_end {
	LEND_CHILD_ENDED,
	LEND_CHILD_NOT_STARTED, /* os_errno says why */
	LEND_CHILD_LATE,
	LEND_CHILD_FLOODED, /* printed more than limit */
};

struct lend_child {
	const char *const *argv;
	const char *input; /* NULL: nothing */
	size_t limit;
	int64_t deadline;
	/* How it went. */
	enum lend_child_end end;
	int status; /* of waitpid() */
	int os_errno;
	struct lend_buf got;  /* what it printed */
	struct lend_buf said; /* the first bytes of its errors */
};

void lend_child_run(struct lend_child *child, struct lend_reaper *reaper);
void lend_child_done(struct lend_child *child);

/* How it ended otherwise than with status 0: "ended with status 1: what it said first". */
void lend_child_tell(const struct lend_child *child, struct lend_buf *out);

/* What is there goes to the end of into, up to about limit; closes *fd at its end. */
void lend_child_drain(int *fd, struct lend_buf *into, size_t limit);

/* The descriptor again with a number that is none of the standard ones; -1 stays. */
int lend_above_standard(int fd);

#endif
