/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ndctl, mkfs.ext4, mount and umount over a folder that plays /sys, /dev and
 * /proc/self/mountinfo.  One region, one namespace at a time; all of it is in
 * files, so that what was left behind is seen.
 */

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/num.h"
#include "tests/fakehost/inside.h"
#include "tests/must.h"

enum { DEVICE = 8 << 20, DAX_ALIGN = 2 << 20, SUPER = 1024, BLOCK = 4096 };

static const char *path_in(const struct fakehost *host, char *path, size_t size,
			   const char *name)
{
	(void)snprintf(path, size, "%s/%s", host->nd, name);
	return path;
}

static void put_file(const struct fakehost *host, const char *name, const void *bytes,
		     size_t len, off_t offset)
{
	char path[2 * FAKE_TEXT];
	int fd = open(path_in(host, path, sizeof(path), name), O_WRONLY | O_CREAT | O_CLOEXEC,
		      0600);

	must(fd >= 0 && pwrite(fd, bytes, len, offset) == (ssize_t)len);
	(void)close(fd);
}

static void put_text(const struct fakehost *host, const char *name, const char *text)
{
	put_file(host, name, text, strlen(text), 0);
}

static void put_folder(const struct fakehost *host, const char *name)
{
	char path[2 * FAKE_TEXT];

	must(mkdir(path_in(host, path, sizeof(path), name), 0700) == 0);
}

static void put_device(const struct fakehost *host, const char *name)
{
	char path[2 * FAKE_TEXT];

	put_text(host, name, "");
	must(truncate(path_in(host, path, sizeof(path), name), DEVICE) == 0);
}

static bool is_there(const struct fakehost *host, const char *name)
{
	char path[2 * FAKE_TEXT];

	return access(path_in(host, path, sizeof(path), name), F_OK) == 0;
}

void fakehost_nd(struct fakehost *host, const char *folder)
{
	(void)snprintf(host->nd, sizeof(host->nd), "%s", folder);
	put_folder(host, "dev");
	put_folder(host, "sys");
	put_folder(host, "sys/bus");
	put_folder(host, "sys/bus/nd");
	put_folder(host, "sys/bus/nd/devices");
	put_folder(host, "sys/bus/nd/devices/region0");
	put_text(host, "mounts", "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n");
}

/* ---- ndctl ---- */

static const char *option(const char *const *argv, const char *name)
{
	for (size_t i = 1; argv[i] != NULL && argv[i + 1] != NULL; i++) {
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	}
	return "";
}

#define ND "sys/bus/nd/devices/"

void fakehost_nd_begin(struct fakehost *host, const char *uuid)
{
	put_folder(host, ND "namespace0.1");
	put_text(host, ND "namespace0.1/uuid", uuid);
	put_text(host, ND "namespace0.1/size", "8388608\n");
	put_text(host, ND "namespace0.1/mode", "raw\n");
	put_text(host, ND "namespace0.1/holder", "\n");
}

static void hold_fsdax(const struct fakehost *host)
{
	put_text(host, ND "namespace0.1/mode", "memory\n");
	put_text(host, ND "namespace0.1/holder", "pfn0.2\n");
	put_folder(host, ND "pfn0.2");
	put_folder(host, ND "pfn0.2/driver");
	put_folder(host, ND "pfn0.2/block");
	put_folder(host, ND "pfn0.2/block/pmem0");
	put_device(host, "dev/pmem0");
}

static void hold_devdax(const struct fakehost *host)
{
	put_text(host, ND "namespace0.1/mode", "dax\n");
	put_text(host, ND "namespace0.1/holder", "dax0.2\n");
	put_folder(host, ND "dax0.2");
	put_folder(host, ND "dax0.2/driver");
	put_folder(host, ND "dax0.2/dax_region");
	put_folder(host, ND "dax0.2/dax0.1");
	put_text(host, ND "dax0.2/dax0.1/size", "8388608\n");
	put_text(host, ND "dax0.2/dax0.1/align", "2097152\n");
	put_device(host, "dev/dax0.1");
}

static int create(struct fakehost *host, const char *const *argv, struct lend_err *err)
{
	if (is_there(host, ND "namespace0.1"))
		return lend_fail(err, LEND_E_SYSTEM, "ndctl ended with status 1: no space");
	fakehost_nd_begin(host, option(argv, "-u"));
	if (strcmp(host->fails, "create-namespace") == 0)
		return lend_fail(err, LEND_E_SYSTEM, "ndctl %s", host->why);
	if (strcmp(option(argv, "-m"), "devdax") == 0)
		hold_devdax(host);
	else
		hold_fsdax(host);
	return 0;
}

/* What no info block says anything else of is raw. */
static int enable(struct fakehost *host)
{
	put_folder(host, ND "namespace0.1/driver");
	put_folder(host, ND "namespace0.1/block");
	put_folder(host, ND "namespace0.1/block/pmem0");
	put_device(host, "dev/pmem0");
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int destroy(struct fakehost *host)
{
	static const char *const all[] = { ND "namespace0.1", ND "pfn0.2", ND "dax0.2",
					   "dev/pmem0", "dev/dax0.1" };
	char path[2 * FAKE_TEXT];

	for (size_t i = 0; i < LEND_COUNT(all); i++)
		(void)nftw(path_in(host, path, sizeof(path), all[i]), remove_one, 8,
			   FTW_DEPTH | FTW_PHYS);
	return 0;
}

/* ---- file systems ---- */

static void put_uuid(uint8_t *to, const char *text)
{
	for (size_t n = 0; *text != '\0' && n < 16; text++) {
		unsigned int byte;

		if (*text == '-')
			continue;
		/* NOLINTNEXTLINE(cert-err34-c): the test wrote it */
		must(sscanf(text, "%2x", &byte) == 1);
		to[n++] = (uint8_t)byte;
		text++;
	}
}

/* No more of ext4 than what tells that it is one, and that it is empty. */
static int make_ext4(struct fakehost *host, const char *uuid)
{
	uint8_t super[SUPER] = { 0 };
	uint8_t group[32] = { 0 };

	lend_put_le32(super, 32);         /* inodes */
	lend_put_le32(super + 0x4, 2048); /* blocks */
	lend_put_le32(super + 0x10, 21);  /* free inodes */
	lend_put_le32(super + 0x18, 2);   /* blocks of 4 KiB */
	lend_put_le32(super + 0x20, 32768);
	lend_put_le16(super + 0x38, 0xef53);
	lend_put_le16(super + 0x3a, 1);
	lend_put_le32(super + 0x4c, 1);
	lend_put_le32(super + 0x54, 11);
	lend_put_le32(super + 0x60, 0x40);
	put_uuid(super + 0x68, uuid);
	lend_put_le16(group + 0x10, 2); /* folders */
	put_file(host, "dev/pmem0", group, sizeof(group), BLOCK);
	put_file(host, "dev/pmem0", super, sizeof(super), SUPER);
	return 0;
}

static int mount_it(struct fakehost *host, const char *const *argv)
{
	char path[2 * FAKE_TEXT];
	FILE *file = fopen(path_in(host, path, sizeof(path), "mounts"), "a");

	must(file != NULL && argv[5] != NULL && argv[6] != NULL);
	(void)fprintf(file, "36 22 259:0 / %s rw,relatime - %s %s rw,dax=always\n", argv[6],
		      argv[2], argv[5]);
	must(fclose(file) == 0);
	return 0;
}

static int umount_it(struct fakehost *host)
{
	char path[2 * FAKE_TEXT];
	size_t len;
	char *text = must_read(path_in(host, path, sizeof(path), "mounts"), &len);

	/* The first line is the root's. */
	must(truncate(path, (off_t)(strchr(text, '\n') + 1 - text)) == 0);
	free(text);
	return 0;
}

int fake_nd(struct fakehost *host, const char *const *argv, struct lend_err *err)
{
	if (strcmp(argv[0], "ndctl") == 0) {
		fake_count(host, argv[1]);
		if (strcmp(argv[1], "create-namespace") == 0)
			return create(host, argv, err);
		return strcmp(argv[1], "enable-namespace") == 0 ? enable(host) : destroy(host);
	}
	fake_count(host, argv[0]);
	if (strcmp(host->fails, argv[0]) == 0)
		return lend_fail(err, LEND_E_SYSTEM, "%s %s", argv[0], host->why);
	if (strcmp(argv[0], "mkfs.ext4") == 0)
		return make_ext4(host, option(argv, "-U"));
	if (strcmp(argv[0], "mount") == 0)
		return mount_it(host, argv);
	must_str(argv[0], "umount");
	return umount_it(host);
}
