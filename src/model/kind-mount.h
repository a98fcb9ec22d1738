/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mounted file system: of a block device, or one that holds a file of interest. */

#ifndef LEND_MODEL_KIND_MOUNT_H
#define LEND_MODEL_KIND_MOUNT_H

#include "model/inventory.h"

struct lend_mount {
	struct lend_node node;
	struct lend_fact path;
	struct lend_fact source;
	struct lend_fact fs;
	struct lend_fact dev;
	struct lend_fact root;
	struct lend_fact options;
	struct lend_fact server;
	struct lend_fact covered;
};

static inline const struct lend_mount *lend_as_mount(const struct lend_node *node)
{
	return (const struct lend_mount *)(const void *)node;
}

#endif
