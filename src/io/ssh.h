/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A shell on another host, over the OpenSSH client: one connection, to which
 * scripts are sent on standard input and which answers on standard output.
 *
 * The user's own configuration of ssh holds (names, keys, jump hosts).  What
 * is run is always "sh -s"; nothing of a script is ever a word of a command
 * on this host.
 */

#ifndef LEND_IO_SSH_H
#define LEND_IO_SSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "lend/lend.h"

struct lend_ssh;

struct lend_ssh_target {
	const char *name; /* as the user wrote it, without the scheme */
	const char *user; /* NULL: as ssh decides */
	const char *host;
	const char *port; /* NULL: as ssh decides */
	bool esxi;        /* what is said of a refused connection */
};

/* "[user@]host[:port]"; an IPv6 address with a port stands in brackets. */
int lend_ssh_parse(struct lend_arena *arena, const char *text, struct lend_ssh_target *ret,
		   struct lend_err *err) LEND_MUST_CHECK;

/*
 * Connects, and starts the shell.  With a terminal ssh may ask there for a
 * password, and has two minutes for that; without one it asks nothing.
 */
int lend_ssh_open(const struct lend_ssh_target *target, uint32_t timeout_ms,
		  struct lend_ssh **ret, struct lend_err *err) LEND_MUST_CHECK;

/*
 * Sends a script and waits for the line end, which is not part of out.  More
 * than limit bytes, silence until the deadline and an end without that line
 * are errors, after which there is nothing more to ask.
 */
int lend_ssh_exchange(struct lend_ssh *ssh, const struct lend_buf *script, const char *end,
		      size_t limit, uint32_t ms, struct lend_buf *out,
		      struct lend_err *err) LEND_MUST_CHECK;

void lend_ssh_close(struct lend_ssh *ssh); /* NULL is fine */

/* One word of sh, whatever is in text. */
void lend_sh_quote(struct lend_buf *out, const char *text);

/* io/ssh-said.c: what ssh said, as one error with what to try; early: it ended before it was
 * asked anything.  Always -1. */
int lend_ssh_fail(const struct lend_ssh_target *target, const char *said, bool early,
		  struct lend_err *err);

#endif
