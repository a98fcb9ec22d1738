/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stat and statfs say, in words. */

#ifndef LEND_COLLECT_STAT_NAMES_H
#define LEND_COLLECT_STAT_NAMES_H

#include "model/build.h"

const char *lend_stat_type(uint32_t mode); /* "file", "block device" ... */
const char *lend_stat_fs(struct lend_build *build, uint64_t magic);

/* A number of what LEND_VIA_SPACE answers: name is "free=", "block=" ... */
bool lend_stat_space(const char *text, const char *name, uint64_t *ret);

#endif
