/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backing files as they should be: N x 128 MiB and a label area at the end,
 * with index blocks, so that "ndctl create-namespace" works in the guest.
 */

#include "libexec/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "format/nd-label.h"

static int write_labels(const struct lab_dimm *dimm, int fd, struct lend_err *err)
{
	lend_auto_buf head = { 0 };
	uint64_t want = lend_nd_head_bytes(dimm->label_bytes);
	uint8_t *bytes = (uint8_t *)lend_buf_room(&head, want);
	size_t len = 0;

	if (lend_nd_area_write_head(bytes, want, dimm->label_bytes, dimm->label_minor, &len,
				    err) < 0)
		return -1;
	if (pwrite(fd, bytes, len, (off_t)dimm->pmem_bytes) != (ssize_t)len)
		return lend_fail_errno(err, "write the labels");
	return 0;
}

int lab_dimm_make(struct lab *lab, struct lab_dimm *dimm, struct lend_err *err)
{
	lend_auto_fd int fd = -1;
	char name[64];
	int r;

	if (dimm->is_memory)
		return 0;
	(void)snprintf(name, sizeof(name), "%s.img", dimm->id);
	if (lab_path(lab, dimm->path, sizeof(dimm->path), name, err) < 0)
		return -1;
	fd = open(dimm->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return lend_fail_errno(err, "make '%s'", dimm->path);
	r = posix_fallocate(fd, 0, (off_t)lab_dimm_bytes(dimm));
	if (r != 0) {
		errno = r;
		lend_hint(err, "set TMPDIR to a folder with more room");
		return lend_fail_errno(err, "reserve %llu MiB for '%s'",
				       (unsigned long long)(lab_dimm_bytes(dimm) / LAB_MIB),
				       dimm->path);
	}
	if (dimm->label_bytes == 0 || dimm->label_minor == 0)
		return 0;
	if (write_labels(dimm, fd, err) < 0)
		return lend_where(err, "making '%s'", dimm->path);
	return 0;
}
