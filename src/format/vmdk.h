/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The descriptor of a VMware virtual disk: a small text file that names the
 * files with the data ("extents") and carries the disk's UUID.
 * (VMware, "Virtual Disk Format 5.0".)
 */

#ifndef LEND_FORMAT_VMDK_H
#define LEND_FORMAT_VMDK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lend/lend.h"

enum {
	LEND_VMDK_MAX = 1024 * 1024, /* a longer descriptor is refused */
	LEND_VMDK_SECTOR = 512,
};

struct lend_vmdk_extent {
	const char *access; /* "RW", "RDONLY", "NOACCESS" */
	uint64_t sectors;   /* of 512 bytes */
	const char *type;   /* "VMFS", "FLAT", "SPARSE", "ZERO", ... */
	const char *file;   /* NULL when the line has none */
	bool has_offset;
	uint64_t offset; /* in sectors, inside file */
};

/* A "key = value" line, in file order. */
struct lend_vmdk_entry {
	const char *key;
	const char *value; /* without the quotes */
	bool quoted;
};

/* A line as it stands; kept for writing. */
struct lend_vmdk_line {
	const char *raw; /* with its end; NULL for one that was set here */
	size_t raw_len;
	size_t entry;        /* which of the entries it is, from 1; 0: none */
	unsigned int number; /* in the descriptor, from 1; 0 for one that was added here */
};

struct lend_vmdk {
	struct lend_arena *arena;
	bool has_uuid;
	bool uuid_ambiguous;  /* several ddb.uuid lines that differ; then has_uuid is false */
	bool uuid_unreadable; /* there is a ddb.uuid that is none; has_uuid is false, too */
	uint8_t uuid[16];
	bool has_size;               /* there is at least one extent */
	uint64_t size_bytes;         /* of all extents */
	const char *create_type;     /* NULL when the file does not say; so are the next four */
	const char *cid;             /* hex digits as they stand */
	const char *parent_cid;      /* "ffffffff" for a disk without parent */
	const char *adapter_type;    /* ddb.adapterType */
	const char *long_content_id; /* ddb.longContentID */
	bool embedded; /* found inside a sparse disk file, not a file of its own */

	struct lend_vmdk_extent *extents;
	size_t n_extents;
	struct lend_vmdk_entry *entries; /* all of them, the known ones included */
	size_t n_entries;
	size_t cap_entries;
	struct lend_vmdk_line *lines;
	size_t n_lines;
	size_t cap_lines;
	const char *eol; /* of the first line */
	size_t n_odd;    /* lines that mean nothing; passed over */
};

/* Text that begins as a descriptor does; binary disk data is none. */
bool lend_vmdk_is_descriptor(const void *bytes, size_t len);

/*
 * bytes is the whole file (or, for a sparse disk with its descriptor inside,
 * the part up to the end of it).  The struct keeps using arena.  Disk data is refused by name.
 * -1 also for an extent line that cannot be read, and sizes beyond 64 bits.
 */
int lend_vmdk_parse(const void *bytes, size_t len, struct lend_arena *arena,
		    struct lend_vmdk *ret_vmdk, struct lend_err *err) LEND_MUST_CHECK;

/* The value of an entry, keys in any case; NULL when there is none.  The first one counts. */
const char *lend_vmdk_get(const struct lend_vmdk *vmdk, const char *key);

/*
 * Changes the entry in its place, or adds one at the end, which is where the
 * disk database ("ddb.") stands: -1 for others that are not there, for a key
 * that is there twice (with its line numbers), and for values with quotes or
 * control characters.  has_uuid and its like are those of the new value.
 */
int lend_vmdk_set(struct lend_vmdk *vmdk, const char *key, const char *value,
		  struct lend_err *err) LEND_MUST_CHECK;

/* Byte for byte what was read, but for what was set. */
void lend_vmdk_write(const struct lend_vmdk *vmdk, struct lend_buf *out);

#endif
