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
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/auto.h"
#include "io/inside.h"

enum { READ_AT_ONCE = 4096 };

static int open_in_root(const struct lend_io *io, const char *path, int flags)
{
	if (*path == '\0')
		path = ".";
	if (io->live)
		return openat(io->root_fd, path, flags | O_CLOEXEC);
	return lend_open_inside(io->root_fd, path, flags);
}

/* *ret_size: what the file system says, 0 for most of /proc */
static int open_to_read(const struct lend_io *io, const struct lend_root_ask *ask,
			uint64_t *ret_size, struct lend_answer *answer)
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
		   !(ask->via == LEND_VIA_RANGE && S_ISBLK(st.st_mode) && io->live)) {
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

static void read_file(struct lend_io *io, const struct lend_root_ask *ask,
		      struct lend_answer *answer)
{
	uint64_t size;
	lend_auto_fd int fd = open_to_read(io, ask, &size, answer);
	lend_auto_buf content = { 0 };

	if (fd < 0)
		return;
	for (;;) {
		char *room = lend_buf_room(&content, READ_AT_ONCE);
		ssize_t n = read(fd, room, READ_AT_ONCE);

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
		if (size > 0 && (size_t)n < READ_AT_ONCE)
			break;
	}
	lend_answer_bytes(io, answer, lend_buf_text(&content), content.len);
}

static void read_range(struct lend_io *io, const struct lend_root_ask *ask,
		       struct lend_answer *answer)
{
	uint64_t size;
	lend_auto_fd int fd = open_to_read(io, ask, &size, answer);
	lend_auto_buf content = { 0 };

	if (fd < 0)
		return;
	if (ask->len > ask->limit || ask->offset > INT64_MAX) {
		lend_answer_why(io, answer, "the range is out of bounds");
		return;
	}
	while (content.len < ask->len) {
		char *room = lend_buf_room(&content, ask->len - content.len);
		ssize_t n = pread(fd, room, ask->len - content.len,
				  (off_t)(ask->offset + content.len));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			lend_answer_errno(answer, errno);
			return;
		}
		if (n == 0)
			break; /* a short answer is the caller's to judge */
		content.len += (size_t)n;
	}
	lend_answer_bytes(io, answer, lend_buf_text(&content), content.len);
}

/* Short names first: so /proc has its processes already, by number. */
static int compare_names(const void *a, const void *b)
{
	const char *x = *(const char *const *)a;
	const char *y = *(const char *const *)b;
	size_t x_len = strlen(x), y_len = strlen(y);

	if (x_len != y_len)
		return x_len < y_len ? -1 : 1;
	return memcmp(x, y, x_len);
}

static void read_names(struct lend_io *io, const struct lend_root_ask *ask,
		       struct lend_answer *answer)
{
	lend_auto_dir DIR *dir = NULL;
	size_t cap = 0;
	int fd = open_in_root(io, ask->path, O_RDONLY | O_DIRECTORY);

	if (fd >= 0)
		dir = fdopendir(fd);
	if (dir == NULL) {
		lend_answer_errno(answer, errno);
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	for (;;) {
		struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (entry == NULL)
			break;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (answer->n_names == LEND_LIMIT_NAMES) {
			lend_answer_why(io, answer, "more than %d names", LEND_LIMIT_NAMES);
			return;
		}
		*LEND_PUSH(&io->answers, answer->names, answer->n_names, cap) =
			lend_arena_strdup(&io->answers, entry->d_name);
	}
	if (errno != 0) {
		lend_answer_errno(answer, errno);
		return;
	}
	if (answer->n_names > 0)
		qsort(answer->names, answer->n_names, sizeof(*answer->names), compare_names);
	answer->known = LEND_KNOWN;
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

void lend_root_stat(int fd, struct lend_answer *answer)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0) {
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
		.fs_magic = (uint64_t)fs.f_type & UINT32_MAX,
	};
}

static void read_stat(struct lend_io *io, const struct lend_root_ask *ask,
		      struct lend_answer *answer)
{
	lend_auto_fd int fd = open_in_root(io, ask->path, O_PATH);

	if (fd < 0)
		lend_answer_errno(answer, errno);
	else
		lend_root_stat(fd, answer);
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
	default:
		lend_answer_why(io, answer, "not a question to a file system");
	}
}
