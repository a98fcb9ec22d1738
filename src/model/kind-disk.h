/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk or LUN of an ESXi host, by the name the VMkernel made of its serial or its path. */

#ifndef LEND_MODEL_KIND_DISK_H
#define LEND_MODEL_KIND_DISK_H

#include "model/inventory.h"

struct lend_disk {
	struct lend_node node;
	struct lend_fact display_name;
	struct lend_fact vendor;
	struct lend_fact model;
	struct lend_fact size_bytes;
	struct lend_fact status;
	struct lend_fact local;
	struct lend_fact boot;
	struct lend_fact paths;
};

static inline const struct lend_disk *lend_as_disk(const struct lend_node *node)
{
	return (const struct lend_disk *)(const void *)node;
}

#endif
