/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Impact: what stops working when things of the host are given away.
 *
 * First the set is widened by what has to go together.  Then loss goes up the
 * edges of the inventory, from the used to the user: a node has legs, the
 * nodes it uses, and needs some of them (impact-legs.c).  With fewer it is
 * lost, with all but some of them it is degraded.  What that means for the
 * host, now and when it boots next, is told by the kind of node
 * (impact-stake.c).  Nothing here looks at a host: what nobody saw is a gap of
 * the inventory, and makes the answer incomplete.
 */

#ifndef LEND_MODEL_IMPACT_H
#define LEND_MODEL_IMPACT_H

#include "base/attr.h"
#include "base/buf.h"
#include "model/inventory.h"

enum lend_impact_level {
	LEND_IMPACT_NONE,
	LEND_IMPACT_DEGRADED,   /* works, with less behind it */
	LEND_IMPACT_LOST,       /* until what was given away is back */
	LEND_IMPACT_UNBOOTABLE, /* the host does not come up without it */
	LEND_IMPACT_LOCKS_OUT,  /* whoever gives it away cannot reach the host any more */
};

/* "none", "degraded", "lost until restored", "host unbootable", "locks you out" */
const char *lend_impact_level_text(enum lend_impact_level level);
/* "none", "degraded", "lost", "unbootable", "locked-out": in JSON */
const char *lend_impact_level_name(enum lend_impact_level level);

/* One thing of the set that is given away. */
struct lend_impact_member {
	const struct lend_node *node;
	const struct lend_node *because; /* of which it goes along; NULL: it was asked for */
	const char *why;                 /* "same IOMMU group 12"; NULL: it was asked for */
};

struct lend_impact_hit {
	const struct lend_node *node;
	const struct lend_node *because;     /* what it stands on that was hit first */
	const struct lend_impact_hit *below; /* of because; NULL: it is given away */
	enum lend_impact_level now, boot;
	uint32_t legs, lost; /* what it stands on, and how many of these are lost */
	bool shown;          /* a thing by itself, not only a link of a chain */
};

struct lend_impact {
	struct lend_arena arena;
	const struct lend_inventory *inv;
	struct lend_impact_member *members; /* those asked for first */
	size_t n_members, cap_members;
	struct lend_impact_hit *hits; /* the worst first */
	size_t n_hits, cap_hits;
	const char **unknown; /* what could not be told about these, beyond the gaps */
	size_t n_unknown, cap_unknown;
	const char **notes; /* sentences about the whole of it */
	size_t n_notes, cap_notes;
	enum lend_impact_level now, boot; /* the worst of all */
};

#define lend_auto_impact LEND_CLEANUP(lend_impact_done) struct lend_impact
void lend_impact_done(struct lend_impact *impact);

/* What all answers about one inventory share; the inventory has to outlive it. */
struct lend_impact_graph;
struct lend_impact_graph *lend_impact_graph_new(const struct lend_inventory *inv);
void lend_impact_graph_free(struct lend_impact_graph *graph); /* NULL is fine */
static inline void lend_impact_graph_done(struct lend_impact_graph **graph)
{
	lend_impact_graph_free(*graph);
}
#define lend_auto_impact_graph LEND_CLEANUP(lend_impact_graph_done) struct lend_impact_graph

/* Of these targets, nodes of the host itself; ret is new. */
void lend_impact_of(struct lend_impact_graph *graph, const struct lend_node *const *targets,
		    size_t n, struct lend_impact *ret);

/* From what the hit stands on to what is given away: "nvme0n1p2 <- nvme0n1 <- 0000:01:00.0". */
void lend_impact_chain(const struct lend_impact_hit *hit, struct lend_buf *out);

/*
 * What a person calls DEVICE: the id of a node, a PCI address, a name of the
 * kernel, a serial number, "group:12" (or "iommu-group 12").  All nodes it may
 * mean, which are the members of a group, or candidates.
 */
struct lend_impact_target {
	const struct lend_node **nodes; /* in the arena */
	size_t n;
	bool together; /* all of them are meant: a group */
};
void lend_impact_find(struct lend_arena *arena, const struct lend_inventory *inv,
		      const char *name, struct lend_impact_target *ret);

/*
 * Functions of the same base class as the members that nobody would miss, in
 * the order of their addresses; at most max of them.
 */
size_t lend_impact_others(struct lend_impact_graph *graph, const struct lend_impact *impact,
			  const struct lend_node **ret, size_t max);

/* docs/impact-json.md */
struct lend_jsonw;
struct lend_give; /* model/impact-give.h; NULL: nobody asked, nor for others */
void lend_impact_save_json(const struct lend_impact *impact, const struct lend_give *give,
			   const struct lend_node *const *others, size_t n_others,
			   struct lend_jsonw *w, const char *key);

#endif
