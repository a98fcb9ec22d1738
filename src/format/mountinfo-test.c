/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/mountinfo.h"

#include "tests/must.h"

static struct lend_span span(const char *text)
{
	return (struct lend_span){ text, strlen(text) };
}

static void test_mounts(void)
{
	struct lend_arena arena = { 0 };
	struct lend_mount_line m;
	struct lend_span rest = span(
		"36 35 98:0 /sub /mnt2 rw,noatime master:1 shared:7 - ext4 /dev/sda1 rw,errors=continue\n"
		"37 35 0:22 / /mnt/two\\040words\\012\\134x rw - btrfs /dev/vdb rw,subvol=/\n"
		"\n"
		"38 35 0:23 / /run rw -\n"
		"39 35 0:24 / /srv rw - tmpfs  rw,size=4k\n"
		"40 35 8 / /x rw - ext4 /dev/sda1 rw\n"
		"41 35 8:1 /\\000 /\\777\\4 ro - xfs a:b rw,logdev=/dev/sdb1,rtdev=/dev/sdc");

	must(lend_mount_line_next(&rest, &arena, &m) == 0);
	must_u64(m.id, 36);
	must_u64(m.parent, 35);
	must_u64(m.major, 98);
	must_u64(m.minor, 0);
	must_str(m.root, "/sub");
	must_str(m.point, "/mnt2");
	must_str(m.options, "rw,noatime");
	must_str(m.fs, "ext4");
	must_str(m.source, "/dev/sda1");
	must_str(m.super, "rw,errors=continue");
	must(lend_mount_line_next(&rest, &arena, &m) == 0);
	must_str(m.point, "/mnt/two words\n\\x");
	must_u64(m.minor, 22);
	must(lend_mount_line_next(&rest, &arena, &m) == 2);
	must(lend_mount_line_next(&rest, &arena, &m) == 2);
	must(lend_mount_line_next(&rest, &arena, &m) == 0);
	must_str(m.source, "");
	must_str(m.super, "rw,size=4k");
	must(lend_mount_line_next(&rest, &arena, &m) == 2);
	must(lend_mount_line_next(&rest, &arena, &m) == 0);
	must_str(m.root, "/\\000");
	must_str(m.point, "/\\777\\4");
	must_str(lend_mount_option(&arena, m.super, "logdev"), "/dev/sdb1");
	must_str(lend_mount_option(&arena, m.super, "rtdev"), "/dev/sdc");
	must(lend_mount_option(&arena, m.super, "dev") == NULL);
	must(lend_mount_option(&arena, m.super, "rw") == NULL);
	must(lend_mount_line_next(&rest, &arena, &m) == 1);
	lend_arena_done(&arena);
}

static void test_swaps(void)
{
	struct lend_arena arena = { 0 };
	struct lend_swap_line s;
	struct lend_span rest =
		span("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
		     "/dev/dm-1                               partition\t1048572\t\t12\t\t-2\n"
		     "/dev/nvme1n1\\040(deleted)  partition 524284 0 -3\n"
		     "/swap\\040file file 18446744073709551615 0 5\n"
		     "/a\\040b file 4 0 5\n");

	must(lend_swap_line_next(&rest, &arena, &s) == 0);
	must_str(s.path, "/dev/dm-1");
	must_str(s.type, "partition");
	must_u64(s.size_bytes, 1048572 * 1024ULL);
	must_u64(s.used_bytes, 12 * 1024);
	must_str(s.priority, "-2");
	must(!s.deleted);
	must(lend_swap_line_next(&rest, &arena, &s) == 0);
	must_str(s.path, "/dev/nvme1n1");
	must(s.deleted);
	must(lend_swap_line_next(&rest, &arena, &s) == 2);
	must(lend_swap_line_next(&rest, &arena, &s) == 0);
	must_str(s.path, "/a b");
	must(!s.deleted);
	must(lend_swap_line_next(&rest, &arena, &s) == 1);
	lend_arena_done(&arena);
}

static void test_numbers(void)
{
	uint32_t major = 1, minor = 1;

	must(lend_device_number_parse("259:3", 5, &major, &minor));
	must_u64(major, 259);
	must_u64(minor, 3);
	must(lend_device_number_parse("259:34", 5, &major, &minor) && minor == 3);
	must(!lend_device_number_parse("259", 3, &major, &minor));
	must(!lend_device_number_parse(":3", 2, &major, &minor));
	must(!lend_device_number_parse("3:", 2, &major, &minor));
	must(!lend_device_number_parse("4294967296:0", 12, &major, &minor));
	must(!lend_device_number_parse("8:-1", 4, &major, &minor));
}

static void test_fstab(void)
{
	static const char text[] = "# /etc/fstab\n\n  \t\nUUID=1 / ext4 defaults 0 1\n"
				   "/dev/pmem0\t/my\\040data\text4\tdax 0 0\nalone\n #x y\n";
	struct lend_span rest = { text, strlen(text) };
	struct lend_arena arena = { 0 };
	struct lend_fstab_line f;

	must(lend_fstab_line_next(&rest, &arena, &f) == 0);
	must_str(f.source, "UUID=1");
	must(lend_fstab_line_next(&rest, &arena, &f) == 0);
	must_str(f.source, "/dev/pmem0");
	must_str(f.point, "/my data");
	must_str(f.fs, "ext4");
	must_str(f.options, "dax");
	must(lend_fstab_line_next(&rest, &arena, &f) == 2);
	must(lend_fstab_line_next(&rest, &arena, &f) == 1);
	rest = span("/dev/sda1 none");
	must(lend_fstab_line_next(&rest, &arena, &f) == 0);
	must_str(f.fs, "");
	must_str(f.options, "");
	rest = span("/dev/sda1 none swap");
	must(lend_fstab_line_next(&rest, &arena, &f) == 0);
	must_str(f.fs, "swap");
	must_str(f.options, "");
	must(lend_mount_has_option("rw,nofail", "nofail"));
	must(lend_mount_has_option("nofail", "nofail"));
	must(!lend_mount_has_option("nofail=1,xnofail,nofailx,", "nofail"));
	must(!lend_mount_has_option("", "nofail"));
	lend_arena_done(&arena);
}

int main(void)
{
	test_fstab();
	test_mounts();
	test_swaps();
	test_numbers();
	return 0;
}
