/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that are run, and one that outlives who started it. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "io/io.h"
#include "io/write.h"
#include "tests/must.h"

static char folder[64];
static char word[128]; /* nobody else has it */
static char log_path[128];

static void check_run(void)
{
	static const char *const prints[] = { "sh", "-c", "echo \"$0\"; cat", "a b;c", NULL };
	static const char *const fails[] = { "sh", "-c", "echo it broke >&2; exit 3", NULL };
	static const char *const missing[] = { "lend-no-such-program", NULL };
	static const char *const hangs[] = { "sleep", "60", NULL };
	struct lend_writer *w = lend_writer_new(NULL);
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };
	int64_t soon = lend_now_ms() + 20000;

	must(lend_write_run(w, prints, &out, soon, NULL) == 0);
	must_str(lend_buf_text(&out), "a b;c\n");
	must(lend_write_run(w, fails, NULL, soon, &err) == -1);
	must_str(err.what, "sh ended with status 3: it broke");
	err = (struct lend_err){ 0 };
	must(lend_write_run(w, missing, NULL, soon, &err) == -1);
	must(err.os_errno == ENOENT);
	err = (struct lend_err){ 0 };
	must(lend_write_run(w, hangs, NULL, lend_now_ms() + 50, &err) == -1);
	must_str(err.what, "sleep did not end in time");
	lend_writer_free(w);
}

/* A file of /proc of that process. */
static const char *read_proc(pid_t pid, const char *name, struct lend_buf *out)
{
	struct lend_writer *w = lend_writer_new(NULL);
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	lend_buf_reset(out);
	must(lend_write_read(w, path, 100000, out, NULL) == 0);
	lend_writer_free(w);
	return lend_buf_text(out);
}

static bool has_variable(const struct lend_buf *environment, const char *variable)
{
	for (size_t at = 0; at < environment->len; at += strlen(environment->text + at) + 1) {
		if (strcmp(environment->text + at, variable) == 0)
			return true;
	}
	return false;
}

static void check_surroundings(pid_t pid)
{
	lend_auto_buf text = { 0 };
	char path[64], link[64];
	ssize_t n;

	must(getsid(pid) != getsid(0) && getpgid(pid) != getpgid(0));
	must(strstr(read_proc(pid, "status", &text), "\nSigIgn:\t0000000000000000\n") != NULL);
	must(strstr(text.text, "\nUmask:\t0077\n") != NULL);
	(void)read_proc(pid, "environ", &text);
	must(has_variable(&text, "LC_ALL=C") && has_variable(&text, "HOME=/some/where"));
	must(strstr(lend_buf_text(&text), "LEND_WRITE_TEST") == NULL);
	for (int fd = 3; fd < 40; fd++) {
		(void)snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)pid, fd);
		must(readlink(path, link, sizeof(link)) < 0);
	}
	(void)snprintf(path, sizeof(path), "/proc/%ld/cwd", (long)pid);
	n = readlink(path, link, sizeof(link));
	must(n == 1 && link[0] == '/');
}

/* What the child of somebody who dies right after starts. */
static void start_and_die(void)
{
	const char *const argv[] = {
		"sh", "-c",
		"echo hello; echo trouble >&2; trap 'exit 0' TERM; "
		"cat; i=0; while [ $i -lt 2000 ]; do i=$((i+1)); sleep 0.02; done",
		word, NULL
	};
	struct lend_writer *w = lend_writer_new(NULL);
	int lock = -1;
	int kept;
	pid_t pid;

	kept = dup(STDERR_FILENO); /* without close-on-exec */
	must(kept >= 0 && setenv("HOME", "/some/where", 1) == 0);
	must(setenv("LEND_WRITE_TEST", "secret", 1) == 0);
	(void)signal(SIGHUP, SIG_IGN);
	must(lend_write_lock(w, log_path, false, &lock, NULL) == 0);
	must(lend_write_find(w, word, &pid, NULL) == 1);
	must(lend_write_start(w, argv, log_path, NULL) == 0);
	/* Executed, so only ours is left of the lock. */
	(void)close(lock);
	must(lend_write_lock(w, log_path, false, &lock, NULL) == 0);
	must_leave(0);
}

static void check_start(void)
{
	struct lend_writer *w = lend_writer_new(NULL);
	int64_t soon = lend_now_ms() + 20000;
	lend_auto_buf said = { 0 };
	struct stat st;
	pid_t pid = 0;
	int status;

	if (fork() == 0)
		start_and_die();
	must(wait(&status) > 0 && status == 0);
	must(lend_write_find(w, word, &pid, NULL) == 0);
	must(pid != getpid() && lend_write_has_word(w, pid, word));
	must(!lend_write_has_word(w, getpid(), word));
	check_surroundings(pid);
	while (lend_now_ms() < soon && (said.len < strlen("hello\ntrouble\n"))) {
		lend_buf_reset(&said);
		must(lend_write_read(w, log_path, 1000, &said, NULL) == 0);
	}
	must_str(lend_buf_text(&said), "hello\ntrouble\n");
	must(lend_write_stat(w, log_path, &st, NULL) == 0 && (st.st_mode & 07777) == 0600);

	must(!lend_write_wait(w, pid, word, lend_now_ms() + 20));
	must(lend_write_signal(w, pid, "another word", SIGKILL, NULL) == 1);
	must(lend_write_has_word(w, pid, word));
	must(lend_write_signal(w, pid, word, SIGTERM, NULL) == 0);
	must(lend_write_wait(w, pid, word, soon));
	must(lend_write_signal(w, pid, word, SIGTERM, NULL) == 1);
	must(lend_write_find(w, word, &pid, NULL) == 1);
	lend_writer_free(w);
}

static void check_no_start(void)
{
	static const char *const missing[] = { "/lend/no/such/program", NULL };
	static const char *const no_program[] = { "/dev/null", NULL };
	struct lend_writer *w = lend_writer_new(NULL);
	struct lend_err err = { 0 };

	must(lend_write_start(w, missing, log_path, &err) == -1);
	must_str(err.what, "start /lend/no/such/program (No such file or directory)");
	err = (struct lend_err){ 0 };
	must(lend_write_start(w, no_program, log_path, &err) == -1 && err.os_errno == EACCES);
	err = (struct lend_err){ 0 };
	must(lend_write_start(w, no_program, folder, &err) == -1 && err.os_errno == EISDIR);
	lend_writer_free(w);
}

int main(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/lend-write-run-test-XXXXXX");
	must(mkdtemp(folder) != NULL);
	(void)snprintf(word, sizeof(word), "socket,id=x,path=%s/sock", folder);
	(void)snprintf(log_path, sizeof(log_path), "%s/log", folder);
	check_run();
	check_no_start();
	check_start();
	must(unlink(log_path) == 0 && rmdir(folder) == 0);
	return 0;
}
