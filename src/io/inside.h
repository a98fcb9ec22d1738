/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of io/ share among themselves; nobody else includes it. */

#ifndef LEND_IO_INSIDE_H
#define LEND_IO_INSIDE_H

#include <stdarg.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "io/child.h"
#include "io/io.h"

enum {
	LEND_LIMIT_FILE = 64 * 1024,
	LEND_LIMIT_TALK = 16 * 1024 * 1024,
	LEND_LIMIT_NAME = 4096,
	LEND_LIMIT_NAMES = 1024 * 1024, /* in one folder */
	LEND_DEADLINE_QMP_MS = 1000,
	LEND_DEADLINE_QGA_MS = 3000,
	LEND_DEADLINE_QMP_ALL_MS = 10000, /* a whole conversation */
	LEND_DEADLINE_QGA_ALL_MS = 15000,
	LEND_DEADLINE_HANG_MS = 2000,
	LEND_DEADLINE_RUN_MS = 10000,
	LEND_DEADLINE_VIA_MS = 20000, /* a connection to another host may be made first */
};

struct lend_record;
struct lend_remote;
struct lend_replay;

enum { LEND_MOUNTS_KEPT = 4, LEND_MOUNTS_NAME = 32 };

/* What io/mounts.c found out about a mount namespace. */
struct lend_mounts {
	char whose[LEND_MOUNTS_NAME]; /* "proc/PID" */
	char name[LEND_MOUNTS_NAME];  /* "mnt:[4026531841]", "" is free */
	bool local;
};

/* Where io/now.c starts to look up paths. */
struct lend_world {
	bool known;
	char whose[LEND_MOUNTS_NAME]; /* "proc/PID" of the mount namespace, or "proc/self" */
	char link[LEND_MOUNTS_NAME];  /* "proc/PID/root" or "proc/PID/cwd" */
	int fd;
	uint64_t magic; /* of its file system, when that is a local one; else 0 */
};

struct lend_io {
	struct lend_arena answers;
	int root_fd;
	bool live;         /* root is "/" */
	const char *below; /* of a tree: its root is this path, such as "sys"; NULL: "/" */
	uint32_t timeout_ms;
	struct lend_record *record; /* NULL when nothing is recorded */
	struct lend_replay *replay; /* NULL unless this is a capture */
	struct lend_remote *remote; /* NULL unless this is another host */
	pid_t helper;               /* of io/hang.c; 0 when none is there */
	int helper_fd;
	struct lend_mounts mounts[LEND_MOUNTS_KEPT];
	size_t n_mounts;
	struct lend_reaper reaper;
	char own_mounts[LEND_MOUNTS_NAME]; /* our namespace, "" until it was asked */
	struct lend_world root;            /* "/" */
	struct lend_world world;           /* the last one of a process; open while known */
};

/* Milliseconds left until an absolute deadline, 0 when it has passed; for poll(). */
int lend_ms_left(int64_t deadline);

/* The key with its arguments in place; false when an argument must not stand there (a name with
 * a slash). */
bool lend_key_fill(struct lend_buf *out, const struct lend_ask *ask, va_list ap);

/* Fills in an answer for errno: ABSENT for what is not there, else UNREADABLE. */
void lend_answer_errno(struct lend_answer *answer, int os_errno);
void lend_answer_why(struct lend_io *io, struct lend_answer *answer, const char *fmt, ...)
	LEND_PRINTF(3, 4);
void lend_answer_bytes(struct lend_io *io, struct lend_answer *answer, const char *bytes,
		       size_t len);

/* io/resolve.c: a descriptor, or -1 and errno.  Slowly: without openat2. */
int lend_open_inside(int root_fd, const char *path, int flags);
int lend_open_inside_slowly(int root_fd, const char *path, int flags);

/* io/root.c: one ask about a file system, without replay, record or child. */
struct lend_root_ask {
	enum lend_via via;
	const char *path; /* relative to the root */
	uint64_t offset;  /* of RANGE and CONTENT */
	uint64_t len;
	size_t limit;
	uint64_t budget;  /* of CONTENT, as in struct lend_content_want */
	const char *find; /* the same */
	bool no_link;     /* of DIR */
};
void lend_root_ask(struct lend_io *io, const struct lend_root_ask *ask,
		   struct lend_answer *answer);

/* io/dax.c: false for what is no DAX device of this host. */
bool lend_dax_geometry(const struct lend_io *io, const struct stat *st, uint64_t *ret_align,
		       uint64_t *ret_bytes) LEND_MUST_CHECK;

/* io/probe.c.  The second only for regular files, and without waiting: false when that cannot
 * be.
 */
void lend_probe(struct lend_io *io, const char *path, struct lend_answer *answer);
bool lend_probe_now(struct lend_io *io, int fd, struct lend_answer *answer) LEND_MUST_CHECK;
void lend_mapped(struct lend_io *io, const char *path, struct lend_answer *answer);

/* What statfs says of an open file; false and errno. */
bool lend_root_magic(int fd, uint64_t *ret);
/* stat of an open file; magic is that of its file system, 0 when that is to be asked, too. */
void lend_root_stat(int fd, uint64_t magic, struct lend_answer *answer);
void lend_root_space(struct lend_io *io, int fd, struct lend_answer *answer);

/* io/mounts.c.  whose is "proc/self" or "proc/PID". */
void lend_mounts_name(const struct lend_io *io, const char *whose, char ret[LEND_MOUNTS_NAME]);
/* All that the process has mounted. */
bool lend_mounts_are_local(struct lend_io *io, const char *whose);
/* What it says itself: its magic number, 0 when it is none of the local ones. */
uint64_t lend_local_magic(int fd);

/* io/now.c: the same at once, without any chance to hang; false when that cannot be. */
bool lend_root_ask_now(struct lend_io *io, const struct lend_root_ask *ask,
		       struct lend_answer *answer);

void lend_now_end(struct lend_io *io);

/* io/hang.c: the same in a child with a deadline.  Not for DIR. */
void lend_root_ask_in_child(struct lend_io *io, const struct lend_root_ask *ask,
			    int64_t deadline, struct lend_answer *answer);
/* The two after each other: at once when that is possible. */
void lend_root_ask_in_time(struct lend_io *io, const struct lend_root_ask *ask,
			   int64_t deadline, struct lend_answer *answer);
void lend_helper_end(struct lend_io *io);

/* io/run.c: ABSENT when there is no such program, with a reason when it may not be run. */
struct lend_run_ask {
	const char *key;
	const char *input; /* or NULL */
	size_t limit;
	uint32_t ms;
};
void lend_run_ask(struct lend_io *io, const struct lend_run_ask *ask,
		  struct lend_answer *answer);

/* io/connect.c: a descriptor that does not block, or -1 and errno. */
int lend_connect_unix(const char *path, int64_t deadline);
int lend_connect_tcp(const struct lend_loopback *at, int64_t deadline);
/* The process that listened; 0 when it cannot be told (TCP, another pid namespace). */
pid_t lend_connect_peer(int fd);

/* io/via.c: for a "socket" that is a program.  The second as those before. */
bool lend_via_is(const char *socket);
int lend_connect_via(const char *socket);

/* io/record.c.  of is the peer of a conversation, "" otherwise; n counts equal asks of one
 * conversation. */
struct lend_record *lend_record_new(const char *dir, const struct lend_scan_options *request,
				    bool copy, struct lend_err *err);
void lend_record_rewritten(struct lend_record *record, const struct lend_rewrite *rewrite);
void lend_record_answer(struct lend_record *record, enum lend_via via, const char *of,
			const char *key, uint64_t n, const struct lend_answer *answer);
/* Frees it.  Unless it is whole and all was written, the folder becomes no capture. */
int lend_record_end(struct lend_record *record, bool whole,
		    struct lend_err *err) LEND_MUST_CHECK;

/* io/replay.c.  NOT_ASKED when the capture has no such ask. */
struct lend_replay *lend_replay_new(int dir_fd, const char *dir, struct lend_err *err);
/* The same for the text of an asks.jsonl; contents are looked for in dir_fd. */
struct lend_replay *lend_replay_of_text(int dir_fd, const char *text, size_t len,
					struct lend_err *err);
const struct lend_scan_options *lend_replay_request(const struct lend_replay *replay);
bool lend_replay_is_copy(const struct lend_replay *replay);
/* The next key that a file was asked for by; *at is 0 at first.  NULL: there is no more. */
const char *lend_replay_next_file(struct lend_replay *replay, size_t *at);
void lend_replay_free(struct lend_replay *replay);
void lend_replay_answer(struct lend_io *io, enum lend_via via, const char *of, const char *key,
			uint64_t n, struct lend_answer *answer);

const char *lend_via_name(enum lend_via via);

#endif
