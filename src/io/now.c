/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions that may hang, asked so that they cannot: a child costs half a
 * millisecond, and mostly the kernel has the answer in memory.
 *
 * Nothing here waits for a disk or a server: paths are looked up only in what
 * the kernel has cached (RESOLVE_CACHED, Linux 5.12), bytes are taken only
 * out of the page cache (RWF_NOWAIT), and both only on the file system of
 * "/", or where every mounted file system is a local one.  Where that does
 * not suffice, hang.c asks.
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
#include "io/alone.h"
#include "io/inside.h"

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

/* Length of "proc/PID" when the path goes on in the world of that process, else 0. */
static size_t process_part(const char *path)
{
	const char *end = path + strlen("proc/");

	if (strncmp(path, "proc/", strlen("proc/")) != 0 || !lend_ascii_is_digit(*end))
		return 0;
	while (lend_ascii_is_digit(*end))
		end++;
	if (strncmp(end, "/root/", strlen("/root/")) != 0 &&
	    strncmp(end, "/cwd/", strlen("/cwd/")) != 0)
		return 0;
	return (size_t)(end - path);
}

void lend_now_end(struct lend_io *io)
{
	if (io->world.known)
		lend_close_fd(&io->world.fd);
	io->world.known = false;
}

/*
 * "/" of our own mount namespace: with that on a dead server, nothing here
 * would run.  A link of /proc that leads to any other file system may hang.
 */
static bool is_own_root(struct lend_io *io, const char *whose, const char *link)
{
	char theirs[LEND_MOUNTS_NAME];
	char text[2];

	if (io->own_mounts[0] == '\0')
		lend_mounts_name(io, "proc/self", io->own_mounts);
	lend_mounts_name(io, whose, theirs);
	return theirs[0] != '\0' && strcmp(theirs, io->own_mounts) == 0 &&
	       readlinkat(io->root_fd, link, text, sizeof(text)) == 1 && text[0] == '/';
}

static struct lend_world *enter_root(struct lend_io *io)
{
	if (!io->root.known)
		io->root = (struct lend_world){ .known = true,
						.whose = "proc/self",
						.fd = io->root_fd,
						.magic = lend_local_magic(io->root_fd) };
	return &io->root;
}

/*
 * What "proc/PID/root" or "proc/PID/cwd" leads to, which is no part of a
 * cached lookup.  Kept open for the next question: mostly several follow.
 * NULL and errno when it cannot be entered without a chance to hang.
 */
static struct lend_world *enter_process(struct lend_io *io, const char *link, size_t whose_len)
{
	struct lend_world *world = &io->world;

	if (world->known && strcmp(world->link, link) == 0)
		return world;
	lend_now_end(io);
	(void)snprintf(world->link, sizeof(world->link), "%s", link);
	(void)snprintf(world->whose, sizeof(world->whose), "%.*s", (int)whose_len, link);
	if (!is_own_root(io, world->whose, link) && !lend_mounts_are_local(io, world->whose)) {
		errno = EAGAIN;
		return NULL;
	}
	world->fd = openat(io->root_fd, link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (world->fd < 0)
		return NULL;
	world->known = true;
	world->magic = lend_local_magic(world->fd);
	return world;
}

/* *ret_rest is what is left of the path. */
static struct lend_world *enter(struct lend_io *io, const char *path, const char **ret_rest)
{
	size_t whose_len = process_part(path);
	size_t len = whose_len == 0 ? 0 : whose_len + 1 + strcspn(path + whose_len + 1, "/");
	char link[LEND_MOUNTS_NAME];

	*ret_rest = path + len + strspn(path + len, "/");
	if (**ret_rest == '\0')
		*ret_rest = ".";
	if (len == 0)
		return enter_root(io);
	if (len >= sizeof(link)) {
		errno = EAGAIN;
		return NULL;
	}
	memcpy(link, path, len);
	link[len] = '\0';
	return enter_process(io, link, whose_len);
}

/* *ret_magic: of its file system, 0 when that is not known. */
static int open_cached(struct lend_io *io, const char *path, int flags, uint64_t *ret_magic)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
				.resolve = RESOLVE_CACHED | RESOLVE_NO_XDEV };
	const char *rest;
	const struct lend_world *world = enter(io, path, &rest);
	int fd = -1;

	if (world == NULL)
		return -1;
	errno = EXDEV;
	*ret_magic = world->magic;
	if (world->magic != 0)
		fd = (int)syscall(SYS_openat2, world->fd, rest, &how, sizeof(how));
	if (fd >= 0 || errno != EXDEV)
		return fd;
	if (!lend_mounts_are_local(io, world->whose)) {
		errno = EAGAIN;
		return -1;
	}
	*ret_magic = 0;
	how.resolve = RESOLVE_CACHED;
	return (int)syscall(SYS_openat2, world->fd, rest, &how, sizeof(how));
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

/* Who it is otherwise takes longer to find out. */
static bool is_alone(struct lend_io *io, int fd, struct lend_answer *answer)
{
	struct stat st;

	if (!io->live || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !lend_alone_is(fd))
		return false;
	lend_answer_bytes(io, answer, "", 0);
	return true;
}

bool lend_root_ask_now(struct lend_io *io, const struct lend_root_ask *ask,
		       struct lend_answer *answer)
{
	lend_auto_fd int fd = -1;
	uint64_t magic = 0;
	int flags;

	switch (ask->via) {
	case LEND_VIA_STAT:
	case LEND_VIA_SPACE:
		flags = O_PATH;
		break;
	case LEND_VIA_RANGE:
	case LEND_VIA_ALONE:
		flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
		break;
	case LEND_VIA_PROBE:
		flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOATIME;
		break;
	default:
		return false;
	}
	fd = open_cached(io, ask->path, flags, &magic);
	if (fd < 0 && errno == ENOENT) {
		lend_answer_errno(answer, ENOENT);
		return true;
	}
	if (fd < 0)
		return false;
	if (ask->via == LEND_VIA_RANGE)
		return read_cached(io, fd, ask, answer);
	if (ask->via == LEND_VIA_PROBE)
		return lend_probe_now(io, fd, answer);
	if (ask->via == LEND_VIA_ALONE)
		return is_alone(io, fd, answer);
	if (ask->via == LEND_VIA_SPACE)
		lend_root_space(io, fd, answer);
	else
		lend_root_stat(fd, magic, answer);
	return true;
}
