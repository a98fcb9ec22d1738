/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trial mappings leave no trace, on what there is everywhere; the lab has DAX. */

#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "io/inside.h"
#include "tests/must.h"

static const struct lend_ask ask_probe = { .via = LEND_VIA_PROBE, .key = "%p" };
static const struct lend_ask ask_child = { .via = LEND_VIA_PROBE,
					   .key = "%p",
					   .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_mapped = { .via = LEND_VIA_MAPPED, .key = "proc/%s@%s" };

static char path[] = "/tmp/lend-probe-test-XXXXXX";
static int fd;

static void write_head(const char *bytes, size_t at, size_t len)
{
	must(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, len, (off_t)at) == (ssize_t)len);
}

static void formats(struct lend_io *io)
{
	static const struct {
		const char *bytes;
		size_t at, len;
		const char *want;
	} cases[] = {
		{ "QFI\xfb", 0, 4, "qcow2" },
		{ "KDMV", 0, 4, "vmdk" },
		{ "conectix", 0, 8, "vpc" },
		{ "vhdxfile", 0, 8, "vhdx" },
		{ "QED", 0, 4, "qed" },
		{ "\x7f\x10\xda\xbe", 64, 4, "vdi" },
		{ "QFI", 0, 3, "raw" },
		{ "conectiX", 0, 8, "raw" },
		{ "\x7f\x10\xda\xbe", 63, 4, "raw" },
		{ "", 0, 0, "raw" },
	};

	for (size_t i = 0; i < LEND_COUNT(cases); i++) {
		char want[60];

		(void)snprintf(want, sizeof(want), "dax=0 map_sync=0 format=%s", cases[i].want);
		write_head(cases[i].bytes, cases[i].at, cases[i].len);
		must_str(lend_io_ask(io, &ask_probe, path)->bytes, want);
		must_str(lend_io_ask(io, &ask_child, path)->bytes, want);
	}
}

static void no_trace(struct lend_io *io)
{
	struct stat before, after;

	must(ftruncate(fd, 0) == 0 && ftruncate(fd, 1 << 20) == 0 && fstat(fd, &before) == 0);
	must(lend_io_ask(io, &ask_probe, path)->known == LEND_KNOWN);
	must(lend_io_ask(io, &ask_child, path)->known == LEND_KNOWN);
	must(fstat(fd, &after) == 0);
	must(after.st_size == before.st_size && after.st_blocks == before.st_blocks);
	must(memcmp(&after.st_mtim, &before.st_mtim, sizeof(after.st_mtim)) == 0);
	must(memcmp(&after.st_ctim, &before.st_ctim, sizeof(after.st_ctim)) == 0);
	must(memcmp(&after.st_atim, &before.st_atim, sizeof(after.st_atim)) == 0);
}

/* Nothing but files and devices that can be mapped. */
static void others(struct lend_io *io)
{
	struct lend_io *tree;

	must_str(lend_io_ask(io, &ask_probe, "/tmp")->bytes, "");
	must_str(lend_io_ask(io, &ask_child, "/dev/null")->bytes, "");
	must(lend_io_ask(io, &ask_probe, "/tmp/lend-there-is-none")->known == LEND_ABSENT);
	must(lend_io_open_tree("/tmp", &tree, NULL) == 0);
	must(lend_io_ask(tree, &ask_probe, path + strlen("/tmp/"))->known == LEND_NOT_ASKED);
	lend_io_free(tree);
}

static const struct lend_answer *mapped(struct lend_io *io, const char *pid)
{
	struct stat st;
	char of[80];

	must(fstat(fd, &st) == 0);
	(void)snprintf(of, sizeof(of), "%u:%u:%" PRIu64, major(st.st_dev), minor(st.st_dev),
		       (uint64_t)st.st_ino);
	return lend_io_ask(io, &ask_mapped, pid, of);
}

static void mappings(struct lend_io *io)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char pid[20];
	void *shared, *own;

	(void)snprintf(pid, sizeof(pid), "%d", getpid());
	must(ftruncate(fd, (off_t)(4 * page)) == 0);
	must(mapped(io, pid)->known == LEND_ABSENT);
	shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(shared != MAP_FAILED);
	must_str(mapped(io, pid)->bytes, "shared=1 sync=0");
	own = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, (off_t)(2 * page));
	must(own != MAP_FAILED);
	must_str(mapped(io, pid)->bytes, "shared=0 sync=0");
	must(munmap(own, page) == 0 && munmap(shared, page) == 0);
	must(mapped(io, pid)->known == LEND_ABSENT);
	must(lend_io_ask(io, &ask_mapped, pid, "8:1")->known == LEND_UNREADABLE);
	must(lend_io_ask(io, &ask_mapped, pid, "8:1:5:6")->known == LEND_UNREADABLE);
	must(mapped(io, "4000000000")->known == LEND_ABSENT);
}

/* Who has a file open; of somebody else's file a user without rights cannot tell. */
static void users(struct lend_io *io)
{
	static const struct lend_ask ask = { .via = LEND_VIA_ALONE, .key = "%p" };
	static const struct lend_ask in_child = { .via = LEND_VIA_ALONE,
						  .key = "%p",
						  .flags = LEND_ASK_MAY_HANG };
	char other[] = "/tmp/lend-probe-test-XXXXXX", want[40];
	int tmp = mkstemp(other);

	(void)snprintf(want, sizeof(want), "process %d (", getpid());
	must(tmp >= 0 && fchmod(tmp, 0644) == 0);
	must(strncmp(lend_io_ask(io, &ask, other)->bytes, want, strlen(want)) == 0);
	must(strncmp(lend_io_ask(io, &in_child, other)->bytes, want, strlen(want)) == 0);
	must(close(tmp) == 0);
	must(lend_io_ask(io, &ask, other)->known == LEND_KNOWN);
	must_str(lend_io_ask(io, &ask, other)->bytes, "");
	must_str(lend_io_ask(io, &in_child, other)->bytes, "");
	must(lend_io_ask(io, &ask, "/dev/null")->known == LEND_UNREADABLE);
	must(lend_io_ask(io, &ask, "/nowhere/at/all")->known == LEND_ABSENT);
	if (geteuid() == 0) {
		must(seteuid(65534) == 0);
		must_str(lend_io_ask(io, &ask, other)->why,
			 "the processes of others cannot be looked into");
		must(seteuid(0) == 0);
	}
	must(unlink(other) == 0);
}

int main(void)
{
	struct lend_io *io = lend_io_live();

	fd = mkstemp(path);
	must(fd >= 0);
	formats(io);
	no_trace(io);
	others(io);
	mappings(io);
	users(io);
	must(unlink(path) == 0);
	lend_io_free(io);
	return 0;
}
