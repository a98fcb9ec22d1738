/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conversations that ask a QEMU monitor or a guest agent (io/wire.h).
 *
 * Both serve one client at a time, so a conversation is kept short, and as a
 * whole has a deadline: a peer that answers each question just in time must
 * not hold us for as long as it likes.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "io/inside.h"
#include "io/line-inside.h"
#include "io/out.h"
#include "io/wire.h"

struct asked {
	const char *key;
	uint64_t times;
};

/* A request that was sent, or waits in out; in this order the replies come. */
struct sent {
	const char *key;
	const char *request;
	struct lend_answer
		answer; /* when its turn to be read came before its turn to be asked */
};

struct lend_talk {
	struct lend_io *io;
	enum lend_via via;
	const char *path;
	uint64_t pid;          /* who has to listen there; 0: anybody */
	struct lend_wire wire; /* without a descriptor in a replay */
	uint32_t all_ms;       /* how long the whole conversation may take */
	int64_t began;
	int64_t end; /* when that is over */
	bool over;
	struct lend_answer why_over;
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
	if (lend_via_is(talk->path))
		return LEND_DEADLINE_VIA_MS;
	return talk->via == LEND_VIA_QGA ? LEND_DEADLINE_QGA_MS : LEND_DEADLINE_QMP_MS;
}

static uint32_t deadline_of_all(const struct lend_io *io, enum lend_via via, const char *path)
{
	if (io->timeout_ms != 0)
		return io->timeout_ms > UINT32_MAX / 2 ? UINT32_MAX : 2 * io->timeout_ms;
	if (lend_via_is(path))
		return 2 * LEND_DEADLINE_VIA_MS;
	return via == LEND_VIA_QGA ? LEND_DEADLINE_QGA_ALL_MS : LEND_DEADLINE_QMP_ALL_MS;
}

/* When a question put now must have its answer. */
static int64_t deadline_in(const struct lend_talk *talk, uint32_t ms)
{
	int64_t deadline = lend_now_ms() + ms;

	return deadline < talk->end ? deadline : talk->end;
}

/* The deadline of all has passed; false when it was another one. */
static bool is_late(const struct lend_talk *talk, struct lend_answer *answer)
{
	bool seconds = talk->all_ms % 1000 == 0;

	if (lend_ms_left(talk->end) > 0)
		return false;
	answer->os_errno = ETIMEDOUT;
	lend_answer_why(talk->io, answer, "the %s took more than %" PRIu32 " %s in all",
			lend_wire_peer_name(&talk->wire),
			seconds ? talk->all_ms / 1000 : talk->all_ms, seconds ? "s" : "ms");
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

/* false: for "return take_failure(...)" */
static bool take_failure(struct lend_talk *talk, struct lend_answer *answer)
{
	const struct lend_wire *wire = &talk->wire;

	if (wire->timed_out && is_late(talk, answer))
		return false;
	if (wire->why[0] == '\0') {
		lend_answer_errno(answer, wire->os_errno);
		return false;
	}
	if (wire->os_errno != 0)
		answer->os_errno = wire->os_errno;
	lend_answer_why(talk->io, answer, "%s", wire->why);
	return false;
}

/* What was put into talk->out. */
static bool send_out(struct lend_talk *talk, int64_t deadline, struct lend_answer *answer)
{
	bool ok =
		lend_wire_send(&talk->wire, lend_buf_text(&talk->out), talk->out.len, deadline);

	talk->out.len = 0;
	return ok || take_failure(talk, answer);
}

/* The first bytes that came in are the answer. */
static void take_answer(struct lend_talk *talk, size_t len, struct lend_answer *answer)
{
	lend_answer_bytes(talk->io, answer, talk->wire.in.text, len);
	lend_wire_drop(&talk->wire, len);
}

/* key: what it will be asked by, "" when nobody wants the reply */
static void put_request(struct lend_talk *talk, const char *key, const char *text)
{
	struct sent *sent = LEND_PUSH(&talk->memory, talk->sent, talk->n_sent, talk->cap_sent);

	sent->request = lend_arena_strdup(&talk->memory, text);
	sent->key = key[0] == '\0' ? "" : sent->request;
	lend_buf_puts(&talk->out, text);
	lend_buf_putc(&talk->out, '\n');
}

static void send_first(struct lend_talk *talk, const struct lend_ask *const *first,
		       int64_t deadline)
{
	struct lend_answer ignored = { .why = "" };

	/* Goes out with the first question; QEMU reads on in order. */
	put_request(talk, "", "{\"execute\":\"qmp_capabilities\"}");
	for (; first != NULL && *first != NULL; first++)
		put_request(talk, (*first)->key, (*first)->key);
	/* Why that failed is better told by what the peer said. */
	if (first != NULL)
		(void)send_out(talk, deadline, &ignored);
}

static bool greet_monitor(struct lend_talk *talk, int64_t deadline, uint32_t ms,
			  struct lend_answer *answer)
{
	size_t len;

	if (!lend_wire_greeting(&talk->wire, deadline, ms, &len))
		return take_failure(talk, answer);
	take_answer(talk, len, answer);
	return true;
}

static bool greet_agent(struct lend_talk *talk, int64_t deadline, uint32_t ms,
			struct lend_answer *answer)
{
	if (!lend_wire_sync(&talk->wire, deadline, ms))
		return take_failure(talk, answer);
	lend_answer_bytes(talk->io, answer, "",
			  0); /* the number of the day is nothing to record */
	return true;
}

static struct lend_talk *new_talk(struct lend_io *io, enum lend_via via, const char *path)
{
	struct lend_talk *talk = lend_xrealloc(NULL, sizeof(*talk));

	*talk = (struct lend_talk){ .io = io,
				    .via = via,
				    .wire = { .peer = via == LEND_VIA_QGA ? LEND_WIRE_AGENT
									  : LEND_WIRE_MONITOR,
					      .fd = -1 },
				    .all_ms = deadline_of_all(io, via, path),
				    .began = lend_now_ms() };
	talk->path = lend_arena_strdup(&talk->memory, path);
	talk->end = talk->began + talk->all_ms;
	return talk;
}

/* at is NULL for a Unix socket. */
static bool connect_live(struct lend_talk *talk, const struct lend_loopback *at,
			 int64_t deadline, struct lend_answer *answer)
{
	bool via = lend_via_is(talk->path);

	if (at == NULL && !via && !can_be_reached(talk, deadline, answer))
		return false;
	talk->wire.fd = at != NULL ? lend_connect_tcp(at, deadline)
			: via      ? lend_connect_via(talk->path)
				   : lend_connect_unix(talk->path, deadline);
	if (talk->wire.fd < 0) {
		lend_answer_errno(answer, errno);
		if (errno == ECONNREFUSED)
			lend_answer_why(talk->io, answer, "nobody listens there any more");
		if (errno == ETIMEDOUT)
			lend_answer_why(talk->io, answer, "the %s is busy",
					lend_wire_peer_name(&talk->wire));
		return false;
	}
	/* Before a byte is said: who else listens there may not be meant for it. */
	if (talk->pid != 0 && lend_talk_peer(talk) != talk->pid) {
		lend_answer_why(talk->io, answer, "another process listens there");
		lend_wire_done(&talk->wire);
		return false;
	}
	return true;
}

static void greet_live(struct lend_talk *talk, int64_t deadline, uint32_t ms,
		       struct lend_answer *answer)
{
	bool ok = talk->via == LEND_VIA_QMP ? greet_monitor(talk, deadline, ms, answer)
					    : greet_agent(talk, deadline, ms, answer);

	if (!ok && answer->known != LEND_UNREADABLE)
		lend_answer_why(talk->io, answer, "the conversation with the %s broke",
				lend_wire_peer_name(&talk->wire));
}

/* Unless it was begun. */
static bool reach_live(struct lend_talk *talk, const struct lend_loopback *at,
		       const struct lend_ask *const *first, int64_t deadline,
		       struct lend_answer *answer)
{
	if (talk->wire.fd >= 0)
		return true;
	if (!connect_live(talk, at, deadline, answer))
		return false;
	if (talk->via == LEND_VIA_QMP)
		send_first(talk, first, deadline);
	return true;
}

/* talk: new, or begun. */
static struct lend_talk *open_talk(struct lend_talk *talk, const struct lend_loopback *at,
				   const struct lend_ask *const *first,
				   const struct lend_answer **ret_answer)
{
	struct lend_io *io = talk->io;
	struct lend_answer *answer = LEND_NEW(&io->answers, struct lend_answer);
	uint32_t ms = deadline_of(talk, NULL);
	int64_t deadline = deadline_in(talk, ms);

	answer->why = "";
	answer->bytes = "";
	if (io->replay != NULL)
		lend_replay_answer(io, talk->via, talk->path, "", 0, answer);
	else if (io->remote != NULL)
		lend_answer_why(io, answer, "it is not asked over ssh");
	else if (!io->live)
		answer->known = LEND_NOT_ASKED;
	else if (reach_live(talk, at, first, deadline, answer))
		greet_live(talk, deadline, ms, answer);
	if (io->record != NULL)
		lend_record_answer(io->record, talk->via, talk->path, "", 0, answer);
	*ret_answer = answer;
	if (answer->known != LEND_KNOWN)
		lend_talk_close(&talk);
	return talk;
}

struct lend_talk *lend_talk_begin(struct lend_io *io, const char *path, uint64_t pid,
				  const struct lend_ask *const *first)
{
	struct lend_answer ignored = { .why = "" };
	struct lend_talk *talk;
	int64_t deadline;

	if (io->replay != NULL || !io->live)
		return NULL;
	talk = new_talk(io, LEND_VIA_QMP, path);
	talk->pid = pid;
	deadline = deadline_in(talk, deadline_of(talk, NULL));
	if (!connect_live(talk, NULL, deadline, &ignored))
		lend_talk_close(&talk);
	else
		send_first(talk, first, deadline);
	return talk;
}

struct lend_talk *lend_talk_go_on(struct lend_talk *begun,
				  const struct lend_answer **ret_answer)
{
	return open_talk(begun, NULL, NULL, ret_answer);
}

struct lend_talk *lend_talk_open(struct lend_io *io, enum lend_via via, const char *path,
				 const struct lend_ask *const *first,
				 const struct lend_answer **ret_answer)
{
	return open_talk(new_talk(io, via, path), NULL, first, ret_answer);
}

struct lend_talk *lend_talk_open_of(struct lend_io *io, enum lend_via via, const char *path,
				    uint64_t pid, const struct lend_answer **ret_answer)
{
	struct lend_talk *talk = new_talk(io, via, path);

	talk->pid = pid;
	return open_talk(talk, NULL, NULL, ret_answer);
}

struct lend_talk *lend_talk_open_line(struct lend_io *io, struct lend_line *begun,
				      const char *path, const struct lend_ask *const *first,
				      const struct lend_answer **ret_answer)
{
	struct lend_talk *talk = new_talk(io, LEND_VIA_QMP, path);

	if (io->live && io->replay == NULL && begun != NULL && begun->wire.fd >= 0 &&
	    strcmp(begun->socket, path) == 0) {
		talk->wire.fd = begun->wire.fd;
		begun->wire.fd = -1;
		send_first(talk, first, deadline_in(talk, deadline_of(talk, NULL)));
	}
	return open_talk(talk, NULL, first, ret_answer);
}

struct lend_talk *lend_talk_open_tcp(struct lend_io *io, const char *name,
				     const struct lend_loopback *at,
				     const struct lend_ask *const *first,
				     const struct lend_answer **ret_answer)
{
	return open_talk(new_talk(io, LEND_VIA_QMP, name), at, first, ret_answer);
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
	return (uint64_t)lend_connect_peer(talk->wire.fd);
}

void lend_talk_close(struct lend_talk **ptalk)
{
	struct lend_talk *talk = *ptalk;

	if (talk == NULL)
		return;
	lend_wire_done(&talk->wire);
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
		size_t len;

		sent->answer.why = "";
		if (!lend_wire_next(&talk->wire, deadline, ms, limit, lend_wire_reply, &len)) {
			*answer = sent->answer;
			return take_failure(talk, answer);
		}
		take_answer(talk, len, &sent->answer);
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

struct lend_line *lend_talk_hand_over(struct lend_talk **ptalk, const char *name)
{
	struct lend_talk *talk = *ptalk;
	struct lend_line *line = NULL;

	if (talk->io->replay == NULL && talk->via == LEND_VIA_QMP && !talk->over &&
	    talk->wire.fd >= 0 && talk->out.len == 0) {
		line = lend_xrealloc(NULL, sizeof(*line));
		*line = (struct lend_line){ .wire = talk->wire,
					    .at = talk->began,
					    .n_came = talk->n_read };
		talk->wire = (struct lend_wire){ .fd = -1 };
		line->socket = lend_arena_strdup(&line->memory, name);
		for (size_t i = 0; i < talk->n_sent; i++) {
			const struct lend_answer *answer = &talk->sent[i].answer;
			struct lend_said said = {
				.request =
					lend_arena_strdup(&line->memory, talk->sent[i].request),
			};

			if (i < talk->n_read)
				said.reply = lend_arena_strndup(&line->memory, answer->bytes,
								answer->len);
			*LEND_PUSH(&line->memory, line->said, line->n_said, line->cap_said) =
				said;
		}
	}
	lend_talk_close(ptalk);
	return line;
}
