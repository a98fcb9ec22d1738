/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UUIDs: 16 bytes in the order of their text (RFC 4122, "network order"), and
 * the mixed-endian form of the same 16 bytes that UEFI and ACPI call a GUID.
 */

#ifndef LEND_BASE_UUID_H
#define LEND_BASE_UUID_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum { LEND_UUID_BYTES = 16, LEND_UUID_TEXT = 37 /* 8-4-4-4-12 and the NUL */ };

/* Lower case, as Linux prints them. */
void lend_uuid_format(const uint8_t uuid[LEND_UUID_BYTES], char ret_text[LEND_UUID_TEXT]);

/* Between text order and GUID order, both ways; in and out may be the same. */
void lend_uuid_swap_guid(const uint8_t in[LEND_UUID_BYTES], uint8_t ret_out[LEND_UUID_BYTES]);

#endif
