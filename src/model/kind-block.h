/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A block device by the kernel's name, which is no identity: disks swap their names. */

#ifndef LEND_MODEL_KIND_BLOCK_H
#define LEND_MODEL_KIND_BLOCK_H

#include "model/inventory.h"

struct lend_block {
	struct lend_node node;
	struct lend_fact type;
	struct lend_fact dev;
	struct lend_fact size_bytes;
	struct lend_fact read_only;
	struct lend_fact model;
	struct lend_fact serial;
	struct lend_fact wwid;
	struct lend_fact dm_name;
	struct lend_fact dm_uuid;
	struct lend_fact md_level;
	struct lend_fact md_metadata;
	struct lend_fact md_disks;
	struct lend_fact md_missing;
	struct lend_fact backing_file;
	struct lend_fact file_dev;
	struct lend_fact file_inode;
	struct lend_fact pci;
	struct lend_fact state;
	struct lend_fact used_by;
	struct lend_fact holds;
	struct lend_fact no_path;
};

static inline const struct lend_block *lend_as_block(const struct lend_node *node)
{
	return (const struct lend_block *)(const void *)node;
}

#endif
