/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Intel VMD controllers, and what is behind each of them.
 *
 * Asks  nothing: which function is one is told by its id, what is behind it by
 *       the paths that pci.c has read.  Once a controller is on VFIO nothing is
 *       seen behind it any more
 * Adds  vmd nodes, an edge to the function of each
 *
 * (drivers/pci/controller/vmd.c; what hides in the domain behind it has that
 * function in its path, whatever the number of the domain)
 */

#include "base/ascii.h"
#include "collect/pci.h"
#include "model/kind-vmd.h"
#include "model/viable.h"

enum { DEPTH_MAX = 32, EMPTY_MAX = 64 };

/* What is counted for a controller; by the index of its function. */
struct behind {
	struct lend_pci *pci;
	const struct lend_vmd_model *model;
	uint64_t bays, drives, empty;
	const char *domain; /* an address in it */
	struct lend_buf names;
};

struct look {
	struct lend_scan *scan;
	struct behind *items;
	size_t n, cap;
	uint32_t *above; /* by node index: item + 1; 0: none, or not known yet */
	bool *has_child; /* by node index */
	uint32_t by;
};

static const struct lend_vmd_model *model_of(const struct lend_pci *pci)
{
	return pci->vendor_id.known == LEND_KNOWN && pci->device_id.known == LEND_KNOWN
		       ? lend_vmd_model_of(pci->vendor_id.v.u64, pci->device_id.v.u64)
		       : NULL;
}

static struct lend_pci *parent_of(const struct look *l, const struct lend_pci *pci)
{
	struct lend_node *parent = pci->parent.known == LEND_KNOWN
					   ? lend_build_find(&l->scan->build, LEND_KIND_PCI,
							     NULL, pci->parent.v.str)
					   : NULL;

	return parent == NULL ? NULL : lend_as_pci(parent);
}

static void find_all(struct look *l)
{
	struct lend_pci *pci;

	for (size_t at = 0; (pci = lend_pci_next(l->scan, &at)) != NULL;) {
		const struct lend_vmd_model *model = model_of(pci);

		if (model == NULL)
			continue;
		*LEND_PUSH(&l->scan->memory, l->items, l->n, l->cap) =
			(struct behind){ .pci = pci, .model = model };
		l->above[pci->node.index] = (uint32_t)l->n;
	}
}

/* The controller that a function is behind; NULL: none. */
static struct behind *above(const struct look *l, const struct lend_pci *pci)
{
	for (unsigned int i = 0; i < DEPTH_MAX && (pci = parent_of(l, pci)) != NULL; i++) {
		if (l->above[pci->node.index] != 0)
			return &l->items[l->above[pci->node.index] - 1];
	}
	return NULL;
}

/* A mass storage controller (PCI Code and ID Assignment Specification, base class 01). */
static bool is_storage(const struct lend_pci *pci)
{
	return pci->class.known == LEND_KNOWN && pci->class.v.u64 >> 16 == 1;
}

static void count(const struct look *l, struct behind *b, const struct lend_pci *pci)
{
	if (b->domain == NULL)
		b->domain = pci->node.name;
	if (is_storage(pci))
		b->drives++;
	if (!lend_viable_is_bridge(pci))
		return;
	b->bays++;
	if (l->has_child[pci->node.index] || b->empty++ >= EMPTY_MAX)
		return;
	lend_buf_puts(&b->names, b->names.len > 0 ? ", " : "");
	if (pci->slot.known == LEND_KNOWN)
		lend_buf_printf(&b->names, "slot %s", pci->slot.v.str);
	else
		lend_buf_puts(&b->names, pci->node.name);
}

static void put(const struct look *l, struct behind *b)
{
	struct lend_build *build = &l->scan->build;
	struct lend_vmd *vmd =
		lend_as_vmd(lend_build_node(build, LEND_KIND_VMD, NULL, b->pci->node.name));
	struct lend_node *node = &vmd->node;

	lend_build_edge(build, node, &b->pci->node);
	lend_build_text(build, node, &vmd->generation, l->by, b->model->generation);
	lend_build_text(build, node, &vmd->guest_offsets, l->by, b->model->guest_offsets);
	if (b->domain == NULL) {
		static const char why[] = "nothing is seen behind it without the driver vmd";

		if (b->pci->driver.known == LEND_KNOWN &&
		    strcmp(b->pci->driver.v.str, "vmd") == 0)
			return;
		lend_build_unreadable(build, node, &vmd->bays, l->by, why);
		lend_build_unreadable(build, node, &vmd->drives, l->by, why);
		return;
	}
	lend_build_text(
		build, node, &vmd->domain, l->by,
		lend_arena_strndup(&l->scan->memory, b->domain, strcspn(b->domain, ":")));
	lend_build_u64(build, node, &vmd->bays, l->by, b->bays);
	lend_build_u64(build, node, &vmd->drives, l->by, b->drives);
	if (b->names.len > 0)
		lend_build_text(build, node, &vmd->empty, l->by, b->names.text);
	else
		lend_build_absent(build, node, &vmd->empty, l->by);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	size_t n_nodes = scan->build.inv->n_nodes;
	struct look l = { .scan = scan };
	struct lend_pci *pci;

	(void)err;
	l.above = lend_arena_array(&scan->memory, n_nodes + 1, sizeof(*l.above));
	find_all(&l);
	if (l.n == 0)
		return 0;
	l.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "vmd",
				   LEND_PCI_DEVICES "/%s", "");
	l.has_child = lend_arena_array(&scan->memory, n_nodes + 1, sizeof(*l.has_child));
	for (size_t at = 0; (pci = lend_pci_next(scan, &at)) != NULL;) {
		const struct lend_pci *parent = parent_of(&l, pci);

		if (parent != NULL)
			l.has_child[parent->node.index] = true;
	}
	for (size_t at = 0; (pci = lend_pci_next(scan, &at)) != NULL;) {
		struct behind *b = above(&l, pci);

		if (b != NULL)
			count(&l, b, pci);
	}
	for (size_t i = 0; i < l.n; i++) {
		put(&l, &l.items[i]);
		lend_buf_done(&l.items[i].names);
	}
	return 0;
}

extern const struct lend_collector lend_collector_vmd;
const struct lend_collector lend_collector_vmd = {
	.id = "vmd",
	.sees = "Intel VMD controllers, and what is behind them",
	.adds = LEND_ADDS(LEND_KIND_VMD),
	.collect = collect,
};
