/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A path inside a folder that somebody gave us: links, absolute ones and ".."
 * included, stay inside.
 *
 * openat2(RESOLVE_IN_ROOT) of Linux 5.6 does that; older kernels (RHEL 8) and
 * valgrind have none, and there it is done step by step: each component is
 * opened without following it, and a link's text takes the component's place.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "io/inside.h"

enum { DEPTH_MAX = 128, LINKS_MAX = 40 };

struct walk {
	int root;
	int folders[DEPTH_MAX]; /* open, from below the root on */
	size_t depth;
	unsigned int links;
	char rest[2 * PATH_MAX]; /* still to be walked */
};

static int top(const struct walk *w)
{
	return w->depth == 0 ? w->root : w->folders[w->depth - 1];
}

static void leave(struct walk *w, size_t depth)
{
	while (w->depth > depth)
		(void)close(w->folders[--w->depth]);
}

static int fail(int os_errno)
{
	errno = os_errno;
	return -1;
}

/* The link's text and what came behind the link are what is left to walk. */
static int follow(struct walk *w, int link, const char *behind)
{
	char text[2 * PATH_MAX];
	ssize_t n = readlinkat(link, "", text, PATH_MAX);

	if (n < 0)
		return -1;
	if (++w->links > LINKS_MAX)
		return fail(ELOOP);
	if (n == PATH_MAX || (size_t)n + strlen(behind) >= sizeof(text))
		return fail(ENAMETOOLONG);
	memcpy(text + n, behind, strlen(behind) + 1);
	if (text[0] == '/')
		leave(w, 0);
	memcpy(w->rest, text, strlen(text) + 1);
	return 0;
}

/* One component off the rest.  1 and the descriptor when it was the last one. */
static int step(struct walk *w, int flags, int *ret_fd)
{
	const char *start = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(start, "/");
	const char *behind = start + len + strspn(start + len, "/");
	char name[NAME_MAX + 1];
	lend_auto_fd int fd = -1;
	struct stat st;

	if (len == 0) {
		*ret_fd = openat(top(w), ".", flags);
		return *ret_fd < 0 ? -1 : 1;
	}
	if (len > NAME_MAX)
		return fail(ENAMETOOLONG);
	memcpy(name, start, len);
	name[len] = '\0';
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		if (name[1] == '.' && w->depth > 0)
			leave(w, w->depth - 1);
		memmove(w->rest, behind, strlen(behind) + 1);
		return 0;
	}
	fd = openat(top(w), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (S_ISLNK(st.st_mode) && (*behind != '\0' || (flags & O_NOFOLLOW) == 0))
		return follow(w, fd, start + len);
	if (*behind == '\0' && start[len] == '\0') {
		*ret_fd = openat(top(w), name, flags | O_NOFOLLOW);
		return *ret_fd < 0 ? -1 : 1;
	}
	if (!S_ISDIR(st.st_mode))
		return fail(ENOTDIR);
	if (w->depth == DEPTH_MAX)
		return fail(ENAMETOOLONG);
	w->folders[w->depth++] = lend_steal_fd(&fd);
	memmove(w->rest, behind, strlen(behind) + 1);
	return 0;
}

int lend_open_inside_slowly(int root_fd, const char *path, int flags)
{
	struct walk w = { .root = root_fd };
	int fd = -1;
	int r, saved;

	if (strlen(path) >= PATH_MAX)
		return fail(ENAMETOOLONG);
	memcpy(w.rest, path, strlen(path) + 1);
	do {
		r = step(&w, flags | O_CLOEXEC, &fd);
	} while (r == 0);
	saved = errno;
	leave(&w, 0);
	errno = saved;
	return r < 0 ? -1 : fd;
}

int lend_open_inside(int root_fd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

	/* EAGAIN: something was renamed or mounted anywhere while the kernel went up by "..".
	 */
	if (fd < 0 && (errno == ENOSYS || errno == EAGAIN))
		return lend_open_inside_slowly(root_fd, path, flags);
	return fd;
}
