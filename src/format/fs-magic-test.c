/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/fs-magic.h"

#include "tests/must.h"

static const char *corpus;

/*
 * Made by the mkfs of each (mke2fs, mkfs.xfs, sgdisk, qemu-img convert ...);
 * type, uuid and label are what "blkid -p" of util-linux 2.38 says of them,
 * sizes are those that were asked for.  The corpus has their parts, one
 * behind the other.
 */
static const struct {
	const char *name;
	enum lend_fs_class class;
	const char *type;
	const char *uuid;
	const char *label;
	uint64_t size; /* 0: it does not say */
} real[] = {
#define UUID "5d1c2a3b-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
#define MIB  1048576ull
	{ "btrfs", LEND_FS_FILES, "btrfs", UUID, "lend-btrfs", 128 * MIB },
	{ "dos", LEND_FS_TABLE, "dos", "1234abcd", "", 6144 * 512 },
	{ "erofs", LEND_FS_FILES, "erofs", UUID, "", 4096 },
	{ "exfat", LEND_FS_FILES, "exfat", "6F0B-B741", "", 16 * MIB },
	{ "ext2", LEND_FS_FILES, "ext2", UUID, "two words", 16 * MIB },
	{ "ext3", LEND_FS_FILES, "ext3", UUID, "", 32 * MIB },
	{ "ext4", LEND_FS_FILES, "ext4", UUID, "lend-ext4", 64 * MIB },
	{ "f2fs", LEND_FS_FILES, "f2fs", "906b5206-2840-47ec-9b5e-49d46ddf48bc", "", 64 * MIB },
	{ "gpt", LEND_FS_TABLE, "gpt", UUID, "", 64 * MIB },
	{ "iso9660", LEND_FS_FILES, "iso9660", "", "LENDISO", 350 * 1024 },
	{ "luks", LEND_FS_VOLUME, "crypto_LUKS", UUID, "lend-luks", 0 },
	{ "luks1", LEND_FS_VOLUME, "crypto_LUKS", UUID, "", 0 },
	{ "ntfs", LEND_FS_FILES, "ntfs", "702BD5591CF3DCCC", "", 16 * MIB },
	{ "parallels", LEND_FS_IMAGE, "parallels", "", "", 0 },
	{ "qcow2", LEND_FS_IMAGE, "qcow2", "", "", 1024 * MIB },
	{ "qed", LEND_FS_IMAGE, "qed", "", "", 1024 * MIB },
	{ "squashfs", LEND_FS_FILES, "squashfs", "", "", 0 },
	{ "swap", LEND_FS_SWAP, "swap", UUID, "lend-swap", 8 * MIB },
	{ "swap64k", LEND_FS_SWAP, "swap", UUID, "", 8 * MIB },
	{ "vdi", LEND_FS_IMAGE, "vdi", "", "", 1024 * MIB },
	{ "vfat16", LEND_FS_FILES, "vfat", "00AB-00CD", "", 32 * MIB },
	{ "vfat32", LEND_FS_FILES, "vfat", "1234-ABCD", "LENDFAT", 64 * MIB },
	{ "vhdx", LEND_FS_IMAGE, "vhdx", "", "", 0 },
	{ "vmdk", LEND_FS_IMAGE, "vmdk", "", "", 1024 * MIB },
	{ "vpc", LEND_FS_IMAGE, "vpc", "", "", 0 },
	{ "xfs", LEND_FS_FILES, "xfs", UUID, "lend-xfs", 320 * MIB },
	/* Made by hand. */
	{ "lvm", LEND_FS_VOLUME, "LVM2_member", "abcdef-GHIJ-klmn-opqr-stuv-wxyz-012345", "",
	  64 * MIB },
	{ "raid", LEND_FS_VOLUME, "linux_raid_member", "00010203-0405-0607-0809-0a0b0c0d0e0f",
	  "host:one", 0 },
	{ "lvm-offset-bad", LEND_FS_VOLUME, "LVM2_member", "", "", 0 },
	{ "ext4-size-bad", LEND_FS_FILES, "ext4", UUID, "lend-ext4", 0 },
	{ "xfs-size-bad", LEND_FS_FILES, "xfs", UUID, "lend-xfs", 0 },
	{ "ext4-block-size-bad", LEND_FS_NONE, "", "", "", 0 },
	{ "ext4-cut-bad", LEND_FS_NONE, "", "", "", 0 },
	{ "boot-sector", LEND_FS_NONE, "", "", "", 0 },
	{ "blank", LEND_FS_NONE, "", "", "", 0 },
};

/* Without a cut part the rest reads as zero, as on a disk. */
static struct lend_fs_bytes bytes_of(const char *name)
{
	struct lend_fs_bytes bytes = { 0 };
	char path[4096];
	size_t len = 0, used = 0;
	char *text;

	(void)snprintf(path, sizeof(path), "%s/%s", corpus, name);
	text = must_read(path, &len);
	for (size_t i = 0; i < LEND_FS_PARTS; i++) {
		uint8_t *part = calloc(1, lend_fs_parts[i].len);
		size_t n =
			len - used < lend_fs_parts[i].len ? len - used : lend_fs_parts[i].len;

		must(part != NULL);
		memcpy(part, text + used, n);
		used += n;
		bytes.part[i].bytes = part;
		bytes.part[i].len = lend_fs_parts[i].len;
	}
	free(text);
	return bytes;
}

static void free_bytes(struct lend_fs_bytes *bytes)
{
	for (size_t i = 0; i < LEND_FS_PARTS; i++)
		free((void *)(uintptr_t)bytes->part[i].bytes);
}

static void says_what_blkid_says(void)
{
	for (size_t i = 0; i < LEND_COUNT(real); i++) {
		/* A file that is cut on purpose keeps its end where it is. */
		bool cut = strcmp(real[i].name, "ext4-cut-bad") == 0;
		struct lend_fs_bytes bytes = bytes_of(real[i].name);
		struct lend_fs fs;

		must_in(real[i].name);
		if (cut)
			bytes.part[0].len = 0x43c;
		must(lend_fs_probe(&bytes, &fs) == (real[i].class != LEND_FS_NONE));
		free_bytes(&bytes);
		if (real[i].class == LEND_FS_NONE)
			continue;
		must_u64(fs.class, real[i].class);
		must_str(fs.type, real[i].type);
		must_str(fs.uuid, real[i].uuid);
		must_str(fs.label, real[i].label);
		if (real[i].size != 0)
			must(fs.has_size);
		if (real[i].size != 0)
			must_u64(fs.size_bytes, real[i].size);
	}
	must_in("");
}

static void overflow_is_no_size(void)
{
	struct lend_fs_bytes bytes = bytes_of("xfs-size-bad");
	struct lend_fs fs;

	must(lend_fs_probe(&bytes, &fs));
	must(!fs.has_size);
	free_bytes(&bytes);
}

static void ends(void)
{
	uint8_t end[4096] = { 0 };

	must(!lend_fs_is_gpt_end(end, sizeof(end)));
	memcpy(end + 3584, "EFI PART", 8);
	must(lend_fs_is_gpt_end(end, sizeof(end)));
	must(lend_fs_is_gpt_end(end + 3584, 512));
	must(!lend_fs_is_gpt_end(end + 3585, 511));
	memset(end, 0, sizeof(end));
	memcpy(end, "EFI PART", 8);
	must(lend_fs_is_gpt_end(end, sizeof(end)));
	must(!lend_fs_is_gpt_end(NULL, 0));
}

int main(int argc, char **argv)
{
	must_u64(argc, 2);
	corpus = argv[1];
	says_what_blkid_says();
	overflow_is_no_size();
	ends();
	must_str(lend_fs_class_text(LEND_FS_IMAGE), "disk image");
	must_str(lend_fs_class_text((enum lend_fs_class)99), "");
	return 0;
}
