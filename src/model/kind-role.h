/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a function is to the people who run the host, besides data: console, watchdog, TPM. */

#ifndef LEND_MODEL_KIND_ROLE_H
#define LEND_MODEL_KIND_ROLE_H

#include "model/inventory.h"

struct lend_role {
	struct lend_node node;
	struct lend_fact role;
	struct lend_fact product;
};

static inline const struct lend_role *lend_as_role(const struct lend_node *node)
{
	return (const struct lend_role *)(const void *)node;
}

#endif
