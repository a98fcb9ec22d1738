/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "io/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"

bool lend_cache_read(const char *dir, const char *name, struct lend_buf *out)
{
	lend_auto_fd int in = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	lend_auto_fd int fd =
		in < 0 ? -1 : openat(in, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 || st.st_size > LEND_CACHE_BYTES_MAX)
		return false;
	n = read(fd, lend_buf_room(out, (size_t)st.st_size + 1), (size_t)st.st_size);
	if (n != st.st_size)
		return false;
	out->len += (size_t)n;
	out->text[out->len] = '\0';
	return true;
}

/* With those above it. */
static void make_folder(const char *dir)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
		return;
	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		(void)mkdir(path, 0755);
		*p = '/';
	}
	(void)mkdir(path, 0755);
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

void lend_cache_write(const char *dir, const char *name, const char *bytes, size_t len)
{
	char temporary[NAME_MAX];
	lend_auto_fd int in = -1;
	lend_auto_fd int fd = -1;

	if (len > LEND_CACHE_BYTES_MAX || snprintf(temporary, sizeof(temporary), "%s.%d", name,
						   (int)getpid()) >= (int)sizeof(temporary))
		return;
	make_folder(dir);
	in = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (in < 0)
		return;
	fd = openat(in, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	/* Not synced: after a crash it is found again. */
	if (!write_all(fd, bytes, len) || renameat(in, temporary, in, name) < 0)
		(void)unlinkat(in, temporary, 0);
}
