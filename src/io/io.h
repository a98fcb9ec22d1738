/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one door to the outside: this host, another one, or a saved one.
 *
 * All answers belong to the connection and die with lend_io_forget() or
 * lend_io_free(); what is kept is copied (collectors intern it).
 */

#ifndef LEND_IO_IO_H
#define LEND_IO_IO_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/loopback.h"
#include "io/ask.h"
#include "io/content.h"

struct lend_io;
struct lend_talk;
struct lend_buf;

/* This host.  Never fails: what is missing shows at the asks. */
struct lend_io *lend_io_live(void);

/*
 * A folder: a capture made by lend (then nothing but the capture is opened),
 * or any other tree, read with every link resolved inside it.  In the latter
 * a missing file is "not asked": whoever made the tree chose what to copy.
 */
int lend_io_open_tree(const char *dir, struct lend_io **ret_io,
		      struct lend_err *err) LEND_MUST_CHECK;

/*
 * Another host, over ssh (io/ssh.h).  Never fails: the first round connects.
 * Whoever asks asks again as long as a round says 1: what nobody knew the last
 * time is known then, what is still NOT_ASKED cannot be asked over there.
 * Conversations are refused.
 */
struct lend_ssh_target;
struct lend_io *lend_io_open_remote(const struct lend_ssh_target *target);
bool lend_io_is_remote(const struct lend_io *io);
/* 1: ask again; 0: there is nothing more to ask, or no exchange left for it; -1. */
int lend_io_remote_round(struct lend_io *io, uint32_t timeout_ms,
			 struct lend_err *err) LEND_MUST_CHECK;
/*
 * Of a host of ESXi, which answers no questions but gives what it has in one
 * round: the next file, by path; *at is 0 at first.  false: there is no more.
 */
bool lend_io_remote_file(struct lend_io *io, size_t *at, const char **ret_path,
			 const char **ret_bytes, size_t *ret_len) LEND_MUST_CHECK;
/* Questions that the exchanges were not enough for. */
size_t lend_io_remote_left(const struct lend_io *io, const char **ret_first);

/* The tree is a copy of that folder alone, such as "sys"; below lives on.  Not for captures. */
void lend_io_tree_is_below(struct lend_io *io, const char *below);

/*
 * From now on every answer is also written to dir, which must be empty or
 * new.  A replay is asked the same only when it is told the same: the
 * sources and guests of request (NULL: none) are kept with the capture.
 */
int lend_io_record_to(struct lend_io *io, const char *dir,
		      const struct lend_scan_options *request,
		      struct lend_err *err) LEND_MUST_CHECK;

/* Sources and guests of a capture; NULL for everything else. */
const struct lend_scan_options *lend_io_request(const struct lend_io *io);

/* What of a capture is rewritten, each in its own way. */
enum lend_recorded {
	LEND_RECORDED_KEY,     /* the question */
	LEND_RECORDED_PEER,    /* the socket of a conversation */
	LEND_RECORDED_CONTENT, /* the answer */
	LEND_RECORDED_NAME,    /* one of the names in a folder */
	LEND_RECORDED_SOURCE,  /* of the request: a SOURCE argument, a guest's source */
	LEND_RECORDED_VM,      /* of the request: name of a VM */
	LEND_RECORDED_COUNT
};

/* Puts into out what the capture shall have instead of bytes; key is the question. */
struct lend_rewrite {
	void *context;
	void (*rewrite)(void *context, enum lend_recorded what, enum lend_via via,
			const char *key, const char *bytes, size_t len, struct lend_buf *out);
};

/*
 * From now on all answers are kept, and written when the recording ends, as
 * rewrite says: nothing of the original ever reaches the disk.  Directly
 * behind lend_io_record_to(), whose request has to live as long.
 */
void lend_io_record_rewritten(struct lend_io *io, const struct lend_rewrite *rewrite);

/*
 * A host that is nothing but files, which somebody has read already: recorded
 * as the answer to the question for that file.
 */
void lend_io_record_file(struct lend_io *io, const char *path,
			 const struct lend_answer *answer);
/* Those of a capture, in no order; *at is 0 at first.  false: there is no more. */
bool lend_io_replay_file(struct lend_io *io, size_t *at, const char **ret_path,
			 const struct lend_answer **ret_answer) LEND_MUST_CHECK;

/* Ends a recording; -1 when some of it could not be written.  Before it, and when
 * it fails, the folder is no capture. */
int lend_io_record_end(struct lend_io *io, struct lend_err *err) LEND_MUST_CHECK;

void lend_io_free(struct lend_io *io);   /* NULL is fine */
void lend_io_forget(struct lend_io *io); /* all answers so far die */

/* Nothing but a capture answers; "no answer" then is LEND_NOT_ASKED. */
/* A tree that somebody copied, or a capture of one: whoever made it chose what to copy. */
bool lend_io_is_copy(const struct lend_io *io);
bool lend_io_is_replay(const struct lend_io *io);
bool lend_io_is_live(const struct lend_io *io);
bool lend_io_is_recording(const struct lend_io *io);

/*
 * When not 0, replaces the deadline of every question of a conversation; the
 * whole conversation may then take twice as long.  Otherwise it may take 10 s,
 * one with a guest agent 15 s.
 */
void lend_io_set_timeout(struct lend_io *io, uint32_t timeout_ms);

/* Not for conversations.  As many "const char *" as the key has %; never NULL. */
const struct lend_answer *lend_io_ask(struct lend_io *io, const struct lend_ask *ask, ...);
const struct lend_answer *lend_io_ask_range(struct lend_io *io, const struct lend_ask *ask,
					    const char *path, uint64_t offset, uint64_t len);
/* *ret_content is meant when the answer is known. */
const struct lend_answer *lend_io_ask_content(struct lend_io *io, const struct lend_ask *ask,
					      const char *path,
					      const struct lend_content_want *want,
					      struct lend_content *ret_content);

/*
 * For a question without arguments that is LEND_ASK_NOT_RECORDED: records
 * bytes, the part of its answer that was of use, as if it were the whole.
 */
void lend_io_record_part(struct lend_io *io, const struct lend_ask *ask, const char *bytes,
			 size_t len);

/*
 * A conversation with a monitor (QMP: greeting and qmp_capabilities are done
 * when it opens; the answer's bytes are the greeting) or an agent
 * (guest-sync-delimited is done).  path is a socket; name is what messages
 * and recordings call it.  NULL when it could not be opened; *ret_answer says
 * why: ABSENT, or UNREADABLE with a reason.
 *
 * first (NULL: nothing): questions without arguments, up to a NULL, that go
 * out before the greeting came in, so that the peer works while we do.  Only
 * for a peer that is known to be a monitor; they are asked as all others are.
 *
 * Opening a monitor can start a guest that waits for it: the caller has made
 * sure that it does not (collect/qemu-waiting.h).
 */
struct lend_talk *lend_talk_open(struct lend_io *io, enum lend_via via, const char *path,
				 const struct lend_ask *const *first,
				 const struct lend_answer **ret_answer);

/* The same with that process alone: another one that listens there is told nothing. */
struct lend_talk *lend_talk_open_of(struct lend_io *io, enum lend_via via, const char *path,
				    uint64_t pid, const struct lend_answer **ret_answer);

/*
 * In two parts, so that the monitor works while we look at other things.  NULL
 * when it could not be begun, or another process than pid listens there, which
 * then is told nothing: lend_talk_open says why.
 */
struct lend_talk *lend_talk_begin(struct lend_io *io, const char *path, uint64_t pid,
				  const struct lend_ask *const *first);
struct lend_talk *lend_talk_go_on(struct lend_talk *begun,
				  const struct lend_answer **ret_answer);

struct lend_line;
/*
 * As lend_talk_open, over the connection of begun (io/line.h) when that leads to path;
 * it is the caller's to free, as before.  NULL is none.
 */
struct lend_talk *lend_talk_open_line(struct lend_io *io, struct lend_line *begun,
				      const char *path, const struct lend_ask *const *first,
				      const struct lend_answer **ret_answer);

/*
 * The same with a monitor on TCP.  name is "tcp:" and what the user or QEMU
 * calls it; a capture knows the conversation by that, and then at may be NULL.
 */
struct lend_talk *lend_talk_open_tcp(struct lend_io *io, const char *name,
				     const struct lend_loopback *at,
				     const struct lend_ask *const *first,
				     const struct lend_answer **ret_answer);

/* Not opened at all, for a reason that a replay could not find out by itself: UNREADABLE. */
const struct lend_answer *lend_talk_refuse(struct lend_io *io, enum lend_via via,
					   const char *name, int os_errno, const char *why);

/* The process that listened; 0 when it cannot be told (a replay, TCP, another pid namespace).
 */
uint64_t lend_talk_peer(const struct lend_talk *talk);

void lend_talk_close(struct lend_talk **talk); /* pointer to NULL is fine */

/*
 * Closes the conversation but for its connection (io/line.h), to the socket
 * that the new owner calls name.  NULL when there is none to go on with: a
 * replay, an agent, one that broke.
 */
struct lend_line;
struct lend_line *lend_talk_hand_over(struct lend_talk **talk, const char *name);

#define lend_auto_talk LEND_CLEANUP(lend_talk_close) struct lend_talk *

/*
 * The answer's bytes are the whole reply object ("return" or "error" inside);
 * events are passed over.  After one UNREADABLE answer, or when the time of
 * the whole conversation is up, it is over, and every further one says so.
 */
const struct lend_answer *lend_talk_ask(struct lend_talk *talk, const struct lend_ask *ask,
					...);

/* Waits before the same question is put again; not in a replay.  It counts. */
void lend_talk_pause(const struct lend_talk *talk, uint32_t ms);

/* CLOCK_MONOTONIC in milliseconds. */
int64_t lend_now_ms(void);

#endif
