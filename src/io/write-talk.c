/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Telling a monitor (QMP) or a guest agent what to do.
 *
 * A monitor's connection stays open while the same one is told: the greeting
 * costs more than a command.  After anything but a whole reply it is closed,
 * so that no late reply is taken for the one to another request.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/ascii.h"
#include "base/auto.h"
#include "base/json.h"
#include "base/num.h"
#include "io/inside.h"
#include "io/line-inside.h"
#include "io/write-inside.h"

enum { GREETING_MS = 2000, SYNC_MS = 3000, LAST_WORDS_MS = 200, FRESH_MS = 1000 };

/* A milliseconds' count for people. */
static uint32_t ms_until(int64_t deadline)
{
	return (uint32_t)lend_ms_left(deadline);
}

static int64_t sooner(int64_t deadline, uint32_t ms)
{
	int64_t other = lend_now_ms() + ms;

	return deadline < other ? deadline : other;
}

/* ---- who listens ---- */

/* A line of /proc/net/unix (net/unix/af_unix.c of Linux, unix_seq_show): is it a listener's? */
static bool is_listener(const char *line, size_t len, const char *path)
{
	static const char accepts[] = "00010000"; /* __SO_ACCEPTCON */
	size_t at = 0;
	bool listens = false;

	for (int column = 0; column < 7; column++) {
		size_t n = strcspn(line + at, " \n");

		if (column == 3)
			listens = n == strlen(accepts) && memcmp(line + at, accepts, n) == 0;
		at += n;
		at += strspn(line + at, " ");
	}
	return listens && at < len && len - at == strlen(path) &&
	       memcmp(line + at, path, len - at) == 0;
}

bool lend_write_listens(struct lend_writer *w, const char *path)
{
	lend_auto_buf table = { 0 };

	if (lend_write_read(w, "/proc/net/unix", LEND_LIMIT_TALK, &table, NULL) != 0)
		return false;
	for (const char *line = lend_buf_text(&table); *line != '\0';) {
		size_t len = strcspn(line, "\n");

		if (is_listener(line, len, path))
			return true;
		line += len + (line[len] == '\n');
	}
	return false;
}

/* ---- asking once ---- */

void lend_writer_ask_once(struct lend_writer *w, uint32_t ms)
{
	w->once_ms = ms;
}

static int64_t patience(const struct lend_writer *w, int64_t deadline)
{
	return w->once_ms != 0 ? sooner(deadline, w->once_ms) : deadline;
}

static void remember_silent(struct lend_writer *w, const char *socket)
{
	if (w->once_ms != 0)
		*LEND_PUSH(&w->memory, w->silent, w->n_silent, w->cap_silent) =
			lend_arena_strdup(&w->memory, socket);
}

static int was_silent(const struct lend_writer *w, const char *socket, struct lend_err *err)
{
	for (size_t i = 0; i < w->n_silent; i++) {
		if (strcmp(w->silent[i], socket) == 0)
			return lend_fail(err, LEND_E_REMOTE,
					 "'%s': it gave no answer a moment ago", socket);
	}
	return 0;
}

/* ---- connecting ---- */

/* "127.0.0.1:4444", "[::1]:4444", "localhost:4444" */
static bool parse_loopback(const char *text, struct lend_loopback *ret)
{
	const char *colon = strrchr(text, ':');
	struct lend_loopback at = { 0 };
	struct in_addr v4;
	char host[64];
	size_t len;
	uint64_t port;

	if (colon == NULL || !lend_parse_u64(colon + 1, 10, &port) || port == 0 ||
	    port > UINT16_MAX)
		return false;
	len = (size_t)(colon - text);
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	at.port = (uint16_t)port;
	at.v6 = strcmp(host, "[::1]") == 0;
	if (!at.v6) {
		if (inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host,
			      &v4) != 1)
			return false;
		memcpy(at.v4, &v4, sizeof(at.v4));
	}
	*ret = at;
	return true;
}

static const char *peer_word(enum lend_wire_peer peer)
{
	return peer == LEND_WIRE_AGENT ? "guest agent" : "monitor";
}

static int connect_to(enum lend_wire_peer peer, const char *socket, int64_t deadline,
		      int *ret_fd, struct lend_err *err)
{
	struct lend_loopback at;
	int fd;

	if (strncmp(socket, "tcp:", 4) == 0) {
		if (!parse_loopback(socket + 4, &at) || (!at.v6 && at.v4[0] != 127))
			return lend_fail(err, LEND_E_USAGE,
					 "'%s' is no address on this machine", socket);
		fd = lend_connect_tcp(&at, deadline);
		if (fd < 0 && errno == ECONNREFUSED &&
		    strncmp(socket, "tcp:localhost:", strlen("tcp:localhost:")) == 0) {
			at.v6 = true;
			fd = lend_connect_tcp(&at, deadline);
		}
	} else {
		fd = lend_via_is(socket) ? lend_connect_via(socket)
					 : lend_connect_unix(socket, deadline);
	}
	if (fd < 0 && errno == ETIMEDOUT) {
		lend_hint(err, "end the other client of '%s'", socket);
		return lend_fail(err, LEND_E_REMOTE, "the %s at '%s' is busy", peer_word(peer),
				 socket);
	}
	if (fd < 0 && lend_via_is(socket)) {
		lend_hint(err, "install the part of lend that asks libvirt");
		return lend_fail_errno(err, "run lend-via-libvirt");
	}
	if (fd < 0)
		return lend_fail_errno(err, "connect to the %s at '%s'", peer_word(peer),
				       socket);
	*ret_fd = fd;
	return 0;
}

/* What wire says, about the socket it leads to. */
static int fail_wire(const struct lend_wire *wire, const char *socket, struct lend_err *err)
{
	errno = wire->os_errno;
	if (wire->why[0] == '\0')
		return lend_fail_errno(err, "talk to the %s at '%s'", lend_wire_peer_name(wire),
				       socket);
	return lend_fail(err, LEND_E_REMOTE, "'%s': %s", socket, wire->why);
}

void lend_write_hang_up(struct lend_writer *w)
{
	lend_line_free(w->line);
	w->line = NULL;
	lend_wire_done(&w->wire);
	w->greeted = false;
	lend_buf_reset(&w->socket);
	lend_buf_reset(&w->begun);
}

/* For "return broke(...)". */
static int broke(struct lend_writer *w, struct lend_err *err)
{
	(void)fail_wire(&w->wire, lend_buf_text(&w->socket), err);
	if (w->wire.timed_out)
		remember_silent(w, lend_buf_text(&w->socket));
	lend_write_hang_up(w);
	return -1;
}

static int greet(struct lend_writer *w, int64_t deadline, struct lend_err *err)
{
	static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";
	int64_t enough = sooner(deadline, GREETING_MS);
	uint32_t ms = ms_until(enough);
	size_t len;

	/* At once: the monitor reads on in order. */
	if (!lend_wire_send(&w->wire, hello, strlen(hello), enough) ||
	    !lend_wire_greeting(&w->wire, enough, ms, &len)) {
		if (w->wire.timed_out)
			lend_hint(err, "somebody else talks to this monitor: end that first");
		return broke(w, err);
	}
	lend_wire_drop(&w->wire, len);
	/* A QEMU that is still making its devices greets, and answers later. */
	if (!lend_wire_next(&w->wire, deadline, ms_until(deadline), LEND_LIMIT_FILE,
			    lend_wire_reply, &len))
		return broke(w, err);
	lend_wire_drop(&w->wire, len);
	w->greeted = true;
	return 0;
}

/* Not when the other end has gone since: somebody else may listen there now. */
static bool is_open_to(const struct lend_writer *w, const char *socket)
{
	struct pollfd p = { .fd = w->wire.fd, .events = POLLRDHUP };

	return w->wire.fd >= 0 && strcmp(lend_buf_text(&w->socket), socket) == 0 &&
	       (poll(&p, 1, 0) == 0 || (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0);
}

/* How much of it the peer has by now; it forgets what it has of another one. */
static size_t take_begun(struct lend_writer *w, const char *request)
{
	size_t said = w->begun.len;

	if (said > 0 && strncmp(request, w->begun.text, said) != 0) {
		lend_write_hang_up(w);
		return 0;
	}
	lend_buf_reset(&w->begun);
	return said;
}

/* Whether that process has changed since it was proven: what is said is for that one alone. */
static int is_the_proven(struct lend_writer *w, const char *socket, struct lend_err *err)
{
	pid_t peer = lend_connect_peer(w->wire.fd);

	if (w->proven == 0 || strcmp(lend_buf_text(&w->proven_at), socket) != 0 ||
	    w->proven == peer)
		return 0;
	lend_write_hang_up(w);
	return lend_fail(err, LEND_E_STALE,
			 "process %ld listens at '%s', and no more process %ld", (long)peer,
			 socket, (long)w->proven);
}

static int connect_once(struct lend_writer *w, const char *socket, int64_t deadline,
			struct lend_err *err)
{
	if (is_open_to(w, socket))
		return 0;
	lend_write_hang_up(w);
	if (was_silent(w, socket, err) < 0)
		return -1;
	if (connect_to(LEND_WIRE_MONITOR, socket, deadline, &w->wire.fd, err) < 0) {
		if (lend_ms_left(deadline) == 0)
			remember_silent(w, socket);
		return -1;
	}
	w->wire.peer = LEND_WIRE_MONITOR;
	lend_buf_puts(&w->socket, socket);
	return 0;
}

static int reach(struct lend_writer *w, const char *socket, int64_t deadline,
		 struct lend_err *err)
{
	if (connect_once(w, socket, deadline, err) < 0)
		return -1;
	if (w->greeted)
		return 0;
	return is_the_proven(w, socket, err) < 0 ? -1 : greet(w, deadline, err);
}

int lend_write_peer(struct lend_writer *w, const char *socket, int64_t deadline, pid_t *ret_pid,
		    struct lend_err *err)
{
	pid_t peer;

	if (w->hooks.peer != NULL)
		return w->hooks.peer(w->hooks.context, socket, ret_pid, err);
	if (connect_once(w, socket, patience(w, deadline), err) < 0)
		return -1;
	peer = lend_connect_peer(w->wire.fd);
	if (peer == 0)
		return 1;
	*ret_pid = peer;
	return 0;
}

int lend_write_greet(struct lend_writer *w, const char *socket, int64_t deadline,
		     struct lend_err *err)
{
	if (w->hooks.peer != NULL)
		return 0;
	w->proven = is_open_to(w, socket) ? lend_connect_peer(w->wire.fd) : 0;
	lend_buf_reset(&w->proven_at);
	lend_buf_puts(&w->proven_at, socket);
	return reach(w, socket, patience(w, deadline), err);
}

/* ---- requests ---- */

/* The next whole reply goes to the end of reply. */
static int take_reply(struct lend_writer *w, int64_t deadline, uint32_t ms,
		      struct lend_buf *reply, struct lend_err *err)
{
	size_t len, blank;

	if (!lend_wire_next(&w->wire, deadline, ms, LEND_LIMIT_TALK, lend_wire_reply, &len))
		return broke(w, err);
	blank = strspn(w->wire.in.text, " \t\r\n"); /* of the line before */
	lend_buf_put(reply, w->wire.in.text + blank, len - blank);
	lend_wire_drop(&w->wire, len);
	return 0;
}

void lend_writer_take_line(struct lend_writer *w, struct lend_line *line)
{
	lend_write_hang_up(w);
	if (line == NULL || line->wire.fd < 0)
		return;
	w->line = lend_xrealloc(NULL, sizeof(*line));
	*w->line = *line;
	*line = (struct lend_line){ .wire = { .fd = -1 } };
	w->wire = w->line->wire;
	w->line->wire = (struct lend_wire){ .fd = -1 };
	w->greeted = true;
	lend_buf_puts(&w->socket, w->line->socket);
}

/* The first n replies to what was asked by the one before. */
static int read_ahead(struct lend_writer *w, size_t n, int64_t deadline, struct lend_err *err)
{
	while (w->line != NULL && w->line->n_came < n) {
		lend_auto_buf reply = { 0 };

		if (take_reply(w, deadline, ms_until(deadline), &reply, err) < 0)
			return -1;
		w->line->said[w->line->n_came++].reply =
			lend_arena_strdup(&w->line->memory, lend_buf_text(&reply));
	}
	return 0;
}

/* Then the next reply is the one to the next request. */
static int read_all_ahead(struct lend_writer *w, int64_t deadline, struct lend_err *err)
{
	return w->line == NULL ? 0 : read_ahead(w, w->line->n_said, deadline, err);
}

/* What is known already, from the connection as it is still open. */
static bool was_said(struct lend_writer *w, const char *socket, const char *request,
		     int64_t deadline, struct lend_buf *reply)
{
	struct lend_said *said = NULL;
	struct lend_err ignored = { 0 };

	if (w->line == NULL || w->line->changed || !is_open_to(w, socket) ||
	    lend_now_ms() - w->line->at > FRESH_MS)
		return false;
	for (size_t i = 0; i < w->line->n_said; i++) {
		if (strcmp(w->line->said[i].request, request) != 0)
			continue;
		if (read_ahead(w, i + 1, deadline, &ignored) < 0)
			return false;
		said = &w->line->said[i];
		break;
	}
	if (said == NULL || said->reply == NULL)
		return false;
	lend_buf_puts(reply, said->reply + strspn(said->reply, " \t\r\n"));
	said->reply = NULL;
	return true;
}

bool lend_write_was_refused(const struct lend_writer *w)
{
	return w->refused;
}

/* As lend_write_tell, but for one with "error", which is a reply, too. */
static int tell(struct lend_writer *w, const char *socket, const char *request,
		int64_t deadline, struct lend_buf *reply, struct lend_err *err)
{
	lend_auto_buf line = { 0 };
	uint32_t ms;
	size_t said;

	if (w->hooks.tell != NULL)
		return w->hooks.tell(w->hooks.context, socket, request, reply, err);
	deadline = patience(w, deadline);
	ms = ms_until(deadline);
	if (!is_open_to(w, socket))
		lend_write_hang_up(w);
	said = take_begun(w, request);
	if (reach(w, socket, deadline, err) < 0 || read_all_ahead(w, deadline, err) < 0)
		return -1;
	lend_buf_puts(&line, request + said);
	lend_buf_putc(&line, '\n');
	if (!lend_wire_send(&w->wire, line.text, line.len, deadline))
		return broke(w, err);
	return take_reply(w, deadline, ms, reply, err);
}

void lend_write_begin(struct lend_writer *w, const char *socket, const char *request)
{
	size_t len = strlen(request);

	if (w->hooks.tell != NULL || len < 2 || w->begun.len > 0 || !is_open_to(w, socket))
		return;
	if (lend_wire_send(&w->wire, request, len - 1, lend_now_ms()))
		lend_buf_put(&w->begun, request, len - 1);
	else
		lend_write_hang_up(w);
}

static const char *const outcomes[] = { "error", "return" };

static bool is_error(const struct lend_buf *reply)
{
	return lend_json_find_key(lend_buf_text(reply), reply->len, outcomes,
				  LEND_COUNT(outcomes)) == 0;
}

/* -1 when the reply is an error: what the peer says of it. */
static int check_reply(const char *peer, const struct lend_buf *reply, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	const char *text;

	/* Mostly it is not looked into here, and then it need not be parsed. */
	if (lend_json_find_key(lend_buf_text(reply), reply->len, outcomes,
			       LEND_COUNT(outcomes)) == 1)
		return 0;
	if (lend_json_parse(lend_buf_text(reply), reply->len, &doc, err) < 0)
		return -1;
	text = lend_json_str(lend_json_get(lend_json_get(doc, "error"), "desc"));
	return lend_fail(err, LEND_E_REMOTE, "%s says: %s", peer,
			 text != NULL ? text : "an error without a text");
}

/* What a message calls a request. */
static void name_request(struct lend_buf *out, const char *request)
{
	lend_auto_json struct lend_json *doc = NULL;
	const char *text = NULL;

	if (lend_json_parse(request, strlen(request), &doc, NULL) == 0)
		text = lend_json_str(lend_json_get(doc, "execute"));
	lend_buf_puts(out, text != NULL ? text : "a request");
}

int lend_write_tell(struct lend_writer *w, const char *socket, const char *request,
		    bool changes, int64_t deadline, struct lend_buf *reply,
		    struct lend_err *err)
{
	lend_auto_buf name = { 0 };
	lend_auto_buf got = { 0 };

	w->refused = false;
	if (changes) {
		if (w->line != NULL)
			w->line->changed = true;
		name_request(&name, request);
		if (lend_gate_enter(w, name.text, socket, err) < 0)
			return -1;
	}
	if (!was_said(w, socket, request, deadline, &got) &&
	    tell(w, socket, request, deadline, &got, err) < 0)
		return -1;
	if (check_reply(lend_via_is(socket) ? "libvirt" : "the monitor", &got, err) < 0) {
		w->refused = is_error(&got);
		return -1;
	}
	if (changes && lend_gate_leave(w, name.text, socket, err) < 0)
		return -1;
	if (reply != NULL)
		lend_buf_put(reply, got.text, got.len);
	return 0;
}

int lend_write_ask(struct lend_writer *w, const char *socket, const char *const *requests,
		   size_t n, int64_t deadline, struct lend_buf *replies, struct lend_err *err)
{
	lend_auto_buf lines = { 0 };
	uint32_t ms;

	deadline = patience(w, deadline);
	ms = ms_until(deadline);
	if (w->hooks.tell != NULL) {
		for (size_t i = 0; i < n; i++) {
			if (tell(w, socket, requests[i], deadline, &replies[i], err) < 0)
				return -1;
		}
		return 0;
	}
	(void)take_begun(w, "");
	if (reach(w, socket, deadline, err) < 0 || read_all_ahead(w, deadline, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		lend_buf_puts(&lines, requests[i]);
		lend_buf_putc(&lines, '\n');
	}
	if (!lend_wire_send(&w->wire, lend_buf_text(&lines), lines.len, deadline))
		return broke(w, err);
	for (size_t i = 0; i < n; i++) {
		if (take_reply(w, deadline, ms, &replies[i], err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the guest agent ---- */

/* One that says nothing, or hangs up, does what it was told. */
static int hear_objection(struct lend_wire *wire, int64_t deadline, struct lend_err *err)
{
	lend_auto_buf reply = { 0 };
	size_t len;

	if (!lend_wire_next(wire, sooner(deadline, LAST_WORDS_MS), LAST_WORDS_MS,
			    LEND_LIMIT_FILE, lend_wire_reply, &len))
		return 0;
	lend_buf_put(&reply, wire->in.text, len);
	return check_reply("the guest agent", &reply, err);
}

static int tell_agent(const char *socket, pid_t pid, const char *request, int64_t deadline,
		      struct lend_err *err)
{
	struct lend_wire wire = { .peer = LEND_WIRE_AGENT, .fd = -1 };
	int64_t enough = sooner(deadline, SYNC_MS);
	lend_auto_buf line = { 0 };
	int r;

	if (connect_to(LEND_WIRE_AGENT, socket, enough, &wire.fd, err) < 0)
		return -1;
	lend_buf_puts(&line, request);
	lend_buf_putc(&line, '\n');
	if (lend_connect_peer(wire.fd) != pid)
		r = lend_fail(err, LEND_E_STALE, "another process than %ld listens at '%s'",
			      (long)pid, socket);
	else if (!lend_wire_sync(&wire, enough, ms_until(enough)) ||
		 !lend_wire_send(&wire, line.text, line.len, enough))
		r = fail_wire(&wire, socket, err);
	else
		r = hear_objection(&wire, deadline, err);
	lend_wire_done(&wire);
	return r;
}

int lend_write_tell_agent(struct lend_writer *w, const char *socket, pid_t pid,
			  const char *request, int64_t deadline, struct lend_err *err)
{
	lend_auto_buf name = { 0 };
	lend_auto_buf reply = { 0 };
	int r;

	name_request(&name, request);
	if (lend_gate_enter(w, name.text, socket, err) < 0)
		return -1;
	if (w->hooks.tell == NULL) {
		r = tell_agent(socket, pid, request, deadline, err);
	} else {
		r = w->hooks.tell(w->hooks.context, socket, request, &reply, err);
		if (r == 0 && reply.len > 0)
			r = check_reply("the guest agent", &reply, err);
	}
	return r < 0 ? -1 : lend_gate_leave(w, name.text, socket, err);
}
