/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate, and open files. */

#include "io/write.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/num.h"
#include "io/inside.h"
#include "io/write-inside.h"

enum { CHUNK = 1 << 20, READ = 65536 };

struct lend_writer *lend_writer_new(const struct lend_write_hooks *hooks)
{
	struct lend_writer *w = lend_xrealloc(NULL, sizeof(*w));

	*w = (struct lend_writer){ .wire = { .fd = -1 } };
	if (hooks != NULL)
		w->hooks = *hooks;
	return w;
}

void lend_writer_free(struct lend_writer *w)
{
	if (w == NULL)
		return;
	lend_write_hang_up(w);
	lend_buf_done(&w->begun);
	lend_reap_left(&w->reaper);
	lend_buf_done(&w->socket);
	lend_buf_done(&w->proven_at);
	lend_arena_done(&w->memory);
	free(w);
}

int lend_gate_enter(struct lend_writer *w, const char *call, const char *what,
		    struct lend_err *err)
{
	if (w->hooks.before == NULL)
		return 0;
	return w->hooks.before(w->hooks.context, call, what, err);
}

int lend_gate_leave(struct lend_writer *w, const char *call, const char *what,
		    struct lend_err *err)
{
	if (w->hooks.after == NULL)
		return 0;
	return w->hooks.after(w->hooks.context, call, what, err);
}

static const char *hint_for(int os_errno)
{
	switch (os_errno) {
	case ENOSPC:
		return "make room on that file system, or take a folder on another one";
	case EDQUOT:
		return "make room within the quota of this user, or take another file system";
	case EROFS:
		return "take a folder that can be written";
	case ELOOP:
		return "a symbolic link leads in a circle, or stands where a file has to be";
	case EACCES:
	case EPERM:
		return "run it as the user who owns this, or as root";
	case EEXIST:
		return "take another name; lend puts nothing over what is there";
	default:
		return NULL;
	}
}

int lend_write_fail(struct lend_err *err, const char *does, const char *path)
{
	const char *hint = hint_for(errno);

	(void)lend_fail_errno(err, "%s '%s'", does, path);
	if (hint != NULL)
		lend_hint(err, "%s", hint);
	return -1;
}

/* ---- looking ---- */

static bool is_missing(int os_errno)
{
	return os_errno == ENOENT || os_errno == ENOTDIR;
}

int lend_write_stat(struct lend_writer *w, const char *path, struct stat *ret,
		    struct lend_err *err)
{
	struct stat st;

	(void)w;
	if (TEMP_FAILURE_RETRY(stat(path, &st)) < 0)
		return is_missing(errno) ? 1 : lend_write_fail(err, "look at", path);
	*ret = st;
	return 0;
}

int lend_write_read(struct lend_writer *w, const char *path, size_t limit, struct lend_buf *out,
		    struct lend_err *err)
{
	lend_auto_fd int fd =
		TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
	lend_auto_buf got = { 0 };
	struct stat st;

	(void)w;
	if (fd < 0)
		return is_missing(errno) ? 1 : lend_write_fail(err, "open", path);
	if (fstat(fd, &st) < 0)
		return lend_write_fail(err, "look at", path);
	if (!S_ISREG(st.st_mode))
		return lend_fail(err, LEND_E_FORMAT, "'%s' is no file", path);
	for (;;) {
		size_t most = limit < READ ? limit + 1 : READ;
		char *room = lend_buf_room(&got, most);
		ssize_t n = TEMP_FAILURE_RETRY(read(fd, room, most));

		if (n < 0)
			return lend_write_fail(err, "read", path);
		if (n == 0)
			break;
		got.len += (size_t)n;
		got.text[got.len] = '\0';
		if (got.len > limit)
			return lend_fail(err, LEND_E_FORMAT, "'%s' has more than %zu bytes",
					 path, limit);
	}
	lend_buf_put(out, lend_buf_text(&got), got.len);
	return 0;
}

int lend_write_pread(struct lend_writer *w, int fd, const char *what, void *bytes, size_t len,
		     uint64_t offset, size_t *ret_len, struct lend_err *err)
{
	size_t done = 0;

	(void)w;
	if (offset > INT64_MAX - len)
		return lend_fail(err, LEND_E_USAGE, "'%s' cannot be that long", what);
	while (done < len) {
		ssize_t n = TEMP_FAILURE_RETRY(
			pread(fd, (char *)bytes + done, len - done, (off_t)(offset + done)));

		if (n < 0)
			return lend_write_fail(err, "read", what);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*ret_len = done;
	return 0;
}

/* ---- open files ---- */

int lend_write_open(struct lend_writer *w, const char *path, int flags, int *ret_fd,
		    struct lend_err *err)
{
	bool changes = (flags & (O_CREAT | O_TRUNC)) != 0;
	lend_auto_fd int fd = -1;

	if (changes && lend_gate_enter(w, "open", path, err) < 0)
		return -1;
	fd = TEMP_FAILURE_RETRY(open(path, flags | O_CLOEXEC | O_NOCTTY, 0600));
	if (fd < 0)
		return lend_write_fail(err, changes ? "create" : "open", path);
	if (changes && lend_gate_leave(w, "open", path, err) < 0)
		return -1;
	*ret_fd = lend_steal_fd(&fd);
	return 0;
}

static int put_bytes(int fd, const char *bytes, size_t len, uint64_t offset)
{
	while (len > 0) {
		ssize_t n = TEMP_FAILURE_RETRY(pwrite(fd, bytes, len, (off_t)offset));

		if (n < 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* Zeros behind the end, and what is there over itself: both makes blocks of holes. */
static int write_blocks(int fd, uint64_t offset, uint64_t len)
{
	char *chunk = lend_xrealloc(NULL, CHUNK);
	int r = 0;

	while (len > 0 && r == 0) {
		size_t n = len < CHUNK ? (size_t)len : CHUNK;
		ssize_t there = TEMP_FAILURE_RETRY(pread(fd, chunk, n, (off_t)offset));

		if (there < 0) {
			r = -1;
			break;
		}
		/* One that is there in part is finished by the next round. */
		if (there > 0)
			n = (size_t)there;
		else
			memset(chunk, 0, n);
		r = put_bytes(fd, chunk, n, offset);
		offset += n;
		len -= n;
	}
	free(chunk);
	return r;
}

int lend_write_allocate(struct lend_writer *w, int fd, const char *what, uint64_t offset,
			uint64_t len, struct lend_err *err)
{
	struct lend_err failed = { 0 };
	uint64_t end;
	int r;

	if (len == 0)
		return 0;
	if (!lend_add_u64(offset, len, &end) || end > INT64_MAX)
		return lend_fail(err, LEND_E_USAGE, "'%s' cannot be that long", what);
	r = lend_gate_enter(w, "allocate", what, &failed);
	if (r == 0) {
		r = TEMP_FAILURE_RETRY(fallocate(fd, 0, (off_t)offset, (off_t)len));
		if (r < 0)
			(void)lend_write_fail(&failed, "reserve blocks for", what);
		else
			return lend_gate_leave(w, "allocate", what, err);
	}
	if (failed.os_errno != EOPNOTSUPP) {
		if (err != NULL)
			*err = failed;
		return -1;
	}
	if (lend_gate_enter(w, "zeros", what, err) < 0)
		return -1;
	if (write_blocks(fd, offset, len) < 0)
		return lend_write_fail(err, "write", what);
	return lend_gate_leave(w, "zeros", what, err);
}

int lend_write_truncate(struct lend_writer *w, int fd, const char *what, uint64_t len,
			struct lend_err *err)
{
	if (len > INT64_MAX)
		return lend_fail(err, LEND_E_USAGE, "'%s' cannot be that long", what);
	if (lend_gate_enter(w, "truncate", what, err) < 0)
		return -1;
	if (TEMP_FAILURE_RETRY(ftruncate(fd, (off_t)len)) < 0)
		return lend_write_fail(err, "set the length of", what);
	return lend_gate_leave(w, "truncate", what, err);
}

int lend_write_bytes(struct lend_writer *w, int fd, const char *what, const void *bytes,
		     size_t len, uint64_t offset, struct lend_err *err)
{
	uint64_t end;

	if (!lend_add_u64(offset, len, &end) || end > INT64_MAX)
		return lend_fail(err, LEND_E_USAGE, "'%s' cannot be that long", what);
	if (lend_gate_enter(w, "write", what, err) < 0)
		return -1;
	if (put_bytes(fd, bytes, len, offset) < 0)
		return lend_write_fail(err, "write", what);
	return lend_gate_leave(w, "write", what, err);
}

int lend_write_sync(struct lend_writer *w, int fd, const char *what, struct lend_err *err)
{
	int skip = lend_gate_enter(w, "sync", what, err);

	if (skip < 0)
		return -1;
	if (skip == 0 && TEMP_FAILURE_RETRY(fdatasync(fd)) < 0)
		return lend_write_fail(err, "write to disk", what);
	return lend_gate_leave(w, "sync", what, err);
}

int lend_write_lock(struct lend_writer *w, const char *path, bool wait, int *ret_fd,
		    struct lend_err *err)
{
	lend_auto_fd int fd = -1;

	if (lend_gate_enter(w, "lock", path, err) < 0)
		return -1;
	fd = TEMP_FAILURE_RETRY(
		open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600));
	if (fd < 0)
		return lend_write_fail(err, "open", path);
	if (TEMP_FAILURE_RETRY(flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB))) < 0)
		return errno == EWOULDBLOCK ? 1 : lend_write_fail(err, "lock", path);
	if (lend_gate_leave(w, "lock", path, err) < 0)
		return -1;
	*ret_fd = lend_steal_fd(&fd);
	return 0;
}
