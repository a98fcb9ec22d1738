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

/*
 * A fact with its unit: "?" when it could not be read, "-" when there is no
 * such thing, all values with a sign between them when they are disputed,
 * nothing when nobody looked.
 */
void lend_render_fact(struct lend_buf *out, const struct lend_inventory *inv,
		      const struct lend_node *node, const struct lend_field *field, bool utf8);

/* The host, its VMs with what they use, their guests, the host's own NVDIMMs. */
int lend_render_tree(struct lend_buf *out, const struct lend_inventory *inv, bool utf8,
		     struct lend_err *err) LEND_MUST_CHECK;

/*
 * One row for each node that has one of the fields among columns.  A column is
 * the name of a field of any kind, or "id", "kind", "name", "guest".
 */
int lend_render_nodes(struct lend_buf *out, const struct lend_inventory *inv,
		      const char *const *columns, size_t n_columns, bool utf8,
		      struct lend_err *err) LEND_MUST_CHECK;

/* "id", "kind", "name", "guest" */
bool lend_render_is_head(const char *column);

/* Which rows of a map to show; NULL shows all. */
typedef bool lend_render_pick(const struct lend_map *map, size_t row, const void *context);

/* The pairs as a table; below it the evidence of those not matched, of all when verbose. */
int lend_render_map(struct lend_buf *out, const struct lend_map *map, lend_render_pick *pick,
		    const void *context, bool verbose, bool utf8,
		    struct lend_err *err) LEND_MUST_CHECK;

#endif
