/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A conversation with a program of our own instead of a socket's owner:
 * "libvirt:URI" is lend-via-libvirt serve, "libvirt-agent:URI DOMAIN" its
 * agent.  Standard input and output of the program are the other end.
 *
 * Nobody waits for it: it ends when we close, once it has done what it was
 * told, and is never killed in the middle of that.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/auto.h"
#include "io/inside.h"
#include "io/libexec.h"

static const char program[] = "lend-via-libvirt";
static const char serves[] = "libvirt:";
static const char asks[] = "libvirt-agent:";

static const char *after(const char *text, const char *start)
{
	size_t len = strlen(start);

	return strncmp(text, start, len) == 0 ? text + len : NULL;
}

bool lend_via_is(const char *socket)
{
	return after(socket, serves) != NULL || after(socket, asks) != NULL;
}

static _Noreturn void become(const char *path, const char *const *argv, int end)
{
	const char *environment[LEND_LIBEXEC_VARIABLES];
	int nothing = lend_above_standard(open("/dev/null", O_RDWR | O_CLOEXEC));

	end = lend_above_standard(end);
	lend_libexec_environment(environment);
	(void)setsid();
	if (dup2(end, STDIN_FILENO) >= 0 && dup2(end, STDOUT_FILENO) >= 0 &&
	    dup2(nothing, STDERR_FILENO) >= 0)
		(void)execve(path, (char *const *)(uintptr_t)argv,
			     (char *const *)(uintptr_t)environment);
	_exit(127);
}

/*
 * The child's child, so that it is nobody's whom we would have to bury.  vfork, since
 * copying our page tables twice takes longer than what both children do; they call nothing
 * but the kernel and touch no variable of ours.
 */
static int start(const char *path, const char *const *argv, int end)
{
	pid_t pid = vfork(); /* NOLINT(clang-analyzer-*) */

	if (pid < 0)
		return -1;
	if (pid == 0) {
		if (vfork() == 0) /* NOLINT(clang-analyzer-*) */
			become(path, argv, end);
		_exit(0);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return 0;
}

/* "URI", or "URI DOMAIN": no URI has a blank. */
static void fill(const char *argv[5], char *words, bool agent)
{
	char *blank = agent ? strchr(words, ' ') : NULL;

	argv[0] = program;
	argv[1] = agent ? "agent" : "serve";
	argv[2] = words;
	argv[3] = argv[4] = NULL;
	if (blank != NULL) {
		*blank = '\0';
		argv[3] = blank + 1;
	}
}

int lend_connect_via(const char *socket)
{
	bool agent = after(socket, asks) != NULL;
	lend_auto_buf words = { 0 };
	lend_auto_buf path = { 0 };
	lend_auto_fd int ours = -1;
	lend_auto_fd int theirs = -1;
	const char *argv[5];
	int ends[2];

	lend_buf_puts(&words, after(socket, agent ? asks : serves));
	fill(argv, words.text, agent);
	if (!lend_libexec_find(program, &path) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	ours = ends[0];
	theirs = ends[1];
	if (fcntl(ours, F_SETFL, O_NONBLOCK) < 0 || start(path.text, argv, theirs) < 0)
		return -1;
	return lend_steal_fd(&ours);
}
