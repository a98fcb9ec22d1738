/* SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef LEND_COLLECT_PROCESSES_H
#define LEND_COLLECT_PROCESSES_H

#include "collect/collect.h"

/*
 * Numbers of the processes, as texts that live as long as the scan, by value.
 * no_threads: those of the kernel are left out, where it tells which they are.
 */
const char **lend_list_processes(struct lend_scan *scan, bool no_threads, size_t *ret_n);

#endif
