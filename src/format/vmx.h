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
#include "format/opt.h"
#include "format/pci-address.h"
#include "lend/lend.h"

enum { LEND_VMX_MAX = 512 * 1024 }; /* a longer file is refused */

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
	const char *eol; /* of the first line: "\n" or "\r\n" */
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

/* Takes out every line of that key; how many those were. */
size_t lend_vmx_remove(struct lend_vmx *vmx, const char *key);

/* The same for all keys that begin so: "pciPassthru0." */
size_t lend_vmx_remove_all(struct lend_vmx *vmx, const char *prefix);

/*
 * -1 when a file with such lines must not be written: a key that is there
 * twice, with its line numbers (ESXi calls the whole VM invalid).  Whoever
 * changes a .vmx asks this first.
 */
int lend_vmx_check(const struct lend_vmx *vmx, struct lend_err *err) LEND_MUST_CHECK;

void lend_vmx_write(const struct lend_vmx *vmx, struct lend_buf *out);

/* "TRUE" in any case, or "1" and the like; false leaves *ret alone when it is no truth value.
 */
bool lend_vmx_bool(const char *value, bool *ret) LEND_MUST_CHECK;

/*
 * A virtual NVDIMM: nvdimmN:M.fileName, nvdimmN:M.present.
 *
 * UNVERIFIED: these spellings are inferred from other devices; no public
 * .vmx with an NVDIMM is known.  A device counts as present unless its
 * .present, or that of its controller (nvdimmN.present), says no.
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

/* Its .present, .fileName and the .present of its controller; spellings UNVERIFIED, as above.
 */
void lend_vmx_set_nvdimm(struct lend_vmx *vmx, uint32_t controller, uint32_t unit,
			 const char *file);

/* How sure it is which device pciPassthruN.id means. */
enum lend_vmx_spelling {
	LEND_VMX_ID_NONE,   /* no .id: a dynamic device, or half a one */
	LEND_VMX_ID_HOST,   /* decimal, as some release of ESXi writes it */
	LEND_VMX_ID_UNSURE, /* "0000:42:00.0", as lspci would write it in hex, read as decimal
			     */
	LEND_VMX_ID_HEX,    /* letters in it: ESXi does not find the device */
	LEND_VMX_ID_ODD,    /* no address at all */
};

/* pciPassthruN.*; texts are NULL when not given. */
struct lend_vmx_passthru {
	uint32_t number;
	bool present;
	const char *id;
	enum lend_vmx_spelling spelling;
	struct lend_pci_decimal at; /* of HOST and UNSURE */
	struct lend_opt_u64 vendor, device;
	const char *system_id;       /* of the host it was made for */
	const char *pf_id;           /* an SR-IOV network card: no DirectPath */
	const char *allowed_devices; /* dynamic DirectPath; spelling UNVERIFIED */
};

/* By number.  One for each N that has .present, .id or .allowedDevices. */
void lend_vmx_passthrus(const struct lend_vmx *vmx, struct lend_arena *arena,
			struct lend_vmx_passthru **ret_items, size_t *ret_n);

/* Sets .present, .id (as ESXi 8.0U3 writes it), .vendorId, .deviceId and, when not NULL,
 * .systemId.
 */
void lend_vmx_set_passthru(struct lend_vmx *vmx, uint32_t number,
			   const struct lend_pci_address *address, uint16_t vendor,
			   uint16_t device, const char *system_id);

/*
 * All of the guest's memory reserved and pinned, which passthrough needs:
 * sched.mem.min and .minSize as memSize has it, .pin TRUE.  -1 when memSize is
 * not there or no number of MB.
 */
int lend_vmx_pin_memory(struct lend_vmx *vmx, struct lend_err *err) LEND_MUST_CHECK;

/* displayName and uuid.bios: lend_vmx_get(). */

#endif
