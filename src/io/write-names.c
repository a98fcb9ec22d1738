/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of files, and folders.
 *
 * What is new gets its name last and by one call, so that nobody ever sees
 * half of it, and never over something that is there.  Where a file system
 * lacks a call (O_TMPFILE on NFS, RENAME_NOREPLACE on old ones) two others do
 * the same but for a moment in which both names are there.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/auto.h"
#include "io/inside.h"
#include "io/write-inside.h"

/* The folder that an absolute path is in; the caller's buf owns it. */
static const char *folder_of(struct lend_buf *buf, const char *path)
{
	const char *slash = strrchr(path, '/');

	lend_buf_put(buf, path, slash == NULL || slash == path ? 1 : (size_t)(slash - path));
	if (slash == NULL)
		buf->text[0] = '.';
	return buf->text;
}

/* The same error for the caller. */
static int pass_on(struct lend_err *err, const struct lend_err *failed)
{
	if (err != NULL)
		*err = *failed;
	return -1;
}

/* A file without a name; -1 with failed->os_errno when there is no such thing here. */
static int open_unnamed(struct lend_writer *w, const char *path, int *ret_fd,
			struct lend_err *failed)
{
	lend_auto_buf folder = { 0 };
	lend_auto_fd int fd = -1;

	if (lend_gate_enter(w, "create", path, failed) < 0)
		return -1;
	fd = TEMP_FAILURE_RETRY(
		open(folder_of(&folder, path), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
	if (fd < 0)
		return lend_write_fail(failed, "create", path);
	if (lend_gate_leave(w, "create", path, failed) < 0)
		return -1;
	*ret_fd = lend_steal_fd(&fd);
	return 0;
}

static int open_temporary(struct lend_writer *w, const char *temporary, int flags, mode_t mode,
			  int *ret_fd, struct lend_err *err)
{
	lend_auto_fd int fd = -1;

	if (lend_gate_enter(w, "create temporary", temporary, err) < 0)
		return -1;
	fd = TEMP_FAILURE_RETRY(
		open(temporary, flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
	if (fd < 0)
		return lend_write_fail(err, "create", temporary);
	if (lend_gate_leave(w, "create temporary", temporary, err) < 0)
		return -1;
	*ret_fd = lend_steal_fd(&fd);
	return 0;
}

int lend_write_unnamed(struct lend_writer *w, const char *path, const char *temporary,
		       int *ret_fd, bool *ret_named, struct lend_err *err)
{
	struct lend_err failed = { 0 };

	*ret_named = false;
	if (open_unnamed(w, path, ret_fd, &failed) == 0)
		return 0;
	/* A kernel without O_TMPFILE sees a folder that is opened for writing. */
	if (failed.os_errno != EOPNOTSUPP && failed.os_errno != EISDIR)
		return pass_on(err, &failed);
	if (open_temporary(w, temporary, O_RDWR, 0600, ret_fd, err) < 0)
		return -1;
	*ret_named = true;
	return 0;
}

/* By descriptor, which needs a capability, or by its link in /proc. */
static int link_open_file(int fd, const char *path)
{
	char link[32];

	if (linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno == EEXIST)
		return -1;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

int lend_write_name(struct lend_writer *w, int fd, const char *temporary, const char *path,
		    struct lend_err *err)
{
	if (temporary != NULL)
		return lend_write_rename(w, temporary, path, false, err);
	if (lend_gate_enter(w, "name", path, err) < 0)
		return -1;
	if (link_open_file(fd, path) < 0)
		return lend_write_fail(err, "create", path);
	return lend_gate_leave(w, "name", path, err);
}

/* renameat2() without a flag would go over what is there. */
static int rename_gently(struct lend_writer *w, const char *from, const char *to,
			 struct lend_err *failed)
{
	if (lend_gate_enter(w, "rename", to, failed) < 0)
		return -1;
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0)
		return lend_write_fail(failed, "rename to", to);
	return lend_gate_leave(w, "rename", to, failed);
}

int lend_write_rename(struct lend_writer *w, const char *from, const char *to, bool over,
		      struct lend_err *err)
{
	struct lend_err failed = { 0 };

	if (over) {
		if (lend_gate_enter(w, "rename", to, err) < 0)
			return -1;
		if (rename(from, to) < 0)
			return lend_write_fail(err, "rename to", to);
		return lend_gate_leave(w, "rename", to, err);
	}
	if (rename_gently(w, from, to, &failed) == 0)
		return 0;
	if (failed.os_errno != EINVAL && failed.os_errno != ENOSYS)
		return pass_on(err, &failed);
	if (lend_gate_enter(w, "link", to, err) < 0)
		return -1;
	if (link(from, to) < 0)
		return lend_write_fail(err, "rename to", to);
	if (lend_gate_leave(w, "link", to, err) < 0)
		return -1;
	return lend_write_unlink(w, from, err) < 0 ? -1 : 0;
}

int lend_write_sync_folder(struct lend_writer *w, const char *path, struct lend_err *err)
{
	lend_auto_buf name = { 0 };
	const char *folder = folder_of(&name, path);
	lend_auto_fd int fd = -1;

	int skip = lend_gate_enter(w, "sync", folder, err);

	if (skip < 0)
		return -1;
	fd = TEMP_FAILURE_RETRY(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fd < 0)
		return lend_write_fail(err, "open", folder);
	/* EINVAL: this file system knows no such thing, and needs none. */
	if (skip == 0 && TEMP_FAILURE_RETRY(fsync(fd)) < 0 && errno != EINVAL)
		return lend_write_fail(err, "write to disk", folder);
	return lend_gate_leave(w, "sync", folder, err);
}

static int fill_file(struct lend_writer *w, const char *temporary, const void *bytes,
		     size_t len, mode_t mode, struct lend_err *err)
{
	struct lend_err failed = { 0 };
	lend_auto_fd int fd = -1;

	if (open_temporary(w, temporary, O_WRONLY, mode, &fd, &failed) < 0) {
		if (failed.os_errno != EEXIST)
			return pass_on(err, &failed);
		if (lend_write_unlink(w, temporary, err) < 0 ||
		    open_temporary(w, temporary, O_WRONLY, mode, &fd, err) < 0)
			return -1;
	}
	if (lend_write_bytes(w, fd, temporary, bytes, len, 0, err) < 0)
		return -1;
	return lend_write_sync(w, fd, temporary, err);
}

int lend_write_file(struct lend_writer *w, const char *path, const char *temporary,
		    const void *bytes, size_t len, mode_t mode, struct lend_err *err)
{
	if (fill_file(w, temporary, bytes, len, mode, err) < 0 ||
	    lend_write_rename(w, temporary, path, true, err) < 0) {
		struct lend_err ignored = { 0 };

		if (lend_write_unlink(w, temporary, &ignored) < 0)
			lend_hint(err, "remove '%s', which was left behind", temporary);
		return -1;
	}
	return lend_write_sync_folder(w, path, err);
}

int lend_write_unlink(struct lend_writer *w, const char *path, struct lend_err *err)
{
	int r;

	if (lend_gate_enter(w, "unlink", path, err) < 0)
		return -1;
	r = unlink(path) < 0 ? 1 : 0;
	if (r != 0 && errno != ENOENT)
		return lend_write_fail(err, "remove", path);
	return lend_gate_leave(w, "unlink", path, err) < 0 ? -1 : r;
}

/* One folder; 1: it is there. */
static int make_folder(struct lend_writer *w, const char *path, struct lend_err *err)
{
	struct stat st;

	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 1;
		errno = ENOTDIR;
		return lend_write_fail(err, "make the folder", path);
	}
	if (lend_gate_enter(w, "mkdir", path, err) < 0)
		return -1;
	if (mkdir(path, 0700) < 0) {
		/* Somebody was faster. */
		if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return 1;
		return lend_write_fail(err, "make the folder", path);
	}
	return lend_gate_leave(w, "mkdir", path, err);
}

int lend_write_mkdir(struct lend_writer *w, const char *path, struct lend_err *err)
{
	lend_auto_buf part = { 0 };
	struct stat st;
	size_t len = strspn(path, "/");

	/* Mostly only the last one is missing, or none is. */
	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? 1 : make_folder(w, path, err);
	for (;;) {
		int r;

		len += strcspn(path + len, "/");
		lend_buf_reset(&part);
		lend_buf_put(&part, path, len);
		r = make_folder(w, part.text, err);
		len += strspn(path + len, "/");
		if (r < 0 || path[len] == '\0')
			return r;
	}
}

int lend_write_rmdir(struct lend_writer *w, const char *path, struct lend_err *err)
{
	int r;

	if (lend_gate_enter(w, "rmdir", path, err) < 0)
		return -1;
	r = rmdir(path) < 0 ? 1 : 0;
	if (r != 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST)
		return lend_write_fail(err, "remove the folder", path);
	return lend_gate_leave(w, "rmdir", path, err) < 0 ? -1 : r;
}

int lend_write_names(struct lend_writer *w, const char *folder, struct lend_arena *arena,
		     const char ***ret_names, size_t *ret_n, struct lend_err *err)
{
	lend_auto_dir DIR *dir = opendir(folder);
	const struct dirent *entry;
	const char **names = NULL;
	size_t n = 0, cap = 0;

	(void)w;
	if (dir == NULL && errno != ENOENT)
		return lend_write_fail(err, "list", folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (n == LEND_WRITE_NAMES_MAX)
			return lend_fail(err, LEND_E_SYSTEM, "'%.100s' holds too many files",
					 folder);
		*LEND_PUSH(arena, names, n, cap) = lend_arena_strdup(arena, entry->d_name);
	}
	*ret_names = names;
	*ret_n = n;
	return 0;
}

int lend_write_is_volatile(struct lend_writer *w, const char *path, bool *ret,
			   struct lend_err *err)
{
	struct statfs fs;

	(void)w;
	if (TEMP_FAILURE_RETRY(statfs(path, &fs)) < 0)
		return lend_write_fail(err, "look at the file system of", path);
	*ret = fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC;
	return 0;
}
