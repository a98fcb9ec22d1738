/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversations with a monitor (QMP) or a guest agent: JSON objects over a socket. */

#include "libexec/lab.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"

enum {
	MORE_MS_MAX = 10 * 60 * 1000, /* a machine that busy does not get on */
	REPLY_MAX = 32 * 1024 * 1024, /* guest-exec-status carries 16 MiB of output as base64 */
	RETRY_MS = 10,
};

void lab_talk_close(struct lab_talk *talk)
{
	lend_close_fd(&talk->fd);
	lend_buf_done(&talk->in);
}

static void talk_begin(struct lab_talk *talk)
{
	if (talk->has_begun)
		return;
	talk->has_begun = true;
	talk->more_ms = 0;
	talk->starved_ms = talk->peer == NULL ? 0 : lab_child_starved_ms(talk->peer);
}

bool lab_talk_is_late(struct lab_talk *talk, int64_t deadline)
{
	int64_t more;

	if (lend_now_ms() < deadline + talk->more_ms)
		return false;
	if (!talk->has_begun || talk->peer == NULL)
		return true;
	more = lab_child_starved_ms(talk->peer) - talk->starved_ms;
	if (more > MORE_MS_MAX)
		more = MORE_MS_MAX;
	if (more > talk->more_ms)
		talk->more_ms = more;
	return lend_now_ms() >= deadline + talk->more_ms;
}

/* -1 with LEND_E_REMOTE when the peer ended, 0 at the deadline, 1 when fd is ready. */
static int talk_poll(struct lab *lab, struct lab_talk *talk, short events, int64_t deadline,
		     struct lend_err *err)
{
	struct pollfd p[2] = { { .fd = talk->fd, .events = events } };
	size_t n = 1;
	int r;

	if (talk->peer != NULL)
		p[n++] = (struct pollfd){ .fd = talk->peer->pidfd, .events = POLLIN };
	do {
		r = lab_poll(lab, p, n, deadline + talk->more_ms, err);
	} while (r == 0 && !lab_talk_is_late(talk, deadline));
	if (r > 0 && p[0].revents == 0)
		return lend_fail(err, LEND_E_REMOTE, "QEMU ended");
	return r;
}

int lab_talk_connect(struct lab *lab, struct lab_talk *talk, const char *path, int64_t deadline,
		     struct lend_err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return lend_fail(err, LEND_E_USAGE, "'%s' is too long for a socket", path);
	talk_begin(talk);
	memcpy(address.sun_path, path, strlen(path) + 1);
	for (;;) {
		int r, why;

		lend_close_fd(&talk->fd);
		talk->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (talk->fd < 0)
			return lend_fail_errno(err, "make a socket");
		if (connect(talk->fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
			return 0;
		why = errno;
		if (why != ENOENT && why != ECONNREFUSED && why != EAGAIN)
			return lend_fail_errno(err, "connect to '%s'", path);
		if (lab_talk_is_late(talk, deadline)) {
			errno = why;
			return lend_fail_errno(err, "connect to '%s'", path);
		}
		/* An unconnected socket is always ready: only the peer and the time count. */
		lend_close_fd(&talk->fd);
		r = talk_poll(lab, talk, 0, lab_in(RETRY_MS) - talk->more_ms, err);
		if (r < 0)
			return -1;
	}
}

static int talk_send(struct lab *lab, struct lab_talk *talk, const char *bytes, size_t len,
		     int64_t deadline, struct lend_err *err)
{
	while (len > 0) {
		ssize_t n = send(talk->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			int r = talk_poll(lab, talk, POLLOUT, deadline, err);

			if (r == 0)
				return lend_fail(err, LEND_E_REMOTE, "no answer in time");
			if (r < 0)
				return -1;
		} else if (n < 0 && errno != EINTR) {
			return lend_fail_errno(err, "send");
		} else if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* More bytes behind what is there. */
static int talk_fill(struct lab *lab, struct lab_talk *talk, int64_t deadline,
		     struct lend_err *err)
{
	int r = talk_poll(lab, talk, POLLIN, deadline, err);
	ssize_t n;

	if (r == 0)
		return lend_fail(err, LEND_E_REMOTE, "no answer in time");
	if (r < 0)
		return -1;
	n = recv(talk->fd, lend_buf_room(&talk->in, 65536), 65536, MSG_DONTWAIT);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0)
		return lend_fail_errno(err, "receive");
	if (n == 0)
		return lend_fail(err, LEND_E_REMOTE, "the other end hung up");
	talk->in.len += (size_t)n;
	talk->in.text[talk->in.len] = '\0';
	if (talk->in.len > REPLY_MAX)
		return lend_fail(err, LEND_E_REMOTE, "an endless answer");
	return 0;
}

static void talk_drop(struct lab_talk *talk, size_t len)
{
	memmove(talk->in.text, talk->in.text + len, talk->in.len - len + 1);
	talk->in.len -= len;
}

/* The next object. */
static int talk_receive(struct lab *lab, struct lab_talk *talk, int64_t deadline,
			struct lend_json **ret_doc, struct lend_err *err)
{
	for (;;) {
		size_t len = lend_json_scan(lend_buf_text(&talk->in), talk->in.len);

		if (len > 0) {
			int r = lend_json_parse(talk->in.text, len, ret_doc, err);

			talk_drop(talk, len);
			return r;
		}
		if (talk_fill(lab, talk, deadline, err) < 0)
			return -1;
	}
}

int lab_talk_ask(struct lab *lab, struct lab_talk *talk, const char *request, int64_t deadline,
		 struct lend_json **ret_doc, struct lend_err *err)
{
	if (talk_send(lab, talk, request, strlen(request), deadline, err) < 0 ||
	    talk_send(lab, talk, "\n", 1, deadline, err) < 0)
		return -1;
	for (;;) {
		lend_auto_json struct lend_json *doc = NULL;
		const struct lend_json *error;

		if (talk_receive(lab, talk, deadline, &doc, err) < 0)
			return -1;
		error = lend_json_get(doc, "error");
		if (error != NULL) {
			const char *text = lend_json_str(lend_json_get(error, "desc"));

			return lend_fail(err, LEND_E_REMOTE, "%s",
					 text == NULL ? "an error without a text" : text);
		}
		if (lend_json_has(doc, "return")) {
			*ret_doc = doc;
			doc = NULL;
			return 0;
		}
	}
}

int lab_talk_qmp(struct lab *lab, struct lab_talk *talk, const char *path, int64_t deadline,
		 struct lend_err *err)
{
	lend_auto_json struct lend_json *greeting = NULL;
	lend_auto_json struct lend_json *reply = NULL;

	if (lab_talk_connect(lab, talk, path, deadline, err) < 0 ||
	    talk_receive(lab, talk, deadline, &greeting, err) < 0)
		return lend_where(err, "talking to the monitor '%s'", path);
	if (!lend_json_has(greeting, "QMP"))
		return lend_fail(err, LEND_E_REMOTE, "'%s' does not speak QMP", path);
	return lab_talk_ask(lab, talk, "{\"execute\":\"qmp_capabilities\"}", deadline, &reply,
			    err);
}

int lab_talk_agent(struct lab *lab, struct lab_talk *talk, const char *path, int64_t deadline,
		   struct lend_err *err)
{
	static const char sync[] =
		"\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":%llu}}\n";
	unsigned long long id = (unsigned long long)lend_now_ms();
	char request[128];
	int n = snprintf(request, sizeof(request), sync, id);

	if (lab_talk_connect(lab, talk, path, deadline, err) < 0 ||
	    talk_send(lab, talk, request, (size_t)n, deadline, err) < 0)
		return lend_where(err, "talking to the agent '%s'", path);
	/* What stands before the delimiter is the end of an older conversation. */
	for (;;) {
		lend_auto_json struct lend_json *doc = NULL;
		const char *end = memchr(lend_buf_text(&talk->in), 0xff, talk->in.len);
		uint64_t got;

		if (end == NULL) {
			if (talk_fill(lab, talk, deadline, err) < 0)
				return lend_where(err, "talking to the agent '%s'", path);
			continue;
		}
		talk_drop(talk, (size_t)(end - talk->in.text) + 1);
		if (talk_receive(lab, talk, deadline, &doc, err) < 0)
			return lend_where(err, "talking to the agent '%s'", path);
		if (lend_json_u64(lend_json_get(doc, "return"), &got) && got == id)
			return 0;
	}
}
