/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "io/alone.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/ascii.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/num.h"

/* ---- which file ---- */

static int ask_id(int fd, const char *path, int flags, struct lend_file_id *ret_id,
		  struct lend_err *err)
{
	struct statx st;
	int len;

	if (statx(fd, path, flags | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_INO | STATX_BTIME,
		  &st) < 0)
		return lend_fail_errno(err, "asking which file it is");
	if (flags == 0 && !S_ISREG(st.stx_mode))
		return lend_fail(err, LEND_E_USAGE, "'%s' is no regular file", path);
	len = snprintf(ret_id->text, sizeof(ret_id->text), "%u:%u/%llu", st.stx_dev_major,
		       st.stx_dev_minor, (unsigned long long)st.stx_ino);
	if ((st.stx_mask & STATX_BTIME) != 0)
		(void)snprintf(ret_id->text + len, sizeof(ret_id->text) - (size_t)len,
			       "@%lld.%09u", (long long)st.stx_btime.tv_sec,
			       st.stx_btime.tv_nsec);
	return 0;
}

int lend_file_id_of(int fd, struct lend_file_id *ret_id, struct lend_err *err)
{
	return ask_id(fd, "", AT_EMPTY_PATH, ret_id, err);
}

int lend_file_id_at(const char *path, struct lend_file_id *ret_id, struct lend_err *err)
{
	return ask_id(AT_FDCWD, path, 0, ret_id, err);
}

bool lend_file_id_same(const char *a, const char *b)
{
	const char *inode_a = strchr(a, '/');
	const char *inode_b = strchr(b, '/');

	if (strcmp(a, b) == 0)
		return true;
	return inode_a != NULL && inode_b != NULL && strcmp(inode_a, inode_b) == 0 &&
	       strchr(inode_a, '@') != NULL;
}

/* ---- who uses it ---- */

struct search {
	struct stat st;
	int fd;       /* ours */
	int proc;     /* /proc */
	bool hidden;  /* some process could not be looked into */
	pid_t found;  /* 0: none so far */
	bool is_self; /* it is ourselves */
	bool whole;   /* everything of the file system that st is of */
};

static bool is_it(const struct search *s, unsigned int major_nr, unsigned int minor_nr,
		  unsigned long long inode)
{
	return (s->whole || inode == s->st.st_ino) &&
	       makedev(major_nr, minor_nr) == s->st.st_dev;
}

/* Another node of the same device. */
static bool is_its_device(const struct search *s, const struct statx *st)
{
	return (S_ISCHR(s->st.st_mode) || S_ISBLK(s->st.st_mode)) &&
	       (st->stx_mode & S_IFMT) == (s->st.st_mode & S_IFMT) &&
	       makedev(st->stx_rdev_major, st->stx_rdev_minor) == s->st.st_rdev;
}

static bool link_is_it(const struct search *s, int dir, const char *name)
{
	struct statx st;

	/* No server is asked, which could be dead. */
	return statx(dir, name, AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_INO | STATX_TYPE,
		     &st) == 0 &&
	       (is_it(s, st.stx_dev_major, st.stx_dev_minor, st.stx_ino) ||
		is_its_device(s, &st));
}

/* The n-th entry that is a number; NULL at the end. */
static const char *next_number(DIR *dir)
{
	const struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		if (lend_ascii_is_digit(entry->d_name[0]))
			return entry->d_name;
	}
	return NULL;
}

static bool has_open(struct search *s, unsigned int pid)
{
	lend_auto_dir DIR *dir = NULL;
	char path[64];
	const char *name;
	uint64_t own;
	int fd;

	(void)snprintf(path, sizeof(path), "%u/fd", pid);
	fd = openat(s->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		if (errno == EACCES || errno == EPERM)
			s->hidden = true;
		lend_close_fd(&fd);
		return false;
	}
	while ((name = next_number(dir)) != NULL) {
		if (s->is_self && lend_parse_u64(name, 10, &own) && own == (uint64_t)s->fd)
			continue;
		if (link_is_it(s, dirfd(dir), name))
			return true;
	}
	return false;
}

/* "7f0000000000-7f0000200000 rw-s 00000000 08:01 131   /mnt/log.img" (proc(5)) */
static bool line_is_it(const struct search *s, const char *line)
{
	unsigned int major_nr, minor_nr;
	unsigned long long inode;

	/* NOLINTNEXTLINE(cert-err34-c): the kernel wrote it */
	if (sscanf(line, "%*s %*s %*s %x:%x %llu", &major_nr, &minor_nr, &inode) != 3)
		return false;
	return is_it(s, major_nr, minor_nr, inode);
}

/* Its folder, or its root. */
static bool is_in(const struct search *s, unsigned int pid)
{
	char path[64];

	if (!s->whole)
		return false;
	(void)snprintf(path, sizeof(path), "%u/cwd", pid);
	if (link_is_it(s, s->proc, path))
		return true;
	(void)snprintf(path, sizeof(path), "%u/root", pid);
	return link_is_it(s, s->proc, path);
}

static bool has_mapped(struct search *s, unsigned int pid)
{
	lend_auto_file FILE *file = NULL;
	char path[64];
	char *line = NULL;
	size_t size = 0;
	bool found = false;
	int fd;

	(void)snprintf(path, sizeof(path), "%u/maps", pid);
	fd = openat(s->proc, path, O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (file == NULL) {
		if (errno == EACCES || errno == EPERM)
			s->hidden = true;
		lend_close_fd(&fd);
		return false;
	}
	while (!found && getline(&line, &size, file) > 0)
		found = line_is_it(s, line);
	free(line);
	return found;
}

static int search_processes(struct search *s, struct lend_err *err)
{
	lend_auto_dir DIR *dir = NULL;
	const char *pid;
	int fd;

	fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		(void)lend_fail_errno(err, "looking for those who use the file in '/proc'");
		lend_close_fd(&fd);
		return -1;
	}
	s->proc = dirfd(dir);
	while ((pid = next_number(dir)) != NULL) {
		uint64_t value;

		if (!lend_parse_u64(pid, 10, &value) || value > INT32_MAX)
			continue;
		s->is_self = value == (uint64_t)getpid();
		if (has_open(s, (unsigned int)value) || has_mapped(s, (unsigned int)value) ||
		    is_in(s, (unsigned int)value)) {
			s->found = (pid_t)value;
			return 0;
		}
	}
	return 0;
}

static void put_process(pid_t pid, struct lend_buf *who)
{
	char path[64], name[32];
	ssize_t len = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		len = read(fd, name, sizeof(name));
	lend_close_fd(&fd);
	lend_buf_printf(who, "process %d", (int)pid);
	if (len > 1)
		lend_buf_printf(who, " (%.*s)", (int)len - 1, name);
}

/* A loop device, as /sys/block/loop0/loop/backing_file names its file. */
static bool put_loop(const struct search *s, struct lend_buf *who)
{
	lend_auto_dir DIR *dir = opendir("/sys/block");
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[PATH_MAX];
		ssize_t len = -1;
		struct stat st;
		int fd;

		if (strncmp(entry->d_name, "loop", 4) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file",
			       entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			len = read(fd, path, sizeof(path) - 1);
		lend_close_fd(&fd);
		if (len < 2)
			continue;
		path[len - 1] = '\0';
		if (stat(path, &st) == 0 &&
		    is_it(s, major(st.st_dev), minor(st.st_dev), st.st_ino)) {
			lend_buf_printf(who, "the loop device /dev/%s", entry->d_name);
			return true;
		}
	}
	return false;
}

/* overlayfs gives a lease on what is only mapped: the mapping is of the file below. */
static bool is_word_enough(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type != OVERLAYFS_SUPER_MAGIC;
}

/*
 * A signal that is ignored unless asked for, instead of SIGIO, which would end
 * us when somebody wants to open the file.
 */
static bool take_lease(int fd)
{
	(void)fcntl(fd, F_SETSIG, SIGURG);
	return fcntl(fd, F_SETLEASE, F_WRLCK) == 0;
}

bool lend_alone_is(int fd)
{
	bool leased = is_word_enough(fd) && take_lease(fd);

	if (leased)
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return leased;
}

int lend_alone_hold(int fd, struct lend_alone *ret_alone, struct lend_buf *who,
		    struct lend_err *err)
{
	struct lend_alone alone = { .fd = fd };
	struct search s = { .fd = fd };
	bool refused;

	if (fstat(fd, &s.st) < 0)
		return lend_fail_errno(err, "asking which file it is");
	alone.leased = take_lease(fd);
	refused = !alone.leased && (errno == EAGAIN || errno == EBUSY);

	if (alone.leased && is_word_enough(fd)) {
		*ret_alone = alone;
		return 0;
	}
	if (search_processes(&s, err) < 0)
		return -1;
	if (s.found == 0 && !refused) {
		*ret_alone = alone;
		return 0;
	}
	if (alone.leased)
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	if (s.found != 0)
		put_process(s.found, who);
	else if (!put_loop(&s, who))
		lend_buf_puts(who, s.hidden ? "a process of somebody else, or the kernel"
					    : "the kernel, or a process in another container");
	return LEND_ALONE_TAKEN;
}

static int look_at(const char *path, int flags, struct lend_file_id *ret_id,
		   struct lend_buf *who, struct lend_err *err)
{
	lend_auto_fd int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
	struct lend_alone alone;
	struct lend_file_id id;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return lend_fail_errno(err, "open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return lend_fail(err, LEND_E_USAGE, "'%s' is no regular file", path);
	if (lend_file_id_of(fd, &id, err) < 0)
		return -1;
	r = lend_alone_hold(fd, &alone, who, err);
	if (r >= 0)
		*ret_id = id;
	return r;
}

int lend_alone_look(const char *path, struct lend_file_id *ret_id, struct lend_buf *who,
		    struct lend_err *err)
{
	return look_at(path, O_NOFOLLOW, ret_id, who, err);
}

int lend_alone_look_through(const char *path, struct lend_file_id *ret_id, struct lend_buf *who,
			    struct lend_err *err)
{
	return look_at(path, 0, ret_id, who, err);
}

int lend_alone_below(const char *path, struct lend_buf *who, struct lend_err *err)
{
	struct search s = { .fd = -1, .whole = true };
	char above[PATH_MAX];
	struct stat st;

	(void)snprintf(above, sizeof(above), "%s/..", path);
	if (stat(path, &s.st) < 0 || stat(above, &st) < 0)
		return lend_fail_errno(err, "look at '%s'", path);
	if (st.st_dev == s.st.st_dev)
		return 0; /* nothing of its own is mounted there */
	if (search_processes(&s, err) < 0)
		return -1;
	if (s.found != 0)
		put_process(s.found, who);
	else if (!put_loop(&s, who))
		return 0;
	return LEND_ALONE_TAKEN;
}

bool lend_alone_still(const struct lend_alone *alone)
{
	return !alone->leased || fcntl(alone->fd, F_GETLEASE) == F_WRLCK;
}
