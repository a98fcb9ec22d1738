/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/impact-give.h"

#include <stdarg.h>
#include <stdlib.h>

#include "model/kind-block.h"
#include "model/kind-host.h"
#include "model/kind-iommu-group.h"
#include "model/kind-pci.h"
#include "model/kind-vmd.h"
#include "model/viable.h"

enum { NAMES_MAX = 8, DEPTH_MAX = 32 };

/* A sentence about several functions: how many, and the first of them by name. */
struct names {
	struct lend_buf text;
	size_t n;
};

struct give {
	struct lend_impact *impact;
	struct lend_give *ret;
	const struct lend_host *host; /* NULL: not seen */
	const char *kernel;
	struct names unbind, no_group, unseen_group, no_reset, used;
	const struct lend_node *last_group; /* members of one group follow each other */
};

const char *lend_give_kind_name(enum lend_give_kind kind)
{
	static const char *const names[] = {
		[LEND_GIVE_NOTE] = "note",
		[LEND_GIVE_FIRST] = "first",
		[LEND_GIVE_UNKNOWN] = "unknown",
		[LEND_GIVE_NOT] = "not",
	};

	return names[kind];
}

LEND_PRINTF(3, 4)
static void say(const struct give *g, enum lend_give_kind kind, const char *fmt, ...)
{
	lend_auto_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	lend_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	*LEND_PUSH(&g->impact->arena, g->ret->lines, g->ret->n, g->ret->cap) =
		(struct lend_give_line){ kind, lend_arena_strdup(&g->impact->arena,
								 lend_buf_text(&text)) };
	if (kind > g->ret->worst)
		g->ret->worst = kind;
}

LEND_PRINTF(2, 3)
static void add_name(struct names *names, const char *fmt, ...)
{
	va_list ap;

	if (names->n++ >= NAMES_MAX)
		return;
	lend_buf_puts(&names->text, names->n > 1 ? ", " : "");
	va_start(ap, fmt);
	lend_buf_vprintf(&names->text, fmt, ap);
	va_end(ap);
}

static void say_names(const struct give *g, enum lend_give_kind kind, const char *before,
		      struct names *names, const char *behind)
{
	if (names->n > NAMES_MAX)
		lend_buf_printf(&names->text, " and %zu more", names->n - NAMES_MAX);
	if (names->n > 0)
		say(g, kind, "%s%s%s", before, lend_buf_text(&names->text), behind);
	lend_buf_done(&names->text);
}

/* Bridges are no members, and may be in the way all the same. */
static void look_at_group(struct give *g, const struct lend_node *node)
{
	const struct lend_iommu_group *group = lend_as_iommu_group(node);
	const struct lend_node *user;

	for (size_t i = 0; (user = lend_user_of(g->impact->inv, node, i)) != NULL; i++) {
		const struct lend_pci *pci = lend_as_pci(user);

		if (user->kind == LEND_KIND_PCI && lend_viable_is_bridge(pci) &&
		    lend_viable_is_in_way(pci, g->kernel) == LEND_TRI_ON)
			add_name(&g->unbind, "%s from %s", user->name, pci->driver.v.str);
	}
	if (group->others.known == LEND_KNOWN)
		say(g, LEND_GIVE_UNKNOWN, "IOMMU group %s has members that are not on PCI: %s",
		    node->name, group->others.v.str);
	if (group->split.known == LEND_KNOWN)
		say(g, LEND_GIVE_NOTE,
		    "IOMMU group %s may be apart from others in name alone: %s", node->name,
		    group->split.v.str);
	else if (group->split.known == LEND_UNREADABLE)
		say(g, LEND_GIVE_UNKNOWN,
		    "whether IOMMU group %s is apart from others by hardware: not without %s",
		    node->name, group->split.v.str);
}

static void look_at_vmd(struct give *g, const struct lend_pci *pci, const struct lend_vmd *vmd)
{
	const char *name = pci->node.name;

	if (vmd->guest_offsets.known == LEND_KNOWN &&
	    strcmp(vmd->guest_offsets.v.str, "none") == 0)
		say(g, LEND_GIVE_UNKNOWN,
		    "whether QEMU tells a guest where the host has the windows of VMD %s: it "
		    "is in no list that is known",
		    name);
	if (vmd->guest_offsets.known == LEND_KNOWN &&
	    strcmp(vmd->guest_offsets.v.str, "shadow") == 0) {
		if (pci->vmd_shadow.known != LEND_KNOWN)
			say(g, LEND_GIVE_UNKNOWN,
			    "whether the firmware has set up VMD %s for a guest; --device %s asks it",
			    name, name);
		else if (pci->vmd_shadow.v.u64 == 0)
			say(g, LEND_GIVE_NOT,
			    "VMD %s is not set up for a guest (VMD for Direct Assign in the "
			    "firmware): the guest would see none of its drives",
			    name);
	}
	say(g, LEND_GIVE_NOTE,
	    "behind VMD %s a guest does not notice drives that are plugged or pulled", name);
}

/* Its driver goes when the controller loses its own. */
static bool is_behind_vmd(const struct lend_inventory *inv, const struct lend_pci *pci)
{
	const struct lend_node *at = &pci->node;

	for (unsigned int i = 0; i < DEPTH_MAX; i++) {
		at = lend_used_of(inv, at, LEND_KIND_PCI);
		if (at == NULL)
			return false;
		if (lend_user_of_kind(inv, at, LEND_KIND_VMD) != NULL)
			return true;
	}
	return false;
}

static void look_at_function(struct give *g, const struct lend_pci *pci)
{
	const struct lend_inventory *inv = g->impact->inv;
	const struct lend_node *group = lend_used_of(inv, &pci->node, LEND_KIND_IOMMU_GROUP);
	const struct lend_node *vmd = lend_user_of_kind(inv, &pci->node, LEND_KIND_VMD);
	const char *name = pci->node.name;

	if (lend_viable_is_bridge(pci) || is_behind_vmd(inv, pci))
		return;
	if (pci->used_by.known == LEND_KNOWN)
		add_name(&g->used, "%s by %s", name, pci->used_by.v.str);
	else if (lend_viable_is_in_way(pci, g->kernel) == LEND_TRI_ON)
		add_name(&g->unbind, "%s from %s", name, pci->driver.v.str);
	if (pci->iommu_group.known == LEND_ABSENT)
		add_name(&g->no_group, "%s", name);
	else if (pci->iommu_group.known != LEND_KNOWN)
		add_name(&g->unseen_group, "%s", name);
	if (pci->reset_method.known == LEND_ABSENT)
		add_name(&g->no_reset, "%s", name);
	if (group != NULL && group != g->last_group)
		look_at_group(g, group);
	g->last_group = group;
	if (vmd != NULL)
		look_at_vmd(g, pci, lend_as_vmd(vmd));
}

static void look_at_host(const struct give *g)
{
	if (g->host == NULL || !g->ret->applies || g->no_group.n > 0)
		return;
	if (g->host->interrupts_isolated.known != LEND_KNOWN ||
	    g->host->interrupts_isolated.v.u64 != 0)
		return;
	if (g->host->unsafe_interrupts.known == LEND_KNOWN &&
	    g->host->unsafe_interrupts.v.u64 != 0)
		say(g, LEND_GIVE_NOTE,
		    "interrupts are not isolated, and VFIO was told to do without that: the "
		    "guest can send any interrupt to the host");
	else
		say(g, LEND_GIVE_NOT,
		    "interrupts are not isolated, so VFIO refuses (interrupt remapping in "
		    "the firmware)");
}

/* The superblock of such an array is the container's, on all drives behind the controller
 * (md(4), external metadata). */
static void look_at_arrays(const struct give *g)
{
	static const char inside[] = "external:/";

	for (size_t i = 0; i < g->impact->n_hits; i++) {
		const struct lend_impact_hit *hit = &g->impact->hits[i];
		const struct lend_fact *metadata;

		if (hit->node->kind != LEND_KIND_BLOCK)
			continue;
		metadata = &lend_as_block(hit->node)->md_metadata;
		if (metadata->known != LEND_KNOWN ||
		    strncmp(metadata->v.str, inside, strlen(inside)) != 0)
			continue;
		if (hit->lost == hit->legs)
			say(g, LEND_GIVE_NOTE, "array %s of the firmware goes along",
			    hit->node->name);
		else
			say(g, LEND_GIVE_NOTE, "array %s of the firmware loses %u of %u drives",
			    hit->node->name, hit->lost, hit->legs);
	}
}

static int worst_first(const void *pa, const void *pb)
{
	static const int order[] = {
		[LEND_GIVE_NOT] = 0,
		[LEND_GIVE_FIRST] = 1,
		[LEND_GIVE_UNKNOWN] = 2,
		[LEND_GIVE_NOTE] = 3,
	};
	const struct lend_give_line *a = pa;
	const struct lend_give_line *b = pb;

	if (a->kind != b->kind)
		return order[a->kind] - order[b->kind];
	return strcmp(a->text, b->text);
}

/* ESXi has no groups to show; it says itself whether it can. */
static bool look_at_esxi(const struct give *g, const struct lend_pci *pci)
{
	if (!lend_pci_is_of_esxi(pci))
		return false;
	if (pci->capable.known == LEND_KNOWN && pci->capable.v.u64 == 0)
		say(g, LEND_GIVE_NOT, "%s, says the host (Passthru Capable: false)",
		    pci->node.name);
	return true;
}

void lend_give_of(struct lend_impact *impact, struct lend_give *ret)
{
	struct give g = { .impact = impact, .ret = ret };
	const struct lend_node *host = lend_find(impact->inv, "host/this");

	*ret = (struct lend_give){ 0 };
	g.host = host != NULL ? lend_as_host(host) : NULL;
	if (g.host != NULL && g.host->kernel.known == LEND_KNOWN)
		g.kernel = g.host->kernel.v.str;
	for (size_t i = 0; i < impact->n_members; i++) {
		if (impact->members[i].node->kind != LEND_KIND_PCI)
			continue;
		ret->applies = true;
		if (look_at_esxi(&g, lend_as_pci(impact->members[i].node)))
			continue;
		look_at_function(&g, lend_as_pci(impact->members[i].node));
	}
	look_at_host(&g);
	look_at_arrays(&g);
	say_names(&g, LEND_GIVE_NOT, "no IOMMU group: ", &g.no_group,
		  g.host != NULL && g.host->iommu_groups.known == LEND_KNOWN &&
				  g.host->iommu_groups.v.u64 == 0
			  ? "; no IOMMU is on in this host"
			  : "");
	say_names(&g, LEND_GIVE_UNKNOWN, "the IOMMU group of ", &g.unseen_group, "");
	say_names(&g, LEND_GIVE_NOT, "in use: ", &g.used, "");
	say_names(&g, LEND_GIVE_FIRST, "unbind ", &g.unbind, "");
	say_names(&g, LEND_GIVE_NOTE, "no way to reset ", &g.no_reset,
		  ": what one owner leaves in it the next one gets");
	if (ret->n > 1)
		qsort(ret->lines, ret->n, sizeof(*ret->lines), worst_first);
}
