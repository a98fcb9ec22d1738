/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stat and statfs say, in words. */

#ifndef LEND_COLLECT_STAT_NAMES_H
#define LEND_COLLECT_STAT_NAMES_H

#include "model/build.h"

const char *lend_stat_type(uint32_t mode); /* "file", "block device" ... */
const char *lend_stat_fs(struct lend_build *build, uint64_t magic);

#endif
