/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A function is alone when each bridge above it, and itself beside others of
 * its slot, has access control that is on.  The kernel was asked that when it
 * made the groups (drivers/iommu/iommu.c, pci_device_group); where they are
 * apart all the same, it was ordered to believe so, it knows better by a quirk
 * (drivers/pci/quirks.c, pci_dev_acs_enabled), or somebody switched it off
 * since then.  Which of these cannot be seen, and for a VM only what the
 * hardware does counts.
 */

#include "collect/iommu-apart.h"

#include "format/pci-address.h"
#include "model/viable.h"

static const struct lend_pci *of_name(const struct lend_apart *apart, const char *name)
{
	struct lend_node *node = lend_build_find(apart->build, LEND_KIND_PCI, NULL, name);

	return node == NULL ? NULL : lend_as_pci(node);
}

static const struct lend_pci *above(const struct lend_apart *apart, const struct lend_pci *pci)
{
	return pci->parent.known == LEND_KNOWN ? of_name(apart, pci->parent.v.str) : NULL;
}

static bool is_elsewhere(const struct lend_pci *pci, uint64_t group)
{
	return pci != NULL && pci->iommu_group.known == LEND_KNOWN &&
	       pci->iommu_group.v.u64 != group;
}

/* A function of the same slot that is in another group; NULL: none. */
static const struct lend_pci *beside(const struct lend_apart *apart, const struct lend_pci *pci,
				     uint64_t group)
{
	char name[LEND_PCI_ADDRESS_TEXT];
	struct lend_pci_address address;

	if (!lend_pci_address_parse(pci->node.name, strlen(pci->node.name), &address))
		return NULL;
	for (unsigned int i = 0; i < 8; i++) {
		const struct lend_pci *other;

		address.function = (uint8_t)i;
		lend_pci_address_format(&address, name);
		other = of_name(apart, name);
		if (is_elsewhere(other, group))
			return other;
	}
	return NULL;
}

static bool is_text(const struct lend_fact *fact, const char *text)
{
	return fact->known == LEND_KNOWN && strcmp(fact->v.str, text) == 0;
}

struct chain {
	const struct lend_pci *weak;   /* without access control; NULL: none was seen */
	const struct lend_pci *hidden; /* of which it is not known */
};

static void take(struct chain *chain, const struct lend_pci *pci)
{
	if (pci->acs.known != LEND_KNOWN)
		chain->hidden = chain->hidden == NULL ? pci : chain->hidden;
	else if (!is_text(&pci->acs, "on") && !is_text(&pci->acs, "not needed") &&
		 chain->weak == NULL)
		chain->weak = pci;
}

/* A VMD, and what is above it, is of no bridge's group. */
static void take_bridges(const struct lend_apart *apart, struct chain *chain,
			 const struct lend_pci *pci)
{
	enum { DEEP = 256 }; /* buses of a domain */

	for (int i = 0; i < DEEP; i++) {
		pci = above(apart, pci);
		if (pci == NULL || !lend_viable_is_bridge(pci))
			return;
		take(chain, pci);
	}
}

static const char *lack_of(const struct lend_pci *weak)
{
	if (is_text(&weak->acs, "off"))
		return "has its ACS off";
	return is_text(&weak->acs, "none") ? "has no ACS" : "leads to conventional PCI";
}

static void put_order(const struct lend_apart *apart, const struct lend_pci *other,
		      const char *what, struct lend_buf *out)
{
	lend_buf_printf(out, "%s, and %s, %s, is in group %llu%s", apart->order,
			other->node.name, what, (unsigned long long)other->iommu_group.v.u64,
			apart->may_obey ? "" : ", if this kernel knows that word");
}

static void put_suspicion(const struct lend_pci *weak, const struct lend_pci *other,
			  const char *what, struct lend_buf *out)
{
	lend_buf_printf(out, "ACS override suspected: %s", weak->node.name);
	if (weak == other)
		lend_buf_printf(out, ", %s, %s and", what, lack_of(weak));
	else
		lend_buf_printf(out, " %s, and %s, %s,", lack_of(weak), other->node.name, what);
	lend_buf_printf(out, " is in group %llu, unless the kernel has a quirk for that",
			(unsigned long long)other->iommu_group.v.u64);
}

void lend_apart_say(struct lend_apart *apart, const struct lend_pci *pci, uint64_t group,
		    struct lend_buf *out)
{
	const struct lend_pci *port = above(apart, pci);
	const struct lend_pci *twin = beside(apart, pci, group);
	/* Bridges are not given away. */
	bool looked = pci->acs.known != LEND_NOT_ASKED && !lend_viable_is_bridge(pci);
	const struct lend_pci *other;
	struct chain chain = { 0 };
	const char *what;

	port = is_elsewhere(port, group) ? port : NULL;
	if ((port == NULL && twin == NULL) || (!looked && apart->order == NULL))
		return;
	if (looked && twin != NULL)
		take(&chain, pci);
	if (looked && port != NULL)
		take_bridges(apart, &chain, pci);
	other = twin != NULL && (port == NULL || chain.weak == pci) ? twin : port;
	what = other == port ? "the port above" : "of the same slot";
	if (looked && chain.weak == NULL && chain.hidden == NULL) {
		apart->n_kept++;
	} else if (apart->order != NULL) {
		put_order(apart, other, what, out);
		if (chain.weak != NULL)
			lend_buf_printf(out, "; %s %s", chain.weak->node.name,
					lack_of(chain.weak));
	} else if (chain.weak != NULL) {
		put_suspicion(chain.weak, other, what, out);
	} else {
		apart->hidden = chain.hidden;
	}
}
