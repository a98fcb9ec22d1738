/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMs that lend starts: found by their word, ended by it. */

#include "lent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"

enum { PIDS_MAX = 64, GONE_MS = 20000, QUIET = 10, CMDLINE_MAX = 65536, SAID_MAX = 65536 };

/* ---- processes ---- */

static bool has_word(pid_t pid, const char *word)
{
	char path[64];
	char text[CMDLINE_MAX];
	lend_auto_fd int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	/* The word begins an argument: a shell that only mentions it is another thing. */
	for (ssize_t at = 0; at < n;) {
		size_t len = strnlen(text + at, (size_t)(n - at));

		if (len >= strlen(word) && memcmp(text + at, word, strlen(word)) == 0)
			return true;
		at += (ssize_t)len + 1;
	}
	return false;
}

static size_t find(const char *word, pid_t *ret_pids, size_t max)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	size_t n = 0;

	while (proc != NULL && n < max && (entry = readdir(proc)) != NULL) {
		uint64_t pid;

		if (lend_parse_u64(entry->d_name, 10, &pid) && pid <= INT32_MAX &&
		    has_word((pid_t)pid, word))
			ret_pids[n++] = (pid_t)pid;
	}
	if (proc != NULL)
		(void)closedir(proc);
	return n;
}

size_t lent_find(const struct lent *l, pid_t *ret_pids, size_t max)
{
	return find(l->word, ret_pids, max);
}

/* By a handle, looked at again: the number may be another one's by now. */
static void kill_one(pid_t pid, const char *word)
{
	int fd = pidfd_open(pid, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return;
	if (has_word(pid, word) && pidfd_send_signal(fd, SIGKILL, NULL, 0) == 0)
		(void)poll(&p, 1, GONE_MS);
	(void)close(fd);
}

static void pause_ms(long ms)
{
	struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	(void)nanosleep(&pause, NULL);
}

static size_t kill_all(const char *word)
{
	pid_t pids[PIDS_MAX];
	size_t n = find(word, pids, PIDS_MAX);

	for (size_t i = 0; i < n; i++)
		kill_one(pids[i], word);
	return n;
}

void lent_kill(const struct lent *l)
{
	(void)kill_all(l->word);
}

/* ---- the guard ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	(void)remove(path);
	return 0;
}

/* A lend that was killed may have left one that is only just being executed. */
static void guard_run(const struct lent *l, int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char c;

	(void)setsid();
	for (int i = 0; i <= 2; i++)
		(void)dup2(null, i);
	while (read(fd, &c, 1) < 0 && errno == EINTR)
		;
	for (int quiet = 0; quiet < QUIET; quiet++) {
		if (kill_all(l->word) > 0)
			quiet = 0;
		pause_ms(30);
	}
	(void)nftw(l->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	_exit(0);
}

static int guard_start(struct lent *l, struct lend_err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return lend_fail_errno(err, "make a pipe");
	l->guard = fork();
	if (l->guard == 0) {
		(void)close(ends[1]);
		guard_run(l, ends[0]);
	}
	(void)close(ends[0]);
	l->guard_fd = ends[1];
	if (l->guard < 0)
		return lend_fail_errno(err, "start a child");
	return 0;
}

/* ---- open and close ---- */

static bool is_in_memory(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) < 0 || fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC;
}

/* Where the lab is, unless that is in memory: there lend keeps no state. */
static int find_place(struct lent *l, struct lend_err *err)
{
	const char *const in[] = { l->lab->dir, "/var/tmp", l->lab->programs };

	for (size_t i = 0; i < LEND_COUNT(in); i++) {
		if (is_in_memory(in[i]))
			continue;
		(void)snprintf(l->dir, sizeof(l->dir), "%.400s/lent-XXXXXX", in[i]);
		if (mkdtemp(l->dir) != NULL)
			return 0;
	}
	l->dir[0] = '\0';
	(void)err;
	return 1;
}

int lent_open(struct lent *l, struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	*l = (struct lent){ .lab = lab, .tap = tap, .guard_fd = -1 };
	lab_find_lend(lab, l->lend, sizeof(l->lend));
	if (access(l->lend, X_OK) < 0) {
		lab_skip(tap, "no lend program", "lend starts VMs");
		return 1;
	}
	if (find_place(l, err) != 0) {
		lab_skip(tap, "no folder on a disk", "lend starts VMs");
		return 1;
	}
	(void)snprintf(l->name, sizeof(l->name), "lab-%ld", (long)getpid());
	(void)snprintf(l->state, sizeof(l->state), "%s/state", l->dir);
	(void)snprintf(l->word, sizeof(l->word), "socket,id=lend-qmp,path=%.400s/", l->state);
	return guard_start(l, err);
}

void lent_close(struct lent *l)
{
	lend_close_fd(&l->guard_fd);
	while (l->guard > 0 && waitpid(l->guard, NULL, 0) < 0 && errno == EINTR)
		;
	l->guard = 0;
	lend_buf_done(&l->said);
}

/* ---- lend ---- */

int lent_start(struct lent *l, const char *const *words, const char *said,
	       struct lab_child *ret_child, struct lend_err *err)
{
	const char *argv[LENT_ARGS_MAX + 4] = { l->lend };
	struct lab_spawn spawn = { .argv = argv };
	lend_auto_fd int fd = -1;
	size_t n = 1;

	while (n < LENT_ARGS_MAX && words[n - 1] != NULL) {
		argv[n] = words[n - 1];
		n++;
	}
	argv[n++] = "--state-dir";
	argv[n] = l->state;
	fd = open(lent_path(l, said), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return lend_fail_errno(err, "make '%s'", lent_path(l, said));
	spawn.out_fd = fd;
	spawn.err_fd = fd;
	return lab_child_start(&spawn, ret_child, err);
}

static void read_said(struct lent *l, const char *said)
{
	lend_auto_fd int fd = open(lent_path(l, said), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	lend_buf_reset(&l->said);
	n = fd < 0 ? -1 : read(fd, lend_buf_room(&l->said, SAID_MAX), SAID_MAX);
	l->said.len = n > 0 ? (size_t)n : 0;
	l->said.text[l->said.len] = '\0';
}

int lent_wait(struct lent *l, struct lab_child *child, const char *said, int *ret_status,
	      struct lend_err *err)
{
	int r = lab_child_wait(l->lab, child, lab_in(LENT_MS), ret_status, err);

	if (r != 0)
		lab_child_stop(child, 0);
	read_said(l, said);
	if (r == 1)
		return lend_fail(err, LEND_E_REMOTE,
				 "lend did not end in time; it said: %.200s",
				 lend_buf_text(&l->said));
	return r;
}

int lent_run_(struct lent *l, const char *const *words, struct lend_err *err)
{
	struct lab_child child;
	int status = 0;

	if (lent_start(l, words, "said", &child, err) < 0 ||
	    lent_wait(l, &child, "said", &status, err) < 0)
		return -1;
	if (!WIFEXITED(status))
		return lend_fail(err, LEND_E_REMOTE, "lend %s died of signal %d", words[0],
				 WTERMSIG(status));
	return WEXITSTATUS(status);
}

bool lent_ok(struct lent *l, int got, int want, const char *said, const char *fmt, ...)
{
	bool is_said = said == NULL || strstr(lend_buf_text(&l->said), said) != NULL;
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (got != want || !is_said)
		lab_note("exit status %d, want %d; want '%s' in:\n%s", got, want,
			 said != NULL ? said : "", lend_buf_text(&l->said));
	return lab_ok(l->tap, got == want && is_said, "%s", text);
}

/* ---- files ---- */

const char *lent_path(struct lent *l, const char *name)
{
	static char paths[8][LAB_PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % LEND_COUNT(paths)];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", l->dir, name);
	return path;
}

int lent_write(struct lent *l, const char *name, const struct lend_buf *text,
	       struct lend_err *err)
{
	lend_auto_fd int fd =
		open(lent_path(l, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text->text, text->len) != (ssize_t)text->len)
		return lend_fail_errno(err, "write '%s'", lent_path(l, name));
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

/* The history, locks, logs, and what the shape itself wrote. */
static bool may_stay(const char *path, const char *name)
{
	if (strstr(path, "/journal/") != NULL)
		return ends_with(name, ".jsonl") || strncmp(name, ".ahead-", 7) == 0;
	if (strcmp(name, "wish.yaml") == 0)
		return false;
	return strstr(path, "/lock/") != NULL || strncmp(name, "said", 4) == 0 ||
	       ends_with(name, ".log") || ends_with(name, ".yaml") || ends_with(name, ".plan");
}

static int note_left(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	if (type == FTW_DP || may_stay(path, path + ftw->base))
		return 0;
	lab_note("left: %s", path);
	return 1;
}

bool lent_is_clean(struct lent *l)
{
	char run[LAB_PATH_MAX + 32];
	pid_t pid;

	(void)snprintf(run, sizeof(run), "%s/run/%s", l->state, l->name);
	if (lent_find(l, &pid, 1) > 0) {
		lab_note("left: QEMU, process %ld", (long)pid);
		return false;
	}
	if (access(run, F_OK) == 0) {
		lab_note("left: %s", run);
		return false;
	}
	return nftw(l->dir, note_left, 16, FTW_DEPTH | FTW_PHYS) == 0;
}

/* ---- a terminal ---- */

bool lent_has_terminal(pid_t pid)
{
	for (int fd = 0; fd <= 2; fd++) {
		char path[64];
		char to[64];
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)pid, fd);
		n = readlink(path, to, sizeof(to) - 1);
		to[n > 0 ? n : 0] = '\0';
		if (strncmp(to, "/dev/pts/", 9) == 0)
			return true;
	}
	return false;
}

int lent_read_until(struct lent *l, int fd, const char *mark, struct lend_err *err)
{
	lend_auto_buf seen = { 0 };
	int64_t deadline = lab_in(LENT_MS);

	while (strstr(lend_buf_text(&seen), mark) == NULL) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int r = lab_poll(l->lab, &p, 1, deadline, err);
		ssize_t n;

		if (r <= 0)
			return r < 0 ? -1 : lend_fail(err, LEND_E_REMOTE, "no end in time");
		n = read(fd, lend_buf_room(&seen, 4096), 4096);
		if (n <= 0)
			return lend_fail(err, LEND_E_REMOTE, "the terminal closed: %.200s",
					 lend_buf_text(&seen));
		seen.len += (size_t)n;
		seen.text[seen.len] = '\0';
	}
	return 0;
}

int lent_log_in(const char *script, pid_t *ret_pid, int *ret_fd, struct lend_err *err)
{
	*ret_pid = forkpty(ret_fd, NULL, NULL, NULL);
	if (*ret_pid < 0)
		return lend_fail_errno(err, "make a terminal");
	if (*ret_pid == 0) {
		sigset_t none;

		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)signal(SIGHUP, SIG_DFL); /* who runs the tests may ignore it */
		(void)execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	(void)fcntl(*ret_fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

/* ---- as a VM of the lab ---- */

int lent_vm(struct lent *l, struct lab_vm *vm, struct lend_err *err)
{
	pid_t pid = 0;
	int n;

	*vm = (struct lab_vm){ .name = l->name };
	n = snprintf(vm->qga, sizeof(vm->qga), "%s/run/%s/agent.sock", l->state, l->name);
	if (n >= (int)sizeof(vm->qga))
		return lend_fail(err, LEND_E_USAGE, "'%s' is too long for a socket", l->state);
	n = snprintf(vm->errors, sizeof(vm->errors), "%s/vms/%s/qemu.log", l->state, l->name);
	if (n >= (int)sizeof(vm->errors))
		vm->errors[0] = '\0';
	if (lent_find(l, &pid, 1) == 0)
		return lend_fail(err, LEND_E_REMOTE, "no QEMU runs");
	vm->child.pidfd = pidfd_open(pid, 0);
	if (vm->child.pidfd < 0)
		return lend_fail_errno(err, "open a pidfd");
	return 0;
}

void lent_vm_done(struct lab_vm *vm)
{
	lend_close_fd(&vm->child.pidfd);
}
