/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What UEFI firmware boots, as /sys/firmware/efi/efivars has it: variables
 * BootCurrent, BootOrder and BootNNNN, with four bytes of attributes before
 * the value.
 *
 * (UEFI 2.10, 3.1.3 "Load Options", 3.3 "Globally Defined Variables", 10.3.5.1
 * "Hard Drive Media Device Path"; Linux Documentation/filesystems/efivarfs.rst.)
 */

#ifndef LEND_FORMAT_EFI_BOOT_H
#define LEND_FORMAT_EFI_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum {
	LEND_EFI_TITLE_MAX = 128, /* bytes of UTF-8; a longer one is cut */
	LEND_EFI_PART_TEXT = 40,
	LEND_EFI_ORDER_MAX = 256,
};

struct lend_efi_option {
	bool active;
	char title[LEND_EFI_TITLE_MAX];
	/* PARTUUID as Linux writes it: a GUID, "1a2b3c4d-01" of an MBR; "" when it is no disk.
	 */
	char part[LEND_EFI_PART_TEXT];
};

/* Each is false when the bytes are no such variable. */
bool lend_efi_option_parse(const void *bytes, size_t len,
			   struct lend_efi_option *ret) LEND_MUST_CHECK;
/*
 * Leaves nothing of a load option but where it starts from: *ret_guid are the 16 bytes of the
 * partition's GUID in it, in the order of UEFI, NULL when there are none.  false: it is no load
 * option, and stays as it is.
 */
bool lend_efi_option_mask(uint8_t *bytes, size_t len, uint8_t **ret_guid) LEND_MUST_CHECK;
bool lend_efi_current_parse(const void *bytes, size_t len, uint16_t *ret) LEND_MUST_CHECK;
bool lend_efi_order_parse(const void *bytes, size_t len, uint16_t ret[LEND_EFI_ORDER_MAX],
			  size_t *ret_n) LEND_MUST_CHECK;

/* "Boot0001-8be4df61-...": the number of a load option; false for other names. */
bool lend_efi_option_name(const char *name, uint16_t *ret) LEND_MUST_CHECK;

#endif
