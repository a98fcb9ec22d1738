/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties that are asked for, and read. */

#ifndef LEND_FORMAT_VIM_PROPS_H
#define LEND_FORMAT_VIM_PROPS_H

#include <stddef.h>

/*
 * Only such as ESXi 6.0 has: a server refuses the whole question for one that
 * it does not know.
 */
struct lend_vim_props {
	const char *type;
	const char *paths[16]; /* up to a NULL */
};

extern const struct lend_vim_props lend_vim_props[];
extern const size_t lend_n_vim_props;

#endif
