/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys, answers, and the choice between the world and a capture of it. */

#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "io/inside.h"
#include "io/remote.h"

int64_t lend_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int lend_ms_left(int64_t deadline)
{
	int64_t left = deadline - lend_now_ms();

	return left <= 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

const char *lend_via_name(enum lend_via via)
{
	static const char *const names[LEND_VIA_COUNT] = {
		"file",  "range", "content", "dir",    "link", "magic", "stat",
		"space", "probe", "alone",   "mapped", "run",  "qmp",   "qga",
	};

	return names[via];
}

struct lend_io *lend_io_live(void)
{
	struct lend_io *io = lend_xrealloc(NULL, sizeof(*io));

	*io = (struct lend_io){ .live = true,
				.root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) };
	return io;
}

int lend_io_open_tree(const char *dir, struct lend_io **ret_io, struct lend_err *err)
{
	struct lend_io *io;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		lend_hint(
			err,
			"SOURCE is a folder, a file, qmp:PATH or nothing for this host; see lend(1)");
		return lend_fail_errno(err, "open '%s'", dir);
	}
	io = lend_xrealloc(NULL, sizeof(*io));
	*io = (struct lend_io){ .root_fd = fd };
	if (faccessat(fd, "lend-capture.json", F_OK, 0) == 0) {
		io->replay = lend_replay_new(fd, dir, err);
		if (io->replay == NULL) {
			lend_io_free(io);
			return lend_where(err, "reading the capture '%s'", dir);
		}
	}
	*ret_io = io;
	return 0;
}

struct lend_io *lend_io_open_remote(const struct lend_ssh_target *target)
{
	struct lend_io *io = lend_xrealloc(NULL, sizeof(*io));

	*io = (struct lend_io){ .root_fd = -1, .remote = lend_remote_new(target) };
	return io;
}

int lend_io_remote_round(struct lend_io *io, uint32_t timeout_ms, struct lend_err *err)
{
	return lend_remote_round(io->remote, timeout_ms, err);
}

size_t lend_io_remote_left(const struct lend_io *io, const char **ret_first)
{
	return lend_remote_left(io->remote, ret_first);
}

bool lend_io_remote_file(struct lend_io *io, size_t *at, const char **ret_path,
			 const char **ret_bytes, size_t *ret_len)
{
	return lend_remote_next_file(io->remote, at, ret_path, ret_bytes, ret_len);
}

bool lend_io_is_remote(const struct lend_io *io)
{
	return io->remote != NULL;
}

void lend_io_tree_is_below(struct lend_io *io, const char *below)
{
	io->below = below;
}

/* The path in a tree that is one folder of the host; NULL outside of it. */
static const char *path_below(const struct lend_io *io, const char *path)
{
	size_t len = io->below == NULL ? 0 : strlen(io->below);

	if (len == 0)
		return path;
	if (strncmp(path, io->below, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return NULL;
	return path + len + strspn(path + len, "/");
}

int lend_io_record_to(struct lend_io *io, const char *dir,
		      const struct lend_scan_options *request, struct lend_err *err)
{
	io->record = lend_record_new(dir, request, lend_io_is_copy(io), err);
	return io->record == NULL ? lend_where(err, "starting a capture in '%s'", dir) : 0;
}

void lend_io_record_rewritten(struct lend_io *io, const struct lend_rewrite *rewrite)
{
	if (io->record != NULL)
		lend_record_rewritten(io->record, rewrite);
}

const struct lend_scan_options *lend_io_request(const struct lend_io *io)
{
	return io->replay == NULL ? NULL : lend_replay_request(io->replay);
}

int lend_io_record_end(struct lend_io *io, struct lend_err *err)
{
	struct lend_record *record = io->record;

	io->record = NULL;
	return record == NULL ? 0 : lend_record_end(record, true, err);
}

void lend_io_free(struct lend_io *io)
{
	if (io == NULL)
		return;
	if (io->record != NULL)
		(void)!lend_record_end(io->record, false, NULL);
	lend_replay_free(io->replay);
	lend_remote_free(io->remote);
	lend_helper_end(io);
	lend_reap_left(&io->reaper);
	lend_now_end(io);
	lend_arena_done(&io->answers);
	if (io->root_fd >= 0)
		(void)close(io->root_fd);
	free(io);
}

void lend_io_forget(struct lend_io *io)
{
	lend_arena_clear(&io->answers);
}

bool lend_io_is_copy(const struct lend_io *io)
{
	if (io->remote != NULL)
		return io->remote->esxi;
	return io->replay != NULL ? lend_replay_is_copy(io->replay) : !io->live;
}

bool lend_io_is_replay(const struct lend_io *io)
{
	return io->replay != NULL || io->remote != NULL;
}

bool lend_io_is_recording(const struct lend_io *io)
{
	return io->record != NULL;
}

bool lend_io_is_live(const struct lend_io *io)
{
	return io->live;
}

void lend_io_set_timeout(struct lend_io *io, uint32_t timeout_ms)
{
	io->timeout_ms = timeout_ms;
}

/* One argument; false when it must not stand in a path. */
static bool put_argument(struct lend_buf *out, const struct lend_ask *ask, char how,
			 const char *arg)
{
	if (ask->via == LEND_VIA_QMP || ask->via == LEND_VIA_QGA) {
		lend_buf_put_json(out, arg, strlen(arg));
		return true;
	}
	if (ask->via == LEND_VIA_RUN) {
		if (arg[0] == '\0' || arg[0] == '-' || strchr(arg, ' ') != NULL)
			return false;
	} else if (how == 's') {
		if (arg[0] == '\0' || strchr(arg, '/') != NULL || strcmp(arg, ".") == 0 ||
		    strcmp(arg, "..") == 0)
			return false;
	} else {
		while (*arg == '/' && out->len == 0)
			arg++; /* relative to the root that was given */
	}
	lend_buf_puts(out, arg);
	return true;
}

bool lend_key_fill(struct lend_buf *out, const struct lend_ask *ask, va_list ap)
{
	const char *p = ask->key;

	lend_buf_puts(out, "");
	while (*p != '\0') {
		size_t plain = strcspn(p, "%");

		lend_buf_put(out, p, plain);
		p += plain;
		if (*p == '\0')
			break;
		if (!put_argument(out, ask, p[1], va_arg(ap, const char *)))
			return false;
		p += 2;
	}
	return true;
}

void lend_answer_errno(struct lend_answer *answer, int os_errno)
{
	answer->os_errno = os_errno;
	switch (os_errno) {
	case ENOENT:
	case ENOTDIR:
	case ENODEV:
	case ENXIO:
	case ESRCH: /* a process that ended between two questions */
		answer->known = LEND_ABSENT;
		answer->why = "";
		break;
	default:
		answer->known = LEND_UNREADABLE;
		answer->why = strerrordesc_np(os_errno);
		if (answer->why == NULL)
			answer->why = "unknown error";
	}
}

void lend_answer_why(struct lend_io *io, struct lend_answer *answer, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	answer->known = LEND_UNREADABLE;
	answer->why = lend_arena_strdup(&io->answers, text);
}

void lend_answer_bytes(struct lend_io *io, struct lend_answer *answer, const char *bytes,
		       size_t len)
{
	answer->known = LEND_KNOWN;
	answer->bytes = lend_arena_strndup(&io->answers, bytes, len);
	answer->len = len;
}

static void ask_root(struct lend_io *io, const struct lend_ask *ask,
		     const struct lend_root_ask *what, struct lend_answer *answer)
{
	uint32_t ms = ask->deadline_ms != 0 ? ask->deadline_ms : LEND_DEADLINE_HANG_MS;
	struct lend_root_ask there = *what;

	there.path = path_below(io, what->path);
	there.no_link = (ask->flags & LEND_ASK_NO_LINK) != 0;
	if (there.path == NULL)
		return; /* not asked */
	if (io->live && (ask->flags & LEND_ASK_MAY_HANG) != 0)
		lend_root_ask_in_time(io, &there, lend_now_ms() + ms, answer);
	else
		lend_root_ask(io, &there, answer);
	/* Whoever copied a tree chose what to copy: a missing file says nothing. */
	if (!io->live && answer->known == LEND_ABSENT)
		answer->known = LEND_NOT_ASKED;
}

/* A saved tree runs nothing. */
static void ask_program(struct lend_io *io, const struct lend_ask *ask,
			const struct lend_root_ask *what, struct lend_answer *answer)
{
	uint32_t ms = ask->deadline_ms != 0 ? ask->deadline_ms : LEND_DEADLINE_RUN_MS;

	if (io->live)
		lend_run_ask(io,
			     &(struct lend_run_ask){ .key = what->path,
						     .input = ask->input,
						     .limit = what->limit,
						     .ms = ms },
			     answer);
}

/* A recorded content cannot be longer than what may be asked for. */
static void check_length(struct lend_io *io, const struct lend_root_ask *what,
			 struct lend_answer *answer)
{
	size_t limit = what->via == LEND_VIA_RANGE ? what->len : what->limit;

	if (answer->known == LEND_KNOWN && answer->len > limit &&
	    (what->via == LEND_VIA_FILE || what->via == LEND_VIA_RANGE)) {
		answer->bytes = "";
		answer->len = 0;
		lend_answer_why(io, answer, "longer than %zu bytes", limit);
	}
}

static const struct lend_answer *answer_key(struct lend_io *io, const struct lend_ask *ask,
					    const char *key, struct lend_root_ask *what)
{
	struct lend_answer *answer = LEND_NEW(&io->answers, struct lend_answer);

	answer->why = "";
	answer->bytes = "";
	what->via = ask->via;
	what->limit = ask->limit_bytes != 0 ? ask->limit_bytes : LEND_LIMIT_FILE;
	if (io->replay != NULL) {
		lend_replay_answer(io, ask->via, "", key, 0, answer);
		check_length(io, what, answer);
	} else if (io->remote != NULL) {
		lend_remote_answer(io, ask, key, what, answer);
		check_length(io, what, answer);
	} else if (ask->via == LEND_VIA_RUN) {
		ask_program(io, ask, what, answer);
	} else {
		ask_root(io, ask, what, answer);
	}
	if (io->record != NULL && (ask->flags & LEND_ASK_NOT_RECORDED) == 0)
		lend_record_answer(io->record, ask->via, "", key, 0, answer);
	return answer;
}

const struct lend_answer *lend_io_ask(struct lend_io *io, const struct lend_ask *ask, ...)
{
	lend_auto_buf key = { 0 };
	struct lend_root_ask what = { 0 };
	va_list ap;
	bool ok;

	va_start(ap, ask);
	ok = lend_key_fill(&key, ask, ap);
	va_end(ap);
	if (!ok) {
		struct lend_answer *answer = LEND_NEW(&io->answers, struct lend_answer);

		answer->bytes = "";
		lend_answer_why(io, answer, "the name is not one that can be asked for");
		return answer;
	}
	what.path = key.text;
	return answer_key(io, ask, key.text, &what);
}

const struct lend_answer *lend_io_ask_range(struct lend_io *io, const struct lend_ask *ask,
					    const char *path, uint64_t offset, uint64_t len)
{
	lend_auto_buf key = { 0 };

	while (*path == '/')
		path++;
	lend_buf_printf(&key, "%s@%" PRIu64 "+%" PRIu64, path, offset, len);
	return answer_key(
		io, ask, key.text,
		&(struct lend_root_ask){ .path = path, .offset = offset, .len = len });
}

const struct lend_answer *lend_io_ask_content(struct lend_io *io, const struct lend_ask *ask,
					      const char *path,
					      const struct lend_content_want *want,
					      struct lend_content *ret_content)
{
	struct lend_root_ask what = { .offset = want->offset,
				      .len = want->bytes,
				      .budget = want->budget,
				      .find = want->find };
	const struct lend_answer *answer;
	struct lend_answer *damaged;
	lend_auto_buf key = { 0 };

	while (*path == '/')
		path++;
	what.path = path;
	lend_buf_printf(&key, "%s@%" PRIu64 "+%" PRIu64 " %" PRIu64 "%s%s", path, want->offset,
			want->bytes, want->budget, want->find == NULL ? "" : " ",
			want->find == NULL ? "" : want->find);
	answer = answer_key(io, ask, key.text, &what);
	if (answer->known != LEND_KNOWN ||
	    lend_content_parse(answer->bytes, answer->len, ret_content))
		return answer;
	damaged = LEND_NEW(&io->answers, struct lend_answer);
	damaged->bytes = "";
	lend_answer_why(io, damaged, "the capture's line for it is damaged");
	return damaged;
}

void lend_io_record_part(struct lend_io *io, const struct lend_ask *ask, const char *bytes,
			 size_t len)
{
	struct lend_answer answer = {
		.known = LEND_KNOWN, .why = "", .bytes = bytes, .len = len
	};

	if (io->record != NULL)
		lend_record_answer(io->record, ask->via, "", ask->key, 0, &answer);
}

void lend_io_record_file(struct lend_io *io, const char *path, const struct lend_answer *answer)
{
	if (io->record != NULL)
		lend_record_answer(io->record, LEND_VIA_FILE, "", path, 0, answer);
}

bool lend_io_replay_file(struct lend_io *io, size_t *at, const char **ret_path,
			 const struct lend_answer **ret_answer)
{
	static const struct lend_ask ask = { .via = LEND_VIA_FILE,
					     .limit_bytes = LEND_LIMIT_TALK };
	struct lend_root_ask what = { 0 };
	const char *path = io->replay == NULL ? NULL : lend_replay_next_file(io->replay, at);

	if (path == NULL)
		return false;
	*ret_path = what.path = path;
	*ret_answer = answer_key(io, &ask, path, &what);
	return true;
}
