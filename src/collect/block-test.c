/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices and mounts of a copied tree that nobody should trust. */

#include <sys/stat.h>
#include <unistd.h>

#include "collect/block-find.h"
#include "collect/block-names.h"
#include "collect/mount-list.h"
#include "tests/must.h"
#include "tests/seen.h"

extern const struct lend_collector lend_collector_block;
extern const struct lend_collector lend_collector_mounts;

#define BLOCK "sys/class/block/"
#define EVIL  "evil\n\x1b[31m\xff"

static const struct {
	const char *path;
	const char *text;
} files[] = {
	/* a ring, and one that stands on itself */
	{ BLOCK "dm-0/slaves/dm-1/x", "" },
	{ BLOCK "dm-1/slaves/dm-0/x", "" },
	{ BLOCK "dm-1/holders/dm-1/x", "" },
	{ BLOCK "dm-0/dm/name", "vg0-a!b\n" },
	{ BLOCK "dm-0/dev", "253:0\n" },
	{ BLOCK "dm-0/size", "36028797018963968\n" }, /* 2^55 sectors: 2^64 bytes */
	{ BLOCK "dm-1/size", "-1\n" },
	{ BLOCK "dm-1/dev", "253:0:1\n" },
	{ BLOCK "dm-1/ro", "7\n" },
	/* names */
	{ BLOCK EVIL "/size", "8\n" },
	{ BLOCK EVIL "/holders/" EVIL "2/x", "" },
	{ BLOCK "cciss!c0d0/dev", "104:0\n" },
	{ BLOCK "cciss!c0d0p1/partition", "1\n" },
	{ BLOCK "cciss!c0d0p1/dev", "104:1\n" },
	{ BLOCK "sda/dev", "8:0\n" },
	{ BLOCK "nothing/x", "" },
	{ BLOCK "odd/size", "x\n" },
	{ BLOCK "sda/ro", "1\n" },
	{ BLOCK "sda12/partition", "12\n" },
	{ BLOCK "sda12/dev", "8:12\n" },
	{ BLOCK "0/size", "8\n" },
	{ BLOCK "p1/size", "8\n" },
	{ BLOCK "nvme0c1n1/size", "8\n" },
	{ BLOCK "nvme0n1/size", "8\n" },
	{ BLOCK "nvme0c1nX/size", "8\n" },
	/* not in use, and in use */
	{ BLOCK "loop0/size", "0\n" },
	{ BLOCK "loop1/size", "8\n" },
	{ BLOCK "loop1/loop/backing_file", "/a/b/c/file.img\n" },
	{ BLOCK "loop2/loop/backing_file", "not/a/path\n" },
	{ "proc/self/mountinfo", "1 0 8:12 / / rw - ext4 /dev/sda12 rw\n"
				 "2 1 104:1 / /a\\040b rw - xfs /dev/cciss/c0d0p1 rw\n"
				 "3 1 0:30 / /a/b rw - btrfs /dev/mapper/vg0-a!b rw\n"
				 "4 1 104:0 / /a/bc rw - ext4 x rw\n"
				 "5 1 8:0 /sub /a/b rw - ext4 x rw\n"
				 "6 1 0:31 / /a/b/c/d rw - tmpfs none rw\n"
				 "no line\n" },
	{ "proc/swaps", "Filename Type Size Used Priority\n"
			"/dev/sda12 partition 4 0 -2\n"
			"/a\\040b/swap file 4 0 -3\n" },
};

static const struct {
	const char *node, *field, *want;
} facts[] = {
	{ "block/dm-0", "type", "dm" },
	{ "block/dm-0", "dm_name", "vg0-a!b" },
	{ "block/dm-0", "size_bytes", "?" },
	{ "block/dm-0", "pci", "" },
	{ "block/dm-0", "used_by", "dm-1, mount /a/b#3, maybe others" },
	{ "block/dm-1", "used_by", "dm-0, maybe others" },
	{ "block/dm-1", "size_bytes", "?" },
	{ "block/dm-1", "dev", "?" },
	{ "block/dm-1", "read_only", "?" },
	{ "block/cciss!c0d0", "used_by", "cciss!c0d0p1, mount /a/bc, maybe others" },
	{ "block/cciss!c0d0p1", "type", "part" },
	{ "block/cciss!c0d0p1", "used_by", "mount /a b, maybe others" },
	{ "block/sda", "read_only", "true" },
	{ "block/sda", "used_by", "mount /a/b, sda12, maybe others" },
	{ "block/sda12", "used_by", "mount /, swap, maybe others" },
	{ "block/0", "type", "disk" },
	{ "block/nothing", "type", "" },
	{ "block/odd", "type", "?" },
	{ "block/0", "used_by", "?" },
	{ "block/p1", "type", "disk" },
	{ "block/nvme0c1n1", "type", "nvme-path" },
	{ "block/nvme0c1n1", "used_by", "nvme0n1, maybe others" },
	{ "block/nvme0c1nX", "type", "disk" },
	{ "block/loop1", "type", "loop" },
	{ "mount//a/b#3", "covered", "true" },
	{ "mount//a/b", "covered", "false" },
	{ "mount//a/b", "root", "/sub" },
	{ "swap//dev/sda12", "size_bytes", "4096" },
};

static void check_edges(const struct lend_inventory *inv)
{
	must(uses(inv, "block/dm-0", "block/dm-1"));
	must(uses(inv, "block/dm-1", "block/dm-0"));
	must(!uses(inv, "block/dm-1", "block/dm-1"));
	must(uses(inv, "block/sda12", "block/sda"));
	must(uses(inv, "block/nvme0n1", "block/nvme0c1n1"));
	must(uses(inv, "mount//a b", "block/cciss!c0d0p1"));
	must(uses(inv, "mount//a/b#3", "block/dm-0"));
	/* the longest mount point above the file, the last one mounted there */
	must(uses(inv, "block/loop1", "mount//a/b"));
	must(uses(inv, "swap//a b/swap", "mount//a b"));
	must(lend_used_by(inv, lend_find(inv, "block/loop2"), 0) == NULL);
	must(lend_find(inv, "block/loop0") == NULL);
	must(lend_find(inv, "mount//a/b/c/d") == NULL);
	/* named by a holder and not copied: nobody says that it is gone */
	must(lend_find(inv, "block/evil\n\x1b[31m\\xff") != NULL);
	must(lend_get_text(inv, lend_find(inv, "block/evil\n\x1b[31m\\xff2"), "state", NULL,
			   0) == LEND_NOT_ASKED);
}

static void check_list(struct lend_scan *scan)
{
	struct lend_mount_list list;
	struct lend_block_index index;

	lend_mount_list_read(scan, &list);
	must_u64(list.n, 6);
	must_u64(list.n_points, 5);
	must_u64(lend_mount_of_path(&list, "/a/b/c/d/e")->line.id, 6);
	must_u64(lend_mount_of_path(&list, "/a/b/c/de")->line.id, 5);
	must_u64(lend_mount_of_path(&list, "/a/b")->line.id, 5);
	must_u64(lend_mount_of_path(&list, "/a/bc//x")->line.id, 4);
	must_u64(lend_mount_of_path(&list, "/a")->line.id, 1);
	must_u64(lend_mount_of_path(&list, "/")->line.id, 1);
	must(lend_mount_of_path(&list, "a/b") == NULL);
	must(lend_mount_of_path(&list, "") == NULL);
	must_u64(lend_mount_of_number(&list, 104, 0, "/elsewhere")->line.id, 4);
	must_u64(lend_mount_of_number(&list, 8, 12, "/a/b/c")->line.id, 1);
	must(lend_mount_of_number(&list, 8, 13, "/") == NULL);

	lend_block_index(scan, &index);
	must_str(lend_block_by_path(scan, &index, "/dev/cciss/c0d0")->node.name, "cciss!c0d0");
	must_str(lend_block_by_path(scan, &index, "/dev/mapper/vg0-a!b")->node.name, "dm-0");
	must(lend_block_by_path(scan, &index, "/dev/mapper/none") == NULL);
	must(lend_block_by_path(scan, &index, "/dev/") == NULL);
	must(lend_block_by_path(scan, &index, "sda") == NULL);
	must_str(lend_block_by_number(&index, 8, 12)->node.name, "sda12");
	must(lend_block_by_number(&index, 8, 13) == NULL);
}

static void sectors(void)
{
	static const char table[] =
		"major minor  #blocks  name\n\n"
		" 254        0  268435456 vda\n   7       10      131200 loop10\n";

	must(lend_block_has_sectors(table, "vda") && lend_block_has_sectors(table, "loop10"));
	must(!lend_block_has_sectors(table, "loop1") &&
	     !lend_block_has_sectors(table, "oop10"));
	must(!lend_block_has_sectors("", "loop1") && lend_block_has_sectors(" loop1", "loop1"));
}

int main(void)
{
	char dir[] = "/tmp/lend-test-XXXXXX";
	char remove[64];
	const struct lend_scan_options options = { .size = sizeof(options) };
	struct lend_scan scan = { .options = &options };
	struct lend_inventory *inv;

	must(mkdtemp(dir) != NULL);
	for (size_t i = 0; i < LEND_COUNT(files); i++)
		put_file(dir, files[i].path, files[i].text);
	must(lend_io_open_tree(dir, &scan.io, NULL) == 0);
	lend_build_init(&scan.build);
	must(lend_collector_block.collect(&scan, NULL) == 0);
	must(lend_collector_mounts.collect(&scan, NULL) == 0);
	check_list(&scan);
	inv = lend_build_seal(&scan.build);
	for (size_t i = 0; i < LEND_COUNT(facts); i++)
		must_say(inv, facts[i].node, facts[i].field, facts[i].want);
	check_edges(inv);
	lend_inventory_free(inv);
	lend_io_free(scan.io);
	lend_arena_done(&scan.memory);
	(void)snprintf(remove, sizeof(remove), "rm -r %s", dir);
	must(system(remove) == 0);
	sectors();
	return 0;
}
