/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A question to a file system that may never be answered: a backing on a
 * dead network mount, an attribute of a dead device.  The question is asked
 * in a child.  At the deadline the child is killed and left behind: in an
 * uninterruptible sleep it goes when the kernel lets it, and must not take
 * the parent along.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "io/inside.h"

struct reply {
	struct lend_stat stat;
	uint64_t len;
	int32_t os_errno;
	uint32_t known;
	uint32_t why_len;
};

static void write_all(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n <= 0)
			_exit(1);
		p += n;
		len -= (size_t)n;
	}
}

static void child(struct lend_io *io, const struct lend_root_ask *ask, int fd)
{
	struct lend_answer answer = { .why = "", .bytes = "" };
	struct reply reply;

	lend_root_ask(io, ask, &answer);
	reply = (struct reply){
		.stat = answer.stat,
		.len = answer.len,
		.os_errno = answer.os_errno,
		.known = answer.known,
		.why_len = (uint32_t)strlen(answer.why),
	};
	write_all(fd, &reply, sizeof(reply));
	write_all(fd, answer.why, reply.why_len);
	write_all(fd, answer.bytes, answer.len);
	_exit(0);
}

/* Everything until the end of the pipe; false when the deadline came first. */
static bool read_until(int fd, int64_t deadline, struct lend_buf *out)
{
	while (lend_ms_left(deadline) > 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int r = poll(&p, 1, lend_ms_left(deadline));
		char *room;
		ssize_t n;

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		room = lend_buf_room(out, 65536);
		n = read(fd, room, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		out->len += (size_t)n;
	}
	return false;
}

static void take_reply(struct lend_io *io, const struct lend_buf *got,
		       struct lend_answer *answer)
{
	struct reply reply;

	if (got->len < sizeof(reply)) {
		lend_answer_why(io, answer, "the child that asked died");
		return;
	}
	memcpy(&reply, got->text, sizeof(reply));
	if (got->len != sizeof(reply) + reply.why_len + reply.len) {
		lend_answer_why(io, answer, "the child that asked died");
		return;
	}
	answer->stat = reply.stat;
	answer->os_errno = reply.os_errno;
	answer->why =
		lend_arena_strndup(&io->answers, got->text + sizeof(reply), reply.why_len);
	lend_answer_bytes(io, answer, got->text + sizeof(reply) + reply.why_len, reply.len);
	answer->known = (enum lend_known)reply.known;
}

void lend_root_ask_in_child(struct lend_io *io, const struct lend_root_ask *ask,
			    int64_t deadline, struct lend_answer *answer)
{
	lend_auto_buf got = { 0 };
	lend_auto_fd int read_end = -1;
	bool ended;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		lend_answer_errno(answer, errno);
		return;
	}
	read_end = ends[0];
	pid = fork();
	if (pid == 0)
		child(io, ask, ends[1]);
	(void)close(ends[1]);
	if (pid < 0) {
		lend_answer_errno(answer, errno);
		return;
	}
	ended = read_until(read_end, deadline, &got);
	if (!ended)
		(void)kill(pid, SIGKILL);
	/* A child in an uninterruptible sleep is not waited for. */
	while (waitpid(pid, NULL, ended ? 0 : WNOHANG) < 0 && errno == EINTR)
		;
	if (!ended) {
		answer->os_errno = ETIMEDOUT;
		lend_answer_why(io, answer, "no answer from the kernel in time");
		return;
	}
	take_reply(io, &got, answer);
}
