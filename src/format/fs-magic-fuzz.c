/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the start of some storage, one part behind the other: what is
 * cut is missing.  The same with holes of zeros between the parts, as they
 * lie on a disk; and as its end.
 */

#include "format/fs-magic.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct lend_fs_bytes *bytes)
{
	struct lend_fs fs;

	if (!lend_fs_probe(bytes, &fs))
		return;
	if (fs.class == LEND_FS_NONE || fs.type == NULL ||
	    strnlen(fs.uuid, sizeof(fs.uuid)) == sizeof(fs.uuid) ||
	    strnlen(fs.label, sizeof(fs.label)) == sizeof(fs.label))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_fs_bytes packed = { 0 }, spread = { 0 };
	size_t used = 0;

	for (size_t i = 0; i < LEND_FS_PARTS; i++) {
		size_t len = size - used;

		if (len > lend_fs_parts[i].len)
			len = lend_fs_parts[i].len;
		packed.part[i].bytes = data == NULL ? NULL : data + used;
		packed.part[i].len = len;
		used += len;
		if (data == NULL || lend_fs_parts[i].at > size)
			continue;
		len = size - lend_fs_parts[i].at;
		spread.part[i].bytes = data + lend_fs_parts[i].at;
		spread.part[i].len = len; /* too long is cut */
	}
	check(&packed);
	check(&spread);
	(void)lend_fs_is_gpt_end(data, size);
	return 0;
}
