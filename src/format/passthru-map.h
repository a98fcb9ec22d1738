/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/vmware/passthru.map of an ESXi host: how a passed-through device is
 * reset, and whether its functions may be shared.
 *	VENDOR DEVICE RESET SHARE	# comment
 * Order, comments and lines that mean nothing are kept: what was not changed
 * is written back byte for byte (the file's own head is not ASCII).
 */

#ifndef LEND_FORMAT_PASSTHRU_MAP_H
#define LEND_FORMAT_PASSTHRU_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lend/lend.h"

enum {
	LEND_PASSTHRU_MAP_MAX = 256 * 1024, /* a longer file is refused */
	LEND_PASSTHRU_ANY = 0xffff,         /* as vendor or device: every one */
};

enum lend_passthru_reset {
	LEND_PASSTHRU_DEFAULT,
	LEND_PASSTHRU_FLR,
	LEND_PASSTHRU_D3D0,
	LEND_PASSTHRU_LINK,
	LEND_PASSTHRU_BRIDGE,
	LEND_PASSTHRU_RESETS
};
extern const char *const lend_passthru_reset_names[LEND_PASSTHRU_RESETS];

enum lend_passthru_share {
	LEND_PASSTHRU_SHARE_DEFAULT,
	LEND_PASSTHRU_SHARE_TRUE,
	LEND_PASSTHRU_SHARE_FALSE,
	LEND_PASSTHRU_SHARES
};
extern const char *const lend_passthru_share_names[LEND_PASSTHRU_SHARES];

enum lend_passthru_remark {
	LEND_PASSTHRU_FINE,
	LEND_PASSTHRU_DUPLICATE, /* these ids were there before: which line counts is not known
				  */
	LEND_PASSTHRU_JUNK,      /* neither a row nor a comment */
};

struct lend_passthru_line {
	const char *raw; /* the whole line with its end; NULL for one that was added here */
	size_t raw_len;
	bool is_row; /* else empty, a comment or junk, and the next four say nothing */
	uint16_t vendor, device;
	enum lend_passthru_reset reset;
	enum lend_passthru_share share;
	enum lend_passthru_remark remark;
	unsigned int number; /* in the file, from 1; 0 for one that was added here */
};

struct lend_passthru_map {
	struct lend_arena *arena;
	struct lend_passthru_line *lines;
	size_t n_lines;
	size_t cap_lines;
	size_t n_rows;
	size_t n_duplicates;
	size_t n_junk;
	const char *eol; /* of the first line */
};

/* Text with at least one row in it. */
bool lend_passthru_map_recognise(const char *text, size_t len);

/* The struct keeps using arena.  Odd lines are remarks.  -1: NUL bytes, too long, or mostly
 * junk.
 */
int lend_passthru_map_parse(const char *text, size_t len, struct lend_arena *arena,
			    struct lend_passthru_map *ret_map,
			    struct lend_err *err) LEND_MUST_CHECK;

/*
 * The rows that speak of the device, wildcards included, one after the other:
 * from is NULL, then what was returned; NULL at the end.  Which of several the
 * host takes is not known.
 */
const struct lend_passthru_line *lend_passthru_map_find(const struct lend_passthru_map *map,
							uint16_t vendor, uint16_t device,
							const struct lend_passthru_line *from);

/* Adds a row at the end.  -1 when a row with these very ids is there: remove it first. */
int lend_passthru_map_add(struct lend_passthru_map *map, uint16_t vendor, uint16_t device,
			  enum lend_passthru_reset reset, enum lend_passthru_share share,
			  struct lend_err *err) LEND_MUST_CHECK;

/* Takes out all rows with these very ids; how many those were. */
size_t lend_passthru_map_remove(struct lend_passthru_map *map, uint16_t vendor,
				uint16_t device);

void lend_passthru_map_write(const struct lend_passthru_map *map, struct lend_buf *out);

#endif
