/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The value of one QEMU option as pairs: "nvdimm,id=n0,memdev=m0" or JSON.
 *
 * key=value: a doubled comma is a comma of the value, the first value may
 * stand without its key, a bare key means on, and bare "nokey" means key=off.
 * The last two are old spellings; the pair says so.
 * JSON: one object; true and false become "on" and "off", numbers decimal
 * text, members of nested objects "outer.inner"; arrays are left out (partial).
 */

#ifndef LEND_FORMAT_QEMU_OPTS_H
#define LEND_FORMAT_QEMU_OPTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lend/lend.h"

enum { LEND_QEMU_OPTS_MAX = 1024 /* pairs of one option */ };

struct lend_qemu_pair {
	const char *key;
	const char *value;
	const char *bare; /* the old spelling as it stood there ("nowait"), else NULL */
};

struct lend_qemu_opts {
	struct lend_qemu_pair *pairs;
	size_t n, cap;
	bool partial; /* there was something that no pair can say, such as an array */
};

/*
 * implied is the key of a first value without one, NULL when the option has
 * none.  Fails for broken JSON, an empty key and too many pairs; *ret is
 * written on success only.
 */
int lend_qemu_opts_parse(struct lend_arena *arena, const char *text, const char *implied,
			 struct lend_qemu_opts *ret, struct lend_err *err) LEND_MUST_CHECK;

/* The last value of the key, as QEMU does; NULL when it is not there. */
const char *lend_qemu_opts_get(const struct lend_qemu_opts *opts, const char *key);

/*
 * Adds ",key=value", commas of the value doubled; without the comma when out
 * ends in NUL or is empty, without "key=" when key is NULL.
 */
void lend_qemu_opts_put(struct lend_buf *out, const char *key, const char *value);

#endif
