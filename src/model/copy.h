/* SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef LEND_MODEL_COPY_H
#define LEND_MODEL_COPY_H

#include "model/build.h"

/*
 * Nodes of from that keep says yes to, with their facts, who said them, and
 * the edges among them; gaps about nodes that are left out are left out, too.
 */
void lend_build_copy(struct lend_build *build, const struct lend_inventory *from,
		     bool (*keep)(const void *context, const struct lend_node *node),
		     const void *context);

/* One fact as from has it; nothing when nobody asked. */
void lend_build_copy_fact(struct lend_build *build, struct lend_node *node,
			  struct lend_fact *fact, uint8_t type,
			  const struct lend_inventory *from, const struct lend_fact *source);

#endif
