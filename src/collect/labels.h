/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The label areas that a VM's NVDIMMs have in one backing. */

#ifndef LEND_COLLECT_LABELS_H
#define LEND_COLLECT_LABELS_H

#include "collect/collect.h"

/* reach is the backing's path as we open it. */
void lend_collect_labels(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			 struct lend_backend *backend, const char *reach);

/* "valid", "one index torn", "damaged", "none", "none, other data". */
struct lend_nd_index;
const char *lend_label_state_name(const struct lend_nd_index *index);

#endif
