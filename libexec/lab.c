/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session of the lab: its folder, its signals, its waits. */

#include "libexec/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

enum { POLL_MAX = 4 };

int64_t lab_in(int64_t ms)
{
	return lend_now_ms() + ms;
}

void lab_say(const struct lab *lab, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (lab->options.say == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	lab->options.say(lab->options.say_arg, line);
}

/* ---- the folder ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	(void)remove(path);
	return 0;
}

/* A QEMU that is being killed may still be making a socket: a few tries. */
static void remove_folder(const char *dir)
{
	for (int i = 0; i < 50; i++) {
		struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

		(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		if (access(dir, F_OK) < 0)
			return;
		(void)nanosleep(&pause, NULL);
	}
}

/*
 * Waits until the other end of the pipe is closed, which the kernel does even
 * for a lab that was killed.  In a session of its own: the terminal's signals
 * are for the lab.
 */
static void cleaner_run(const char *dir, int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char c;

	(void)setsid();
	for (int i = 0; i <= 2; i++)
		(void)dup2(null, i);
	while (read(fd, &c, 1) < 0 && errno == EINTR)
		;
	remove_folder(dir);
	_exit(0);
}

static int cleaner_start(struct lab *lab, struct lend_err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return lend_fail_errno(err, "make a pipe");
	lab->cleaner = fork();
	if (lab->cleaner < 0) {
		(void)close(ends[0]);
		(void)close(ends[1]);
		return lend_fail_errno(err, "start a child");
	}
	if (lab->cleaner == 0) {
		(void)close(ends[1]);
		cleaner_run(lab->dir, ends[0]);
	}
	(void)close(ends[0]);
	lab->cleaner_fd = ends[1];
	return 0;
}

static int folder_make(struct lab *lab, struct lend_err *err)
{
	const char *tmp = getenv("TMPDIR");

	if (tmp == NULL || tmp[0] != '/')
		tmp = "/tmp";
	(void)snprintf(lab->dir, sizeof(lab->dir), "%s/lend-lab-XXXXXX", tmp);
	/* A name in it must fit into the address of a socket. */
	if (strlen(lab->dir) > LAB_SOCKET_MAX - 40) {
		lend_hint(err, "set TMPDIR to a folder with a shorter name");
		return lend_fail(err, LEND_E_USAGE, "the name of the folder '%s' is too long",
				 tmp);
	}
	if (mkdtemp(lab->dir) == NULL) {
		lend_hint(err, "set TMPDIR to a folder you may write");
		return lend_fail_errno(err, "make a folder in '%s'", tmp);
	}
	return 0;
}

int lab_path(const struct lab *lab, char *ret_path, size_t size, const char *name,
	     struct lend_err *err)
{
	int n = snprintf(ret_path, size, "%s/%s", lab->dir, name);

	if (n < 0 || (size_t)n >= size)
		return lend_fail(err, LEND_E_USAGE, "the name '%s' is too long", name);
	return 0;
}

/* ---- signals ---- */

static int signals_take(struct lab *lab, struct lend_err *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return lend_fail_errno(err, "block signals");
	lab->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (lab->signal_fd < 0)
		return lend_fail_errno(err, "make a signalfd");
	(void)signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int say_caught(const struct lab *lab, struct lend_err *err)
{
	return lend_fail(err, LEND_E_SYSTEM, "ended by signal %d", lab->caught);
}

int lab_poll(struct lab *lab, struct pollfd *fds, size_t n, int64_t deadline,
	     struct lend_err *err)
{
	struct pollfd all[POLL_MAX + 1];

	if (lab->caught != 0)
		return say_caught(lab, err);
	if (n > POLL_MAX)
		abort();
	for (;;) {
		int64_t left = deadline - lend_now_ms();
		int r;

		for (size_t i = 0; i < n; i++)
			all[i] = fds[i];
		all[n] = (struct pollfd){ .fd = lab->signal_fd, .events = POLLIN };
		if (left < 0)
			left = 0;
		r = poll(all, (nfds_t)(n + 1), left > 3600000 ? 3600000 : (int)left);
		if (r < 0 && errno != EINTR)
			return lend_fail_errno(err, "wait");
		if (r > 0 && all[n].revents != 0) {
			struct signalfd_siginfo info;

			if (read(lab->signal_fd, &info, sizeof(info)) == sizeof(info)) {
				lab->caught = (int)info.ssi_signo;
				return say_caught(lab, err);
			}
		}
		for (size_t i = 0; i < n; i++)
			fds[i].revents = r > 0 ? all[i].revents : 0;
		if (r > 0)
			return 1;
		if (lend_now_ms() >= deadline)
			return 0;
	}
}

void lab_find_lend(const struct lab *lab, char *ret_path, size_t size)
{
	static const char *const beside[] = { "../src/cli/lend", "../../src/cli/lend",
					      "../../bin/lend" };
	const char *set = getenv("LEND");

	if (set != NULL && set[0] != '\0') {
		(void)snprintf(ret_path, size, "%s", set);
		return;
	}
	for (size_t i = 0; i < LEND_COUNT(beside); i++) {
		(void)snprintf(ret_path, size, "%s/%s", lab->programs, beside[i]);
		if (access(ret_path, X_OK) == 0)
			return;
	}
	(void)snprintf(ret_path, size, "%s/lend", LEND_BINDIR);
}

/* ---- open and close ---- */

static int programs_find(struct lab *lab, struct lend_err *err)
{
	ssize_t n = readlink("/proc/self/exe", lab->programs, sizeof(lab->programs) - 1);
	char *slash;

	if (n < 0)
		return lend_fail_errno(err, "read the link /proc/self/exe");
	lab->programs[n] = '\0';
	slash = strrchr(lab->programs, '/');
	if (slash != NULL)
		*slash = '\0';
	return 0;
}

int lab_open(struct lab *lab, const struct lab_options *options, struct lend_err *err)
{
	*lab = (struct lab){ .options = *options, .signal_fd = -1, .cleaner_fd = -1 };
	if (programs_find(lab, err) < 0 || signals_take(lab, err) < 0)
		return -1;
	if (folder_make(lab, err) < 0)
		return -1;
	if (cleaner_start(lab, err) < 0) {
		remove_folder(lab->dir);
		return -1;
	}
	return 0;
}

void lab_close(struct lab *lab)
{
	lend_close_fd(&lab->cleaner_fd);
	while (lab->cleaner > 0 && waitpid(lab->cleaner, NULL, 0) < 0 && errno == EINTR)
		;
	lab->cleaner = 0;
	lend_close_fd(&lab->signal_fd);
}
