/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration file of a VMware virtual machine: lines of
 *	key = "value"
 * Keys in any case, "|22" escapes in values, "#" comments.  Order, comments
 * and unknown keys are kept: what was read and not changed is written back
 * byte for byte.
 */

#ifndef LEND_FORMAT_VMX_H
#define LEND_FORMAT_VMX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lend/lend.h"

enum { LEND_VMX_MAX = 4 * 1024 * 1024 }; /* a longer file is refused */

/* What is odd about a line. */
enum lend_vmx_remark {
	LEND_VMX_FINE,
	LEND_VMX_UNQUOTED,  /* value without quotes: read as it stands, ESXi wants quotes */
	LEND_VMX_DUPLICATE, /* the key was there before: ESXi calls the whole VM invalid */
	LEND_VMX_JUNK,      /* neither an assignment nor a comment */
};

struct lend_vmx_line {
	const char *raw; /* the whole line with its end; NULL for one that was set here */
	size_t raw_len;
	const char *key;   /* NULL: comment, empty or junk */
	const char *value; /* escapes undone */
	enum lend_vmx_remark remark;
	unsigned int number; /* in the file, from 1; 0 for one that was added here */
};

struct lend_vmx {
	struct lend_arena *arena;
	struct lend_vmx_line *lines;
	size_t n_lines;
	size_t cap_lines;
	uint32_t *sorted; /* the lines with keys, by key, then by place */
	size_t n_sorted;
	size_t n_duplicates;
	size_t n_unquoted;
	size_t n_junk;
};

/* Text with at least one assignment to a key that every .vmx has. */
bool lend_vmx_recognise(const char *text, size_t len);

/*
 * The struct keeps using arena.  Odd lines are remarks, not errors.  -1: NUL
 * bytes, too long, or not one assignment.
 */
int lend_vmx_parse(const char *text, size_t len, struct lend_arena *arena,
		   struct lend_vmx *ret_vmx, struct lend_err *err) LEND_MUST_CHECK;

/* NULL when the key is not there; of duplicates the first. */
const char *lend_vmx_get(const struct lend_vmx *vmx, const char *key);

/* Changes the (first) line of that key in its place, or adds one at the end. */
void lend_vmx_set(struct lend_vmx *vmx, const char *key, const char *value);

void lend_vmx_write(const struct lend_vmx *vmx, struct lend_buf *out);

/* "TRUE" in any case, or "1" and the like; false leaves *ret alone when it is no truth value.
 */
bool lend_vmx_bool(const char *value, bool *ret) LEND_MUST_CHECK;

/*
 * A virtual NVDIMM: nvdimmN:M.fileName, nvdimmN:M.present.
 *
 * UNVERIFIED: these spellings are inferred from other devices; no public
 * .vmx with an NVDIMM is known.  Where .present is missing the device counts
 * as present.
 */
struct lend_vmx_nvdimm {
	uint32_t controller;
	uint32_t unit;
	const char *file;
	bool present;
};

/* By controller, then unit.  Only devices with a file name. */
void lend_vmx_nvdimms(const struct lend_vmx *vmx, struct lend_arena *arena,
		      struct lend_vmx_nvdimm **ret_items, size_t *ret_n);

/* displayName and uuid.bios: lend_vmx_get(). */

#endif
