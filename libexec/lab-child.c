/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Child processes: started, waited for by a pidfd, ended by it, never by a bare number. */

#include "libexec/lab.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"

enum { OUTPUT_MAX = 16 * 1024 * 1024 };

bool lab_has_program(const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/') != NULL)
		return access(name, X_OK) == 0;
	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");
		char file[4096];
		int n = snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);

		if (n > 0 && (size_t)n < sizeof(file) && access(file, X_OK) == 0)
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

static void child_exec(const struct lab_spawn *spawn, pid_t parent, int report_fd)
{
	struct rlimit no_core = { 0, 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;
	int failed;

	(void)prctl(PR_SET_PDEATHSIG, spawn->death_signal != 0 ? spawn->death_signal : SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (spawn->group)
		(void)setpgid(0, 0);
	/* A QEMU that aborts over an unusable /dev/kvm leaves no core. */
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(spawn->out_fd > 0 ? spawn->out_fd : null, STDOUT_FILENO);
	if (spawn->err_fd > 0)
		(void)dup2(spawn->err_fd, STDERR_FILENO);
	(void)execvp(spawn->argv[0], (char *const *)(uintptr_t)spawn->argv);
	failed = errno;
	(void)!write(report_fd, &failed, sizeof(failed));
	_exit(127);
}

int lab_child_start(const struct lab_spawn *spawn, struct lab_child *ret_child,
		    struct lend_err *err)
{
	struct lab_child child = { .group = spawn->group };
	pid_t parent = getpid();
	int ends[2];
	int failed;
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return lend_fail_errno(err, "make a pipe");
	child.pid = fork();
	if (child.pid == 0)
		child_exec(spawn, parent, ends[1]);
	(void)close(ends[1]);
	if (child.pid < 0) {
		(void)close(ends[0]);
		return lend_fail_errno(err, "start a child");
	}
	do {
		n = read(ends[0], &failed, sizeof(failed));
	} while (n < 0 && errno == EINTR);
	(void)close(ends[0]);
	if (n == (ssize_t)sizeof(failed)) {
		(void)waitpid(child.pid, NULL, 0);
		errno = failed;
		return failed == ENOENT ? lend_fail(err, LEND_E_USAGE, "%s is not installed",
						    spawn->argv[0])
					: lend_fail_errno(err, "start %s", spawn->argv[0]);
	}
	child.pidfd = pidfd_open(child.pid, 0);
	if (child.pidfd < 0) {
		int saved = errno;

		(void)kill(child.pid, SIGKILL);
		(void)waitpid(child.pid, NULL, 0);
		errno = saved;
		return lend_fail_errno(err, "open a pidfd");
	}
	(void)fcntl(child.pidfd, F_SETFD, FD_CLOEXEC);
	*ret_child = child;
	return 0;
}

static void child_reap(struct lab_child *child, int *ret_status)
{
	while (waitpid(child->pid, ret_status, 0) < 0 && errno == EINTR)
		;
	lend_close_fd(&child->pidfd);
	child->pid = 0;
}

int lab_child_wait(struct lab *lab, struct lab_child *child, int64_t deadline, int *ret_status,
		   struct lend_err *err)
{
	struct pollfd p = { .fd = child->pidfd, .events = POLLIN };
	int r = lab_poll(lab, &p, 1, deadline, err);

	if (r < 0)
		return -1;
	if (r == 0)
		return 1;
	child_reap(child, ret_status);
	return 0;
}

/* The group may outlive its leader: as long as that is not reaped, the number is ours. */
static void child_signal(const struct lab_child *child, int sig)
{
	if (child->group)
		(void)kill(-child->pid, sig);
	else
		(void)pidfd_send_signal(child->pidfd, sig, NULL, 0);
}

void lab_child_stop(struct lab_child *child, int grace_ms)
{
	int64_t deadline = lab_in(grace_ms);
	int status;

	if (child->pid == 0)
		return;
	if (grace_ms > 0) {
		struct pollfd p = { .fd = child->pidfd, .events = POLLIN };

		child_signal(child, SIGTERM);
		while (lend_now_ms() < deadline &&
		       poll(&p, 1, (int)(deadline - lend_now_ms())) < 0)
			;
	}
	child_signal(child, SIGKILL);
	child_reap(child, &status);
}

/* Until the child closes its output. */
static int read_output(struct lab *lab, int fd, int64_t deadline, struct lend_buf *out,
		       struct lend_err *err)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int r = lab_poll(lab, &p, 1, deadline, err);
		ssize_t n;

		if (r <= 0)
			return r < 0 ? -1 : 1;
		n = read(fd, lend_buf_room(out, 65536), 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		out->len += (size_t)n;
		out->text[out->len] = '\0';
		if (out->len > OUTPUT_MAX)
			return lend_fail(err, LEND_E_REMOTE, "more than 16 MiB of output");
	}
}

int lab_run(struct lab *lab, const char *const *argv, int64_t deadline, struct lend_buf *out,
	    int *ret_status, struct lend_err *err)
{
	struct lab_spawn spawn = { .argv = argv, .out_fd = STDOUT_FILENO };
	struct lab_child child;
	lend_auto_fd int from = -1;
	lend_auto_fd int to = -1;
	int ends[2];
	int r;

	if (out != NULL) {
		if (pipe2(ends, O_CLOEXEC) < 0)
			return lend_fail_errno(err, "make a pipe");
		from = ends[0];
		to = ends[1];
		spawn.out_fd = to;
	}
	if (lab_child_start(&spawn, &child, err) < 0)
		return -1;
	lend_close_fd(&to);
	r = out == NULL ? 0 : read_output(lab, from, deadline, out, err);
	if (r == 0)
		r = lab_child_wait(lab, &child, deadline, ret_status, err);
	if (r != 0)
		lab_child_stop(&child, 1000);
	if (r == 1)
		return lend_fail(err, LEND_E_REMOTE, "%s did not end in time", argv[0]);
	return r;
}

/* "RUN WAITED SLICES", in nanoseconds, of one thread. */
static int64_t starved_of(int task_fd, const char *thread)
{
	char path[300];
	char text[128];
	lend_auto_fd int fd = -1;
	const char *at;
	uint64_t ns;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/schedstat", thread);
	fd = openat(task_fd, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strchr(text, ' ');
	if (at == NULL || !lend_parse_u64n(at + 1, strcspn(at + 1, " \n"), 10, &ns))
		return 0;
	return (int64_t)(ns / 1000000);
}

int64_t lab_child_starved_ms(const struct lab_child *child)
{
	char path[64];
	const struct dirent *entry;
	int64_t most = 0;
	DIR *dir;

	if (child->pid <= 0)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%ld/task", (long)child->pid);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int64_t ms =
			entry->d_name[0] == '.' ? 0 : starved_of(dirfd(dir), entry->d_name);

		most = ms > most ? ms : most;
	}
	if (dir != NULL)
		(void)closedir(dir);
	return most;
}
