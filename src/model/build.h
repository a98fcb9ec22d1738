/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing an inventory.  Collectors get a struct lend_build and add nodes,
 * edges, facts and gaps through it; seal() ends the writing.
 *
 * Facts are merged, node by node: not asked < absent/unreadable < known; a
 * known value of better trust replaces a worse one; the same trust and a
 * different value makes the fact disputed and keeps both.
 */

#ifndef LEND_MODEL_BUILD_H
#define LEND_MODEL_BUILD_H

#include "base/buf.h"
#include "model/inventory.h"

struct lend_interned {
	const char *text; /* NULL: free */
	uint32_t hash;
};

struct lend_build {
	struct lend_inventory *inv;
	struct lend_interned *interned; /* open hash */
	size_t interned_size, n_interned;
	uint32_t last_sighting;
	uint32_t *by_sighting; /* open hash of indexes */
	size_t by_sighting_size, n_by_sighting;
	struct lend_buf scratch, id; /* used again and again */
};

/* The inventory is on the heap; free it with lend_inventory_free, whether sealed or not. */
void lend_build_init(struct lend_build *build);
void lend_build_done(struct lend_build *build); /* frees what only writing needs, and an
						   inventory not taken */

/* Sorts, indexes, and hands over; build is empty afterwards. */
struct lend_inventory *lend_build_seal(struct lend_build *build);

/* The same pointer for the same text; lives as long as the inventory. */
const char *lend_build_intern(struct lend_build *build, const char *text);
const char *lend_build_internf(struct lend_build *build, const char *fmt, ...)
	LEND_PRINTF(2, 3);

/* The node of that kind and name, made when it is not there.  guest is NULL for the host's own.
 */
struct lend_node *lend_build_node(struct lend_build *build, uint32_t kind, const char *guest,
				  const char *name);

/* NULL when it is not there. */
struct lend_node *lend_build_find(struct lend_build *build, uint32_t kind, const char *guest,
				  const char *name);

/* Adding an edge twice is adding it once. */
void lend_build_edge(struct lend_build *build, const struct lend_node *user,
		     const struct lend_node *used);

uint32_t lend_build_sighting(struct lend_build *build, enum lend_trust trust, const char *by,
			     const char *ask, const char *of);

/* fact points into node; by is a sighting. */
void lend_build_u64(struct lend_build *build, struct lend_node *node, struct lend_fact *fact,
		    uint32_t by, uint64_t value);
void lend_build_text(struct lend_build *build, struct lend_node *node, struct lend_fact *fact,
		     uint32_t by, const char *value);
void lend_build_absent(struct lend_build *build, struct lend_node *node, struct lend_fact *fact,
		       uint32_t by);
void lend_build_unreadable(struct lend_build *build, struct lend_node *node,
			   struct lend_fact *fact, uint32_t by, const char *why);

/* Copies; cwd may be NULL. */
void lend_build_cmdline(struct lend_build *build, const struct lend_node *vm, const char *bytes,
			size_t len, const char *cwd);

void lend_build_gap(struct lend_build *build, const char *about, bool matters, const char *hint,
		    const char *fmt, ...) LEND_PRINTF(5, 6);

#endif
