/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel's name of a block device says about it. */

#ifndef LEND_COLLECT_BLOCK_NAMES_H
#define LEND_COLLECT_BLOCK_NAMES_H

#include <stdbool.h>

#include "base/arena.h"

/* path: where its link leads, or NULL.  NULL when neither says anything. */
const char *lend_block_type_by_name(const char *name, const char *path);

/* Of "nvme3c0n1", a path to it: "nvme3n1"; NULL when the name is no path's. */
const char *lend_block_head_name(struct lend_arena *memory, const char *name);

/* "nvme3", not "nvme3n1" */
bool lend_block_is_controller(const char *name);

/* "loop0", not "loop0p1" */
bool lend_block_is_loop(const char *name);

/* Loop devices and their like wait in numbers for a first use. */
bool lend_block_may_wait(const char *name);

/*
 * table is /proc/partitions, lines of " major minor blocks name": who has no
 * sectors is not in it (block/genhd.c, show_partition).
 */
bool lend_block_has_sectors(const char *table, const char *name);

#endif
