/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions that may hang, asked so that they cannot: a child costs half a
 * millisecond, and mostly the kernel has the answer in memory.
 *
 * Nothing here waits for a disk or a server: paths are looked up only in what
 * the kernel has cached (RESOLVE_CACHED, Linux 5.12), bytes are taken only
 * out of the page cache (RWF_NOWAIT), and both only where every mounted file
 * system is a local one.  Where that does not suffice, hang.c asks.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/auto.h"
#include "io/inside.h"

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

enum { MOUNTS_MAX = 4 << 20 };

/* File systems whose answers come from this machine's memory and disks. */
static const char *const local_types[] = {
	"bcachefs", "bdev",      "binfmt_misc", "bpf",        "btrfs",     "cgroup",
	"cgroup2",  "configfs",  "debugfs",     "devpts",     "devtmpfs",  "efivarfs",
	"erofs",    "exfat",     "ext2",        "ext3",       "ext4",      "f2fs",
	"fusectl",  "hugetlbfs", "iso9660",     "mqueue",     "nsfs",      "overlay",
	"proc",     "pstore",    "ramfs",       "securityfs", "selinuxfs", "squashfs",
	"sysfs",    "tmpfs",     "tracefs",     "udf",        "vfat",      "xfs",
	"zfs",
};

static bool is_local_type(const char *type, size_t len)
{
	for (size_t i = 0; i < LEND_COUNT(local_types); i++) {
		if (strlen(local_types[i]) == len && memcmp(local_types[i], type, len) == 0)
			return true;
	}
	return false;
}

/* "... - TYPE SOURCE OPTIONS" on each line (proc(5), mountinfo) */
static bool all_local(const char *table)
{
	while (*table != '\0') {
		size_t len = strcspn(table, "\n");
		const char *dash = memmem(table, len, " - ", 3);

		if (dash == NULL || !is_local_type(dash + 3, strcspn(dash + 3, " \n")))
			return false;
		table += len + (table[len] == '\n');
	}
	return true;
}

/* Length of "proc/PID" when the path goes on in the world of that process, else 0. */
static size_t process_part(const char *path)
{
	size_t digits;

	if (strncmp(path, "proc/", 5) != 0)
		return 0;
	digits = strspn(path + 5, "0123456789");
	if (digits == 0 || (strncmp(path + 5 + digits, "/root/", 6) != 0 &&
			    strncmp(path + 5 + digits, "/cwd/", 5) != 0))
		return 0;
	return 5 + digits;
}

/* By what the kernel calls the mount namespace; "" when it does not tell. */
static void name_namespace(const struct lend_io *io, const char *whose, char *ret, size_t size)
{
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/ns/mnt", whose);
	n = readlinkat(io->root_fd, path, ret, size - 1);
	ret[n < 0 ? 0 : n] = '\0';
}

static bool read_mounts(struct lend_io *io, const char *whose)
{
	struct lend_answer table = { .bytes = "" };
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/mountinfo", whose);
	lend_root_ask(io,
		      &(struct lend_root_ask){
			      .via = LEND_VIA_FILE, .path = path, .limit = MOUNTS_MAX },
		      &table);
	return table.known == LEND_KNOWN && table.len > 0 && all_local(table.bytes);
}

static bool find_mounts(const struct lend_io *io, const char *name, bool *ret_local)
{
	for (size_t i = 0; i < LEND_MOUNTS_KEPT && name[0] != '\0'; i++) {
		if (strcmp(io->mounts[i].name, name) == 0) {
			*ret_local = io->mounts[i].local;
			return true;
		}
	}
	return false;
}

/* Of the mount table that the path is looked up in.  It is long on some hosts, and most
 * processes share one: what was found out is kept. */
static bool mounts_are_local(struct lend_io *io, const char *path)
{
	char whose[LEND_MOUNTS_NAME] = "proc/self";
	size_t len = process_part(path);
	struct lend_mounts *mounts;
	bool local = false;
	char name[LEND_MOUNTS_NAME];

	if (len >= sizeof(whose))
		return false;
	if (len > 0) {
		memcpy(whose, path, len);
		whose[len] = '\0';
	}
	for (size_t i = 0; i < LEND_MOUNTS_KEPT; i++) {
		if (strcmp(io->mounts[i].whose, whose) == 0)
			return io->mounts[i].local;
	}
	mounts = &io->mounts[io->n_mounts++ % LEND_MOUNTS_KEPT];
	name_namespace(io, whose, name, sizeof(name));
	mounts->local = find_mounts(io, name, &local) ? local : read_mounts(io, whose);
	memcpy(mounts->name, name, sizeof(name));
	memcpy(mounts->whose, whose, sizeof(whose));
	return mounts->local;
}

void lend_now_forget(struct lend_io *io)
{
	if (io->world != NULL)
		lend_close_fd(&io->world_fd);
	io->world = NULL;
}

/* "proc/PID/root" or "proc/PID/cwd", kept open for the next question: mostly several follow. */
static int open_world(struct lend_io *io, const char *path, size_t len)
{
	char *link;
	int fd;

	if (io->world != NULL && strlen(io->world) == len && memcmp(io->world, path, len) == 0)
		return io->world_fd;
	lend_now_forget(io);
	link = lend_arena_strndup(&io->answers, path, len);
	fd = openat(io->root_fd, link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		io->world = link;
		io->world_fd = fd;
	}
	return fd;
}

/* The links "root" and "cwd" are followed first: they are no part of a cached lookup. */
static int open_cached(struct lend_io *io, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
				.resolve = RESOLVE_CACHED };
	size_t process = process_part(path);
	int base = io->root_fd;

	if (process > 0) {
		size_t len = process + 1 + strcspn(path + process + 1, "/");

		base = open_world(io, path, len);
		if (base < 0)
			return -1;
		path += len;
		path += strspn(path, "/");
	}
	return (int)syscall(SYS_openat2, base, *path == '\0' ? "." : path, &how, sizeof(how));
}

static bool read_cached(struct lend_io *io, int fd, const struct lend_root_ask *ask,
			struct lend_answer *answer)
{
	lend_auto_buf content = { 0 };
	struct iovec room;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || ask->len > ask->limit ||
	    ask->offset > INT64_MAX)
		return false;
	room = (struct iovec){ .iov_base = lend_buf_room(&content, ask->len),
			       .iov_len = ask->len };
	n = preadv2(fd, &room, 1, (off_t)ask->offset, RWF_NOWAIT);
	if (n < 0 || (size_t)n != ask->len)
		return false;
	lend_answer_bytes(io, answer, content.text, (size_t)n);
	return true;
}

bool lend_root_ask_now(struct lend_io *io, const struct lend_root_ask *ask,
		       struct lend_answer *answer)
{
	lend_auto_fd int fd = -1;

	if ((ask->via != LEND_VIA_STAT && ask->via != LEND_VIA_RANGE) ||
	    !mounts_are_local(io, ask->path))
		return false;
	fd = open_cached(io, ask->path,
			 ask->via == LEND_VIA_STAT ? O_PATH : O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT) {
		lend_answer_errno(answer, ENOENT);
		return true;
	}
	if (fd < 0)
		return false;
	if (ask->via == LEND_VIA_RANGE)
		return read_cached(io, fd, ask, answer);
	lend_root_stat(fd, answer);
	return true;
}
