/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths in a tree full of traps: both ways to open them agree, and none leaves the tree. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/inside.h"
#include "tests/must.h"

static const struct {
	const char *path;
	int flags;
	const char *text; /* what is read, NULL when it cannot be opened */
	int os_errno;
} rows[] = {
	{ "a/b/file", O_RDONLY, "inside", 0 },
	{ "/a/b/file", O_RDONLY, "inside", 0 },
	{ "a//b/./file", O_RDONLY, "inside", 0 },
	{ "../../../canary", O_RDONLY, NULL, ENOENT },
	{ "a/../a/b/../b/file", O_RDONLY, "inside", 0 },
	{ "absolute", O_RDONLY, "inside", 0 },
	{ "relative", O_RDONLY, "inside", 0 },
	{ "up", O_RDONLY, NULL, ENOENT },
	{ "a/far-up/file", O_RDONLY, "inside", 0 },
	{ "dir-link/file", O_RDONLY, "inside", 0 },
	{ "dir-link/", O_PATH, "", 0 },
	{ "chain", O_RDONLY, "inside", 0 },
	{ "loop", O_RDONLY, NULL, ELOOP },
	{ "loop/x", O_RDONLY, NULL, ELOOP },
	{ "absolute", O_RDONLY | O_NOFOLLOW, NULL, ELOOP },
	{ "absolute", O_PATH | O_NOFOLLOW, "", 0 },
	{ "a/b/file/x", O_RDONLY, NULL, ENOTDIR },
	{ "a/b/file/", O_RDONLY, NULL, ENOTDIR },
	{ "nothing", O_RDONLY, NULL, ENOENT },
	{ "a/nothing/x", O_RDONLY, NULL, ENOENT },
	{ ".", O_RDONLY | O_DIRECTORY, "", 0 },
	{ "/", O_RDONLY | O_DIRECTORY, "", 0 },
	{ "..", O_RDONLY | O_DIRECTORY, "", 0 },
};

static void check(int fd, size_t row)
{
	char text[20] = "";

	must_in(rows[row].path);
	if (rows[row].text == NULL) {
		int os_errno = errno;

		must(fd < 0);
		must_u64(os_errno, rows[row].os_errno);
		return;
	}
	must(fd >= 0);
	if (rows[row].text[0] != '\0')
		must(read(fd, text, sizeof(text) - 1) >= 0);
	must_str(text, rows[row].text);
	(void)close(fd);
}

/* While anything is renamed anywhere, the kernel may refuse to go up by "..": not so here. */
static void while_renaming(int root, const char *dir)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)alarm(60); /* when the test failed, nobody ends this */
		must(chdir(dir) == 0);
		for (;;)
			(void)!(rename("canary", "other") == 0 && rename("other", "canary"));
	}
	must_in("while renaming");
	for (int64_t end = lend_now_ms() + 500; lend_now_ms() < end;) {
		int fd = lend_open_inside(root, "a/../a/b/../b/../b/file", O_RDONLY);

		must(fd >= 0);
		(void)close(fd);
	}
	must_in("");
	must(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

int main(void)
{
	char dir[] = "/tmp/lend-resolve-test-XXXXXX";
	char path[400];
	char command[600];
	int root;

	must(mkdtemp(dir) != NULL);
	(void)snprintf(command, sizeof(command),
		       "cd %s && echo outside >canary && mkdir -p t/a/b && cd t &&"
		       " printf inside >a/b/file && ln -s /a/b/file absolute &&"
		       " ln -s a/b/file relative && ln -s ../canary up &&"
		       " ln -s ../../../../a/b a/far-up && ln -s a/b dir-link &&"
		       " ln -s /dir-link/../b/file chain && ln -s loop loop",
		       dir);
	must(system(command) == 0);
	(void)snprintf(path, sizeof(path), "%s/t", dir);
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(root >= 0);
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		check(lend_open_inside(root, rows[i].path, rows[i].flags), i);
		check(lend_open_inside_slowly(root, rows[i].path, rows[i].flags), i);
	}
	must_in("");
	while_renaming(root, dir);
	(void)close(root);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
