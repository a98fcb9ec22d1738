/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a file or device can be mapped as: kinds that describe a path have these facts. */

#ifndef LEND_COLLECT_MAPPABLE_H
#define LEND_COLLECT_MAPPABLE_H

#include "collect/collect.h"

struct lend_mappable {
	struct lend_node *node;
	struct lend_fact *dax, *map_sync, *dax_driver, *dax_region, *format;
	struct lend_fact *align_bytes; /* of a DAX device; NULL: found out elsewhere */
};

/* path as we reach it; st: of what lies there. */
void lend_collect_mappable(struct lend_scan *scan, const struct lend_mappable *facts,
			   uint32_t by, const char *path, const struct lend_stat *st);

/*
 * How a running QEMU has mapped the backing of a backend.  Only where share=on and
 * pmem is not known to be off: otherwise no MAP_SYNC is asked for, and the kernel counts
 * pages for the answer.
 */
void lend_collect_mapped(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			 struct lend_backend *backend, const struct lend_stat *st);

/* Of an answer "free=1 block=4096 ro=0"; false when it has no such number. */
bool lend_collect_number_of(const struct lend_answer *answer, const char *name, uint64_t *ret);

/* "regionN" or "hmem.N", the last one in the path of a DAX device; NULL: none. */
const char *lend_dax_region(struct lend_scan *scan, const char *path);

#endif
