/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sizes as QEMU, ndctl and people write them.
 *
 * The same letters mean different things to different programs ("4G" is
 * binary everywhere here, "4 GB" is decimal for people), so the caller says
 * whose size it is.
 */

#ifndef LEND_FORMAT_SIZE_H
#define LEND_FORMAT_SIZE_H

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "lend/lend.h"

enum lend_size_style {
	LEND_SIZE_UNITS, /* people: "4 GiB" "4GiB" "4G" binary, "4 GB" decimal, "514M", bytes */
	LEND_SIZE_QEMU, /* options: "4G" "1.5G" "524288k" "0x1000" binary, no suffix is bytes */
	LEND_SIZE_QEMU_MIB, /* the same, but no suffix is MiB: the first value of -m */
	LEND_SIZE_NDCTL,    /* ndctl -u: "62.00 MiB (65.01 MB)", or plain bytes */
};

/* What lend_size_parse returns for a figure with two decimals that stands for a range. */
enum { LEND_SIZE_ROUNDED = 1 };

/*
 * The whole text is one size.  0: exactly *ret_bytes.  LEND_SIZE_ROUNDED
 * (NDCTL style only, whenever there are decimals): the text was rounded by the one who wrote
 * it, and *ret_bytes is the whole number nearest to its binary figure; it can be off by half a
 * hundredth of the unit.  -1: no size, negative, beyond 64 bits, or (other styles) not a whole
 * number of bytes; *err quotes the text.
 */
int lend_size_parse(const char *text, enum lend_size_style style, uint64_t *ret_bytes,
		    struct lend_err *err) LEND_MUST_CHECK;

/*
 * Exact and binary: "514 MiB", "1.5 GiB", "65408 KiB", "1000 B".  The largest
 * unit that needs no more than two decimals.  Reads back in style UNITS.
 */
void lend_size_format(struct lend_buf *out, uint64_t bytes);

/* As ndctl -u writes a size it rounded; reads back to the same bytes and LEND_SIZE_ROUNDED. */
void lend_size_format_ndctl(struct lend_buf *out, uint64_t bytes);

#endif
