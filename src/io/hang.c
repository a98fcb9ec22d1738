/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A question to a file system that may never be answered: a backing on a
 * dead network mount, an attribute of a dead device.  The question is asked
 * by a child, which stays for the next one: a fork costs as much as a dozen
 * questions.  At the deadline the child is killed and left behind: in an
 * uninterruptible sleep it goes when the kernel lets it, and must not take
 * the parent along.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "io/inside.h"

struct request {
	struct lend_root_ask ask; /* its path follows, with the NUL; then what is to be found */
	uint64_t path_len;
	uint64_t find_len;
};

struct reply {
	struct lend_stat stat;
	uint64_t len;
	int32_t os_errno;
	uint32_t known;
	uint32_t why_len;
};

/* In one piece where that can be: each send wakes the other side up. */
static bool send_all(int fd, struct iovec *parts, size_t n)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = n };

	while (message.msg_iovlen > 0) {
		ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		while (message.msg_iovlen > 0 && (size_t)sent >= message.msg_iov->iov_len) {
			sent -= (ssize_t)message.msg_iov->iov_len;
			message.msg_iov++;
			message.msg_iovlen--;
		}
		if (message.msg_iovlen > 0) {
			message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + sent;
			message.msg_iov->iov_len -= (size_t)sent;
		}
	}
	return true;
}

static struct iovec part(const void *bytes, size_t len)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
}

static bool send_request(int fd, const struct lend_root_ask *ask)
{
	struct request request;
	const char *find = ask->find == NULL ? "" : ask->find;
	struct iovec parts[] = { part(&request, sizeof(request)),
				 part(ask->path, strlen(ask->path) + 1),
				 part(find, strlen(find) + 1) };

	memset(&request, 0, sizeof(request)); /* what lies between the members, too */
	request.ask = *ask;
	request.path_len = strlen(ask->path) + 1;
	request.find_len = strlen(find) + 1;
	return send_all(fd, parts, LEND_COUNT(parts));
}

/* ---- the child ---- */

static bool receive_all(int fd, void *bytes, size_t len)
{
	char *p = bytes;

	while (len > 0) {
		ssize_t n = recv(fd, p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool serve_one(struct lend_io *io, int fd)
{
	struct lend_answer answer = { .why = "", .bytes = "" };
	struct request request;
	struct iovec parts[3];
	struct reply reply;
	char *path, *find;

	if (!receive_all(fd, &request, sizeof(request)))
		return false;
	path = lend_arena_alloc(&io->answers, request.path_len);
	find = lend_arena_alloc(&io->answers, request.find_len);
	if (!receive_all(fd, path, request.path_len) ||
	    !receive_all(fd, find, request.find_len))
		return false;
	request.ask.path = path;
	request.ask.find = find[0] == '\0' ? NULL : find;
	lend_root_ask(io, &request.ask, &answer);
	memset(&reply, 0, sizeof(reply));
	reply.stat = answer.stat;
	reply.len = answer.len;
	reply.os_errno = answer.os_errno;
	reply.known = answer.known;
	reply.why_len = (uint32_t)strlen(answer.why);
	parts[0] = part(&reply, sizeof(reply));
	parts[1] = part(answer.why, reply.why_len);
	parts[2] = part(answer.bytes, answer.len);
	return send_all(fd, parts, LEND_COUNT(parts));
}

/* A conversation that the parent closes must not stay open here. */
static void close_others(int a, int b)
{
	unsigned int low = (unsigned int)(a < b ? a : b);
	unsigned int high = (unsigned int)(a < b ? b : a);

	if (low > 3)
		(void)close_range(3, low - 1, 0);
	if (high > low + 1)
		(void)close_range(low + 1, high - 1, 0);
	(void)close_range(high + 1, ~0U, 0);
}

/* Until the parent closes its end, or dies. */
static void serve(const struct lend_io *parent, int fd)
{
	struct lend_io io = { .root_fd = parent->root_fd, .live = parent->live };

	close_others(parent->root_fd, fd);
	while (serve_one(&io, fd))
		lend_io_forget(&io);
	_exit(0);
}

/* ---- the parent ---- */

static int start(struct lend_io *io)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	io->helper = fork();
	if (io->helper == 0)
		serve(io, ends[1]);
	(void)close(ends[1]);
	io->helper_fd = ends[0];
	if (io->helper > 0)
		return 0;
	io->helper = 0;
	(void)close(ends[0]);
	errno = EAGAIN; /* no room for a child */
	return -1;
}

void lend_helper_end(struct lend_io *io)
{
	if (io->helper == 0)
		return;
	(void)close(io->helper_fd);
	while (waitpid(io->helper, NULL, 0) < 0 && errno == EINTR)
		;
	io->helper = 0;
}

/* One in an uninterruptible sleep is not waited for. */
static void leave_behind(struct lend_io *io)
{
	(void)kill(io->helper, SIGKILL);
	(void)close(io->helper_fd);
	lend_reap(&io->reaper, io->helper);
	io->helper = 0;
}

static bool is_whole(const struct lend_buf *got)
{
	struct reply reply;

	if (got->len < sizeof(reply))
		return false;
	memcpy(&reply, got->text, sizeof(reply));
	return got->len - sizeof(reply) >= reply.why_len + reply.len;
}

/* 0 with a whole reply, 1 at the deadline, -1 when the child died. */
static int read_reply(int fd, int64_t deadline, struct lend_buf *got)
{
	while (!is_whole(got)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int left = lend_ms_left(deadline);
		int r = left > 0 ? poll(&p, 1, left) : 0;
		ssize_t n;

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return 1;
		n = recv(fd, lend_buf_room(got, 65536), 65536, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		got->len += (size_t)n;
	}
	return 0;
}

static void take_reply(struct lend_io *io, const struct lend_buf *got,
		       struct lend_answer *answer)
{
	const char *at = got->text + sizeof(struct reply);
	struct reply reply;

	memcpy(&reply, got->text, sizeof(reply));
	answer->stat = reply.stat;
	answer->os_errno = reply.os_errno;
	answer->why = lend_arena_strndup(&io->answers, at, reply.why_len);
	lend_answer_bytes(io, answer, at + reply.why_len, reply.len);
	answer->known = (enum lend_known)reply.known;
}

void lend_root_ask_in_child(struct lend_io *io, const struct lend_root_ask *ask,
			    int64_t deadline, struct lend_answer *answer)
{
	lend_auto_buf got = { 0 };
	int r;

	if (io->helper == 0 && start(io) < 0) {
		lend_answer_errno(answer, errno);
		return;
	}
	r = send_request(io->helper_fd, ask) ? read_reply(io->helper_fd, deadline, &got) : -1;
	if (r == 0) {
		take_reply(io, &got, answer);
		return;
	}
	leave_behind(io);
	answer->os_errno = r > 0 ? ETIMEDOUT : 0;
	lend_answer_why(io, answer,
			r > 0 ? "no answer from the kernel in time"
			      : "the child that asked died");
}

void lend_root_ask_in_time(struct lend_io *io, const struct lend_root_ask *ask,
			   int64_t deadline, struct lend_answer *answer)
{
	if (!lend_root_ask_now(io, ask, answer))
		lend_root_ask_in_child(io, ask, deadline, answer);
}
