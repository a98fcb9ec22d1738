/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "io/alone.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "tests/must.h"

static char path[256];

static int open_it(int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	must(fd >= 0);
	return fd;
}

/* A child that does something with the file and stays; what it does, it has done. */
static pid_t child(bool mapped)
{
	int ready[2];
	pid_t parent = getpid();
	pid_t pid;
	char byte;

	must(pipe2(ready, O_CLOEXEC) == 0);
	pid = fork();
	must(pid >= 0);
	if (pid == 0) {
		int fd = open_it(O_RDWR);

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		if (mapped) {
			must(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
			lend_close_fd(&fd);
		}
		must(write(ready[1], "", 1) == 1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	must(read(ready[0], &byte, 1) == 1);
	(void)close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	must(kill(pid, SIGKILL) == 0);
	must(waitpid(pid, NULL, 0) == pid);
}

static void test_taken(bool mapped)
{
	lend_auto_buf who = { 0 };
	struct lend_alone alone;
	struct lend_err err = { 0 };
	char want[64];
	pid_t pid = child(mapped);
	lend_auto_fd int fd = open_it(O_RDONLY);

	must_in(mapped ? "mapped" : "open");
	must(lend_alone_hold(fd, &alone, &who, &err) == LEND_ALONE_TAKEN);
	(void)snprintf(want, sizeof(want), "process %d (", (int)pid);
	must(strncmp(lend_buf_text(&who), want, strlen(want)) == 0);
	must(!lend_alone_is(fd));
	end(pid);
	lend_buf_reset(&who);
	must(lend_alone_hold(fd, &alone, &who, &err) == 0);
	must(who.len == 0);
	must(lend_alone_still(&alone));
}

/* Only as long as it takes to ask. */
static void test_is(void)
{
	lend_auto_fd int fd = open_it(O_RDONLY);
	lend_auto_fd int second = open_it(O_RDONLY);
	lend_auto_buf who = { 0 };
	struct lend_alone alone;
	struct lend_err err = { 0 };

	must_in("is");
	must(!lend_alone_is(fd));
	lend_close_fd(&second);
	must(lend_alone_hold(fd, &alone, &who, &err) == 0);
	must(lend_alone_is(fd) == alone.leased);
	must(fcntl(fd, F_GETLEASE) == F_UNLCK);
}

static void test_twice_here(void)
{
	lend_auto_fd int first = open_it(O_RDONLY);
	lend_auto_fd int second = open_it(O_RDONLY);
	lend_auto_buf who = { 0 };
	struct lend_alone alone;
	struct lend_err err = { 0 };

	must_in("twice");
	must(lend_alone_hold(first, &alone, &who, &err) == LEND_ALONE_TAKEN);
	lend_close_fd(&second);
	must(lend_alone_hold(first, &alone, &who, &err) == 0);
}

/* Somebody who comes while it is held waits, is noticed, and harms nobody. */
static void test_waits(void)
{
	lend_auto_fd int fd = open_it(O_RDONLY);
	lend_auto_buf who = { 0 };
	struct lend_alone alone;
	struct lend_err err = { 0 };
	pid_t pid;
	int status;

	must_in("waits");
	must(lend_alone_hold(fd, &alone, &who, &err) == 0);
	if (!alone.leased)
		return; /* the file system has no leases */
	pid = fork();
	must(pid >= 0);
	if (pid == 0) {
		(void)close(fd); /* the lease stays with the parent's */
		_exit(open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC) < 0 ? 7 : 8);
	}
	must(waitpid(pid, &status, 0) == pid);
	must(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	must(!lend_alone_still(&alone));
	lend_close_fd(&fd);
	lend_close_fd(&(int){ open_it(O_RDWR) });
}

static void test_id(void)
{
	struct lend_file_id id, again;
	struct lend_err err = { 0 };
	lend_auto_fd int fd = open_it(O_RDONLY);

	must_in("id");
	must(lend_file_id_of(fd, &id, &err) == 0);
	must(lend_file_id_of(fd, &again, &err) == 0);
	must_str(id.text, again.text);
	must(lend_file_id_same(id.text, again.text));
	must(lend_file_id_same("8:1/131@17.000000001", "8:17/131@17.000000001"));
	must(!lend_file_id_same("8:1/131@17.000000001", "8:1/131@17.000000002"));
	must(!lend_file_id_same("8:1/131", "8:17/131"));
	must(lend_file_id_same("8:1/131", "8:1/131"));
	must(!lend_file_id_same("8:1/131", "8:1/132"));
	must(!lend_file_id_same("", "8:1/132"));
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(path, sizeof(path), "%s/lend-alone-%d", tmp != NULL ? tmp : "/tmp",
		       (int)getpid());
	lend_close_fd(&(int){ open_it(O_RDWR | O_CREAT | O_EXCL) });
	must(truncate(path, 8192) == 0);
	test_taken(false);
	test_taken(true);
	test_is();
	test_twice_here();
	test_waits();
	test_id();
	must(unlink(path) == 0);
	return 0;
}
