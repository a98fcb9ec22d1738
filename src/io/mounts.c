/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Are file systems local ones, whose answers come from this machine's memory and disks? */

#include <unistd.h>

#include "base/ascii.h"
#include "io/inside.h"

enum { MOUNTS_MAX = 4 << 20 };

static const char *const local_types[] = {
	"bcachefs", "bdev",      "binfmt_misc", "bpf",        "btrfs",     "cgroup",
	"cgroup2",  "configfs",  "debugfs",     "devpts",     "devtmpfs",  "efivarfs",
	"erofs",    "exfat",     "ext2",        "ext3",       "ext4",      "f2fs",
	"fusectl",  "hugetlbfs", "iso9660",     "mqueue",     "nsfs",      "overlay",
	"proc",     "pstore",    "ramfs",       "securityfs", "selinuxfs", "squashfs",
	"sysfs",    "tmpfs",     "tracefs",     "udf",        "vfat",      "xfs",
	"zfs",
};

static bool is_local_type(const char *type, size_t len)
{
	for (size_t i = 0; i < LEND_COUNT(local_types); i++) {
		if (strlen(local_types[i]) == len && memcmp(local_types[i], type, len) == 0)
			return true;
	}
	return false;
}

/* "... - TYPE SOURCE OPTIONS" on each line (proc(5), mountinfo) */
static bool all_local(const char *table)
{
	while (*table != '\0') {
		size_t len = strcspn(table, "\n");
		const char *dash = memmem(table, len, " - ", 3);

		if (dash == NULL || !is_local_type(dash + 3, strcspn(dash + 3, " \n")))
			return false;
		table += len + (table[len] == '\n');
	}
	return true;
}

void lend_mounts_name(const struct lend_io *io, const char *whose, char ret[LEND_MOUNTS_NAME])
{
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/ns/mnt", whose);
	n = readlinkat(io->root_fd, path, ret, LEND_MOUNTS_NAME - 1);
	ret[n < 0 ? 0 : n] = '\0';
}

static bool read_table(struct lend_io *io, const char *whose)
{
	struct lend_answer table = { .bytes = "" };
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/mountinfo", whose);
	lend_root_ask(io,
		      &(struct lend_root_ask){
			      .via = LEND_VIA_FILE, .path = path, .limit = MOUNTS_MAX },
		      &table);
	return table.known == LEND_KNOWN && table.len > 0 && all_local(table.bytes);
}

static bool find(const struct lend_io *io, const char *name, bool *ret_local)
{
	for (size_t i = 0; i < LEND_MOUNTS_KEPT && name[0] != '\0'; i++) {
		if (strcmp(io->mounts[i].name, name) == 0) {
			*ret_local = io->mounts[i].local;
			return true;
		}
	}
	return false;
}

/* The table is long on some hosts, and most processes share one: what was found out is kept. */
bool lend_mounts_are_local(struct lend_io *io, const char *whose)
{
	struct lend_mounts *mounts;
	bool local = false;
	char name[LEND_MOUNTS_NAME];

	for (size_t i = 0; i < LEND_MOUNTS_KEPT; i++) {
		if (strcmp(io->mounts[i].whose, whose) == 0)
			return io->mounts[i].local;
	}
	mounts = &io->mounts[io->n_mounts++ % LEND_MOUNTS_KEPT];
	lend_mounts_name(io, whose, name);
	mounts->local = find(io, name, &local) ? local : read_table(io, whose);
	memcpy(mounts->name, name, sizeof(name));
	(void)snprintf(mounts->whose, sizeof(mounts->whose), "%s", whose);
	return mounts->local;
}

uint64_t lend_local_magic(int fd)
{
	/* linux/magic.h; an overlay is not here: what lies below it may be remote */
	static const uint64_t magics[] = {
		0xef53,     /* ext2, ext3, ext4 */
		0x58465342, /* xfs */
		0x9123683e, /* btrfs */
		0x01021994, /* tmpfs */
		0xf2f52010, /* f2fs */
		0x2fc12fc1, /* zfs */
	};
	uint64_t magic;

	if (!lend_root_magic(fd, &magic))
		return 0;
	for (size_t i = 0; i < LEND_COUNT(magics); i++) {
		if (magics[i] == magic)
			return magic;
	}
	return 0;
}
