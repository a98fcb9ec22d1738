/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this very process holds open, and what became of it at its path. */

#include "collect/open-files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/must.h"

static char dir[] = "/tmp/lend-open-files-test-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[2][100];
	static int turn;

	turn = !turn;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static uint64_t make(const char *name, int *ret_fd)
{
	struct stat st;

	*ret_fd = open(path_of(name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(*ret_fd >= 0 && fstat(*ret_fd, &st) == 0);
	return st.st_ino;
}

/* Each time anew: a scan reads the descriptors once. */
static bool has(const char *name, uint64_t inode)
{
	struct lend_scan scan = { .io = lend_io_live() };
	char pid[20];
	bool is;

	(void)snprintf(pid, sizeof(pid), "%d", getpid());
	is = lend_has_open(&scan, pid, path_of(name), inode);
	must(lend_open_files(&scan, pid, true)->listed);
	lend_io_free(scan.io);
	lend_arena_done(&scan.memory);
	return is;
}

static void nobody(void)
{
	struct lend_scan scan = { .io = lend_io_live() };

	must(!lend_open_files(&scan, "0", true)->listed);
	must(!lend_has_open(&scan, "0", "/dev/null", 1));
	lend_io_free(scan.io);
	lend_arena_done(&scan.memory);
}

int main(void)
{
	uint64_t inode, other;
	int fd, other_fd;

	must(mkdtemp(dir) != NULL);
	inode = make("backing", &fd);
	must(has("backing", inode));
	must(!has("backing", inode + 1) && !has("backing", 0) && !has("none", inode));

	/* Moved away, it is not at its path any more; replaced, another one is. */
	must(rename(path_of("backing"), path_of("moved")) == 0);
	must(!has("backing", inode) && has("moved", inode));
	other = make("backing", &other_fd);
	(void)close(other_fd);
	must(!has("backing", other) && !has("backing", inode));
	must(unlink(path_of("moved")) == 0);
	must(!has("moved", inode));

	(void)close(fd);
	must(unlink(path_of("backing")) == 0 && rmdir(dir) == 0);
	nobody();
	return 0;
}
