/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file system that never answers: FUSE without a daemon, mounted where only
 * this process sees it.  Skipped where that is not allowed.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
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

/* The descriptor must stay open: when it is closed, every question fails at once. */
static bool mount_dead(const char *where)
{
	unsigned int uid = getuid(), gid = getgid();
	char map[40], options[100];
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	(void)snprintf(map, sizeof(map), "0 %u 1", uid);
	if (!put("/proc/self/uid_map", map) || !put("/proc/self/setgroups", "deny"))
		return false;
	(void)snprintf(map, sizeof(map), "0 %u 1", gid);
	if (!put("/proc/self/gid_map", map))
		return false;
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	(void)snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0",
		       fd);
	return fd >= 0 && mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("dead", where, "fuse", MS_NOSUID | MS_NODEV, options) == 0;
}

static const struct lend_ask stats = {
	.via = LEND_VIA_STAT, .key = "%p", .deadline_ms = 200, .flags = LEND_ASK_MAY_HANG
};

static void ask(const char *dir)
{
	struct lend_io *io = lend_io_live();
	const struct lend_answer *answer;
	int64_t began = lend_now_ms();
	char path[100];

	(void)snprintf(path, sizeof(path), "%s/socket", dir);
	answer = lend_io_ask(io, &stats, path);
	must_str(answer->why, "no answer from the kernel in time");
	must(answer->known == LEND_UNREADABLE && answer->os_errno == ETIMEDOUT);
	lend_io_set_timeout(io, 200);
	must(lend_talk_open(io, LEND_VIA_QMP, path, &answer) == NULL);
	must_str(answer->why, "no answer from the kernel in time");
	/* A link to there hangs as well. */
	(void)snprintf(path, sizeof(path), "%s-link", dir);
	must(lend_talk_open(io, LEND_VIA_QGA, path, &answer) == NULL);
	must_str(answer->why, "no answer from the kernel in time");
	must(lend_now_ms() - began < 8000);
	must(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	lend_io_free(io);
}

int main(void)
{
	char dir[] = "/tmp/lend-hang-test-XXXXXX";
	char path[100], to[100];
	int status;
	pid_t pid;

	must(mkdtemp(dir) != NULL);
	(void)snprintf(to, sizeof(to), "%s/socket", dir);
	(void)snprintf(path, sizeof(path), "%s-link", dir);
	must(symlink(to, path) == 0);
	pid = fork();
	if (pid == 0) {
		/* The answer of last resort, when the test itself hangs there. */
		(void)alarm(60);
		if (!mount_dead(dir))
			_exit(77);
		ask(dir);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid);
	must(unlink(path) == 0 && rmdir(dir) == 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
