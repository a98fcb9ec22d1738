/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DAX devices: character devices of no size that can only be mapped, in whole
 * units.  What they are is in /sys/dev/char/MAJOR:MINOR (Linux
 * Documentation/ABI/testing/sysfs-bus-dax).
 */

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/num.h"
#include "io/inside.h"

static bool read_number(const struct lend_io *io, const char *folder, const char *name,
			uint64_t *ret)
{
	char path[100];
	char text[40];
	lend_auto_fd int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = openat(io->root_fd, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	while (n > 0 && text[n - 1] == '\n')
		n--;
	return n > 0 && lend_parse_u64n(text, (size_t)n, 10, ret);
}

bool lend_dax_geometry(const struct lend_io *io, const struct stat *st, uint64_t *ret_align,
		       uint64_t *ret_bytes)
{
	char folder[64], path[80], link[LEND_LIMIT_NAME];
	static const char bus[] = "/dax";
	uint64_t align, bytes;
	ssize_t n;

	if (!io->live || !S_ISCHR(st->st_mode))
		return false;
	(void)snprintf(folder, sizeof(folder), "sys/dev/char/%u:%u", major(st->st_rdev),
		       minor(st->st_rdev));
	(void)snprintf(path, sizeof(path), "%s/subsystem", folder);
	n = readlinkat(io->root_fd, path, link, sizeof(link));
	if (n < (ssize_t)strlen(bus) || memcmp(link + n - strlen(bus), bus, strlen(bus)) != 0)
		return false;
	if (!read_number(io, folder, "align", &align) ||
	    !read_number(io, folder, "size", &bytes) || !lend_is_pow2(align) ||
	    bytes > INT64_MAX - align)
		return false;
	*ret_align = align;
	*ret_bytes = bytes;
	return true;
}
