/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that has a block device open; only when it was asked for. */

#ifndef LEND_MODEL_KIND_PROCESS_H
#define LEND_MODEL_KIND_PROCESS_H

#include "model/inventory.h"

struct lend_process {
	struct lend_node node;
	struct lend_fact command;
};

static inline const struct lend_process *lend_as_process(const struct lend_node *node)
{
	return (const struct lend_process *)(const void *)node;
}

#endif
