/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where lend's helper programs are: those that are linked with heavy libraries. */

#ifndef LEND_IO_LIBEXEC_H
#define LEND_IO_LIBEXEC_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"

/*
 * The path of the helper, best first: in the folder LEND_LIBEXEC of the
 * environment, beside this program's build, where it is installed.  false and
 * errno: it is not there; *ret_path says where it should be.
 */
bool lend_libexec_find(const char *name, struct lend_buf *ret_path) LEND_MUST_CHECK;

/* Of a word of a command: "lend-via-libvirt" is one, found by its name alone. */
bool lend_libexec_is(const char *word);

/*
 * What a helper is given of the environment: beside what every program is, where the user's
 * own settings are, and who has the keys for ssh.  Ends with NULL.
 */
enum { LEND_LIBEXEC_VARIABLES = 5 };
void lend_libexec_environment(const char *ret[LEND_LIBEXEC_VARIABLES]);

#endif
