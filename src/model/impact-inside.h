/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the impact share; nobody else includes it. */

#ifndef LEND_MODEL_IMPACT_INSIDE_H
#define LEND_MODEL_IMPACT_INSIDE_H

#include "format/pci-address.h"
#include "model/impact.h"

/* A PCI function and the number by which it is looked up. */
struct lend_impact_key {
	uint64_t number;
	const struct lend_node *node;
};

/* What happened to the legs of a node so far. */
struct lend_impact_count {
	uint32_t lost;
	uint32_t first_lost, first_hurt; /* LEND_NO_NODE: none */
	uint8_t told;                    /* the level of the node itself that its users know */
	bool counted;
};

/* Of these nobody said where they are. */
struct lend_impact_adrift {
	const char **texts; /* of the first of them */
	size_t n_texts, cap_texts;
	size_t n;
};

struct lend_impact_graph {
	struct lend_arena arena; /* the graph itself lies in it */
	const struct lend_inventory *inv;
	uint32_t *first_used;           /* of edges, by user; one more than nodes */
	uint32_t *first_user;           /* of edges_by_used, by used; one more than nodes */
	struct lend_impact_key *groups; /* functions by IOMMU group */
	size_t n_groups;
	struct lend_impact_key *vfs; /* virtual functions by the index of their physical one */
	size_t n_vfs;
	struct lend_impact_key *dependents; /* functions by the index of what they depend on */
	size_t n_dependents;
	struct lend_impact_key *slots; /* functions by the slot they are in */
	size_t n_slots;
	uint32_t *n_legs;   /* by node index: how many it stands on */
	bool *all_are_legs; /* by node index: nothing that it uses carries it more than others
			     */
	struct lend_impact_count *counts; /* by node index, nothing in them at rest */
	uint32_t *counted;                /* nodes that have something there */
	size_t n_counted;
	uint8_t *level;    /* by node index, none at rest */
	uint32_t *because; /* by node index, where level is not none */
	uint32_t *touched; /* nodes whose level is not none */
	size_t n_touched;
	uint32_t *work; /* nodes whose users have to be looked at; then hits by node */
	size_t n_work;
	bool *member;                                 /* by node index, false at rest */
	struct lend_impact_adrift adrift, adrift_net; /* behind storage; behind NICs */
	const struct lend_node *unread_vm;            /* of ESXi; NULL: all were read */
};

/* The same for all functions of a slot. */
static inline uint64_t lend_impact_slot_number(const struct lend_pci_address *a)
{
	return (uint64_t)a->domain << 16 | (uint64_t)a->bus << 8 | a->device;
}

/* What has to go with the members that are there. */
void lend_impact_widen(struct lend_impact_graph *graph, struct lend_impact *impact);
void lend_impact_add_member(struct lend_impact_graph *graph, struct lend_impact *impact,
			    const struct lend_node *node, const struct lend_node *because,
			    const char *why);

/*
 * How many of its legs a node needs.  *ret_unknown: why that was taken for
 * granted to be all of them, though it may be fewer; else NULL.
 */
uint32_t lend_impact_needs(const struct lend_inventory *inv, const struct lend_node *node,
			   uint32_t legs, const char **ret_unknown);

/* used is a leg of node. */
bool lend_impact_carries(const struct lend_inventory *inv, const struct lend_node *node,
			 const struct lend_node *used);

/* port of a bridge is that of a VM or a container: it stands on nothing, or on the bridge. */
bool lend_impact_is_guest_port(const struct lend_inventory *inv, const struct lend_node *bridge,
			       const struct lend_node *port);

/* It needs one of its paths: a map of dm-multipath, a head of NVMe multipath. */
bool lend_impact_is_multipath(const struct lend_node *node);

/* Loss does not go up from here, and it is nothing by itself: notes about others. */
bool lend_impact_is_blind(const struct lend_node *node);

/* level is none, degraded or lost, as the legs have it. */
void lend_impact_stake(const struct lend_inventory *inv, struct lend_impact_hit *hit,
		       enum lend_impact_level level);

/* Of a host of ESXi; impact-esx.c. */
void lend_impact_esx_stake(struct lend_impact_hit *hit, enum lend_impact_level level);
void lend_impact_vmnic_stake(struct lend_impact_hit *hit, enum lend_impact_level level);
uint32_t lend_impact_esx_needs(const struct lend_node *node, uint32_t legs);
const char *lend_impact_esx_guess(const struct lend_node *node); /* NULL: it is none */
void lend_impact_esx_notes(struct lend_impact *impact);

/* What may be on any of the host's functions; impact-esx-place.c. */
void lend_impact_esx_index(struct lend_impact_graph *graph);
void lend_impact_esx_unknown(const struct lend_impact_graph *graph, struct lend_impact *impact);

#endif
