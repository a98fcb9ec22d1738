/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The id of an NVDIMM as Linux prints it, and the interleave-set cookie that
 * follows from it.
 *
 * The struct holds the values as they lie in the NFIT, little-endian.  The
 * text shows the bytes in memory order, so it looks byte-swapped against the
 * values: "8680-56341200" is vendor 0x8086, serial 0x00123456.
 * (Linux drivers/acpi/nfit/core.c, id_show.)
 */

#ifndef LEND_FORMAT_ND_ID_H
#define LEND_FORMAT_ND_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct lend_nd_id {
	uint16_t vendor;
	bool has_mfg; /* the table says that the next two are meant */
	uint8_t mfg_location;
	uint16_t mfg_date;
	uint32_t serial;
};

enum {
	LEND_ND_ID_TEXT = 22, /* "vvvv-ll-dddd-ssssssss" and the NUL */
	LEND_ND_QEMU_SLOTS = 256,
};

/* The whole text in one of both forms, either case; false leaves *ret_id alone. */
bool lend_nd_id_parse(const char *text, struct lend_nd_id *ret_id) LEND_MUST_CHECK;
void lend_nd_id_format(const struct lend_nd_id *id, char ret_text[LEND_ND_ID_TEXT]);

/* QEMU makes everything from the slot (hw/acpi/nvdimm.c): serial is 0x123456 + slot. */
struct lend_nd_id lend_nd_id_of_qemu_slot(uint32_t slot);
/* The inverse, for slots 0 to 255; false when no QEMU makes such an id. */
bool lend_nd_id_qemu_slot(const struct lend_nd_id *id, uint32_t *ret_slot) LEND_MUST_CHECK;

/* VMware: vendor text 8902, serial text = the last four bytes of the disk's UUID as written. */
struct lend_nd_id lend_nd_id_of_vmdk_uuid(const uint8_t uuid[16]);
bool lend_nd_id_is_vmware(const struct lend_nd_id *id);

/*
 * Fletcher64 as libnvdimm has it (nd_fletcher64): over little-endian 32-bit
 * words.  len is a multiple of 4; what is left over is not summed.
 */
uint64_t lend_fletcher64(const void *bytes, size_t len);
/* The same, with the 8 bytes at hole (a multiple of 4: the checksum's own field) taken as 0. */
uint64_t lend_fletcher64_hole(const void *bytes, size_t len, size_t hole);

/*
 * The interleave-set cookie of a set with this one DIMM at region offset 0,
 * as labels of that version carry it and ndctl prints it as iset_id.
 * Without manufacturing data location and date count as 0, as in QEMU.
 */
uint64_t lend_nd_cookie_v12(const struct lend_nd_id *id);
uint64_t lend_nd_cookie_v11(const struct lend_nd_id *id);

/*
 * Which QEMU slot makes this cookie?  *ret_minor says by which label version
 * (1 or 2).  false: none of 0 to 255.
 */
bool lend_nd_cookie_qemu_slot(uint64_t cookie, uint32_t *ret_slot,
			      unsigned int *ret_minor) LEND_MUST_CHECK;

#endif
