/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A namespace label found in the label area of a backing. */

#ifndef LEND_MODEL_KIND_LABEL_H
#define LEND_MODEL_KIND_LABEL_H

#include "model/inventory.h"

struct lend_label {
	struct lend_node node;
	struct lend_fact vm;
	struct lend_fact device_id;
	struct lend_fact index;
	struct lend_fact label_name;
	struct lend_fact uuid;
	struct lend_fact mode;
	struct lend_fact dpa;
	struct lend_fact size_bytes;
	struct lend_fact cookie;
};

static inline const struct lend_label *lend_as_label(const struct lend_node *node)
{
	return (const struct lend_label *)(const void *)node;
}

#endif
