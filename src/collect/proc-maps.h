/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of /proc/PID/maps (proc(5)): "start-end perms offset dev inode   path". */

#ifndef LEND_COLLECT_PROC_MAPS_H
#define LEND_COLLECT_PROC_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lend_mapping {
	uint64_t bytes;
	char perms[4];    /* "rw-s" without a NUL */
	uint64_t inode;   /* 0: of no file */
	const char *path; /* points into the text; not terminated */
	size_t path_len;
	bool deleted; /* the file was removed, or another one took its name */
};

/* The next line from *at on, which moves; lines that are none are passed over. */
bool lend_mapping_next(const char **at, struct lend_mapping *ret);

bool lend_mapping_is_of(const struct lend_mapping *m, const char *path);

#endif
