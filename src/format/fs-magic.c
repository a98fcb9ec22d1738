/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A row for each kind, first match wins: what stands in front of something
 * else (an image, LUKS, a member of a RAID) comes first, the partition table
 * of DOS, which is two bytes and little else, last.
 */

#include "format/fs-magic.h"

#include "base/num.h"
#include "base/uuid.h"

/* 4 KiB pages, blocks of 4 KiB sectors; ISO 9660; Btrfs and swap of 64 KiB pages. */
const struct lend_fs_part lend_fs_parts[LEND_FS_PARTS] = {
	{ 0, 8192 },
	{ 0x8000, 4096 },
	{ 0xf000, 8192 },
};

enum { SECTOR = 512 };

/* len bytes at an offset, which must lie in one part; NULL when they were not given. */
static const uint8_t *at(const struct lend_fs_bytes *b, uint32_t offset, size_t len)
{
	for (size_t i = 0; i < LEND_FS_PARTS; i++) {
		uint32_t start = lend_fs_parts[i].at;
		size_t have = b->part[i].bytes == NULL ? 0 : b->part[i].len;

		if (have > lend_fs_parts[i].len)
			have = lend_fs_parts[i].len;
		if (offset >= start && offset - start <= have && len <= have - (offset - start))
			return b->part[i].bytes + (offset - start);
	}
	return NULL;
}

static bool has(const struct lend_fs_bytes *b, uint32_t offset, const char *magic, size_t len)
{
	const uint8_t *p = at(b, offset, len);

	return p != NULL && memcmp(p, magic, len) == 0;
}

#define HAS(b, offset, magic) has((b), (offset), (magic), sizeof(magic) - 1)

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

static void set_size(struct lend_fs *fs, uint64_t units, uint64_t unit_bytes)
{
	fs->has_size = lend_mul_u64(units, unit_bytes, &fs->size_bytes);
}

static void set_uuid(struct lend_fs *fs, const uint8_t uuid[16])
{
	static const uint8_t none[16];

	if (memcmp(uuid, none, sizeof(none)) != 0)
		lend_uuid_format(uuid, fs->uuid);
}

/* Up to its NUL, without the blanks at the end. */
static void set_label(struct lend_fs *fs, const uint8_t *text, size_t max)
{
	size_t len = strnlen((const char *)text, max);

	while (len > 0 && text[len - 1] == ' ')
		len--;
	memcpy(fs->label, text, len);
	fs->label[len] = '\0';
}

/* ---- images; their numbers are those of the header alone ---- */

static bool qcow2(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0, 32);

	if (p == NULL || !HAS(b, 0, "QFI\xfb"))
		return false;
	set_size(fs, be64(p + 24), 1);
	return true;
}

static bool vmdk(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0, SECTOR);

	if (HAS(b, 0, "COWD") || HAS(b, 0, "# Disk DescriptorFile"))
		return true;
	if (p == NULL || !HAS(b, 0, "KDMV"))
		return false;
	set_size(fs, lend_get_le64(p + 12), SECTOR);
	return true;
}

static bool vhdx(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	(void)fs;
	return HAS(b, 0, "vhdxfile");
}

static bool vpc(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0, SECTOR);

	if (p == NULL || !HAS(b, 0, "conectix"))
		return false;
	set_size(fs, be64(p + 48), 1);
	return true;
}

static bool vdi(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0, SECTOR);

	if (p == NULL || !HAS(b, 0x40, "\x7f\x10\xda\xbe"))
		return false;
	set_size(fs, lend_get_le64(p + 0x170), 1);
	return true;
}

static bool qed(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0, SECTOR);

	if (p == NULL || !HAS(b, 0, "QED\0"))
		return false;
	set_size(fs, lend_get_le64(p + 48), 1);
	return true;
}

static bool parallels(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	(void)fs;
	return HAS(b, 0, "WithoutFreeSpace") || HAS(b, 0, "WithouFreSpacExt");
}

/* ---- what others are made of ---- */

static bool luks(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0, 4096);
	size_t len;

	if (p == NULL || !HAS(b, 0, "LUKS\xba\xbe"))
		return false;
	len = strnlen((const char *)p + 168, 40);
	memcpy(fs->uuid, p + 168, len);
	fs->uuid[len] = '\0';
	if (be16(p + 6) == 2)
		set_label(fs, p + 24, 48);
	return true;
}

/* The UUID of LVM is text, in groups of its own. */
static bool lvm(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	static const uint8_t groups[] = { 6, 4, 4, 4, 4, 4, 6 };
	const uint8_t *p = NULL;
	char *to = fs->uuid;
	uint32_t header;

	for (uint32_t sector = 0; sector < 4 && p == NULL; sector++) {
		if (HAS(b, sector * SECTOR, "LABELONE"))
			p = at(b, sector * SECTOR, SECTOR);
	}
	if (p == NULL || memcmp(p + 24, "LVM2 001", 8) != 0)
		return false;
	header = lend_get_le32(p + 20);
	if (header > SECTOR - 40)
		return true;
	p += header;
	set_size(fs, lend_get_le64(p + 32), 1);
	for (size_t i = 0; i < LEND_COUNT(groups); i++) {
		if (i > 0)
			*to++ = '-';
		memcpy(to, p, groups[i]);
		to += groups[i];
		p += groups[i];
	}
	*to = '\0';
	return true;
}

/* Versions 1.1 and 1.2: those at the end are not looked at. */
static bool raid(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	for (uint32_t where = 0; where <= 4096; where += 4096) {
		const uint8_t *p = at(b, where, 256);

		if (p == NULL || lend_get_le32(p) != 0xa92b4efc || lend_get_le32(p + 4) != 1)
			continue;
		set_uuid(fs, p + 16);
		set_label(fs, p + 32, 32);
		return true;
	}
	return false;
}

/* ---- file systems ---- */

enum {
	EXT_AT = 1024,
	EXT_COMPAT_JOURNAL = 0x4,
	EXT_INCOMPAT_JOURNAL_DEV = 0x8,
	EXT_INCOMPAT_64BIT = 0x80,
	EXT_INCOMPAT_OF_EXT3 = 0x2 | 0x4 | 0x10, /* filetype, recover, meta_bg */
	EXT_RO_OF_EXT3 = 0x1 | 0x2 | 0x4,        /* sparse_super, large_file, btree_dir */
};

/* The oldest that can mount it. */
static const char *ext_type(uint32_t compat, uint32_t incompat, uint32_t ro)
{
	if ((incompat & EXT_INCOMPAT_JOURNAL_DEV) != 0)
		return "jbd";
	if ((incompat & ~(uint32_t)EXT_INCOMPAT_OF_EXT3) != 0 ||
	    (ro & ~(uint32_t)EXT_RO_OF_EXT3) != 0)
		return "ext4";
	return (compat & EXT_COMPAT_JOURNAL) != 0 ? "ext3" : "ext2";
}

static bool ext(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, EXT_AT, 1024);
	uint32_t incompat, log_block;
	uint64_t blocks;

	if (p == NULL || !HAS(b, EXT_AT + 0x38, "\x53\xef"))
		return false;
	log_block = lend_get_le32(p + 0x18);
	blocks = lend_get_le32(p + 0x4);
	incompat = lend_get_le32(p + 0x60);
	if (log_block > 6) /* 64 KiB is the largest block there is */
		return false;
	if ((incompat & EXT_INCOMPAT_64BIT) != 0)
		blocks |= (uint64_t)lend_get_le32(p + 0x150) << 32;
	fs->type = ext_type(lend_get_le32(p + 0x5c), incompat, lend_get_le32(p + 0x64));
	set_size(fs, blocks, 1024u << log_block);
	set_uuid(fs, p + 0x68);
	set_label(fs, p + 0x78, 16);
	return true;
}

static bool xfs(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0, SECTOR);

	if (p == NULL || !HAS(b, 0, "XFSB") || !lend_is_pow2(be32(p + 4)))
		return false;
	set_size(fs, be64(p + 8), be32(p + 4));
	set_uuid(fs, p + 32);
	set_label(fs, p + 108, 12);
	return true;
}

/* The size is that of this device: the file system may have several. */
static bool btrfs(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0x10000, 4096);

	if (p == NULL || !HAS(b, 0x10040, "_BHRfS_M"))
		return false;
	set_size(fs, lend_get_le64(p + 0xd1), 1);
	set_uuid(fs, p + 0x20);
	set_label(fs, p + 0x12b, 256);
	return true;
}

static bool f2fs(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 1024, 1024);

	if (p == NULL || !HAS(b, 1024, "\x10\x20\xf5\xf2") || lend_get_le32(p + 16) > 16)
		return false;
	set_size(fs, lend_get_le64(p + 36), 1u << lend_get_le32(p + 16));
	set_uuid(fs, p + 108);
	return true;
}

static bool erofs(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 1024, 128);

	if (p == NULL || !HAS(b, 1024, "\xe2\xe1\xf5\xe0") || p[12] > 16)
		return false;
	set_size(fs, lend_get_le32(p + 36), 1u << p[12]);
	set_uuid(fs, p + 48);
	set_label(fs, p + 64, 16);
	return true;
}

static bool squashfs(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0, 96);

	if (p == NULL || !HAS(b, 0, "hsqs"))
		return false;
	set_size(fs, lend_get_le64(p + 40), 1);
	return true;
}

static bool iso9660(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0x8000, 2048);

	if (p == NULL || !HAS(b, 0x8001, "CD001"))
		return false;
	set_size(fs, lend_get_le32(p + 80), lend_get_le16(p + 128));
	set_label(fs, p + 40, 32);
	return true;
}

static bool ntfs(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0, SECTOR);
	uint64_t sectors;

	if (p == NULL || !HAS(b, 3, "NTFS    "))
		return false;
	if (lend_add_u64(lend_get_le64(p + 40), 1, &sectors)) /* its boot sector at the end */
		set_size(fs, sectors, lend_get_le16(p + 11));
	(void)snprintf(fs->uuid, sizeof(fs->uuid), "%016llX",
		       (unsigned long long)lend_get_le64(p + 72));
	return true;
}

static void set_serial(struct lend_fs *fs, uint32_t serial)
{
	(void)snprintf(fs->uuid, sizeof(fs->uuid), "%04X-%04X", serial >> 16, serial & 0xffff);
}

static bool exfat(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0, SECTOR);

	if (p == NULL || !HAS(b, 3, "EXFAT   ") || p[108] > 12)
		return false;
	set_size(fs, lend_get_le64(p + 72), 1u << p[108]);
	set_serial(fs, lend_get_le32(p + 100));
	return true;
}

static bool vfat(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0, SECTOR);
	bool is32 = HAS(b, 0x52, "FAT32   ");
	uint32_t sectors;

	if (p == NULL || !HAS(b, 510, "\x55\xaa") ||
	    (!is32 && !HAS(b, 0x36, "FAT16   ") && !HAS(b, 0x36, "FAT12   ")))
		return false;
	sectors = lend_get_le16(p + 19) != 0 ? lend_get_le16(p + 19) : lend_get_le32(p + 32);
	set_size(fs, sectors, lend_get_le16(p + 11));
	set_serial(fs, lend_get_le32(p + (is32 ? 67 : 39)));
	if (memcmp(p + (is32 ? 71 : 43), "NO NAME    ", 11) != 0)
		set_label(fs, p + (is32 ? 71 : 43), 11);
	return true;
}

/* Its signature ends the first page, and pages have many sizes. */
static bool swap(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 1024, 512);

	for (uint32_t page = 4096; p != NULL && page <= 65536; page *= 2) {
		if (!HAS(b, page - 10, "SWAPSPACE2"))
			continue;
		set_size(fs, (uint64_t)lend_get_le32(p + 4) + 1, page);
		set_uuid(fs, p + 12);
		set_label(fs, p + 28, 16);
		return true;
	}
	return false;
}

static bool pmdk(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	(void)fs;
	return HAS(b, 0, "PMEMOBJ\0") || HAS(b, 0, "PMEMLOG\0") || HAS(b, 0, "PMEMBLK\0");
}

/* ---- partition tables ---- */

static bool gpt(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	for (uint32_t sector = SECTOR; sector <= 4096; sector *= 8) {
		const uint8_t *p = at(b, sector, 92);
		uint8_t uuid[16];
		uint64_t sectors;

		if (p == NULL || !HAS(b, sector, "EFI PART"))
			continue;
		if (lend_add_u64(lend_get_le64(p + 32), 1, &sectors))
			set_size(fs, sectors, sector);
		lend_uuid_swap_guid(p + 56, uuid);
		set_uuid(fs, uuid);
		return true;
	}
	return false;
}

/* Boot code ends with the same two bytes: the entries have to make sense. */
static bool dos(const struct lend_fs_bytes *b, struct lend_fs *fs)
{
	const uint8_t *p = at(b, 0, SECTOR);
	uint64_t end = 0;

	if (p == NULL || !HAS(b, 510, "\x55\xaa"))
		return false;
	for (const uint8_t *entry = p + 446; entry < p + 510; entry += 16) {
		uint64_t stop = (uint64_t)lend_get_le32(entry + 8) + lend_get_le32(entry + 12);

		if ((entry[0] & 0x7f) != 0)
			return false;
		if (entry[4] != 0 && lend_get_le32(entry + 12) != 0 && stop > end)
			end = stop;
	}
	if (end == 0)
		return false;
	set_size(fs, end, SECTOR);
	if (lend_get_le32(p + 440) != 0)
		(void)snprintf(fs->uuid, sizeof(fs->uuid), "%08x", lend_get_le32(p + 440));
	return true;
}

static const struct {
	const char *type; /* ext has several */
	enum lend_fs_class class;
	bool (*probe)(const struct lend_fs_bytes *b, struct lend_fs *fs);
} kinds[] = {
	{ "qcow2", LEND_FS_IMAGE, qcow2 },
	{ "vmdk", LEND_FS_IMAGE, vmdk },
	{ "vhdx", LEND_FS_IMAGE, vhdx },
	{ "vpc", LEND_FS_IMAGE, vpc },
	{ "vdi", LEND_FS_IMAGE, vdi },
	{ "qed", LEND_FS_IMAGE, qed },
	{ "parallels", LEND_FS_IMAGE, parallels },
	{ "crypto_LUKS", LEND_FS_VOLUME, luks },
	{ "linux_raid_member", LEND_FS_VOLUME, raid },
	{ "LVM2_member", LEND_FS_VOLUME, lvm },
	{ "xfs", LEND_FS_FILES, xfs },
	{ "squashfs", LEND_FS_FILES, squashfs },
	{ "ntfs", LEND_FS_FILES, ntfs },
	{ "exfat", LEND_FS_FILES, exfat },
	{ "vfat", LEND_FS_FILES, vfat },
	{ "btrfs", LEND_FS_FILES, btrfs },
	{ "ext", LEND_FS_FILES, ext },
	{ "f2fs", LEND_FS_FILES, f2fs },
	{ "erofs", LEND_FS_FILES, erofs },
	{ "swap", LEND_FS_SWAP, swap },
	{ "pmdk", LEND_FS_POOL, pmdk },
	{ "gpt", LEND_FS_TABLE, gpt },
	{ "iso9660", LEND_FS_FILES, iso9660 },
	{ "dos", LEND_FS_TABLE, dos },
};

bool lend_fs_probe(const struct lend_fs_bytes *bytes, struct lend_fs *ret_fs)
{
	for (size_t i = 0; i < LEND_COUNT(kinds); i++) {
		struct lend_fs fs = { .class = kinds[i].class, .type = kinds[i].type };

		if (!kinds[i].probe(bytes, &fs))
			continue;
		*ret_fs = fs;
		return true;
	}
	return false;
}

bool lend_fs_is_gpt_end(const uint8_t *bytes, size_t len)
{
	static const char magic[] = "EFI PART";

	for (size_t sector = SECTOR; sector <= 4096; sector *= 8) {
		if (len >= sector && memcmp(bytes + len - sector, magic, strlen(magic)) == 0)
			return true;
	}
	return false;
}

const char *lend_fs_class_text(enum lend_fs_class class)
{
	static const char *const texts[] = {
		[LEND_FS_NONE] = "",
		[LEND_FS_FILES] = "file system",
		[LEND_FS_SWAP] = "swap",
		[LEND_FS_VOLUME] = "volume",
		[LEND_FS_TABLE] = "partition table",
		[LEND_FS_POOL] = "pool",
		[LEND_FS_IMAGE] = "disk image",
	};

	return (size_t) class < LEND_COUNT(texts) ? texts[class] : "";
}
