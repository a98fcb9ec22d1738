/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions to a file system.
 *
 * Live "/" is opened plainly.  Any other root is a tree that somebody gave
 * us: every link is kept inside it (resolve.c), and only regular files are
 * read, opened without blocking.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/auto.h"
#include "io/alone.h"
#include "io/inside.h"

enum { READ_AT_ONCE = 4096, READ_LARGE = 65536, ENTRIES_AT_ONCE = 32768 };

static int open_in_root(const struct lend_io *io, const char *path, int flags)
{
	if (*path == '\0')
		path = ".";
	if (io->live)
		return openat(io->root_fd, path, flags | O_CLOEXEC);
	return lend_open_inside(io->root_fd, path, flags);
}

/* Besides regular files, for parts of them; never in a tree that somebody gave us. */
static bool is_readable_device(const struct lend_io *io, const struct stat *st,
			       struct lend_reader *reader)
{
	return io->live && (S_ISBLK(st->st_mode) ||
			    lend_dax_geometry(io, st, &reader->dax_align, &reader->dax_bytes));
}

/* *ret_size: what the file system says, 0 for most of /proc; reader is NULL for a whole file */
static int open_to_read(const struct lend_io *io, const struct lend_root_ask *ask,
			uint64_t *ret_size, struct lend_reader *reader,
			struct lend_answer *answer)
{
	struct stat st;
	int fd = open_in_root(io, ask->path, O_RDONLY | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		lend_answer_errno(answer, errno);
		return -1;
	}
	if (fstat(fd, &st) < 0) {
		lend_answer_errno(answer, errno);
	} else if (!S_ISREG(st.st_mode) &&
		   (reader == NULL || !is_readable_device(io, &st, reader))) {
		answer->known = LEND_UNREADABLE;
		answer->os_errno = S_ISDIR(st.st_mode) ? EISDIR : 0;
		answer->why = S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file";
	} else {
		*ret_size = (uint64_t)st.st_size;
		return fd;
	}
	(void)close(fd);
	return -1;
}

/*
 * sysfs says 4096 bytes of every attribute, and tar fills a copy up to that
 * with NULs: behind a text they are cut off.
 */
static size_t text_len(const struct lend_io *io, const char *path,
		       const struct lend_buf *content)
{
	size_t len = 0;

	if (io->live || strncmp(path, "sys/", 4) != 0)
		return content->len;
	while (len < content->len && content->text[len] != '\0') {
		size_t n = lend_utf8_len(content->text + len, content->len - len);
		char c = content->text[len];

		if (n == 0 || (n == 1 && c < 0x20 && c != '\n' && c != '\t'))
			return content->len;
		len += n;
	}
	for (size_t i = len; i < content->len; i++) {
		if (content->text[i] != '\0')
			return content->len;
	}
	return len > 0 ? len : content->len;
}

static void read_file(struct lend_io *io, const struct lend_root_ask *ask,
		      struct lend_answer *answer)
{
	uint64_t size;
	lend_auto_fd int fd = open_to_read(io, ask, &size, NULL, answer);
	lend_auto_buf content = { 0 };
	size_t at_once;

	if (fd < 0)
		return;
	at_once = size > READ_AT_ONCE ? READ_LARGE : READ_AT_ONCE;
	for (;;) {
		char *room = lend_buf_room(&content, at_once);
		ssize_t n = read(fd, room, at_once);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			lend_answer_errno(answer, errno);
			return;
		}
		if (n == 0)
			break;
		content.len += (size_t)n;
		if (content.len > ask->limit) {
			lend_answer_why(io, answer, "longer than %zu bytes", ask->limit);
			return;
		}
		/* Less than was asked for is the end of a file that has a size, in sysfs,
		 * too; of one without, it can be a part of many. */
		if (size > 0 && (size_t)n < at_once)
			break;
	}
	lend_answer_bytes(io, answer, lend_buf_text(&content),
			  text_len(io, ask->path, &content));
}

static void read_range(struct lend_io *io, const struct lend_root_ask *ask,
		       struct lend_answer *answer)
{
	struct lend_reader reader = { 0 };
	uint64_t size;
	lend_auto_fd int fd = open_to_read(io, ask, &size, &reader, answer);
	lend_auto_buf content = { 0 };
	ssize_t n;

	if (fd < 0)
		return;
	if (ask->len > ask->limit || ask->offset > INT64_MAX) {
		lend_answer_why(io, answer, "the range is out of bounds");
		return;
	}
	reader.fd = fd;
	n = lend_reader_read(&reader, lend_buf_room(&content, ask->len), ask->len, ask->offset);
	/* A short answer is the caller's to judge. */
	if (n < 0)
		lend_answer_errno(answer, errno);
	else
		lend_answer_bytes(io, answer, content.text, (size_t)n);
}

static void look_at_content(struct lend_io *io, const struct lend_root_ask *ask,
			    struct lend_answer *answer)
{
	struct lend_content_want want = { .offset = ask->offset,
					  .bytes = ask->len,
					  .budget = ask->budget,
					  .find = ask->find };
	struct lend_reader reader = { 0 };
	struct lend_content content;
	uint64_t size;
	lend_auto_fd int fd = open_to_read(io, ask, &size, &reader, answer);
	lend_auto_buf text = { 0 };

	if (fd < 0)
		return;
	reader.fd = fd;
	if (lend_content_look(&reader, &want, &content) < 0) {
		lend_answer_errno(answer, errno);
		return;
	}
	lend_content_put(&text, &content);
	lend_answer_bytes(io, answer, text.text, text.len);
}

struct name {
	const char *text;
	size_t len;
};

/* Short names first: so /proc has its processes already, by number. */
static int compare_names(const void *a, const void *b)
{
	const struct name *x = a;
	const struct name *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->text, y->text, x->len);
}

static void put_names(struct lend_io *io, struct name *names, size_t n,
		      struct lend_answer *answer)
{
	if (n > 0)
		qsort(names, n, sizeof(*names), compare_names);
	answer->names = lend_arena_array(&io->answers, n, sizeof(*answer->names));
	for (size_t i = 0; i < n; i++)
		answer->names[i] = names[i].text;
	answer->n_names = n;
	answer->known = LEND_KNOWN;
}

/* By getdents: readdir() takes five system calls more, and most folders here are small. */
static void read_names(struct lend_io *io, const struct lend_root_ask *ask,
		       struct lend_answer *answer)
{
	lend_auto_fd int fd = open_in_root(
		io, ask->path, O_RDONLY | O_DIRECTORY | (ask->no_link ? O_NOFOLLOW : 0));
	_Alignas(struct dirent64) char entries[ENTRIES_AT_ONCE];
	struct name *names = NULL;
	size_t n = 0, cap = 0;
	ssize_t len;

	while ((len = fd < 0 ? -1 : getdents64(fd, entries, sizeof(entries))) > 0) {
		for (ssize_t at = 0; at < len;) {
			const struct dirent64 *entry = (const void *)(entries + at);
			const char *text = entry->d_name;
			struct name *name;

			at += entry->d_reclen;
			if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
				continue;
			if (n == LEND_LIMIT_NAMES) {
				lend_answer_why(io, answer, "more than %d names",
						LEND_LIMIT_NAMES);
				return;
			}
			name = LEND_PUSH(&io->answers, names, n, cap);
			name->len = strlen(text);
			name->text = lend_arena_strndup(&io->answers, text, name->len);
		}
	}
	if (len < 0)
		lend_answer_errno(answer, errno);
	else
		put_names(io, names, n, answer);
}

static void read_link(struct lend_io *io, const struct lend_root_ask *ask,
		      struct lend_answer *answer)
{
	char text[LEND_LIMIT_NAME + 1];
	lend_auto_fd int fd = -1;
	ssize_t n;

	if (io->live) {
		n = readlinkat(io->root_fd, ask->path, text, sizeof(text));
	} else {
		fd = open_in_root(io, ask->path, O_PATH | O_NOFOLLOW);
		n = fd < 0 ? -1 : readlinkat(fd, "", text, sizeof(text));
	}
	if (n < 0)
		lend_answer_errno(answer,
				  errno == EINVAL
					  ? ENOENT
					  : errno); /* a file where a link was asked for */
	else if (n > LEND_LIMIT_NAME)
		lend_answer_why(io, answer, "longer than %d bytes", LEND_LIMIT_NAME);
	else
		lend_answer_bytes(io, answer, text, (size_t)n);
}

bool lend_root_magic(int fd, uint64_t *ret)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	*ret = (uint64_t)fs.f_type & UINT32_MAX;
	return true;
}

void lend_root_stat(int fd, uint64_t magic, struct lend_answer *answer)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || (magic == 0 && !lend_root_magic(fd, &magic))) {
		lend_answer_errno(answer, errno);
		return;
	}
	answer->known = LEND_KNOWN;
	answer->stat = (struct lend_stat){
		.mode = st.st_mode,
		.dev_major = major(st.st_dev),
		.dev_minor = minor(st.st_dev),
		.rdev_major = major(st.st_rdev),
		.rdev_minor = minor(st.st_rdev),
		.inode = st.st_ino,
		.size_bytes = (uint64_t)st.st_size,
		.allocated_bytes = (uint64_t)st.st_blocks * 512,
		.fs_magic = magic,
	};
}

static void read_stat(struct lend_io *io, const struct lend_root_ask *ask,
		      struct lend_answer *answer)
{
	lend_auto_fd int fd = open_in_root(io, ask->path, O_PATH);

	if (fd < 0)
		lend_answer_errno(answer, errno);
	else
		lend_root_stat(fd, 0, answer);
}

/* Without O_PATH's help: faccessat() wants a path, and /proc/self/fd is one for what is open.
 */
static bool may_write(int fd)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

void lend_root_space(struct lend_io *io, int fd, struct lend_answer *answer)
{
	struct statvfs fs;
	struct stat st;
	char text[200];
	int n;

	if (fstatvfs(fd, &fs) < 0 || fstat(fd, &st) < 0) {
		lend_answer_errno(answer, errno);
		return;
	}
	n = snprintf(text, sizeof(text),
		     "free=%" PRIu64 " block=%lu ro=%d writable=%d changed=%" PRId64 "%09ld",
		     (uint64_t)(geteuid() == 0 ? fs.f_bfree : fs.f_bavail) * fs.f_frsize,
		     fs.f_bsize, (fs.f_flag & ST_RDONLY) != 0, may_write(fd),
		     (int64_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	lend_answer_bytes(io, answer, text, (size_t)n);
}

static void read_space(struct lend_io *io, const struct lend_root_ask *ask,
		       struct lend_answer *answer)
{
	lend_auto_fd int fd = open_in_root(io, ask->path, O_PATH);

	if (fd < 0)
		lend_answer_errno(answer, errno);
	else
		lend_root_space(io, fd, answer);
}

static void ask_alone_once(struct lend_io *io, const char *path, struct lend_buf *who,
			   struct lend_answer *answer)
{
	lend_auto_fd int fd = open_in_root(io, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct lend_err err = { 0 };
	struct lend_alone alone;
	struct stat st;
	int r = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		lend_answer_errno(answer, errno);
	else if (!S_ISREG(st.st_mode))
		lend_answer_why(io, answer, "it is no regular file");
	else if ((r = lend_alone_hold(fd, &alone, who, &err)) < 0)
		lend_answer_why(io, answer, "%s", err.what);
	else if (r == 0 && !alone.leased && geteuid() != 0)
		lend_answer_why(io, answer, "the processes of others cannot be looked into");
	else
		lend_answer_bytes(io, answer, lend_buf_text(who), who->len);
}

/*
 * Who only looks, as another lend does, has it open for a moment; and so have
 * we, which is why it is closed in between, and not by both at the same time.
 */
static void ask_alone(struct lend_io *io, const char *path, struct lend_answer *answer)
{
	enum { LOOKS = 5, TICK_MS = 10 };

	if (!io->live) {
		answer->known = LEND_NOT_ASKED; /* a copy is no place to try this */
		return;
	}
	for (int i = 0; i < LOOKS; i++) {
		lend_auto_buf who = { 0 };

		if (i > 0)
			(void)poll(NULL, 0, TICK_MS + (int)(getpid() % TICK_MS));
		ask_alone_once(io, path, &who, answer);
		if (who.len == 0)
			return;
	}
}

void lend_root_ask(struct lend_io *io, const struct lend_root_ask *ask,
		   struct lend_answer *answer)
{
	switch (ask->via) {
	case LEND_VIA_FILE:
		read_file(io, ask, answer);
		break;
	case LEND_VIA_RANGE:
		read_range(io, ask, answer);
		break;
	case LEND_VIA_CONTENT:
		look_at_content(io, ask, answer);
		break;
	case LEND_VIA_DIR:
		read_names(io, ask, answer);
		break;
	case LEND_VIA_LINK:
	case LEND_VIA_MAGIC:
		read_link(io, ask, answer);
		break;
	case LEND_VIA_STAT:
		read_stat(io, ask, answer);
		break;
	case LEND_VIA_SPACE:
		read_space(io, ask, answer);
		break;
	case LEND_VIA_PROBE:
		lend_probe(io, ask->path, answer);
		break;
	case LEND_VIA_ALONE:
		ask_alone(io, ask->path, answer);
		break;
	case LEND_VIA_MAPPED:
		lend_mapped(io, ask->path, answer);
		break;
	default:
		lend_answer_why(io, answer, "not a question to a file system");
	}
}
