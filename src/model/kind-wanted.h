/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a wish names: a file, folder or device, there or not; and where it would be made. */

#ifndef LEND_MODEL_KIND_WANTED_H
#define LEND_MODEL_KIND_WANTED_H

#include "model/inventory.h"

struct lend_wanted_node {
	struct lend_node node;
	struct lend_fact path;
	struct lend_fact type;
	struct lend_fact dev;
	struct lend_fact inode;
	struct lend_fact rdev;
	struct lend_fact size_bytes;
	struct lend_fact allocated_bytes;
	struct lend_fact
		fs; /* of the folder when the thing is not there; and so the next ones */
	struct lend_fact fs_dev;
	struct lend_fact folder_inode;
	struct lend_fact folder;
	struct lend_fact free_bytes;
	struct lend_fact block_bytes;
	struct lend_fact read_only;
	struct lend_fact writable;
	struct lend_fact fs_dax;
	struct lend_fact align_bytes;
	struct lend_fact label_bytes;
	struct lend_fact label_state;
	struct lend_fact label_version;
	struct lend_fact label_slot;
	struct lend_fact label_elsewhere;
	struct lend_fact tail;
	struct lend_fact dax;
	struct lend_fact map_sync;
	struct lend_fact dax_driver;
	struct lend_fact dax_region;
	struct lend_fact format;
	struct lend_fact users;
};

static inline const struct lend_wanted_node *lend_as_wanted(const struct lend_node *node)
{
	return (const struct lend_wanted_node *)(const void *)node;
}

#endif
