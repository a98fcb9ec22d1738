/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a file can be mapped as, by trying: is it on DAX, does the kernel grant
 * MAP_SYNC, is it a disk image.
 *
 * Nothing is touched: the file is opened for reading, one page of it mapped
 * for reading and unmapped again without a fault, so that no block is
 * allocated, no page cached and no watcher told of a writer.  The kernel
 * decides about MAP_SYNC when it maps, by the file and its DAX device, not by
 * the protection (mm/mmap.c, "MAP_SHARED_VALIDATE"; daxdev_mapping_supported
 * in include/linux/dax.h): a read-only mapping gets the same answer.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/auto.h"
#include "base/num.h"
#include "io/inside.h"
#include "io/probe.h"

#ifndef STATX_ATTR_DAX
#define STATX_ATTR_DAX 0x00200000
#endif

/* ---- a disk image has its name at its beginning ---- */

/* The specifications of qcow2, VMDK ("KDMV"), VPC and VHDX; VDI has its magic behind a text. */
static const struct {
	const char *name;
	size_t at;
	size_t len;
	const char *magic;
} formats[] = {
	{ "qcow2", 0, 4, "QFI\xfb" },
	{ "vmdk", 0, 4, "KDMV" },
	{ "vmdk", 0, 4, "COWD" },
	{ "vpc", 0, 8, "conectix" },
	{ "vhdx", 0, 8, "vhdxfile" },
	{ "qed", 0, 4, "QED\0" },
	{ "vdi", 64, 4, "\x7f\x10\xda\xbe" },
};

enum { HEAD = 68 };

static const char *format_of(const char *head, size_t len)
{
	for (size_t i = 0; i < LEND_COUNT(formats); i++) {
		if (formats[i].at + formats[i].len <= len &&
		    memcmp(head + formats[i].at, formats[i].magic, formats[i].len) == 0)
			return formats[i].name;
	}
	return "raw";
}

/* false: it would have to wait for a disk. */
static bool put_format(struct lend_buf *out, int fd, bool now)
{
	char head[HEAD];
	struct iovec room = { .iov_base = head, .iov_len = sizeof(head) };
	ssize_t n = preadv2(fd, &room, 1, 0, now ? RWF_NOWAIT : 0);

	if (n < 0 && now)
		return false;
	if (n >= 0)
		lend_buf_printf(out, " format=%s", format_of(head, (size_t)n));
	return true;
}

/* ---- the mapping ---- */

static bool maps_sync(int fd, size_t len)
{
	void *at = mmap(NULL, len, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);

	if (at == MAP_FAILED)
		return false;
	(void)munmap(at, len);
	return true;
}

bool lend_file_maps_sync(int fd)
{
	return maps_sync(fd, (size_t)sysconf(_SC_PAGESIZE));
}

/* EINVAL of a file: a kernel before 4.15, which has no MAP_SYNC and may not know the flag. */
static void put_sync(struct lend_buf *out, int fd, size_t len)
{
	if (maps_sync(fd, len)) {
		lend_buf_puts(out, " map_sync=1");
	} else if (errno == EOPNOTSUPP || errno == ENODEV) {
		lend_buf_puts(out, " map_sync=0");
	} else {
		lend_buf_printf(out, " map_sync_errno=%d", errno);
	}
}

static void put_dax(struct lend_buf *out, int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, 0, &st) == 0 &&
	    (st.stx_attributes_mask & STATX_ATTR_DAX) != 0)
		lend_buf_printf(out, "dax=%d", (st.stx_attributes & STATX_ATTR_DAX) != 0);
}

/* Of a DAX device only whole units can be mapped. */
static void probe_device(const struct lend_io *io, int fd, const struct stat *st,
			 struct lend_buf *out)
{
	uint64_t align, bytes;

	if (S_ISBLK(st->st_mode)) {
		/* Always by the page cache, whatever lies below it. */
		lend_buf_puts(out, "dax=0");
		put_sync(out, fd, (size_t)sysconf(_SC_PAGESIZE));
		(void)put_format(out, fd, false);
	} else if (lend_dax_geometry(io, st, &align, &bytes) && align <= SIZE_MAX / 2) {
		lend_buf_puts(out, "dax=1");
		put_sync(out, fd, (size_t)align);
	}
}

/* As little as possible of a trace, where the owner or root asks. */
static int open_quietly(const struct lend_io *io, const char *path)
{
	int flags = O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(io->root_fd, path, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? openat(io->root_fd, path, flags) : fd;
}

/* now: only what takes no waiting; false when that does not suffice. */
static bool probe_file(struct lend_io *io, int fd, bool now, struct lend_answer *answer)
{
	lend_auto_buf out = { 0 };

	put_dax(&out, fd);
	put_sync(&out, fd, (size_t)sysconf(_SC_PAGESIZE));
	if (!put_format(&out, fd, now))
		return false;
	lend_answer_bytes(io, answer, lend_buf_text(&out), out.len);
	return true;
}

bool lend_probe_now(struct lend_io *io, int fd, struct lend_answer *answer)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && probe_file(io, fd, true, answer);
}

void lend_probe(struct lend_io *io, const char *path, struct lend_answer *answer)
{
	lend_auto_fd int look = -1;
	lend_auto_fd int fd = -1;
	lend_auto_buf out = { 0 };
	struct stat st;

	if (!io->live) {
		answer->known = LEND_NOT_ASKED; /* a copy is no place to try this */
		return;
	}
	/* By type, before it is opened: opening some devices has an effect. */
	look = openat(io->root_fd, path, O_PATH | O_CLOEXEC);
	if (look < 0 || fstat(look, &st) < 0) {
		lend_answer_errno(answer, errno);
		return;
	}
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode)) {
		lend_answer_bytes(io, answer, "", 0);
		return;
	}
	fd = open_quietly(io, path);
	if (fd < 0 || fstat(fd, &st) < 0)
		lend_answer_errno(answer, errno);
	else if (S_ISREG(st.st_mode))
		(void)probe_file(io, fd, false, answer);
	else {
		probe_device(io, fd, &st, &out);
		lend_answer_bytes(io, answer, lend_buf_text(&out), out.len);
	}
}

/* ---- how a process has mapped a file ---- */

struct mapping {
	bool shared;
	uint64_t start;
	unsigned int major, minor;
	uint64_t inode;
};

/* A line of maps or smaps: "start-end perms offset major:minor inode   path" (proc(5)). */
static bool take_mapping(const char *line, struct mapping *ret)
{
	size_t len = strcspn(line, "-");
	uint64_t major, minor;
	const char *at;

	if (line[len] != '-' || !lend_parse_u64n(line, len, 16, &ret->start))
		return false;
	at = strchr(line, ' ');
	if (at == NULL || strlen(at) < 6)
		return false;
	ret->shared = at[4] == 's';
	for (size_t i = 0; i < 2; i++) {
		at = strchr(at + 1, ' ');
		if (at == NULL)
			return false;
	}
	at++;
	len = strcspn(at, ":");
	if (at[len] != ':' || !lend_parse_u64n(at, len, 16, &major) ||
	    !lend_parse_u64n(at + len + 1, strcspn(at + len + 1, " "), 16, &minor))
		return false;
	ret->major = (unsigned int)major;
	ret->minor = (unsigned int)minor;
	at = strchr(at, ' ');
	return at != NULL && lend_parse_u64n(at + 1, strcspn(at + 1, " \n"), 10, &ret->inode);
}

struct wanted {
	uint64_t major, minor, inode;
	bool any_device; /* nothing has been mapped of the one that stat said */
};

/* File systems that number their devices by themselves (btrfs, overlay) differ in the device;
 * inode numbers alone are the same on many file systems. */
static bool is_wanted(const struct wanted *w, const struct mapping *m)
{
	bool same_device = m->major == w->major && m->minor == w->minor;

	return m->inode == w->inode && (w->any_device ? m->shared : same_device);
}

static bool take_wanted(const char *text, struct wanted *ret)
{
	uint64_t *const parts[] = { &ret->major, &ret->minor, &ret->inode };

	for (size_t i = 0; i < LEND_COUNT(parts); i++) {
		size_t len = strcspn(text, ":");

		if (!lend_parse_u64n(text, len, 10, parts[i]))
			return false;
		text += len + (text[len] == ':');
	}
	return *text == '\0';
}

static FILE *open_stream(const struct lend_io *io, const char *folder, size_t folder_len,
			 const char *name)
{
	char path[80];
	int fd;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%.*s/%s", (int)folder_len, folder, name);
	fd = openat(io->root_fd, path, O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (file == NULL && fd >= 0)
		(void)close(fd);
	return file;
}

enum { LINE = 4096 + 200, MAPPINGS_MAX = 100000 };

/* The mappings that are wanted; the rest of a long path is passed over.  -1 and errno. */
static int count_wanted(const struct lend_io *io, const char *folder, size_t folder_len,
			const struct wanted *w, bool *ret_shared)
{
	FILE *maps = open_stream(io, folder, folder_len, "maps");
	struct mapping m;
	char line[LINE];
	int n = 0;

	*ret_shared = true;
	for (int i = 0; maps != NULL && i < MAPPINGS_MAX; i++) {
		if (fgets(line, sizeof(line), maps) == NULL)
			break;
		if (!take_mapping(line, &m) || !is_wanted(w, &m))
			continue;
		n++;
		*ret_shared = *ret_shared && m.shared;
	}
	if (maps == NULL)
		return -1;
	if (ferror(maps)) {
		n = -1;
		errno = EIO;
	}
	(void)fclose(maps);
	return n;
}

/* true when all of so many mappings are MAP_SYNC; false: *ret_known tells. */
static bool are_sync(const struct lend_io *io, const char *folder, size_t folder_len,
		     const struct wanted *w, int n, bool *ret_known)
{
	static const char flags[] = "VmFlags:";
	FILE *smaps = open_stream(io, folder, folder_len, "smaps");
	bool mine = false, all = true;
	struct mapping m;
	char line[LINE];

	/* The kernel counts pages for each mapping, so reading ends with the last wanted one.
	 */
	while (smaps != NULL && n > 0 && fgets(line, sizeof(line), smaps) != NULL) {
		if (strncmp(line, flags, sizeof(flags) - 1) != 0) {
			if (take_mapping(line, &m))
				mine = is_wanted(w, &m);
			continue;
		}
		if (mine) {
			all = all && strstr(line, " sf") != NULL;
			n--;
		}
		mine = false;
	}
	if (smaps != NULL)
		(void)fclose(smaps);
	*ret_known = n == 0;
	return all;
}

void lend_mapped(struct lend_io *io, const char *path, struct lend_answer *answer)
{
	const char *at = strchr(path, '@');
	size_t len = at == NULL ? 0 : (size_t)(at - path);
	lend_auto_buf out = { 0 };
	struct wanted w = { 0 };
	bool shared, sync, known;
	int n;

	if (!io->live) {
		answer->known = LEND_NOT_ASKED;
		return;
	}
	if (at == NULL || !take_wanted(at + 1, &w)) {
		lend_answer_why(io, answer, "not a question about a mapping");
		return;
	}
	n = count_wanted(io, path, len, &w, &shared);
	w.any_device = n == 0;
	if (n == 0)
		n = count_wanted(io, path, len, &w, &shared);
	if (n < 0) {
		lend_answer_errno(answer, errno);
		return;
	}
	if (n == 0) {
		answer->known = LEND_ABSENT;
		return;
	}
	lend_buf_printf(&out, "shared=%d", shared);
	sync = are_sync(io, path, len, &w, n, &known);
	if (known)
		lend_buf_printf(&out, " sync=%d", sync);
	lend_answer_bytes(io, answer, out.text, out.len);
}
