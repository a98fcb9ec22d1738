/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The label areas that a VM's NVDIMMs have in one backing. */

#ifndef LEND_COLLECT_LABELS_H
#define LEND_COLLECT_LABELS_H

#include "collect/collect.h"

/* reach is the backing's path as we open it, file_bytes its size; 0: that is not known. */
void lend_collect_labels(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			 struct lend_backend *backend, const char *reach, uint64_t file_bytes);

/* What a device has of a file. */
struct lend_labels_window {
	const char *path;
	uint64_t file_bytes;
	uint64_t offset;
	uint64_t size_bytes;  /* size=, the label area with it */
	uint64_t label_bytes; /* 0: it has none */
};

/*
 * Labels in use that were written for another size= or label-size=: fact gets
 * "size=N, label-size=N", or is absent.
 */
void lend_labels_put_found(struct lend_scan *scan, struct lend_node *node,
			   struct lend_fact *fact, uint32_t by,
			   const struct lend_labels_window *window);

/* "valid", "one index torn", "damaged", "none", "none, other data". */
struct lend_nd_index;
const char *lend_label_state_name(const struct lend_nd_index *index);

#endif
