/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QMP: docs/interop/qmp-spec of QEMU.  The agent: guest-sync-delimited of the
 * QEMU guest agent's schema.
 */

#include "io/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "io/inside.h"

enum { RECEIVE = 16000 }; /* bytes at once: most replies are far shorter */

const char *const lend_wire_reply[2] = { "return", "error" };

const char *lend_wire_peer_name(const struct lend_wire *wire)
{
	return wire->peer == LEND_WIRE_AGENT ? "guest agent" : "monitor";
}

/* false: "return fail(...)" is a whole error path */
LEND_PRINTF(3, 4)
static bool fail(struct lend_wire *wire, int os_errno, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(wire->why, sizeof(wire->why), fmt, ap);
	va_end(ap);
	wire->os_errno = os_errno;
	return false;
}

static bool fail_closed(struct lend_wire *wire)
{
	return fail(wire, 0, "the %s closed the connection", lend_wire_peer_name(wire));
}

static void begin(struct lend_wire *wire)
{
	wire->os_errno = 0;
	wire->timed_out = false;
	wire->why[0] = '\0';
}

bool lend_wire_send(struct lend_wire *wire, const char *text, size_t len, int64_t deadline)
{
	begin(wire);
	while (len > 0) {
		ssize_t n = send(wire->fd, text, len, MSG_NOSIGNAL);
		struct pollfd p = { .fd = wire->fd, .events = POLLOUT };

		if (n >= 0) {
			text += n;
			len -= (size_t)n;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return fail_closed(wire);
		} else if (errno != EAGAIN && errno != EINTR) {
			wire->os_errno = errno;
			return false;
		} else if (poll(&p, 1, lend_ms_left(deadline)) == 0) {
			wire->timed_out = true;
			return fail(wire, 0, "the %s takes no more requests",
				    lend_wire_peer_name(wire));
		}
	}
	return true;
}

/* More bytes into wire->in. */
static bool receive(struct lend_wire *wire, int64_t deadline, uint32_t waited_ms, size_t limit)
{
	struct pollfd p = { .fd = wire->fd, .events = POLLIN };
	char *room;
	ssize_t n;
	int r;

	if (wire->in.len > limit)
		return fail(wire, 0, "the %s sent more than %zu bytes without an end",
			    lend_wire_peer_name(wire), limit);
	do {
		r = poll(&p, 1, lend_ms_left(deadline));
	} while (r < 0 && errno == EINTR);
	if (r == 0 || lend_ms_left(deadline) == 0) {
		wire->timed_out = true;
		return fail(wire, ETIMEDOUT, "the %s gave no answer within %" PRIu32 " ms",
			    lend_wire_peer_name(wire), waited_ms);
	}
	room = lend_buf_room(&wire->in, RECEIVE);
	n = recv(wire->fd, room, RECEIVE, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return fail_closed(wire);
	wire->in.len += (size_t)n;
	room[n] = '\0';
	return true;
}

void lend_wire_drop(struct lend_wire *wire, size_t len)
{
	lend_buf_drop(&wire->in, len);
	wire->scan = (struct lend_json_scan){ 0 };
}

bool lend_wire_next(struct lend_wire *wire, int64_t deadline, uint32_t waited_ms, size_t limit,
		    const char *const want[2], size_t *ret_len)
{
	const char *const keys[] = { want[0], want[1], "event" };

	begin(wire);
	for (;;) {
		size_t len =
			lend_json_scan_on(&wire->scan, lend_buf_text(&wire->in), wire->in.len);
		size_t found;

		if (len == 0) {
			if (!receive(wire, deadline, waited_ms, limit))
				return false;
			continue;
		}
		found = lend_json_find_key(wire->in.text, len, keys, LEND_COUNT(keys));
		if (found == LEND_COUNT(keys))
			return fail(wire, 0, "what listens there does not speak %s",
				    wire->peer == LEND_WIRE_AGENT ? "the guest agent's protocol"
								  : "QMP");
		if (found < 2) {
			*ret_len = len;
			return true;
		}
		lend_wire_drop(wire, len);
	}
}

bool lend_wire_greeting(struct lend_wire *wire, int64_t deadline, uint32_t waited_ms,
			size_t *ret_len)
{
	static const char *const want[2] = { "QMP", "QMP" };

	if (lend_wire_next(wire, deadline, waited_ms, LEND_LIMIT_FILE, want, ret_len))
		return true;
	if (wire->os_errno == ETIMEDOUT)
		return fail(wire, ETIMEDOUT,
			    "the monitor gave no greeting within %" PRIu32
			    " ms: another client has it, or it is no QMP",
			    waited_ms);
	return false;
}

/*
 * Everything before the 0xFF that the agent puts in front of the right reply
 * is of somebody else.  The client sends 0xFF, too: it ends whatever half
 * request an earlier one left behind.
 */
bool lend_wire_sync(struct lend_wire *wire, int64_t deadline, uint32_t waited_ms)
{
	uint64_t id = (uint64_t)lend_now_ms() % 1000000007 + 1;
	char request[120];
	int len = snprintf(
		request, sizeof(request),
		"\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":%" PRIu64
		"}}\n",
		id);

	if (!lend_wire_send(wire, request, (size_t)len, deadline))
		return false;
	for (;;) {
		lend_auto_json struct lend_json *doc = NULL;
		const char *mark;
		size_t reply = 0;
		uint64_t got;
		bool right;

		while ((mark = memchr(lend_buf_text(&wire->in), 0xff, wire->in.len)) == NULL) {
			if (wire->in.len > 0)
				lend_wire_drop(wire, wire->in.len);
			if (!receive(wire, deadline, waited_ms, LEND_LIMIT_TALK))
				return false;
		}
		lend_wire_drop(wire, (size_t)(mark - wire->in.text) + 1);
		if (!lend_wire_next(wire, deadline, waited_ms, LEND_LIMIT_FILE, lend_wire_reply,
				    &reply))
			return false;
		right = lend_json_parse(wire->in.text, reply, &doc, NULL) == 0 &&
			lend_json_u64(lend_json_get(doc, "return"), &got) && got == id;
		lend_wire_drop(wire, reply);
		if (right)
			return true;
	}
}

void lend_wire_done(struct lend_wire *wire)
{
	lend_close_fd(&wire->fd);
	lend_buf_done(&wire->in);
	wire->scan = (struct lend_json_scan){ 0 };
}
