/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that change something, and one that stays: starting it, finding it, ending it. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/auto.h"
#include "base/num.h"
#include "io/inside.h"
#include "io/write-inside.h"

enum {
	OUTPUT_MAX = 1 << 20,
	START_MS = 30000, /* until it is executed: a dead file system may have it */
	NOT_THERE = 127,
	COMMAND_LINE_MAX = 128 << 10,
	LOOK_MS = 5,
	LEAVE_MS = 5000,
};

/* From Linux 5.9 and 5.11 on. */
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/* ---- to its end ---- */

static int say_how(const struct lend_child *child, struct lend_err *err)
{
	lend_auto_buf how = { 0 };

	switch (child->end) {
	case LEND_CHILD_NOT_STARTED:
		errno = child->os_errno;
		return lend_fail_errno(err, "run %s", child->argv[0]);
	case LEND_CHILD_LATE:
		return lend_fail(err, LEND_E_SYSTEM, "%s did not end in time", child->argv[0]);
	case LEND_CHILD_FLOODED:
		return lend_fail(err, LEND_E_SYSTEM, "%s printed more than %zu bytes",
				 child->argv[0], child->limit);
	case LEND_CHILD_ENDED:
		break;
	}
	if (WIFEXITED(child->status) && WEXITSTATUS(child->status) == 0)
		return 0;
	lend_child_tell(child, &how);
	return lend_fail(err, LEND_E_SYSTEM, "%s %s", child->argv[0], how.text);
}

int lend_write_run(struct lend_writer *w, const char *const *argv, struct lend_buf *out,
		   int64_t deadline, struct lend_err *err)
{
	struct lend_child child = { .argv = argv, .limit = OUTPUT_MAX, .deadline = deadline };
	int r;

	if (lend_gate_enter(w, "run", argv[0], err) < 0)
		return -1;
	if (w->hooks.run != NULL) {
		r = w->hooks.run(w->hooks.context, argv, out, err);
	} else {
		lend_child_run(&child, &w->reaper);
		r = say_how(&child, err);
		if (r == 0 && out != NULL)
			lend_buf_put(out, lend_buf_text(&child.got), child.got.len);
		lend_child_done(&child);
	}
	return r < 0 ? -1 : lend_gate_leave(w, "run", argv[0], err);
}

/* ---- one that stays ---- */

struct start {
	const char *const *argv;
	char *const *environment;
	int log;
	int failure; /* errno of what went wrong; closed by the execution */
};

static char **make_environment(struct lend_arena *arena)
{
	static const char *const kept[] = { "PATH=",    "HOME=",       "USER=",
					    "LOGNAME=", "TMPDIR=",     "XDG_RUNTIME_DIR=",
					    "DISPLAY=", "XAUTHORITY=", "WAYLAND_DISPLAY=" };
	char **made = lend_arena_array(arena, LEND_COUNT(kept) + 3, sizeof(*made));
	bool has_path = false;
	size_t n = 0;

	for (size_t i = 0; i < LEND_COUNT(kept); i++) {
		for (char **e = environ; *e != NULL; e++) {
			if (strncmp(*e, kept[i], strlen(kept[i])) != 0)
				continue;
			made[n++] = *e;
			has_path = has_path || i == 0;
			break;
		}
	}
	if (!has_path)
		made[n++] = lend_arena_strdup(arena, "PATH=" LEND_PROGRAM_PATH);
	made[n] = lend_arena_strdup(arena, "LC_ALL=C"); /* its messages are looked at */
	return made;
}

/* All of them are back as a shell would have given them, for ignoring is inherited. */
static void reset_signals(void)
{
	const struct sigaction act = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		(void)sigaction(s, &act, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* At the execution, not now: locks are held until then. */
static void close_all_on_exec(void)
{
	long max;

	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	max = sysconf(_SC_OPEN_MAX);
	for (int fd = STDERR_FILENO + 1; fd < (max < 65536 ? max : 65536); fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static _Noreturn void become(const struct start *start)
{
	int nothing = lend_above_standard(open("/dev/null", O_RDWR | O_CLOEXEC));
	int failure = lend_above_standard(start->failure);
	int log = lend_above_standard(start->log);

	reset_signals();
	(void)umask(077);
	environ = (char **)(uintptr_t)start->environment;
	if (dup2(nothing, STDIN_FILENO) >= 0 && dup2(log, STDOUT_FILENO) >= 0 &&
	    dup2(log, STDERR_FILENO) >= 0 && chdir("/") == 0) {
		close_all_on_exec();
		(void)execvp(start->argv[0], (char *const *)(uintptr_t)start->argv);
	}
	(void)!write(failure, &errno, sizeof(errno));
	_exit(NOT_THERE);
}

/* The child's child has no terminal and nobody who waits for it. */
static _Noreturn void detach(const struct start *start)
{
	pid_t pid;

	(void)setsid();
	pid = fork();
	if (pid == 0)
		become(start);
	if (pid < 0)
		(void)!write(start->failure, &errno, sizeof(errno));
	_exit(0);
}

/* errno of what went wrong; 0 once it is executed; -1 when that takes too long. */
static int wait_for_exec(int fd)
{
	int64_t deadline = lend_now_ms() + START_MS;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int os_errno = 0;
	int r;

	do {
		r = poll(&p, 1, lend_ms_left(deadline));
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		return -1;
	return TEMP_FAILURE_RETRY(read(fd, &os_errno, sizeof(os_errno))) == sizeof(os_errno)
		       ? os_errno
		       : 0;
}

static int start_for_real(const char *const *argv, const char *log, struct lend_err *err)
{
	struct lend_arena arena = { 0 };
	struct start start = { .argv = argv };
	lend_auto_fd int log_fd = TEMP_FAILURE_RETRY(open(
		log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600));
	lend_auto_fd int read_end = -1;
	lend_auto_fd int write_end = -1;
	int ends[2], os_errno;
	pid_t pid;

	if (log_fd < 0)
		return lend_write_fail(err, "open", log);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return lend_fail_errno(err, "make a pipe for %s", argv[0]);
	read_end = ends[0];
	write_end = ends[1];
	start.log = log_fd;
	start.failure = write_end;
	start.environment = make_environment(&arena);
	pid = fork();
	if (pid == 0)
		detach(&start);
	os_errno = errno;
	lend_arena_done(&arena);
	errno = os_errno;
	if (pid < 0)
		return lend_fail_errno(err, "start %s", argv[0]);
	lend_close_fd(&write_end);
	(void)TEMP_FAILURE_RETRY(waitpid(pid, NULL, 0));
	os_errno = wait_for_exec(read_end);
	if (os_errno < 0)
		return lend_fail(err, LEND_E_SYSTEM, "%s was not executed within %d s", argv[0],
				 START_MS / 1000);
	errno = os_errno;
	return os_errno == 0 ? 0 : lend_fail_errno(err, "start %s", argv[0]);
}

int lend_write_start(struct lend_writer *w, const char *const *argv, const char *log,
		     struct lend_err *err)
{
	int r;

	if (lend_gate_enter(w, "start", argv[0], err) < 0)
		return -1;
	r = w->hooks.start != NULL ? w->hooks.start(w->hooks.context, argv, log, err)
				   : start_for_real(argv, log, err);
	return r < 0 ? -1 : lend_gate_leave(w, "start", argv[0], err);
}

/* ---- finding it ---- */

/* Arguments with a NUL behind each. */
static bool has_argument(const char *line, size_t len, const char *word)
{
	size_t word_len;

	if (word == NULL)
		return len > 0;
	word_len = strlen(word) + 1;
	for (size_t at = 0; at < len;) {
		const char *end = memchr(line + at, '\0', len - at);
		size_t n = end == NULL ? len - at : (size_t)(end - line) - at + 1;

		if (n == word_len && memcmp(line + at, word, n) == 0)
			return true;
		at += n;
	}
	return false;
}

/* *ret_owner: who it belongs to.  What ended has no command line any more. */
static bool process_has(int proc_fd, const char *name, const char *word, char *room,
			uid_t *ret_owner)
{
	char path[32];
	lend_auto_fd int fd = -1;
	struct stat st;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%.20s/cmdline", name);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = TEMP_FAILURE_RETRY(read(fd, room, COMMAND_LINE_MAX));
	if (n <= 0 || !has_argument(room, (size_t)n, word) || fstat(fd, &st) < 0)
		return false;
	*ret_owner = st.st_uid;
	return true;
}

int lend_write_find(struct lend_writer *w, const char *word, pid_t *ret_pid,
		    struct lend_err *err)
{
	lend_auto_dir DIR *dir = NULL;
	char *room;
	pid_t found = 0;
	uid_t me = geteuid();

	if (w->hooks.find != NULL)
		return w->hooks.find(w->hooks.context, word, ret_pid, err);
	dir = opendir("/proc");
	if (dir == NULL)
		return lend_fail_errno(err, "open '/proc'");
	room = lend_xrealloc(NULL, COMMAND_LINE_MAX);
	for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		uint64_t pid;
		uid_t owner;

		if (!lend_ascii_is_digit(e->d_name[0]) ||
		    !lend_parse_u64(e->d_name, 10, &pid) || (pid_t)pid == getpid() ||
		    !process_has(dirfd(dir), e->d_name, word, room, &owner))
			continue;
		if (owner == me || (me == 0 && found == 0))
			found = (pid_t)pid;
		if (owner == me)
			break;
	}
	free(room);
	*ret_pid = found;
	return found == 0 ? 1 : 0;
}

bool lend_write_has_word(struct lend_writer *w, pid_t pid, const char *word)
{
	lend_auto_fd int proc_fd = -1;
	char name[24];
	char *room;
	uid_t owner;
	pid_t found;
	bool has;

	if (w->hooks.find != NULL)
		return word != NULL &&
		       w->hooks.find(w->hooks.context, word, &found, NULL) == 0 && found == pid;
	proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0)
		return false;
	(void)snprintf(name, sizeof(name), "%ld", (long)pid);
	room = lend_xrealloc(NULL, COMMAND_LINE_MAX);
	has = process_has(proc_fd, name, word, room, &owner);
	free(room);
	return has;
}

/* ---- ending it ---- */

/*
 * Its number cannot become another's while the descriptor is open, so that
 * what is checked after opening holds.  -1 without pidfds (before Linux 5.3)
 * or when it is gone.
 */
static int hold(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int lend_write_signal(struct lend_writer *w, pid_t pid, const char *word, int signal,
		      struct lend_err *err)
{
	lend_auto_fd int pidfd = w->hooks.signal != NULL ? -1 : hold(pid);
	int r;

	if (!lend_write_has_word(w, pid, word))
		return 1;
	if (lend_gate_enter(w, "signal", word, err) < 0)
		return -1;
	if (w->hooks.signal != NULL)
		r = w->hooks.signal(w->hooks.context, pid, signal, err);
	else if (pidfd >= 0)
		r = (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
	else
		r = kill(pid, signal);
	if (r < 0 && w->hooks.signal != NULL)
		return -1;
	if (r < 0 && errno != ESRCH)
		return lend_fail_errno(err, "send signal %d to process %ld", signal, (long)pid);
	if (lend_gate_leave(w, "signal", word, err) < 0)
		return -1;
	return r < 0 ? 1 : 0;
}

/* It has no memory any more, and so no words: it is about to end, or has. */
static bool is_ending(pid_t pid)
{
	lend_auto_fd int fd = -1;
	char path[40], byte;

	(void)snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, &byte, 1) == 0;
}

bool lend_write_wait(struct lend_writer *w, pid_t pid, const char *word, int64_t deadline)
{
	lend_auto_fd int pidfd = w->hooks.find != NULL ? -1 : hold(pid);

	/* One that has ended, and that nobody took notice of, has no word either. */
	while (lend_write_has_word(w, pid, word)) {
		struct pollfd p = { .fd = pidfd, .events = POLLIN };
		int left = lend_ms_left(deadline);

		if (left == 0)
			return false;
		(void)poll(&p, 1, pidfd < 0 && left > LOOK_MS ? LOOK_MS : left);
	}
	/* Its files are closed after that: who is told that it ended may want to remove them.
	 */
	if (pidfd >= 0 && is_ending(pid)) {
		struct pollfd p = { .fd = pidfd, .events = POLLIN };

		(void)poll(&p, 1, LEAVE_MS);
	}
	return true;
}
