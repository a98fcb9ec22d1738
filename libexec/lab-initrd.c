/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of this system in a guest: an initramfs may be several archives one
 * after the other, so that the image stays as it is.  Later ones win.
 */

#include "libexec/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

enum { CPIO_ALIGN = 4, ARCHIVE_ALIGN = 512 };

static int copy(int from, int to, const char *path, struct lend_err *err)
{
	struct stat st;
	off_t done = 0;

	if (fstat(from, &st) < 0)
		return lend_fail_errno(err, "look at '%s'", path);
	while (done < st.st_size) {
		ssize_t n = sendfile(to, from, &done, (size_t)(st.st_size - done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return lend_fail_errno(err, "copy '%s'", path);
	}
	return 0;
}

/* Zeros up to the next multiple. */
static int pad(int to, unsigned int align, struct lend_err *err)
{
	off_t at = lseek(to, 0, SEEK_CUR);

	at = (at + align - 1) / align * align;
	if (ftruncate(to, at) < 0 || lseek(to, at, SEEK_SET) < 0)
		return lend_fail_errno(err, "write an initramfs");
	return 0;
}

/* Kernel documentation "initramfs buffer format": "newc", numbers of 8 hexadecimal digits. */
static int put_head(int to, const char *name, unsigned int mode, off_t bytes,
		    struct lend_err *err)
{
	int n = dprintf(to, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s%c",
			0U, mode, 0U, 0U, 1U, 0U, (unsigned int)bytes, 0U, 0U, 0U, 0U,
			(unsigned int)strlen(name) + 1, 0U, name, '\0');

	if (n < 0)
		return lend_fail_errno(err, "write an initramfs");
	return pad(to, CPIO_ALIGN, err);
}

static int put_file(int to, const struct lab_file *file, struct lend_err *err)
{
	lend_auto_fd int from = open(file->from, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (from < 0 || fstat(from, &st) < 0)
		return lend_fail_errno(err, "open '%s'", file->from);
	if (put_head(to, file->to, S_IFREG | 0755, st.st_size, err) < 0 ||
	    copy(from, to, file->from, err) < 0)
		return -1;
	return pad(to, CPIO_ALIGN, err);
}

int lab_initrd_make(const char *image, const struct lab_file *files, const char *path,
		    struct lend_err *err)
{
	lend_auto_fd int from = open(image, O_RDONLY | O_CLOEXEC);
	lend_auto_fd int to = -1;

	if (from < 0)
		return lend_fail_errno(err, "open '%s'", image);
	to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (to < 0)
		return lend_fail_errno(err, "make '%s'", path);
	if (copy(from, to, image, err) < 0 || pad(to, ARCHIVE_ALIGN, err) < 0)
		return -1;
	for (size_t i = 0; files[i].from != NULL; i++)
		if (put_file(to, &files[i], err) < 0)
			return -1;
	if (put_head(to, "TRAILER!!!", 0, 0, err) < 0)
		return -1;
	return pad(to, ARCHIVE_ALIGN, err);
}
