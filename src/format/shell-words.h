/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command as typed into a shell, to and from the words a program gets.
 *
 * Nothing is expanded and nothing is run: quotes, backslashes and a backslash
 * at the end of a line are taken away, and that is all.  Words are bytes with
 * a NUL behind each, as /proc/PID/cmdline has them.
 */

#ifndef LEND_FORMAT_SHELL_WORDS_H
#define LEND_FORMAT_SHELL_WORDS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lend/lend.h"

/*
 * The words of the next command, from byte *at on; *at moves behind it.  0, or
 * 1 when there is no further command.  A command ends at the end of its line
 * and at ; | & outside quotes; redirections are left out.  What stands behind
 * a # is a comment; but "$" at the start of a command is a prompt, and so is
 * "#" before sudo, a path or qemu.  Fails for a quote that is not closed and
 * for a NUL byte.
 */
int lend_shell_words(struct lend_arena *arena, const char *text, size_t len, size_t *at,
		     const char **ret_bytes, size_t *ret_len,
		     struct lend_err *err) LEND_MUST_CHECK;

/*
 * The same; *ret_expands is the first that a shell would replace ("$EXTRA", "`", "$(cat"),
 * as it stands there, or NULL: with one, the words are not what a program would get.
 */
int lend_shell_words_of(struct lend_arena *arena, const char *text, size_t len, size_t *at,
			const char **ret_bytes, size_t *ret_len, const char **ret_expands,
			struct lend_err *err) LEND_MUST_CHECK;

/* One line that a shell splits into the same words again. */
void lend_shell_quote(struct lend_buf *out, const char *bytes, size_t len);

#endif
