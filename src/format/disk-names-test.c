/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/disk-names.h"

#include "tests/must.h"

/* As "blkid -p -o udev" of util-linux 2.38 printed them, UUIDs aside. */
static const char partition[] = "ID_FS_LABEL=my_d$x_\xc3\xbc\n"
				"ID_FS_LABEL_ENC=my\\x20d\\x24x\\x20\xc3\xbc\n"
				"ID_FS_UUID=ac1d0000-0001-4d6e-9a55-0c4b8f1f2a90\n"
				"ID_FS_UUID_ENC=ac1d0000-0001-4d6e-9a55-0c4b8f1f2a90\n"
				"ID_FS_VERSION=1.0\n"
				"ID_FS_TYPE=ext4\n"
				"ID_FS_USAGE=filesystem\n"
				"ID_PART_ENTRY_SCHEME=gpt\n"
				"ID_PART_ENTRY_NAME=a\\x20b\n"
				"ID_PART_ENTRY_UUID=ac1d0000-0009-4d6e-9a55-0c4b8f1f2a90\n";
static const char member[] = "ID_FS_UUID_ENC=0a1b2c3d-0011-2233-4455-66778899aabb\n"
			     "ID_FS_TYPE=linux_raid_member\nID_FS_USAGE=raid\n";
static const char volume[] = "ID_FS_UUID_ENC=tP4mXo-5KGr-n1zY-sFWH-p9fS-QYln-M2vQbK\n"
			     "ID_FS_TYPE=LVM2_member\nID_FS_USAGE=raid\n";
static const char crypto[] = "S:disk/by-id/x\nE:ID_FS_UUID_ENC=ac1d0000-0002\n"
			     "E:ID_FS_TYPE=crypto_LUKS\nE:ID_FS_USAGE=crypto";
static const char table[] = "ID_PART_TABLE_UUID=ac1d0000-0003\nID_PART_TABLE_TYPE=gpt\n";

static const struct {
	const char *text, *folder, *name;
	bool has;
} rows[] = {
	{ partition, "by-uuid", "ac1d0000-0001-4d6e-9a55-0c4b8f1f2a90", true },
	{ partition, "by-uuid", "ac1d0000-0009-4d6e-9a55-0c4b8f1f2a90", false },
	{ partition, "by-uuid", "", false },
	{ partition, "by-label", "my\\x20d\\x24x\\x20\xc3\xbc", true },
	{ partition, "by-label", "my_d$x_\xc3\xbc", false },
	{ partition, "by-partuuid", "ac1d0000-0009-4d6e-9a55-0c4b8f1f2a90", true },
	{ partition, "by-partlabel", "a\\x20b", true },
	{ partition, "by-path", "a\\x20b", false },
	{ member, "by-uuid", "0a1b2c3d-0011-2233-4455-66778899aabb", false },
	{ member, "by-id", "md-uuid-0a1b2c3d:00112233:44556677:8899aabb", true },
	{ member, "by-id", "md-uuid-0a1b2c3d:00112233:44556677:8899aabc", false },
	{ member, "by-id", "lvm-pv-uuid-0a1b2c3d:00112233:44556677:8899aabb", false },
	{ volume, "by-id", "lvm-pv-uuid-tP4mXo-5KGr-n1zY-sFWH-p9fS-QYln-M2vQbK", true },
	{ volume, "by-uuid", "tP4mXo-5KGr-n1zY-sFWH-p9fS-QYln-M2vQbK", false },
	{ crypto, "by-uuid", "ac1d0000-0002", true },
	{ crypto, "by-id", "x", false },
	{ table, "by-uuid", "ac1d0000-0003", false },
	{ table, "by-partuuid", "ac1d0000-0003", false },
	{ "", "by-uuid", "", false },
};

int main(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_arena arena = { 0 };
		struct lend_disk_names names;

		must_in(rows[i].name);
		lend_disk_names_parse((struct lend_span){ rows[i].text, strlen(rows[i].text) },
				      &arena, &names);
		must(lend_disk_names_has(&names, rows[i].folder, rows[i].name) == rows[i].has);
		lend_arena_done(&arena);
	}
	return 0;
}
