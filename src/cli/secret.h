/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Passwords: where they come from. */

#ifndef LEND_CLI_SECRET_H
#define LEND_CLI_SECRET_H

#include <stddef.h>

#include "lend/lend.h"

/* As struct lend_scan_options wants it. */
int lend_cli_secret(void *context, const char *whose, char *ret, size_t size,
		    struct lend_err *err);

#endif
