/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conversations with a QEMU monitor (QMP, docs/interop/qmp-spec of QEMU) and
 * with a guest agent (guest-sync-delimited of the QEMU guest agent's schema).
 *
 * Both peers serve one client at a time: a second one is accepted by the
 * kernel and then hears nothing, so silence until the deadline is how a busy
 * peer looks.  A conversation is kept short for the same reason, and as a
 * whole has a deadline: a peer that answers each question just in time must
 * not hold us for as long as it likes.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/json.h"
#include "io/inside.h"
#include "io/out.h"

enum { RECEIVE = 16000 }; /* bytes at once: most replies are far shorter */

struct asked {
	const char *key;
	uint64_t times;
};

/* A request that was sent, or waits in out; in this order the replies come. */
struct sent {
	const char *key;
	struct lend_answer
		answer; /* when its turn to be read came before its turn to be asked */
};

struct lend_talk {
	struct lend_io *io;
	enum lend_via via;
	const char *path;
	int fd;          /* -1 in a replay and once it is over */
	uint32_t all_ms; /* how long the whole conversation may take */
	int64_t end;     /* when that is over */
	bool over;
	struct lend_answer why_over;
	struct lend_buf in;
	struct lend_json_scan scan; /* of in */
	struct lend_arena memory;
	struct asked *asked;
	size_t n_asked, cap_asked;
	struct lend_buf out; /* not sent yet */
	struct sent *sent;
	size_t n_sent, cap_sent;
	size_t n_read; /* of sent: has its answer */
	size_t n_used; /* of sent: was asked for, or is nobody's */
};

static uint32_t deadline_of(const struct lend_talk *talk, const struct lend_ask *ask)
{
	if (talk->io->timeout_ms != 0)
		return talk->io->timeout_ms;
	if (ask != NULL && ask->deadline_ms != 0)
		return ask->deadline_ms;
	return talk->via == LEND_VIA_QGA ? LEND_DEADLINE_QGA_MS : LEND_DEADLINE_QMP_MS;
}

static uint32_t deadline_of_all(const struct lend_io *io, enum lend_via via)
{
	if (io->timeout_ms != 0)
		return io->timeout_ms > UINT32_MAX / 2 ? UINT32_MAX : 2 * io->timeout_ms;
	return via == LEND_VIA_QGA ? LEND_DEADLINE_QGA_ALL_MS : LEND_DEADLINE_QMP_ALL_MS;
}

/* When a question put now must have its answer. */
static int64_t deadline_in(const struct lend_talk *talk, uint32_t ms)
{
	int64_t deadline = lend_now_ms() + ms;

	return deadline < talk->end ? deadline : talk->end;
}

static const char *peer_name(const struct lend_talk *talk)
{
	return talk->via == LEND_VIA_QGA ? "guest agent" : "monitor";
}

/* The deadline of all has passed; false when it was another one. */
static bool is_late(const struct lend_talk *talk, struct lend_answer *answer)
{
	bool seconds = talk->all_ms % 1000 == 0;

	if (lend_ms_left(talk->end) > 0)
		return false;
	answer->os_errno = ETIMEDOUT;
	lend_answer_why(talk->io, answer, "the %s took more than %" PRIu32 " %s in all",
			peer_name(talk), seconds ? talk->all_ms / 1000 : talk->all_ms,
			seconds ? "s" : "ms");
	return true;
}

static uint64_t count_ask(struct lend_talk *talk, const char *key)
{
	struct asked *a;

	for (size_t i = 0; i < talk->n_asked; i++) {
		if (strcmp(talk->asked[i].key, key) == 0)
			return ++talk->asked[i].times;
	}
	a = LEND_PUSH(&talk->memory, talk->asked, talk->n_asked, talk->cap_asked);
	a->key = lend_arena_strdup(&talk->memory, key);
	return 0;
}

/* connect() looks the path up by itself, and would hang where a mount does. */
static bool can_be_reached(struct lend_talk *talk, int64_t deadline, struct lend_answer *answer)
{
	const char *path = lend_in_absolute(&talk->memory, talk->path);
	int64_t enough = lend_now_ms() + LEND_DEADLINE_HANG_MS;
	struct lend_answer found = { .why = "", .bytes = "" };

	lend_root_ask_in_time(talk->io,
			      &(struct lend_root_ask){ .via = LEND_VIA_STAT,
						       .path = path + strspn(path, "/") },
			      deadline < enough ? deadline : enough, &found);
	if (found.known == LEND_KNOWN)
		return true;
	*answer = found;
	return false;
}

static bool send_text(struct lend_talk *talk, const char *text, size_t len, int64_t deadline,
		      struct lend_answer *answer)
{
	while (len > 0) {
		ssize_t n = send(talk->fd, text, len, MSG_NOSIGNAL);
		struct pollfd p = { .fd = talk->fd, .events = POLLOUT };

		if (n >= 0) {
			text += n;
			len -= (size_t)n;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			lend_answer_why(talk->io, answer, "the %s closed the connection",
					peer_name(talk));
			return false;
		} else if (errno != EAGAIN && errno != EINTR) {
			lend_answer_errno(answer, errno);
			return false;
		} else if (poll(&p, 1, lend_ms_left(deadline)) == 0) {
			if (is_late(talk, answer))
				return false;
			lend_answer_why(talk->io, answer, "the %s takes no more requests",
					peer_name(talk));
			return false;
		}
	}
	return true;
}

/* What was put into talk->out. */
static bool send_out(struct lend_talk *talk, int64_t deadline, struct lend_answer *answer)
{
	bool ok = send_text(talk, lend_buf_text(&talk->out), talk->out.len, deadline, answer);

	talk->out.len = 0;
	return ok;
}

/* More bytes into talk->in; false with a reason. */
static bool receive(struct lend_talk *talk, int64_t deadline, uint32_t waited_ms, size_t limit,
		    struct lend_answer *answer)
{
	struct pollfd p = { .fd = talk->fd, .events = POLLIN };
	char *room;
	ssize_t n;
	int r;

	if (talk->in.len > limit) {
		lend_answer_why(talk->io, answer,
				"the %s sent more than %zu bytes without an end",
				peer_name(talk), limit);
		return false;
	}
	do {
		r = poll(&p, 1, lend_ms_left(deadline));
	} while (r < 0 && errno == EINTR);
	if (r == 0 || lend_ms_left(deadline) == 0) {
		if (is_late(talk, answer))
			return false;
		answer->os_errno = ETIMEDOUT;
		lend_answer_why(talk->io, answer, "the %s gave no answer within %" PRIu32 " ms",
				peer_name(talk), waited_ms);
		return false;
	}
	room = lend_buf_room(&talk->in, RECEIVE);
	n = recv(talk->fd, room, RECEIVE, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0) {
		lend_answer_why(talk->io, answer, "the %s closed the connection",
				peer_name(talk));
		return false;
	}
	talk->in.len += (size_t)n;
	room[n] = '\0';
	return true;
}

static void drop_front(struct lend_talk *talk, size_t n)
{
	memmove(talk->in.text, talk->in.text + n, talk->in.len - n);
	talk->in.len -= n;
	talk->in.text[talk->in.len] = '\0';
	talk->scan = (struct lend_json_scan){ 0 };
}

/*
 * The next object with one of the two wanted keys; events are passed over.
 * It is not parsed: whoever asked does that, once.
 */
static bool next_reply(struct lend_talk *talk, int64_t deadline, uint32_t waited_ms,
		       size_t limit, const char *const want[2], struct lend_answer *answer)
{
	const char *const keys[] = { want[0], want[1], "event" };

	for (;;) {
		size_t len =
			lend_json_scan_on(&talk->scan, lend_buf_text(&talk->in), talk->in.len);
		size_t found;

		if (len == 0) {
			if (!receive(talk, deadline, waited_ms, limit, answer))
				return false;
			continue;
		}
		found = lend_json_find_key(talk->in.text, len, keys, LEND_COUNT(keys));
		if (found == LEND_COUNT(keys)) {
			lend_answer_why(talk->io, answer,
					"what listens there does not speak %s",
					talk->via == LEND_VIA_QGA ? "the guest agent's protocol"
								  : "QMP");
			return false;
		}
		if (found < 2)
			lend_answer_bytes(talk->io, answer, talk->in.text, len);
		drop_front(talk, len);
		if (found < 2)
			return true;
	}
}

static const char *const want_reply[2] = { "return", "error" };
static const char *const want_greeting[2] = { "QMP", "QMP" };

/* key: what it will be asked by, "" when nobody wants the reply */
static void put_request(struct lend_talk *talk, const char *key, const char *text)
{
	struct sent *sent = LEND_PUSH(&talk->memory, talk->sent, talk->n_sent, talk->cap_sent);

	sent->key = lend_arena_strdup(&talk->memory, key);
	lend_buf_puts(&talk->out, text);
	lend_buf_putc(&talk->out, '\n');
}

static bool greet_monitor(struct lend_talk *talk, const struct lend_ask *const *first,
			  int64_t deadline, uint32_t ms, struct lend_answer *answer)
{
	struct lend_answer ignored = { .why = "" };

	/* Goes out with the first question; QEMU reads on in order. */
	put_request(talk, "", "{\"execute\":\"qmp_capabilities\"}");
	for (; first != NULL && *first != NULL; first++)
		put_request(talk, (*first)->key, (*first)->key);
	/* Why that failed is better told by what the peer said. */
	if (first != NULL)
		(void)send_out(talk, deadline, &ignored);
	if (!next_reply(talk, deadline, ms, LEND_LIMIT_FILE, want_greeting, answer)) {
		if (answer->os_errno == ETIMEDOUT)
			lend_answer_why(talk->io, answer,
					"the monitor gave no greeting within %" PRIu32
					" ms: another client has it, or it is no QMP",
					ms);
		return false;
	}
	return true;
}

/* Everything before the 0xFF that the agent puts in front of the right reply is of somebody
 * else. */
static bool greet_agent(struct lend_talk *talk, int64_t deadline, uint32_t ms,
			struct lend_answer *answer)
{
	/* The client sends 0xFF, too: it ends whatever half request an earlier one left behind.
	 */
	uint64_t id = (uint64_t)lend_now_ms() % 1000000007 + 1;
	char request[120];
	int len = snprintf(
		request, sizeof(request),
		"\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":%" PRIu64
		"}}\n",
		id);

	if (!send_text(talk, request, (size_t)len, deadline, answer))
		return false;
	for (;;) {
		lend_auto_json struct lend_json *doc = NULL;
		const char *mark;
		uint64_t got;

		while ((mark = memchr(lend_buf_text(&talk->in), 0xff, talk->in.len)) == NULL) {
			if (talk->in.len > 0)
				drop_front(talk, talk->in.len);
			if (!receive(talk, deadline, ms, LEND_LIMIT_TALK, answer))
				return false;
		}
		drop_front(talk, (size_t)(mark - talk->in.text) + 1);
		if (!next_reply(talk, deadline, ms, LEND_LIMIT_FILE, want_reply, answer))
			return false;
		if (lend_json_parse(answer->bytes, answer->len, &doc, NULL) == 0 &&
		    lend_json_u64(lend_json_get(doc, "return"), &got) && got == id)
			break;
	}
	lend_answer_bytes(talk->io, answer, "",
			  0); /* the number of the day is nothing to record */
	return true;
}

/* at is NULL for a Unix socket. */
static void open_live(struct lend_talk *talk, const struct lend_loopback *at,
		      const struct lend_ask *const *first, struct lend_answer *answer)
{
	uint32_t ms = deadline_of(talk, NULL);
	int64_t deadline;
	bool ok;

	talk->all_ms = deadline_of_all(talk->io, talk->via);
	talk->end = lend_now_ms() + talk->all_ms;
	deadline = deadline_in(talk, ms);
	if (at == NULL && !can_be_reached(talk, deadline, answer))
		return;
	talk->fd = at != NULL ? lend_connect_tcp(at, deadline)
			      : lend_connect_unix(talk->path, deadline);
	if (talk->fd < 0) {
		lend_answer_errno(answer, errno);
		if (errno == ECONNREFUSED)
			lend_answer_why(talk->io, answer, "nobody listens there any more");
		if (errno == ETIMEDOUT)
			lend_answer_why(talk->io, answer, "the %s is busy", peer_name(talk));
		return;
	}
	ok = talk->via == LEND_VIA_QMP ? greet_monitor(talk, first, deadline, ms, answer)
				       : greet_agent(talk, deadline, ms, answer);
	if (!ok && answer->known != LEND_UNREADABLE)
		lend_answer_why(talk->io, answer, "the conversation with the %s broke",
				peer_name(talk));
}

static struct lend_talk *open_talk(struct lend_io *io, enum lend_via via, const char *path,
				   const struct lend_loopback *at,
				   const struct lend_ask *const *first,
				   const struct lend_answer **ret_answer)
{
	struct lend_talk *talk = lend_xrealloc(NULL, sizeof(*talk));
	struct lend_answer *answer = LEND_NEW(&io->answers, struct lend_answer);

	*talk = (struct lend_talk){ .io = io, .via = via, .fd = -1 };
	talk->path = lend_arena_strdup(&talk->memory, path);
	answer->why = "";
	answer->bytes = "";
	if (io->replay != NULL) {
		lend_replay_answer(io, via, path, "", 0, answer);
	} else if (!io->live) {
		answer->known = LEND_NOT_ASKED;
	} else {
		open_live(talk, at, first, answer);
	}
	if (io->record != NULL)
		lend_record_answer(io->record, via, path, "", 0, answer);
	*ret_answer = answer;
	if (answer->known != LEND_KNOWN)
		lend_talk_close(&talk);
	return talk;
}

struct lend_talk *lend_talk_open(struct lend_io *io, enum lend_via via, const char *path,
				 const struct lend_ask *const *first,
				 const struct lend_answer **ret_answer)
{
	return open_talk(io, via, path, NULL, first, ret_answer);
}

struct lend_talk *lend_talk_open_tcp(struct lend_io *io, const char *name,
				     const struct lend_loopback *at,
				     const struct lend_ask *const *first,
				     const struct lend_answer **ret_answer)
{
	return open_talk(io, LEND_VIA_QMP, name, at, first, ret_answer);
}

const struct lend_answer *lend_talk_refuse(struct lend_io *io, enum lend_via via,
					   const char *name, int os_errno, const char *why)
{
	struct lend_answer *answer = LEND_NEW(&io->answers, struct lend_answer);

	answer->why = "";
	answer->bytes = "";
	lend_answer_why(io, answer, "%s", why);
	answer->os_errno = os_errno;
	if (io->record != NULL)
		lend_record_answer(io->record, via, name, "", 0, answer);
	return answer;
}

uint64_t lend_talk_peer(const struct lend_talk *talk)
{
	struct ucred peer = { .pid = 0 };
	socklen_t size = sizeof(peer);

	if (talk->fd < 0 || getsockopt(talk->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    peer.pid < 0)
		return 0;
	return (uint64_t)peer.pid;
}

void lend_talk_close(struct lend_talk **ptalk)
{
	struct lend_talk *talk = *ptalk;

	if (talk == NULL)
		return;
	lend_close_fd(&talk->fd);
	lend_buf_done(&talk->in);
	lend_buf_done(&talk->out);
	lend_arena_done(&talk->memory);
	free(talk);
	*ptalk = NULL;
}

/* Replies up to the n-th request, that one included. */
static bool read_until(struct lend_talk *talk, size_t n, int64_t deadline, uint32_t ms,
		       size_t limit, struct lend_answer *answer)
{
	if (!send_out(talk, deadline, answer))
		return false;
	while (talk->n_read <= n) {
		struct sent *sent = &talk->sent[talk->n_read];

		sent->answer.why = "";
		if (!next_reply(talk, deadline, ms, limit, want_reply, &sent->answer)) {
			*answer = sent->answer;
			return false;
		}
		talk->n_read++;
	}
	return true;
}

/* The request of that key that was sent ahead; the place behind all when there is none. */
static size_t find_sent(const struct lend_talk *talk, const char *key)
{
	size_t i = talk->n_used;

	while (i < talk->n_sent && strcmp(talk->sent[i].key, key) != 0)
		i++;
	return i;
}

static void ask_live(struct lend_talk *talk, const struct lend_ask *ask, const char *key,
		     struct lend_answer *answer)
{
	uint32_t ms = deadline_of(talk, ask);
	int64_t deadline = deadline_in(talk, ms);
	size_t limit = ask->limit_bytes != 0 ? ask->limit_bytes : LEND_LIMIT_TALK;
	size_t n = find_sent(talk, key);

	if (talk->over) {
		*answer = talk->why_over;
		return;
	}
	if (n == talk->n_sent)
		put_request(talk, key, key);
	if (!is_late(talk, answer) && read_until(talk, n, deadline, ms, limit, answer)) {
		*answer = talk->sent[n].answer;
		talk->sent[n].key = ""; /* asked again, it is sent again */
		while (talk->n_used < talk->n_read && talk->sent[talk->n_used].key[0] == '\0')
			talk->n_used++;
		return;
	}
	talk->over = true;
	talk->why_over = *answer;
}

const struct lend_answer *lend_talk_ask(struct lend_talk *talk, const struct lend_ask *ask, ...)
{
	struct lend_answer *answer = LEND_NEW(&talk->io->answers, struct lend_answer);
	lend_auto_buf key = { 0 };
	uint64_t n;
	va_list ap;

	answer->why = "";
	answer->bytes = "";
	va_start(ap, ask);
	(void)lend_key_fill(&key, ask, ap); /* in JSON every argument can stand */
	va_end(ap);
	n = count_ask(talk, key.text);
	if (talk->io->replay != NULL)
		lend_replay_answer(talk->io, talk->via, talk->path, key.text, n, answer);
	else
		ask_live(talk, ask, key.text, answer);
	if (talk->io->record != NULL)
		lend_record_answer(talk->io->record, talk->via, talk->path, key.text, n,
				   answer);
	return answer;
}

void lend_talk_pause(const struct lend_talk *talk, uint32_t ms)
{
	int left = lend_ms_left(talk->end);

	if (talk->io->replay == NULL)
		(void)poll(NULL, 0, (uint32_t)left < ms ? left : (int)ms);
}
