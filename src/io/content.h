/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a range of a file or device holds, without giving its bytes away:
 * where the holes are, whether there is anything but zeros, and where some
 * bytes stand.
 *
 * Holes are skipped, and no more than a budget is read.  So there are three
 * answers: a byte that is not zero was found, all of the range was seen and
 * there is none, or it is not known.  "What was looked at is zero" is never
 * taken for blank.
 */

#ifndef LEND_IO_CONTENT_H
#define LEND_IO_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/buf.h"

enum {
	LEND_EXTENTS_MAX = 64,       /* that are told */
	LEND_EXTENTS_COUNTED = 4096, /* that are counted: each is two system calls */
	LEND_FOUND_MAX = 16,
	LEND_FIND_MAX = 64, /* bytes that are looked for */
};

struct lend_extent {
	uint64_t at;
	uint64_t bytes;
};

struct lend_content_want {
	uint64_t offset;
	uint64_t bytes;
	uint64_t budget;  /* of bytes to be read; 0: the holes alone */
	const char *find; /* text that is looked for, its NUL included; NULL: nothing */
};

struct lend_content {
	/* What is no hole; all of it where a file system does not know holes. */
	struct lend_extent extents[LEND_EXTENTS_MAX];
	size_t n_extents;
	uint64_t data_bytes; /* in all extents; meant when counted */
	uint64_t read_bytes;
	uint64_t first; /* the first byte that is not zero; meant when has_data */

	/* Only in what was read; without find, reading ends at the first byte that is not 0. */
	uint64_t found[LEND_FOUND_MAX];
	size_t n_found;

	bool extents_whole; /* there are no more */
	bool counted;
	bool has_data;
	bool seen;     /* every byte up to first, or to the end, is in a hole or was read */
	bool searched; /* all data was read for what was to be found */
};

/* Nothing but zeros, for sure. */
static inline bool lend_content_is_blank(const struct lend_content *content)
{
	return content->seen && !content->has_data;
}

/* Where bytes come from.  A DAX device cannot be read, only mapped. */
struct lend_reader {
	int fd;
	uint64_t dax_align; /* 0: no DAX device */
	uint64_t dax_bytes;
};

/*
 * Up to len bytes, fewer at the end; -1 and errno.  A DAX device with a
 * hardware error in these bytes ends the process by SIGBUS: questions about
 * devices are asked in a child (LEND_ASK_MAY_HANG).
 */
ssize_t lend_reader_read(const struct lend_reader *reader, void *to, size_t len,
			 uint64_t offset);

/* -1 and errno when it cannot be read.  Moves the file's position. */
int lend_content_look(const struct lend_reader *reader, const struct lend_content_want *want,
		      struct lend_content *ret) LEND_MUST_CHECK;

/* As an answer has it, and back; false when it is damaged. */
void lend_content_put(struct lend_buf *out, const struct lend_content *content);
bool lend_content_parse(const char *text, size_t len, struct lend_content *ret) LEND_MUST_CHECK;

#endif
