/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A memory backend object of a QEMU: what maps the backing. */

#ifndef LEND_MODEL_KIND_BACKEND_H
#define LEND_MODEL_KIND_BACKEND_H

#include "model/inventory.h"

struct lend_backend {
	struct lend_node node;
	struct lend_fact vm;
	struct lend_fact object_id;
	struct lend_fact type;
	struct lend_fact path;
	struct lend_fact size_bytes;
	struct lend_fact align_bytes;
	struct lend_fact offset_bytes;
	struct lend_fact share;
	struct lend_fact pmem;
	struct lend_fact readonly;
	struct lend_fact prealloc;
	struct lend_fact discard_data;
	struct lend_fact mapped_shared;
	struct lend_fact mapped_sync;
	struct lend_fact written_bytes;
};

static inline const struct lend_backend *lend_as_backend(const struct lend_node *node)
{
	return (const struct lend_backend *)(const void *)node;
}

#endif
