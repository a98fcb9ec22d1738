/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest at its agent: programs that it runs, files that it reads. */

#ifndef LEND_COLLECT_GUEST_EXEC_H
#define LEND_COLLECT_GUEST_EXEC_H

#include "base/buf.h"
#include "collect/collect.h"

struct lend_agent {
	struct lend_scan *scan;
	const char *vm; /* name */
	struct lend_talk *talk;
	struct lend_buf why; /* it could not be done */
	const char *hint;
};

enum lend_exec {
	LEND_EXEC_DONE,
	LEND_EXEC_NO_PROGRAM, /* the guest has none of that name */
	LEND_EXEC_OFF,        /* the agent may not run programs */
	LEND_EXEC_FAILED,
};

/*
 * Runs a program by guest-exec, which ask is with argument in it ("" when it
 * takes none), and waits for its end.  what is its name for people.  Unless
 * DONE, agent->why and hint say what happened.
 */
enum lend_exec lend_agent_exec(struct lend_agent *agent, const struct lend_ask *ask,
			       const char *argument, const char *what, struct lend_buf *out);

/* The start of a file. */
struct lend_answer lend_agent_read(struct lend_agent *agent, const char *path,
				   uint32_t bytes_max);

/* Files cannot be read at all: one answer of lend_agent_read. */
bool lend_agent_is_off(const struct lend_answer *answer);

#endif
