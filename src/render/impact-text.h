/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What would stop working, for people. */

#ifndef LEND_RENDER_IMPACT_TEXT_H
#define LEND_RENDER_IMPACT_TEXT_H

#include "base/buf.h"
#include "model/impact-give.h"
#include "render/render.h"

/* What goes, what that hits and by which way; others: what could be given in its place. */
void lend_render_impact(struct lend_buf *out, const struct lend_impact *impact,
			const struct lend_give *give, const struct lend_node *const *others,
			size_t n_others, const struct lend_style *style);

/* "Samsung 990 PRO, nvme0n1 (serial S1)": what a function is, and the disks and nets on it. */
void lend_render_function(struct lend_buf *out, const struct lend_inventory *inv,
			  const struct lend_node *node);

#endif
