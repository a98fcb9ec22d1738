/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An inventory and a map as text for people.  Everything that came from
 * outside is escaped (lend_buf_put_safe).  No lines end in blanks.
 */

#ifndef LEND_RENDER_RENDER_H
#define LEND_RENDER_RENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "lend/lend.h"
#include "model/inventory.h"

struct lend_inside;
struct lend_map;

struct lend_style {
	bool utf8;        /* lines of trees and signs beyond ASCII */
	bool no_headings; /* the rows of a table alone */
	bool verbose;     /* the evidence of every pair */
};

/*
 * A fact with its unit: "?" when it could not be read, "-" when there is no
 * such thing, all values with a sign between them when they are disputed,
 * nothing when nobody looked.
 */
void lend_render_fact(struct lend_buf *out, const struct lend_inventory *inv,
		      const struct lend_node *node, const struct lend_field *field, bool utf8);

/* The host, its VMs with what they use, their guests, the host's own NVDIMMs. */
int lend_render_tree(struct lend_buf *out, const struct lend_inventory *inv,
		     const struct lend_style *style, struct lend_err *err) LEND_MUST_CHECK;

/*
 * One row for each node of the kind; with LEND_KIND_COUNT, for each node that
 * has one of the fields among columns.  only: by node index, or NULL for all.
 */
void lend_render_nodes(struct lend_buf *out, const struct lend_inventory *inv, uint32_t kind,
		       const char *const *columns, size_t n_columns, const bool *only,
		       const struct lend_style *style);

/* A node by itself: every field that anybody looked at in a line, with the reason when it could
 * not be read. */
void lend_render_node(struct lend_buf *out, const struct lend_inventory *inv,
		      const struct lend_node *node, const struct lend_style *style);

/*
 * The i-th column that such a table can have, NULL at the end: "id", "kind",
 * "name", "guest", then the fields of the kind, or those of all kinds (some
 * more than once).
 */
const char *lend_render_node_column(uint32_t kind, size_t i);

/*
 * The pairs as a table of these columns (lend_map_column); below it the evidence of those that
 * are not simply matched, of all when verbose, of none without headings.
 */
void lend_render_map(struct lend_buf *out, const struct lend_map *map,
		     const char *const *columns, size_t n_columns,
		     const struct lend_style *style);

/* What is inside a backing: the verdict first, what is wrong last. */
void lend_render_inside(struct lend_buf *out, const struct lend_inside *inside);

#endif
