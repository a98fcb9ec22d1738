/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which things a name may mean, and which could be given in place of them. */

#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/num.h"
#include "format/pci-address.h"
#include "model/impact-inside.h"
#include "model/kind-block.h"
#include "model/kind-net.h"
#include "model/kind-pci.h"
#include "model/viable.h"

enum { DEPTH_MAX = 32 };

struct find {
	struct lend_arena *arena;
	const struct lend_inventory *inv;
	struct lend_impact_target *ret;
	size_t cap;
	bool *seen; /* by node index */
};

static bool is_text(const struct lend_fact *fact, const char *text)
{
	return fact->known == LEND_KNOWN && strcmp(fact->v.str, text) == 0;
}

static bool is_new(struct find *f, const struct lend_node *node)
{
	bool seen = f->seen[node->index];

	f->seen[node->index] = true;
	return !seen;
}

static void add(struct find *f, const struct lend_node *node)
{
	*LEND_PUSH(f->arena, f->ret->nodes, f->ret->n, f->cap) = node;
}

/* The functions that a thing lies on.  One that was looked at already had them. */
static bool add_functions_below(struct find *f, const struct lend_node *node,
				unsigned int depth)
{
	const struct lend_node *used;
	bool found = false;

	if (!is_new(f, node))
		return true;
	if (node->kind == LEND_KIND_PCI) {
		add(f, node);
		return true;
	}
	/* A tap is no part of its bridge. */
	if (node->kind == LEND_KIND_NET && is_text(&lend_as_net(node)->type, "tun"))
		return false;
	for (size_t i = 0; depth < DEPTH_MAX && (used = lend_used_by(f->inv, node, i)) != NULL;
	     i++) {
		/* A disk from the network is not on the card that leads to it, nor is a tunnel.
		 */
		if (used->kind == LEND_KIND_ROUTE || used->kind == LEND_KIND_ADDRESS ||
		    (node->kind == LEND_KIND_BLOCK && used->kind == LEND_KIND_NET))
			continue;
		found = add_functions_below(f, used, depth + 1) || found;
	}
	return found;
}

static void add_for(struct find *f, const struct lend_node *node)
{
	if (!add_functions_below(f, node, 0))
		add(f, node);
}

static bool find_group(struct find *f, const char *name)
{
	static const char *const before[] = { "group:", "iommu-group:", "iommu-group ",
					      "iommu-group/", "iommu_group:" };
	uint64_t group;

	for (size_t i = 0; i < LEND_COUNT(before); i++) {
		size_t len = strlen(before[i]);

		if (strncmp(name, before[i], len) != 0 ||
		    !lend_parse_u64(name + len, 10, &group))
			continue;
		f->ret->together = true;
		for (const struct lend_node *node = NULL;
		     (node = lend_next_of(f->inv, LEND_KIND_PCI, node)) != NULL;) {
			const struct lend_fact *of = &lend_as_pci(node)->iommu_group;

			if (of->known == LEND_KNOWN && of->v.u64 == group)
				add(f, node);
		}
		return true;
	}
	return false;
}

static bool find_address(struct find *f, const char *name)
{
	struct lend_pci_address address;
	char text[LEND_PCI_ADDRESS_TEXT];
	char id[LEND_PCI_ADDRESS_TEXT + 4];
	const struct lend_node *node;

	if (!lend_pci_address_parse(name, strlen(name), &address))
		return false;
	lend_pci_address_format(&address, text);
	(void)snprintf(id, sizeof(id), "pci/%s", text);
	node = lend_find(f->inv, id);
	if (node != NULL)
		add(f, node);
	return true;
}

/* "nvme0" of "nvme0n1" and "nvme0c0n1": the controller has no node of its own. */
static bool is_controller_of(const char *name, const char *block)
{
	size_t len = strlen(name);

	return strncmp(name, "nvme", 4) == 0 && len > 4 && strncmp(block, name, len) == 0 &&
	       (block[len] == 'n' || block[len] == 'c');
}

/* "eth0" of "eth0 in blue" */
static bool is_called_elsewhere(const struct lend_net *net, const char *name)
{
	size_t len = strlen(name);

	return net->space.known == LEND_KNOWN && strncmp(net->node.name, name, len) == 0 &&
	       strncmp(net->node.name + len, " in ", 4) == 0;
}

static bool is_called(const struct lend_node *node, const char *name)
{
	const struct lend_block *block;

	if (strcmp(node->name, name) == 0)
		return true;
	if (node->kind == LEND_KIND_PCI)
		return is_text(&lend_as_pci(node)->slot, name);
	if (node->kind == LEND_KIND_NET && is_called_elsewhere(lend_as_net(node), name))
		return true;
	if (node->kind == LEND_KIND_NET)
		return lend_as_net(node)->mac.known == LEND_KNOWN &&
		       lend_ascii_casecmp(lend_as_net(node)->mac.v.str, name) == 0;
	if (node->kind != LEND_KIND_BLOCK)
		return false;
	block = lend_as_block(node);
	return is_controller_of(name, node->name) || is_text(&block->serial, name) ||
	       is_text(&block->wwid, name) || is_text(&block->dm_name, name);
}

/* Kinds of things that stand on a device of the host. */
static bool may_be_named(const struct lend_node *node)
{
	switch (node->kind) {
	case LEND_KIND_ADAPTER:
	case LEND_KIND_BLOCK:
	case LEND_KIND_DISK:
	case LEND_KIND_NET:
	case LEND_KIND_PCI:
	case LEND_KIND_VMNIC:
		return node->guest == NULL;
	default:
		return false;
	}
}

static bool is_serial_of(const struct lend_pci *pci, const char *name)
{
	uint64_t serial;

	return pci->serial.known == LEND_KNOWN && lend_parse_u64(name, 16, &serial) &&
	       serial == pci->serial.v.u64;
}

void lend_impact_find(struct lend_arena *arena, const struct lend_inventory *inv,
		      const char *name, struct lend_impact_target *ret)
{
	struct find f = { .arena = arena, .inv = inv, .ret = ret };
	const struct lend_node *node;

	f.seen = lend_arena_array(arena, inv->n_nodes + 1, sizeof(*f.seen));
	*ret = (struct lend_impact_target){ 0 };
	if (find_group(&f, name) || find_address(&f, name))
		return;
	if (strncmp(name, "/dev/", 5) == 0 && strchr(name + 5, '/') == NULL)
		name += 5;
	else if (strncmp(name, "/dev/mapper/", 12) == 0)
		name += 12;
	if (strncmp(name, "vmd/", 4) == 0 && find_address(&f, name + 4))
		return;
	node = strchr(name, '/') != NULL ? lend_find(inv, name) : NULL;
	if (node != NULL && may_be_named(node)) {
		add_for(&f, node);
		return;
	}
	for (node = NULL; (node = lend_next(inv, node)) != NULL;) {
		if (may_be_named(node) &&
		    (is_called(node, name) ||
		     (node->kind == LEND_KIND_PCI && is_serial_of(lend_as_pci(node), name))))
			add_for(&f, node);
	}
}

/* ---- in place of these ---- */

/* Base classes of what was asked for. */
static void note_classes(const struct lend_impact *impact, bool classes[256])
{
	for (size_t i = 0; i < impact->n_members; i++) {
		const struct lend_pci *member = lend_as_pci(impact->members[i].node);

		if (impact->members[i].because == NULL && member->node.kind == LEND_KIND_PCI &&
		    member->class.known == LEND_KNOWN)
			classes[member->class.v.u64 >> 16 & 0xff] = true;
	}
}

/* All of a group go together, so what is true of one is true of the others. */
static void pass_over_group(const struct lend_impact *impact, const struct lend_node *node,
			    bool *passed)
{
	const struct lend_fact *group = &lend_as_pci(node)->iommu_group;

	for (size_t i = 0; i < impact->n_members; i++) {
		const struct lend_pci *member = lend_as_pci(impact->members[i].node);

		if (member->node.kind == LEND_KIND_PCI && group->known == LEND_KNOWN &&
		    member->iommu_group.known == LEND_KNOWN &&
		    member->iommu_group.v.u64 == group->v.u64)
			passed[member->node.index] = true;
	}
}

size_t lend_impact_others(struct lend_impact_graph *graph, const struct lend_impact *impact,
			  const struct lend_node **ret, size_t max)
{
	struct lend_arena arena = { 0 };
	bool *passed = lend_arena_array(&arena, graph->inv->n_nodes + 1, sizeof(*passed));
	bool classes[256] = { false };
	size_t n = 0;

	note_classes(impact, classes);
	for (size_t i = 0; i < impact->n_members; i++)
		passed[impact->members[i].node->index] = true;
	for (const struct lend_node *node = NULL;
	     n < max && (node = lend_next_of(graph->inv, LEND_KIND_PCI, node)) != NULL;) {
		const struct lend_fact *class = &lend_as_pci(node)->class;
		lend_auto_impact other = { 0 };

		if (passed[node->index] || class->known != LEND_KNOWN ||
		    !classes[class->v.u64 >> 16 & 0xff])
			continue;
		lend_impact_of(graph, &node, 1, &other);
		if (other.now == LEND_IMPACT_NONE && other.boot == LEND_IMPACT_NONE &&
		    other.n_unknown == 0)
			ret[n++] = node;
		else if (!lend_viable_is_bridge(lend_as_pci(node)))
			pass_over_group(&other, node, passed);
	}
	lend_arena_done(&arena);
	return n;
}
