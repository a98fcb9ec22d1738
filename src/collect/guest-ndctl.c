/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/guest-ndctl.h"

#include "model/kind-guest.h"
#include "model/kind-nd-bus.h"
#include "model/kind-nd-dimm.h"
#include "model/kind-nd-namespace.h"

struct add {
	struct lend_scan *scan;
	const char *guest;
	uint32_t by;
};

void lend_collect_guest(struct lend_scan *scan, const char *vm, const char *via,
			const char *source, uint32_t by)
{
	struct lend_guest *guest =
		(struct lend_guest *)lend_build_node(&scan->build, LEND_KIND_GUEST, NULL, vm);
	struct lend_node *node = lend_build_find(&scan->build, LEND_KIND_VM, NULL, vm);

	lend_build_text(&scan->build, &guest->node, &guest->vm, by, vm);
	lend_build_text(&scan->build, &guest->node, &guest->via, by, via);
	lend_build_text(&scan->build, &guest->node, &guest->source, by, source);
	if (node != NULL)
		lend_build_edge(&scan->build, &guest->node, node);
}

static void put_text(struct add *a, struct lend_node *node, struct lend_fact *fact,
		     const char *value)
{
	if (value != NULL)
		lend_build_text(&a->scan->build, node, fact, a->by, value);
}

static void put_u64(struct add *a, struct lend_node *node, struct lend_fact *fact,
		    struct lend_opt_u64 value)
{
	if (value.has)
		lend_build_u64(&a->scan->build, node, fact, a->by, value.v);
}

static void add_dimm(struct add *a, const struct lend_ndctl_dimm *d)
{
	struct lend_node *node =
		lend_build_node(&a->scan->build, LEND_KIND_ND_DIMM, a->guest, d->dev);
	struct lend_nd_dimm *dimm = (struct lend_nd_dimm *)node;

	put_text(a, node, &dimm->nfit_id, d->id);
	put_u64(a, node, &dimm->handle, d->handle);
	put_u64(a, node, &dimm->phys_id, d->phys_id);
	put_text(a, node, &dimm->bus, d->bus);
	if (d->flag_failed_arm == LEND_TRI_ON)
		put_text(a, node, &dimm->flags, "not_armed");
}

static void add_region(struct add *a, const struct lend_ndctl_region *r)
{
	struct lend_node *node =
		lend_build_node(&a->scan->build, LEND_KIND_ND_REGION, a->guest, r->dev);
	struct lend_nd_region *region = (struct lend_nd_region *)node;

	if (!r->size_rounded) {
		put_u64(a, node, &region->size_bytes, r->size);
		put_u64(a, node, &region->available_bytes, r->available_size);
	}
	/* The values of one who may not read it are no address. */
	if (r->resource.v != 0 && r->resource.v != UINT64_MAX)
		put_u64(a, node, &region->resource, r->resource);
	put_u64(a, node, &region->align_bytes, r->align);
	put_text(a, node, &region->type, r->type);
	put_u64(a, node, &region->numa_node, r->numa_node);
	put_u64(a, node, &region->cookie, r->iset_id);
	put_text(a, node, &region->persistence_domain, r->persistence_domain);
	if (r->state_disabled)
		put_text(a, node, &region->state, "disabled");
	for (size_t i = 0; i < r->n_mappings; i++)
		lend_build_edge(&a->scan->build, node,
				lend_build_node(&a->scan->build, LEND_KIND_ND_DIMM, a->guest,
						r->mappings[i].dimm));
}

static void add_namespace(struct add *a, const struct lend_ndctl_namespace *n)
{
	struct lend_node *node =
		lend_build_node(&a->scan->build, LEND_KIND_ND_NAMESPACE, a->guest, n->dev);
	struct lend_nd_namespace *ns = (struct lend_nd_namespace *)node;

	put_text(a, node, &ns->mode, n->mode);
	if (!n->size_rounded)
		put_u64(a, node, &ns->size_bytes, n->size);
	put_text(a, node, &ns->uuid, n->uuid);
	put_text(a, node, &ns->raw_uuid, n->raw_uuid);
	put_text(a, node, &ns->label_name, n->name);
	put_text(a, node, &ns->blockdev, n->blockdev);
	put_text(a, node, &ns->chardev, n->chardev);
	put_u64(a, node, &ns->sector_size, n->sector_size);
	put_text(a, node, &ns->region, n->region);
	if (n->idle || n->state_disabled)
		put_text(a, node, &ns->state, n->idle ? "idle" : "disabled");
	if (n->region != NULL)
		lend_build_edge(&a->scan->build, node,
				lend_build_node(&a->scan->build, LEND_KIND_ND_REGION, a->guest,
						n->region));
}

void lend_collect_ndctl(struct lend_scan *scan, const char *guest, const struct lend_ndctl *nd,
			uint32_t by)
{
	struct add a = { .scan = scan, .guest = guest, .by = by };

	for (size_t i = 0; i < nd->n_buses; i++) {
		struct lend_node *node = lend_build_node(&scan->build, LEND_KIND_ND_BUS, guest,
							 nd->buses[i].dev);

		put_text(&a, node, &((struct lend_nd_bus *)node)->provider,
			 nd->buses[i].provider);
	}
	for (size_t i = 0; i < nd->n_dimms; i++)
		add_dimm(&a, &nd->dimms[i]);
	for (size_t i = 0; i < nd->n_regions; i++)
		add_region(&a, &nd->regions[i]);
	for (size_t i = 0; i < nd->n_namespaces; i++)
		add_namespace(&a, &nd->namespaces[i]);
}
