/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A question to a program: its standard output is the answer.
 *
 * No shell, no standard input but a text that the question has, an environment
 * of two variables, and a process group of its own, which is killed as a whole
 * at the deadline.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "io/inside.h"

enum {
	WORDS_MAX = 64,
	ERRORS_MAX = 4096,
	NOT_THERE = 127,
	LOOK_MS = 20,
	INPUT_MAX = 4096 /* a pipe takes so much at once: PIPE_BUF */
};

#define PROGRAM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct run {
	const char *words[WORDS_MAX + 1];
	pid_t pid;
	int pidfd;
	int out, errors;
	int failure; /* errno of an exec that failed, else nothing */
	struct lend_buf got, said;
	size_t limit;
	int64_t deadline;
};

/* The key in place: one space between words. */
static bool split(struct run *run, char *key)
{
	size_t n = 0;

	while (n < WORDS_MAX) {
		run->words[n++] = key;
		key += strcspn(key, " ");
		if (*key == '\0') {
			run->words[n] = NULL;
			return run->words[0][0] != '\0';
		}
		*key++ = '\0';
	}
	return false;
}

/* Whoever called us may have closed 0 to 2: then a pipe got one of these numbers, where another
 * would be put over it, or it would keep its close-on-exec. */
static int above_standard(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static _Noreturn void child(const struct run *run, int in, int out, int errors, int failure)
{
	static const char *const environment[] = { "PATH=" PROGRAM_PATH, "LC_ALL=C", NULL };

	in = above_standard(in >= 0 ? in : open("/dev/null", O_RDONLY | O_CLOEXEC));
	failure = above_standard(failure);
	out = above_standard(out);
	errors = above_standard(errors);
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	environ = (char **)(uintptr_t)environment; /* execvp() looks along our PATH, too */
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(errors, STDERR_FILENO) >= 0)
		(void)execvp(run->words[0], (char *const *)(uintptr_t)run->words);
	(void)!write(failure, &errno, sizeof(errno));
	_exit(NOT_THERE);
}

/* A pipe that holds all of the input already; -1 and errno. */
static int full_pipe(const char *input)
{
	size_t len = strlen(input);
	lend_auto_fd int to = -1;
	lend_auto_fd int from = -1;
	int ends[2];

	if (len > INPUT_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	from = ends[0];
	to = ends[1];
	return write(to, input, len) == (ssize_t)len ? lend_steal_fd(&from) : -1;
}

static int start(struct run *run, const char *input)
{
	lend_auto_fd int in = input != NULL ? full_pipe(input) : -1;
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

/* What is there; closes *fd at the end of it.  Of the errors only the first bytes are kept. */
static void drain(int *fd, struct lend_buf *into, size_t limit)
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
	int left = lend_ms_left(run->deadline);

	if (ended)
		return 0;
	return run->pidfd < 0 && left > LOOK_MS ? LOOK_MS : left;
}

/* Until it has ended and both pipes are empty; false when time or room is up first. */
static bool wait_for(struct run *run)
{
	bool ended = false;

	(void)fcntl(run->out, F_SETFL, O_NONBLOCK);
	(void)fcntl(run->errors, F_SETFL, O_NONBLOCK);
	while (run->got.len <= run->limit) {
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
		if (r <= 0 && (ended || lend_ms_left(run->deadline) == 0))
			return ended;
		if (p[0].revents != 0)
			drain(&run->out, &run->got, run->limit);
		if (p[1].revents != 0)
			drain(&run->errors, &run->said, ERRORS_MAX);
		ended = ended || p[2].revents != 0 || (run->pidfd < 0 && has_ended(run));
	}
	return false;
}

/* The first line of what it said, without its end. */
static int first_line(const struct lend_buf *said)
{
	size_t len = strcspn(lend_buf_text(said), "\r\n");

	return (int)(len < 120 ? len : 120);
}

/* 0 when the program was started. */
static int start_errno(const struct run *run)
{
	int os_errno;

	return read(run->failure, &os_errno, sizeof(os_errno)) == sizeof(os_errno) ? os_errno
										   : 0;
}

static void take_start_errno(struct lend_io *io, const struct run *run, int os_errno,
			     struct lend_answer *answer)
{
	lend_answer_errno(answer, os_errno);
	if (answer->known == LEND_UNREADABLE)
		lend_answer_why(io, answer, "%.40s cannot be run: %s", run->words[0],
				answer->why);
}

static void take_status(struct lend_io *io, const struct run *run, int status,
			struct lend_answer *answer)
{
	int os_errno = start_errno(run);

	if (os_errno != 0)
		take_start_errno(io, run, os_errno, answer);
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		lend_answer_bytes(io, answer, lend_buf_text(&run->got), run->got.len);
	else if (WIFEXITED(status))
		lend_answer_why(io, answer, "%.40s ended with status %d%s%.*s", run->words[0],
				WEXITSTATUS(status), run->said.len > 0 ? ": " : "",
				first_line(&run->said), lend_buf_text(&run->said));
	else
		lend_answer_why(io, answer, "%.40s was ended by signal %d", run->words[0],
				WTERMSIG(status));
}

static void finish(struct lend_io *io, struct run *run, uint32_t ms, struct lend_answer *answer)
{
	bool in_time = wait_for(run);
	int status = 0;

	/* Also what it left in the background.  Not reaped yet: the group's number is still its
	 * own. */
	(void)kill(-run->pid, SIGKILL);
	if (!in_time) {
		if (run->got.len > run->limit)
			lend_answer_why(io, answer, "%.40s printed more than %zu bytes",
					run->words[0], run->limit);
		else
			lend_answer_why(io, answer, "%.40s did not end within %" PRIu32 " ms",
					run->words[0], ms);
		/* One that hangs in the kernel is left behind: it dies when it can. */
		lend_reap(io, run->pid);
		return;
	}
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	take_status(io, run, status, answer);
}

void lend_run_ask(struct lend_io *io, const struct lend_run_ask *ask,
		  struct lend_answer *answer)
{
	struct run run = { .pidfd = -1,
			   .out = -1,
			   .errors = -1,
			   .failure = -1,
			   .limit = ask->limit,
			   .deadline = lend_now_ms() + ask->ms };
	lend_auto_buf words = { 0 };

	lend_buf_puts(&words, ask->key);
	if (!split(&run, words.text)) {
		lend_answer_why(io, answer, "no command, or one of more than %d words",
				WORDS_MAX);
	} else if (start(&run, ask->input) < 0) {
		lend_answer_errno(answer, errno);
	} else {
		finish(io, &run, ask->ms, answer);
	}
	lend_close_fd(&run.out);
	lend_close_fd(&run.errors);
	lend_close_fd(&run.failure);
	lend_close_fd(&run.pidfd);
	lend_buf_done(&run.got);
	lend_buf_done(&run.said);
}
