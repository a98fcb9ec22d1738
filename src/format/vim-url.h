/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "vsphere://USER@HOST[:PORT][?pin=SHA256&cacert=FILE&host=NAME]".
 *
 * A user may have an "@" in it (reader@vsphere.local): the last one counts.
 * pin is the SHA-256 of the server's certificate, as OpenSSL and ESXi's own
 * console print it, colons or not.  host is the only one of a vCenter's that
 * is meant.
 */

#ifndef LEND_FORMAT_VIM_URL_H
#define LEND_FORMAT_VIM_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "lend/lend.h"

enum { LEND_VIM_URL_MAX = 1024, LEND_VIM_PIN_BYTES = 32 };

struct lend_vim_url {
	const char *user;
	const char *host; /* an IPv6 address in brackets */
	uint32_t port;
	const char *cacert; /* NULL: those that the system trusts */
	const char *only;   /* host=; NULL: all */
	bool has_pin;
	uint8_t pin[LEND_VIM_PIN_BYTES];
};

bool lend_vim_url_is(const char *source);
int lend_vim_url_parse(struct lend_arena *arena, const char *source, struct lend_vim_url *ret,
		       struct lend_err *err) LEND_MUST_CHECK;

#endif
