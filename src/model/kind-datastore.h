/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume of an ESXi host: VMFS, vfat, PMem, NFS. */

#ifndef LEND_MODEL_KIND_DATASTORE_H
#define LEND_MODEL_KIND_DATASTORE_H

#include "model/inventory.h"

struct lend_datastore {
	struct lend_node node;
	struct lend_fact uuid;
	struct lend_fact type;
	struct lend_fact role;
	struct lend_fact mount;
	struct lend_fact mounted;
	struct lend_fact size_bytes;
	struct lend_fact free_bytes;
	struct lend_fact server;
	struct lend_fact guess;
};

static inline const struct lend_datastore *lend_as_datastore(const struct lend_node *node)
{
	return (const struct lend_datastore *)(const void *)node;
}

#endif
