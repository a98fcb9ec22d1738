/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a tar archive, compressed with gzip or not, in one pass: ustar
 * (POSIX.1-1988), its prefix field, GNU's long names, pax' "path".  Only
 * members that are wanted are kept in memory, one at a time.
 *
 * zlib has the inflating (RFC 1951, 1952); what ESXi calls visor tar is
 * recognised and refused: its members' data stand elsewhere.
 */

#ifndef LEND_FORMAT_TGZ_H
#define LEND_FORMAT_TGZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "lend/lend.h"

enum {
	LEND_TGZ_MEMBER_MAX = 32 << 20, /* a longer one is passed over */
	LEND_TGZ_MEMBERS_MAX = 1 << 20,
	LEND_TGZ_PATH_MAX = 4096,
};
/* Of all that comes out of the compression. */
#define LEND_TGZ_BYTES_MAX (UINT64_C(8) << 30)

struct lend_tgz_taker {
	void *context;
	/* path has no "./" or "/" in front, and no ".." in it. */
	bool (*wants)(void *context, const char *path);
	/* -1 ends the reading. */
	int (*take)(void *context, const char *path, const char *bytes, size_t len,
		    struct lend_err *err);
};

/* By its first bytes: gzip, or a tar header. */
bool lend_tgz_recognise(const char *bytes, size_t len);

/*
 * *ret_cut: why the rest of it is missing, a text that lives for ever; NULL
 * when it is whole.  -1: not such an archive at all, or the taker said so.
 */
int lend_tgz_read(const char *bytes, size_t len, const struct lend_tgz_taker *taker,
		  const char **ret_cut, struct lend_err *err) LEND_MUST_CHECK;

#endif
