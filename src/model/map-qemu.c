/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding the guest's side of a QEMU device: by address, which every kind of
 * device has, else by NFIT handle, which QEMU makes from the slot, else by the
 * cookie of a region, which follows from the slot, too.
 */

#include "model/map.h"

#include <inttypes.h>

#include "format/nd-id.h"

static bool is_driver(const struct lend_device *device, const char *driver)
{
	return device->driver.known == LEND_KNOWN && strcmp(device->driver.v.str, driver) == 0;
}

/* The only node of that kind in the list that next walks; NULL for none or several. */
static const struct lend_node *only_one(
	const struct lend_map *map, const struct lend_node *node, uint32_t kind,
	const struct lend_node *(*next)(const struct lend_inventory *, const struct lend_node *,
					size_t))
{
	const struct lend_node *found = NULL;
	const struct lend_node *other;

	for (size_t i = 0; (other = next(map->inv, node, i)) != NULL; i++) {
		if (other->kind != kind)
			continue;
		if (found != NULL)
			return NULL;
		found = other;
	}
	return found;
}

const struct lend_nd_dimm *lend_map_dimm_of(const struct lend_map *map,
					    const struct lend_nd_region *region)
{
	const struct lend_node *dimm =
		only_one(map, &region->node, LEND_KIND_ND_DIMM, lend_used_by);

	return dimm == NULL ? NULL : lend_as_nd_dimm(dimm);
}

/* The region whose cookie is the one that follows from the DIMM's id, and whose DIMMs the list
 * does not name. */
static const struct lend_node *region_by_cookie(const struct lend_map *map,
						const struct lend_nd_dimm *dimm)
{
	struct lend_nd_id id;
	uint64_t cookies[2];

	if (dimm->nfit_id.known != LEND_KNOWN || !lend_nd_id_parse(dimm->nfit_id.v.str, &id))
		return NULL;
	cookies[0] = lend_nd_cookie_v12(&id);
	cookies[1] = lend_nd_cookie_v11(&id);
	for (size_t i = 0; i < LEND_COUNT(cookies); i++) {
		const struct lend_map_key *first = NULL;

		if (lend_map_lookup(map, LEND_MAP_REGION_COOKIE, dimm->node.guest, cookies[i],
				    &first) == 1 &&
		    lend_used_of(map->inv, first->node, LEND_KIND_ND_DIMM) == NULL)
			return first->node;
	}
	return NULL;
}

const struct lend_nd_region *lend_map_region_of(const struct lend_map *map,
						const struct lend_nd_dimm *dimm)
{
	const struct lend_node *region =
		only_one(map, &dimm->node, LEND_KIND_ND_REGION, lend_user_of);

	if (region == NULL)
		region = region_by_cookie(map, dimm);
	return region == NULL ? NULL : lend_as_nd_region(region);
}

void lend_map_find_region(struct lend_map *map, struct lend_pair *pair)
{
	pair->region = lend_map_region_of(map, pair->dimm);
	if (pair->region == NULL)
		lend_map_note(map, pair,
			      lend_arena_printf(&map->arena,
						"the guest's list does not say which region "
						"belongs to %s: \"ndctl list -DRNiv\" does",
						pair->dimm->node.name));
}

/* The DIMM of a region found by address: as the list says, else the one with slot's handle. */
static void find_dimm(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_fact *slot = &pair->device->slot;
	const struct lend_map_key *first = NULL;
	const struct lend_nd_dimm *dimm;

	pair->dimm = lend_map_dimm_of(map, pair->region);
	if (pair->dimm != NULL || !is_driver(pair->device, "nvdimm") ||
	    !lend_map_is_sure(slot) || slot->v.u64 == UINT64_MAX ||
	    lend_used_of(map->inv, &pair->region->node, LEND_KIND_ND_DIMM) != NULL ||
	    lend_map_lookup(map, LEND_MAP_DIMM_HANDLE, pair->vm_name, slot->v.u64 + 1,
			    &first) != 1)
		return;
	dimm = lend_as_nd_dimm(first->node);
	/* Only where the list is silent: a DIMM of another region is not this one's. */
	if (lend_user_of_kind(map->inv, &dimm->node, LEND_KIND_ND_REGION) == NULL)
		pair->dimm = dimm;
}

static bool find_by_address(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_fact *address = &pair->device->address;
	const struct lend_map_key *first = NULL;
	size_t n;

	if (!lend_map_is_sure(address))
		return false;
	n = lend_map_lookup(map, LEND_MAP_REGION_AT, pair->vm_name, address->v.u64, &first);
	if (n == 0)
		return false;
	if (n == 1) {
		pair->region = lend_as_nd_region(first->node);
		find_dimm(map, pair);
		lend_map_note(map, pair,
			      lend_arena_printf(&map->arena,
						"%s of the guest lies at 0x%" PRIx64
						", as the device does",
						pair->region->node.name, address->v.u64));
		return true;
	}
	for (size_t i = 0; i < n && i < LEND_MAP_LIST_MAX; i++) {
		const struct lend_nd_region *region = lend_as_nd_region(first[i].node);

		lend_map_add_candidate(map, pair, lend_map_dimm_of(map, region), region, NULL);
	}
	lend_map_note(map, pair,
		      lend_arena_printf(&map->arena,
					"%zu regions of the guest lie at 0x%" PRIx64, n,
					address->v.u64));
	return true;
}

static bool find_by_handle(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_fact *slot = &pair->device->slot;
	const struct lend_map_key *first = NULL;
	uint64_t handle;
	size_t n;

	if (!is_driver(pair->device, "nvdimm") || slot->known != LEND_KNOWN ||
	    slot->v.u64 == UINT64_MAX)
		return false;
	handle = slot->v.u64 + 1;
	n = lend_map_lookup(map, LEND_MAP_DIMM_HANDLE, pair->vm_name, handle, &first);
	if (n == 0)
		return false;
	if (n == 1) {
		pair->dimm = lend_as_nd_dimm(first->node);
		pair->by_handle = true;
		lend_map_note(map, pair,
			      lend_arena_printf(&map->arena,
						"%s has handle 0x%" PRIx64
						", that of slot %" PRIu64 "%s",
						pair->dimm->node.name, handle, slot->v.u64,
						slot->trust == LEND_PREDICTED
							? ", which was computed, not seen"
							: ""));
		lend_map_find_region(map, pair);
		return true;
	}
	for (size_t i = 0; i < n && i < LEND_MAP_LIST_MAX; i++) {
		const struct lend_nd_dimm *dimm = lend_as_nd_dimm(first[i].node);

		lend_map_add_candidate(map, pair, dimm, lend_map_region_of(map, dimm), NULL);
	}
	lend_map_note(map, pair,
		      lend_arena_printf(&map->arena,
					"%zu DIMMs of the guest have handle 0x%" PRIx64, n,
					handle));
	return true;
}

/* Of a list of regions alone: the cookie is all that says which DIMM a region is on. */
static bool find_by_cookie(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_fact *slot = &pair->device->slot;
	struct lend_nd_id id;
	uint64_t cookies[2];

	if (!is_driver(pair->device, "nvdimm") || slot->known != LEND_KNOWN ||
	    slot->v.u64 >= LEND_ND_QEMU_SLOTS)
		return false;
	id = lend_nd_id_of_qemu_slot((uint32_t)slot->v.u64);
	cookies[0] = lend_nd_cookie_v12(&id);
	cookies[1] = lend_nd_cookie_v11(&id);
	for (size_t i = 0; i < LEND_COUNT(cookies); i++) {
		const struct lend_map_key *first = NULL;
		const struct lend_nd_region *region;

		if (lend_map_lookup(map, LEND_MAP_REGION_COOKIE, pair->vm_name, cookies[i],
				    &first) != 1)
			continue;
		region = lend_as_nd_region(first->node);
		if (region->resource.known == LEND_KNOWN ||
		    lend_used_of(map->inv, first->node, LEND_KIND_ND_DIMM) != NULL)
			continue;
		pair->region = region;
		/* A slot that was seen is held against the cookie with everything else. */
		if (!lend_map_is_sure(slot))
			lend_map_note(map, pair,
				      lend_arena_printf(&map->arena,
							"%s has cookie 0x%" PRIx64
							", that of slot %" PRIu64
							", which was computed, not seen",
							first->node->name, cookies[i],
							slot->v.u64));
		return true;
	}
	return false;
}

static void say_why_not(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_map_key *first = NULL;
	size_t regions =
		lend_map_lookup(map, LEND_MAP_REGION_OF_GUEST, pair->vm_name, 0, &first);

	if (regions == 0 &&
	    lend_map_lookup(map, LEND_MAP_DIMM_OF_GUEST, pair->vm_name, 0, &first) == 0 &&
	    lend_map_lookup(map, LEND_MAP_NAMESPACE_OF_GUEST, pair->vm_name, 0, &first) > 0)
		lend_map_note(map, pair,
			      "the guest's list has neither DIMMs nor regions: "
			      "\"ndctl list -DRNiv\" shows them");
	else if (regions > 0 &&
		 lend_map_lookup(map, LEND_MAP_REGION_PLACED, pair->vm_name, 0, &first) == 0)
		lend_map_note(map, pair,
			      "the guest's list does not say where its regions lie, "
			      "ndctl does not print it: look through the guest's agent");
	else
		lend_map_note(map, pair,
			      "nothing in the guest has the device's address or slot");
}

void lend_map_qemu(struct lend_map *map, const struct lend_device *device)
{
	struct lend_pair *pair = lend_map_device_pair(map, device);

	pair->verdict = LEND_UNMATCHED;
	if (pair->vm_name != NULL && (find_by_address(map, pair) || find_by_handle(map, pair) ||
				      find_by_cookie(map, pair))) {
		pair->verdict = pair->n_candidates > 0 ? LEND_AMBIGUOUS : LEND_MATCHED;
		lend_map_check_qemu(map, pair);
		if (pair->n_against > 0)
			pair->verdict = LEND_CONTRADICTED;
	} else if (pair->vm_name != NULL && lend_map_has_guest(map, pair->vm_name)) {
		say_why_not(map, pair);
		lend_map_check_qemu(map, pair);
	} else {
		lend_map_check_qemu(map, pair);
		lend_map_predict_qemu(map, pair);
	}
}
