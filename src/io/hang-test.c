/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file system that never answers: FUSE without a daemon.  Skipped only for
 * users who may not have namespaces of their own.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/inside.h"
#include "tests/must.h"

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* A bare chroot has no /dev/fuse. */
static int open_fuse(void)
{
	char path[] = "/tmp/lend-hang-fuse-XXXXXX";
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd >= 0 || mkdtemp(path) == NULL || rmdir(path) < 0 ||
	    mknod(path, S_IFCHR | 0600, makedev(10, 229)) < 0)
		return fd;
	fd = open(path, O_RDWR | O_CLOEXEC);
	(void)unlink(path);
	return fd;
}

static bool become_root(void)
{
	unsigned int uid = getuid(), gid = getgid();
	char map[40];

	if (uid == 0)
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	(void)snprintf(map, sizeof(map), "0 %u 1", uid);
	if (!put("/proc/self/uid_map", map) || !put("/proc/self/setgroups", "deny"))
		return false;
	(void)snprintf(map, sizeof(map), "0 %u 1", gid);
	return put("/proc/self/gid_map", map);
}

/* Mounted nowhere: it is reached through the descriptor, and goes with it.  That of /dev/fuse
 * must stay open, too: when it is closed, every question fails at once. */
static int mount_dead(void)
{
	char number[20];
	int fuse, context;

	if (!become_root())
		return -1;
	fuse = open_fuse();
	context = fsopen("fuse", FSOPEN_CLOEXEC);
	(void)snprintf(number, sizeof(number), "%d", fuse);
	if (fuse < 0 || context < 0 ||
	    fsconfig(context, FSCONFIG_SET_STRING, "fd", number, 0) < 0 ||
	    fsconfig(context, FSCONFIG_SET_STRING, "rootmode", "40000", 0) < 0 ||
	    fsconfig(context, FSCONFIG_SET_STRING, "user_id", "0", 0) < 0 ||
	    fsconfig(context, FSCONFIG_SET_STRING, "group_id", "0", 0) < 0 ||
	    fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(context, FSMOUNT_CLOEXEC, 0);
}

static const struct lend_ask stats = {
	.via = LEND_VIA_STAT, .key = "%p", .deadline_ms = 200, .flags = LEND_ASK_MAY_HANG
};

static void ask(int dead)
{
	struct lend_io *io = lend_io_live();
	char link[] = "/tmp/lend-hang-test-XXXXXX";
	const struct lend_answer *answer;
	int64_t began = lend_now_ms();
	char path[100];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d/socket", getpid(), dead);
	answer = lend_io_ask(io, &stats, path);
	must_str(answer->why, "no answer from the kernel in time");
	must(answer->known == LEND_UNREADABLE && answer->os_errno == ETIMEDOUT);
	lend_io_set_timeout(io, 200);
	must(lend_talk_open(io, LEND_VIA_QMP, path, NULL, &answer) == NULL);
	must_str(answer->why, "no answer from the kernel in time");
	/* A link to there hangs as well. */
	must(mkdtemp(link) != NULL && rmdir(link) == 0 && symlink(path, link) == 0);
	must(lend_talk_open(io, LEND_VIA_QGA, link, NULL, &answer) == NULL);
	must_str(answer->why, "no answer from the kernel in time");
	must(unlink(link) == 0);
	must(lend_now_ms() - began < 8000);
	must(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	lend_io_free(io);
}

int main(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int dead;

		/* The answer of last resort, when the test itself hangs there. */
		(void)alarm(60);
		dead = mount_dead();
		if (dead < 0)
			_exit(77);
		ask(dead);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
