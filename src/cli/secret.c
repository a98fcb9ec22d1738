/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The password of a SOURCE, out of the first of these that there is: the file
 * LEND_PASSWORD_FILE (/dev/fd/3 is one), what the program LEND_ASKPASS prints,
 * the terminal.  Never an argument, never a variable: others can read those.
 */

#include "cli/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "io/child.h"
#include "io/io.h"

enum { ASK_MS = 120 * 1000 };

static const char hint[] = "set LEND_PASSWORD_FILE to a file that only you can read, or "
			   "LEND_ASKPASS to a program that prints the password";

/* Up to the end of its first line. */
static int take_line(char *ret, size_t len, struct lend_err *err)
{
	ret[len] = '\0';
	ret[strcspn(ret, "\r\n")] = '\0';
	if (ret[0] != '\0')
		return 0;
	lend_hint(err, "%s", hint);
	return lend_fail(err, LEND_E_USAGE, "the password is empty");
}

static int read_line(int fd, char *ret, size_t size, struct lend_err *err)
{
	size_t len = 0;

	while (len < size - 1) {
		ssize_t n = read(fd, ret + len, size - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lend_fail_errno(err, "read the password");
		len += (size_t)n;
		if (n == 0 || memchr(ret, '\n', len) != NULL)
			break;
	}
	return take_line(ret, len, err);
}

static int from_file(const char *path, char *ret, size_t size, struct lend_err *err)
{
	lend_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		lend_hint(err, "%s", hint);
		return lend_fail_errno(err, "open '%.120s', which LEND_PASSWORD_FILE names",
				       path);
	}
	if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0) {
		lend_hint(err, "chmod 600 it");
		return lend_fail(err, LEND_E_USAGE,
				 "others may read '%.120s', which LEND_PASSWORD_FILE names",
				 path);
	}
	return read_line(fd, ret, size, err);
}

static int from_program(const char *program, const char *whose, char *ret, size_t size,
			struct lend_err *err)
{
	const char *const argv[] = { program, whose, NULL };
	struct lend_reaper reaper = { .n = 0 };
	struct lend_child child = { .argv = argv,
				    .limit = size,
				    .deadline = lend_now_ms() + ASK_MS };
	int r;

	lend_child_run(&child, &reaper);
	if (child.end != LEND_CHILD_ENDED || child.status != 0 || child.got.len >= size) {
		lend_hint(err,
			  "it is run with the SOURCE as its argument, and prints one line");
		r = lend_fail(err, LEND_E_SYSTEM,
			      "'%.120s', which LEND_ASKPASS names, gave no password", program);
	} else {
		memcpy(ret, lend_buf_text(&child.got), child.got.len);
		r = take_line(ret, child.got.len, err);
	}
	if (child.got.len > 0)
		explicit_bzero(child.got.text, child.got.len);
	lend_child_done(&child);
	lend_reap_left(&reaper);
	return r;
}

static int from_terminal(int fd, const char *whose, char *ret, size_t size,
			 struct lend_err *err)
{
	struct termios before, quiet;
	int r;

	if (tcgetattr(fd, &before) < 0)
		return lend_fail_errno(err, "ask for a password on the terminal");
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)dprintf(fd, "password of %s: ", whose);
	if (tcsetattr(fd, TCSAFLUSH, &quiet) < 0)
		return lend_fail_errno(err, "ask for a password on the terminal");
	r = read_line(fd, ret, size, err);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	(void)dprintf(fd, "\n");
	return r;
}

/* Without what stands behind the "?", which nobody wants to read there. */
int lend_cli_secret(void *context, const char *whose, char *ret, size_t size,
		    struct lend_err *err)
{
	const char *file = getenv("LEND_PASSWORD_FILE");
	const char *program = getenv("LEND_ASKPASS");
	lend_auto_buf who = { 0 };
	lend_auto_fd int tty = -1;

	(void)context;
	if (file != NULL && file[0] != '\0')
		return from_file(file, ret, size, err);
	lend_buf_put_safe(&who, whose, strcspn(whose, "?"));
	if (program != NULL && program[0] != '\0')
		return from_program(program, lend_buf_text(&who), ret, size, err);
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty >= 0)
		return from_terminal(tty, lend_buf_text(&who), ret, size, err);
	lend_hint(err, "%s", hint);
	return lend_fail(err, LEND_E_USAGE, "%.100s needs a password, and there is no terminal",
			 lend_buf_text(&who));
}
