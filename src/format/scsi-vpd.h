/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The unit serial number page of a SCSI device, as sysfs has it in
 * device/vpd_pg80 (SPC-4, 7.8.15: "Unit Serial Number VPD page").
 *
 *	byte 1     page code, 80h
 *	bytes 2-3  length of what follows, big-endian
 *	bytes 4-   ASCII, often with blanks at either end
 */

#ifndef LEND_FORMAT_SCSI_VPD_H
#define LEND_FORMAT_SCSI_VPD_H

#include <stddef.h>

#include "base/arena.h"

/*
 * The serial number without the blanks, "" when it is all blanks; NULL when
 * the bytes are no such page.
 */
const char *lend_scsi_serial(struct lend_arena *arena, const void *bytes, size_t len);

#endif
