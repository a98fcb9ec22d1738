/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What ESXi itself stands on: boot, storage, scratch, coredump, console. */

#ifndef LEND_MODEL_KIND_SYSTEM_H
#define LEND_MODEL_KIND_SYSTEM_H

#include "model/inventory.h"

struct lend_system {
	struct lend_node node;
	struct lend_fact is;
	struct lend_fact where;
	struct lend_fact guess;
};

static inline const struct lend_system *lend_as_system(const struct lend_node *node)
{
	return (const struct lend_system *)(const void *)node;
}

#endif
