/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wants a block device when the host boots next. */

#ifndef LEND_MODEL_KIND_BOOT_H
#define LEND_MODEL_KIND_BOOT_H

#include "model/inventory.h"

struct lend_boot_want {
	struct lend_node node;
	struct lend_fact source;
	struct lend_fact title;
	struct lend_fact needs;
	struct lend_fact required;
	struct lend_fact spare;
	struct lend_fact state;
};

static inline const struct lend_boot_want *lend_as_boot(const struct lend_node *node)
{
	return (const struct lend_boot_want *)(const void *)node;
}

#endif
