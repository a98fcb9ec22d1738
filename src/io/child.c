/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "io/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "io/inside.h"
#include "io/libexec.h"

enum {
	ERRORS_MAX = 4096,
	NOT_THERE = 127,
	LOOK_MS = 20,
	LINE_MAX_BYTES = 120,
	PIPE_MAX = 4096, /* a pipe takes so much at once: PIPE_BUF */
};

struct run {
	struct lend_child *child;
	pid_t pid;
	int pidfd;
	int out, errors;
	int failure; /* errno of an exec that failed, else nothing */
	const char *program;
};

/* Whoever called us may have closed 0 to 2: then a pipe got one of these numbers, where another
 * would be put over it, or it would keep its close-on-exec. */
int lend_above_standard(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static _Noreturn void child(const struct run *run, int in, int out, int errors, int failure)
{
	static const char *const plain[] = { "PATH=" LEND_PROGRAM_PATH, "LC_ALL=C", NULL };
	const char *helpers[LEND_LIBEXEC_VARIABLES];
	bool helps = lend_libexec_is(run->child->argv[0]);

	lend_libexec_environment(helpers);
	in = lend_above_standard(in >= 0 ? in : open("/dev/null", O_RDONLY | O_CLOEXEC));
	failure = lend_above_standard(failure);
	out = lend_above_standard(out);
	errors = lend_above_standard(errors);
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	environ = (char **)(uintptr_t)(helps ? helpers
					     : plain); /* execvp() looks along our PATH, too */
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(errors, STDERR_FILENO) >= 0)
		(void)execvp(run->program, (char *const *)(uintptr_t)run->child->argv);
	(void)!write(failure, &errno, sizeof(errno));
	_exit(NOT_THERE);
}

/* -1 and errno, as the next one. */
static int put_all(int fd, const char *input, size_t left)
{
	while (left > 0) {
		ssize_t n = write(fd, input, left);

		if (n < 0)
			return -1;
		input += n;
		left -= (size_t)n;
	}
	return 0;
}

/* A pipe that holds all of the input already, or a file that nobody else has. */
static int full_input(const char *input)
{
	size_t len = strlen(input);
	lend_auto_fd int from = -1;
	lend_auto_fd int to = -1;
	int ends[2];

	if (len > PIPE_MAX) {
		from = memfd_create("input", MFD_CLOEXEC);
		if (from < 0 || put_all(from, input, len) < 0 || lseek(from, 0, SEEK_SET) < 0)
			return -1;
		return lend_steal_fd(&from);
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	from = ends[0];
	to = ends[1];
	return put_all(to, input, len) < 0 ? -1 : lend_steal_fd(&from);
}

static int start(struct run *run)
{
	const char *input = run->child->input;
	lend_auto_fd int in = input != NULL ? full_input(input) : -1;
	lend_auto_fd int out_end = -1;
	lend_auto_fd int errors_end = -1;
	lend_auto_fd int failure_end = -1;
	int out[2], errors[2], failure[2];

	if (input != NULL && in < 0)
		return -1;
	if (pipe2(out, O_CLOEXEC) < 0)
		return -1;
	run->out = out[0];
	out_end = out[1];
	if (pipe2(errors, O_CLOEXEC) < 0)
		return -1;
	run->errors = errors[0];
	errors_end = errors[1];
	if (pipe2(failure, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	run->failure = failure[0];
	failure_end = failure[1];
	run->pid = fork();
	if (run->pid < 0)
		return -1;
	if (run->pid == 0)
		child(run, in, out_end, errors_end, failure_end);
	(void)setpgid(run->pid, run->pid); /* whoever of the two comes first */
	run->pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0); /* none before Linux 5.3 */
	return 0;
}

void lend_child_drain(int *fd, struct lend_buf *into, size_t limit)
{
	char *room = lend_buf_room(into, 65536);
	ssize_t n = read(*fd, room, 65536);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		lend_close_fd(fd);
		return;
	}
	room[n] = '\0';
	if (into->len <= limit)
		into->len += (size_t)n;
}

/* Without reaping it. */
static bool has_ended(const struct run *run)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid != 0;
}

/* For poll(): without a pidfd it is looked after now and then. */
static int patience(const struct run *run, bool ended)
{
	int left = lend_ms_left(run->child->deadline);

	if (ended)
		return 0;
	return run->pidfd < 0 && left > LOOK_MS ? LOOK_MS : left;
}

/* Until it has ended and both pipes are empty; false when time or room is up first. */
static bool wait_for(struct run *run)
{
	struct lend_child *c = run->child;
	bool ended = false;

	(void)fcntl(run->out, F_SETFL, O_NONBLOCK);
	(void)fcntl(run->errors, F_SETFL, O_NONBLOCK);
	while (c->got.len <= c->limit) {
		struct pollfd p[] = {
			{ .fd = run->out, .events = POLLIN },
			{ .fd = run->errors, .events = POLLIN },
			{ .fd = ended ? -1 : run->pidfd, .events = POLLIN },
		};
		/* A grandchild may keep the pipes open: after the end only what is there
		 * counts. */
		int r = poll(p, LEND_COUNT(p), patience(run, ended));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0 && (ended || lend_ms_left(c->deadline) == 0))
			return ended;
		if (p[0].revents != 0)
			lend_child_drain(&run->out, &c->got, c->limit);
		if (p[1].revents != 0)
			lend_child_drain(&run->errors, &c->said, ERRORS_MAX);
		ended = ended || p[2].revents != 0 || (run->pidfd < 0 && has_ended(run));
	}
	return false;
}

static void finish(struct run *run, struct lend_reaper *reaper)
{
	struct lend_child *c = run->child;
	bool in_time = wait_for(run);
	int os_errno;

	/* Also what it left in the background.  Not reaped yet: the group's number is still its
	 * own. */
	(void)kill(-run->pid, SIGKILL);
	if (!in_time) {
		c->end = c->got.len > c->limit ? LEND_CHILD_FLOODED : LEND_CHILD_LATE;
		/* One that hangs in the kernel is left behind: it dies when it can. */
		lend_reap(reaper, run->pid);
		return;
	}
	while (waitpid(run->pid, &c->status, 0) < 0 && errno == EINTR)
		continue;
	if (read(run->failure, &os_errno, sizeof(os_errno)) == sizeof(os_errno)) {
		c->end = LEND_CHILD_NOT_STARTED;
		c->os_errno = os_errno;
	}
}

void lend_child_run(struct lend_child *c, struct lend_reaper *reaper)
{
	struct run run = { .child = c, .pidfd = -1, .out = -1, .errors = -1, .failure = -1 };
	lend_auto_buf helper = { 0 };
	bool there = true;

	c->end = LEND_CHILD_ENDED;
	run.program = c->argv[0];
	if (lend_libexec_is(c->argv[0])) {
		there = lend_libexec_find(c->argv[0], &helper);
		run.program = helper.text;
	}
	if (!there || start(&run) < 0) {
		c->end = LEND_CHILD_NOT_STARTED;
		c->os_errno = errno;
	} else {
		finish(&run, reaper);
	}
	lend_close_fd(&run.out);
	lend_close_fd(&run.errors);
	lend_close_fd(&run.failure);
	lend_close_fd(&run.pidfd);
}

void lend_child_done(struct lend_child *c)
{
	lend_buf_done(&c->got);
	lend_buf_done(&c->said);
}

void lend_child_tell(const struct lend_child *c, struct lend_buf *out)
{
	size_t len = strcspn(lend_buf_text(&c->said), "\r\n");

	if (!WIFEXITED(c->status)) {
		lend_buf_printf(out, "was ended by signal %d", WTERMSIG(c->status));
		return;
	}
	lend_buf_printf(out, "ended with status %d", WEXITSTATUS(c->status));
	if (c->said.len > 0)
		lend_buf_printf(out, ": %.*s",
				(int)(len < LINE_MAX_BYTES ? len : LINE_MAX_BYTES),
				lend_buf_text(&c->said));
}
