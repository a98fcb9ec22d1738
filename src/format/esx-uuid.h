/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The UUID of a VMware disk as ESXi writes it,
 *	60 00 C2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08 0c
 * and what "vmkfstools -J getuuid FILE" leaves in a terminal or a file.
 */

#ifndef LEND_FORMAT_ESX_UUID_H
#define LEND_FORMAT_ESX_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "lend/lend.h"

enum { LEND_ESX_UUID_TEXT = 48 };

/*
 * The whole text is 16 bytes of two hex digits, either case, with a dash
 * after the 8th and one space between the others; false leaves *ret_uuid alone.
 */
bool lend_esx_uuid_parse(const char *text, size_t len, uint8_t ret_uuid[16]) LEND_MUST_CHECK;

/* As ESXi writes it: VMware's prefix "60 00 C2" with a capital C, the rest lower case. */
void lend_esx_uuid_format(const uint8_t uuid[16], char ret_text[LEND_ESX_UUID_TEXT]);

/* One "UUID is ..." line. */
struct lend_esx_uuid {
	const char *file; /* as typed, quoting undone; NULL when nothing names it */
	const char *dir;  /* from a "[root@host:DIR]" prompt before the command; NULL */
	uint8_t uuid[16];
	unsigned int line; /* of the UUID, counted from 1 */
};

/* A getuuid command without a UUID after it. */
struct lend_esx_uuid_failed {
	const char *file; /* NULL when the command does not tell */
	const char *dir;
	const char *why;   /* the "Failed ..." line, NULL when there is none */
	unsigned int line; /* of the command */
};

struct lend_esx_uuids {
	struct lend_esx_uuid *found;
	size_t n_found;
	struct lend_esx_uuid_failed *failed;
	size_t n_failed;
};

/* Is it text with a "UUID is" line or a getuuid command in it? */
bool lend_esx_uuids_recognise(const char *text, size_t len);

/*
 * A whole terminal session or the bare output, any number of disks.  Lines
 * that mean nothing are passed over.  -1: a "UUID is" line that holds no
 * UUID, or no getuuid command and no UUID at all.
 */
int lend_esx_uuids_parse(const char *text, size_t len, struct lend_arena *arena,
			 struct lend_esx_uuids *ret_uuids,
			 struct lend_err *err) LEND_MUST_CHECK;

#endif
