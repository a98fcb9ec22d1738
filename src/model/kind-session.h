/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session over SSH by which the caller works on the host. */

#ifndef LEND_MODEL_KIND_SESSION_H
#define LEND_MODEL_KIND_SESSION_H

#include "model/inventory.h"

struct lend_session {
	struct lend_node node;
	struct lend_fact client;
	struct lend_fact server;
	struct lend_fact established;
	struct lend_fact by;
};

static inline const struct lend_session *lend_as_session(const struct lend_node *node)
{
	return (const struct lend_session *)(const void *)node;
}

#endif
