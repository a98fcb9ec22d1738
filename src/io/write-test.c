/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files: made whole or not at all, over nothing, with real blocks; what the gate says is done.
 */

#include "io/write.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "tests/must.h"

static char folder[64];

static const char *in_folder(const char *name)
{
	static char paths[4][256];
	static unsigned int n;
	char *path = paths[n++ % LEND_COUNT(paths)];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void check_text(const char *path, const char *want)
{
	struct lend_writer *w = lend_writer_new(NULL);
	lend_auto_buf got = { 0 };

	must(lend_write_read(w, path, 1000, &got, NULL) == 0);
	must_str(lend_buf_text(&got), want);
	lend_writer_free(w);
}

/* Fails the call of that name, in one of the two ways. */
struct gate {
	const char *call;
	int os_errno; /* 0: nothing fails before */
	bool after;
	unsigned int n; /* calls */
	char last[64];
};

static int before(void *context, const char *call, const char *what, struct lend_err *err)
{
	struct gate *gate = context;

	(void)what;
	gate->n++;
	(void)snprintf(gate->last, sizeof(gate->last), "%s", call);
	if (gate->os_errno == 0 || strcmp(gate->call, call) != 0)
		return 0;
	errno = gate->os_errno;
	return lend_fail_errno(err, "a test says no to %s", call);
}

static int after(void *context, const char *call, const char *what, struct lend_err *err)
{
	struct gate *gate = context;

	(void)what;
	if (gate->after && strcmp(gate->call, call) == 0)
		return lend_fail(err, LEND_E_SYSTEM, "a test says that %s failed", call);
	return 0;
}

static struct lend_writer *writer_of(struct gate *gate)
{
	return lend_writer_new(&(struct lend_write_hooks){
		.context = gate, .before = before, .after = after });
}

static void named(struct lend_writer *w, bool want_named)
{
	const char *path = in_folder("new");
	const char *temporary = in_folder(".new.7");
	struct lend_err err = { 0 };
	bool has_name;
	int fd;

	must(lend_write_unnamed(w, path, temporary, &fd, &has_name, &err) == 0);
	must(has_name == want_named && is_there(temporary) == want_named && !is_there(path));
	must(lend_write_bytes(w, fd, path, "12345", 5, 2, &err) == 0);
	must(lend_write_truncate(w, fd, path, 6, &err) == 0);
	must(lend_write_sync(w, fd, path, &err) == 0);
	must(lend_write_name(w, fd, has_name ? temporary : NULL, path, &err) == 0);
	must(lend_write_sync_folder(w, path, &err) == 0);
	must(is_there(path) && !is_there(temporary));
	(void)close(fd);

	/* Once more, now over something. */
	must(lend_write_unnamed(w, path, temporary, &fd, &has_name, &err) == 0);
	must(lend_write_name(w, fd, has_name ? temporary : NULL, path, &err) == -1);
	must(err.code == LEND_E_SYSTEM && err.os_errno == EEXIST);
	must(strstr(err.what, path) != NULL && err.hint[0] != '\0');
	(void)close(fd);
	must(lend_write_unlink(w, temporary, NULL) == (want_named ? 0 : 1));
	must(lend_write_unlink(w, path, NULL) == 0);
}

static void check_names(void)
{
	struct gate no_unnamed = { .call = "create", .os_errno = EOPNOTSUPP };
	struct gate no_gentle = { .call = "rename", .os_errno = EINVAL };
	struct lend_writer *w = lend_writer_new(NULL);
	struct lend_err err = { 0 };
	bool has_name;
	int fd;

	must_in("unnamed");
	named(w, false);
	must(lend_write_unnamed(w, in_folder("no/new"), in_folder("no/.new"), &fd, &has_name,
				&err) == -1);
	must(err.os_errno == ENOENT);
	lend_writer_free(w);
	must_in("no unnamed files");
	w = writer_of(&no_unnamed);
	named(w, true);
	lend_writer_free(w);
	must_in("no renameat2()");
	w = writer_of(&no_gentle);
	must(lend_write_file(w, in_folder("a"), in_folder(".a"), "a", 1, 0600, NULL) == -1);
	no_gentle.os_errno = 0;
	must(lend_write_file(w, in_folder("a"), in_folder(".a"), "a", 1, 0600, NULL) == 0);
	no_gentle.os_errno = EINVAL;
	must(lend_write_rename(w, in_folder("a"), in_folder("b"), false, NULL) == 0);
	must(!is_there(in_folder("a")) && is_there(in_folder("b")));
	must(lend_write_unlink(w, in_folder("b"), NULL) == 0);
	lend_writer_free(w);
}

static void check_blocks(void)
{
	struct gate no_allocate = { .call = "allocate", .os_errno = EOPNOTSUPP };
	struct gate full = { .call = "allocate", .os_errno = ENOSPC };
	struct lend_writer *w = lend_writer_new(NULL);
	enum { SIZE = 5 << 19 };
	struct lend_err err = { 0 };
	struct stat st;
	char byte;
	size_t len;
	int fd;

	must(lend_write_open(w, in_folder("real"), O_RDWR | O_CREAT | O_EXCL, &fd, NULL) == 0);
	must(lend_write_allocate(w, fd, "real", 0, SIZE, NULL) == 0);
	must(fstat(fd, &st) == 0 && st.st_size == SIZE && st.st_blocks * 512 >= SIZE);
	must((st.st_mode & 07777) == 0600);
	(void)close(fd);
	lend_writer_free(w);

	must_in("blocks that have to be written");
	w = writer_of(&no_allocate);
	must(lend_write_open(w, in_folder("zeros"), O_RDWR | O_CREAT | O_EXCL, &fd, NULL) == 0);
	must(lend_write_bytes(w, fd, "zeros", "x", 1, 1000000, NULL) == 0);
	must(lend_write_allocate(w, fd, "zeros", 5, SIZE - 5, NULL) == 0);
	must(fsync(fd) == 0 && fstat(fd, &st) == 0);
	must(st.st_size == SIZE && st.st_blocks * 512 >= SIZE);
	must(lend_write_pread(w, fd, "zeros", &byte, 1, 1000000, &len, NULL) == 0);
	must(len == 1 && byte == 'x');
	must(lend_write_pread(w, fd, "zeros", &byte, 1, SIZE, &len, NULL) == 0 && len == 0);
	must(lend_write_allocate(w, fd, "zeros", UINT64_MAX, 2, &err) == -1);
	must(err.code == LEND_E_USAGE);
	lend_writer_free(w);

	must_in("no room");
	w = writer_of(&full);
	err = (struct lend_err){ 0 };
	must(lend_write_allocate(w, fd, "zeros", 0, SIZE, &err) == -1);
	must(err.os_errno == ENOSPC);
	(void)close(fd);
	must(lend_write_open(w, "/dev/full", O_WRONLY, &fd, NULL) == 0);
	err = (struct lend_err){ 0 };
	must(lend_write_bytes(w, fd, "/mnt/log.img", "x", 1, 0, &err) == -1);
	must_str(err.what, "write '/mnt/log.img' (No space left on device)");
	must_str(err.hint, "make room on that file system, or take a folder on another one");
	(void)close(fd);
	must(lend_write_unlink(w, in_folder("real"), NULL) == 0);
	must(lend_write_unlink(w, in_folder("zeros"), NULL) == 0);
	lend_writer_free(w);
	must_in("");
}

static void check_whole_files(void)
{
	struct gate gate = { .call = "sync", .after = true };
	struct lend_writer *w = lend_writer_new(NULL);
	const char *path = in_folder("file");
	const char *temporary = in_folder(".file.tmp");
	struct lend_err err = { 0 };
	lend_auto_buf got = { 0 };

	must(lend_write_file(w, path, temporary, "one", 3, 0644, NULL) == 0);
	check_text(path, "one");
	/* What an earlier one left. */
	must(symlink("/nowhere/at/all", temporary) == 0);
	must(lend_write_file(w, path, temporary, "two", 3, 0644, NULL) == 0);
	check_text(path, "two");
	must(!is_there(temporary));
	must(lend_write_read(w, path, 2, &got, &err) == -1 && err.code == LEND_E_FORMAT);
	must(lend_write_read(w, in_folder("none"), 2, &got, NULL) == 1);
	must(lend_write_read(w, folder, 2, &got, NULL) == -1);
	lend_writer_free(w);

	must_in("what fails is as before");
	w = writer_of(&gate);
	must(lend_write_file(w, path, temporary, "three", 5, 0644, NULL) == -1);
	check_text(path, "two");
	must(!is_there(temporary));
	must(lend_write_unlink(w, path, NULL) == 0 && lend_write_unlink(w, path, NULL) == 1);
	lend_writer_free(w);
	must_in("");
}

static void check_folders(void)
{
	struct lend_writer *w = lend_writer_new(NULL);
	struct lend_err err = { 0 };
	struct stat st;

	must(lend_write_mkdir(w, in_folder("a/b//c"), NULL) == 0);
	must(lend_write_mkdir(w, in_folder("a/b/c"), NULL) == 1);
	must(lend_write_mkdir(w, in_folder("a/b/"), NULL) == 1);
	must(lend_write_stat(w, in_folder("a/b"), &st, NULL) == 0);
	must((st.st_mode & 07777) == 0700);
	must(lend_write_stat(w, in_folder("a/b/d"), &st, NULL) == 1);
	must(lend_write_rmdir(w, in_folder("a"), NULL) == 1);
	must(lend_write_rmdir(w, in_folder("a/b/c"), NULL) == 0);
	must(lend_write_rmdir(w, in_folder("a/b/c"), NULL) == 1);
	must(lend_write_rmdir(w, in_folder("a/b"), NULL) == 0);
	must(symlink("circle", in_folder("a/circle")) == 0);
	must(lend_write_mkdir(w, in_folder("a/circle/x"), &err) == -1);
	must(err.os_errno == ELOOP || err.os_errno == EEXIST);
	err = (struct lend_err){ 0 };
	must(lend_write_stat(w, in_folder("a/circle"), &st, &err) == -1);
	must(err.os_errno == ELOOP && err.hint[0] != '\0');
	must(lend_write_unlink(w, in_folder("a/circle"), NULL) == 0);
	must(lend_write_rmdir(w, in_folder("a"), NULL) == 0);
	lend_writer_free(w);
}

static void check_gate(void)
{
	struct gate refuses = { .call = "mkdir", .os_errno = EIO };
	struct gate lies = { .call = "mkdir", .after = true };
	struct lend_writer *w = writer_of(&refuses);
	struct stat st;

	must(lend_write_mkdir(w, in_folder("x"), NULL) == -1 && !is_there(in_folder("x")));
	must_u64(refuses.n, 1);
	must(lend_write_stat(w, folder, &st, NULL) == 0);
	must_u64(refuses.n, 1); /* looking does not count */
	lend_writer_free(w);
	w = writer_of(&lies);
	must(lend_write_mkdir(w, in_folder("x"), NULL) == -1 && is_there(in_folder("x")));
	must(lend_write_rmdir(w, in_folder("x"), NULL) == 0);
	must_str(lies.last, "rmdir");
	lend_writer_free(w);
}

static void check_lock(void)
{
	struct lend_writer *w = lend_writer_new(NULL);
	int fd, other, status;

	must(lend_write_lock(w, in_folder("lock"), false, &fd, NULL) == 0);
	must(lend_write_lock(w, in_folder("lock"), false, &other, NULL) == 1);
	(void)close(fd);
	must(lend_write_lock(w, in_folder("lock"), false, &fd, NULL) == 0);
	/* It ends with the process. */
	(void)close(fd);
	if (fork() == 0)
		_exit(lend_write_lock(w, in_folder("lock"), false, &other, NULL));
	must(wait(&status) > 0 && status == 0);
	must(lend_write_lock(w, in_folder("lock"), false, &fd, NULL) == 0);
	(void)close(fd);
	must(lend_write_unlink(w, in_folder("lock"), NULL) == 0);
	lend_writer_free(w);
}

int main(void)
{
	(void)umask(022);
	(void)snprintf(folder, sizeof(folder), "/tmp/lend-write-test-XXXXXX");
	must(mkdtemp(folder) != NULL);
	check_names();
	check_blocks();
	check_whole_files();
	check_folders();
	check_gate();
	check_lock();
	must(rmdir(folder) == 0);
	return 0;
}
