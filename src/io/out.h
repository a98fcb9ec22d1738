/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user's own output files: captures, saved inventories.  Never overwrites. */

#ifndef LEND_IO_OUT_H
#define LEND_IO_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "lend/lend.h"

/* Makes dir, or takes an empty one that is there; its descriptor is the caller's. */
int lend_out_new_dir(const char *dir, int *ret_fd, struct lend_err *err) LEND_MUST_CHECK;

/* A new file of mode 0600 in dir_fd; one that exists is an error. */
int lend_out_file_at(int dir_fd, const char *name, const char *bytes, size_t len,
		     struct lend_err *err) LEND_MUST_CHECK;

/* The same for a path with folders, which are made as needed. */
int lend_out_deep_file_at(int dir_fd, const char *path, const char *bytes, size_t len,
			  struct lend_err *err) LEND_MUST_CHECK;

/* A file the user named on the command line, read whole; "-" is standard input. */
struct lend_buf;
int lend_in_file(const char *path, size_t limit, struct lend_buf *out,
		 struct lend_err *err) LEND_MUST_CHECK;

/* The same; others: somebody other than us and root can write it. */
int lend_in_file_whose(const char *path, size_t limit, struct lend_buf *out, bool *ret_others,
		       struct lend_err *err) LEND_MUST_CHECK;

/* A path the user typed, from "/" on; nothing is resolved. */
struct lend_arena;
const char *lend_in_absolute(struct lend_arena *arena, const char *path);

/* From the kernel; never fails. */
void lend_random_bytes(void *bytes, size_t len);

uint32_t lend_hash_bytes(const char *bytes, size_t len);

#endif
