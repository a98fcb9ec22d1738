/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "io/out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/auto.h"
#include "base/buf.h"
#include "base/err.h"

void lend_random_bytes(void *bytes, size_t len)
{
	char *at = bytes;

	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno != EINTR)
			abort(); /* only where the kernel has none: then nothing is hidden */
		at += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
	}
}

uint32_t lend_hash_bytes(const char *bytes, size_t len)
{
	uint32_t hash = 2166136261; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)bytes[i]) * 16777619;
	return hash;
}

int lend_out_new_dir(const char *dir, int *ret_fd, struct lend_err *err)
{
	lend_auto_dir DIR *listing = NULL;
	const struct dirent *entry;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return lend_fail_errno(err, "make the folder '%s'", dir);
	listing = opendir(dir);
	if (listing == NULL)
		return lend_fail_errno(err, "open '%s'", dir);
	while ((entry = readdir(listing)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			lend_hint(err, "name a folder that does not exist yet");
			return lend_fail(err, LEND_E_USAGE, "'%s' is not empty", dir);
		}
	}
	*ret_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? lend_fail_errno(err, "open '%s'", dir) : 0;
}

int lend_out_file_at(int dir_fd, const char *name, const char *bytes, size_t len,
		     struct lend_err *err)
{
	lend_auto_fd int fd = openat(
		dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return lend_fail_errno(err, "make '%s'", name);
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			(void)lend_fail_errno(err, "write '%s'", name);
			(void)unlinkat(dir_fd, name, 0); /* half of it is worse than none */
			return -1;
		}
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

int lend_out_deep_file_at(int dir_fd, const char *path, const char *bytes, size_t len,
			  struct lend_err *err)
{
	lend_auto_fd int here = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	const char *slash;

	if (here < 0)
		return lend_fail_errno(err, "write '%s'", path);
	while ((slash = strchr(path, '/')) != NULL) {
		char name[256];
		int deeper;

		if ((size_t)(slash - path) >= sizeof(name)) {
			errno = ENAMETOOLONG;
			return lend_fail_errno(err, "make '%s'", path);
		}
		memcpy(name, path, (size_t)(slash - path));
		name[slash - path] = '\0';
		if (mkdirat(here, name, 0700) < 0 && errno != EEXIST)
			return lend_fail_errno(err, "make '%s'", path);
		deeper = openat(here, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (deeper < 0)
			return lend_fail_errno(err, "make '%s'", path);
		lend_close_fd(&here);
		here = deeper;
		path = slash + 1;
	}
	return lend_out_file_at(here, path, bytes, len, err);
}

/* Neither of us nor of root, or writable by others. */
static bool is_others(const struct stat *st)
{
	return (st->st_uid != geteuid() && st->st_uid != 0) || (st->st_mode & 022) != 0;
}

int lend_in_file_whose(const char *path, size_t limit, struct lend_buf *out, bool *ret_others,
		       struct lend_err *err)
{
	lend_auto_fd int own = -1;
	struct stat st = { 0 };
	int fd = STDIN_FILENO;

	if (strcmp(path, "-") != 0) {
		own = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		fd = own;
	}
	if (fd < 0)
		return lend_fail_errno(err, "open '%s'", path);
	if (fd == own && (fstat(fd, &st) < 0 || !(S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode))))
		return lend_fail(err, LEND_E_USAGE, "'%s' is not a regular file", path);
	*ret_others = fd == own && S_ISREG(st.st_mode) && is_others(&st);
	if (fd == own)
		(void)fcntl(fd, F_SETFL, 0); /* a pipe given as <(command) may still be empty */
	for (;;) {
		char *room = lend_buf_room(out, 65536);
		ssize_t n = read(fd, room, 65536);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lend_fail_errno(err, "read '%s'", path);
		room[n] = '\0';
		if (n == 0)
			return 0;
		out->len += (size_t)n;
		if (out->len > limit)
			return lend_fail(err, LEND_E_FORMAT, "'%s' is longer than %zu bytes",
					 path, limit);
	}
}

int lend_in_file(const char *path, size_t limit, struct lend_buf *out, struct lend_err *err)
{
	bool others;

	return lend_in_file_whose(path, limit, out, &others, err);
}

const char *lend_in_absolute(struct lend_arena *arena, const char *path)
{
	char here[PATH_MAX];

	if (path[0] == '/' || getcwd(here, sizeof(here)) == NULL)
		return lend_arena_strdup(arena, path);
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return lend_arena_printf(arena, "%s/%s", strcmp(here, "/") == 0 ? "" : here, path);
}
