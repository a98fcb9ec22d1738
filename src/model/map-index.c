/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sorted keys, so that a large inventory costs n log n: address, handle,
 * cookie and serial each find their guest devices without a walk over all.
 */

#include "model/map.h"

#include "format/nd-id.h"

int lend_map_compare_keys(const void *pa, const void *pb)
{
	const struct lend_map_key *a = pa;
	const struct lend_map_key *b = pb;
	int r = strcmp(a->text, b->text);

	if (r != 0)
		return r;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->node->index == b->node->index ? 0 : a->node->index < b->node->index ? -1 : 1;
}

static bool known(const struct lend_fact *fact, uint64_t *ret)
{
	if (fact->known != LEND_KNOWN)
		return false;
	*ret = fact->v.u64;
	return true;
}

static bool any(const struct lend_node *node, uint64_t *ret)
{
	(void)node;
	*ret = 0;
	return true;
}

static bool resource(const struct lend_node *node, uint64_t *ret)
{
	return known(&lend_as_nd_region(node)->resource, ret);
}

static bool cookie(const struct lend_node *node, uint64_t *ret)
{
	return known(&lend_as_nd_region(node)->cookie, ret) && *ret != 0;
}

static bool placed(const struct lend_node *node, uint64_t *ret)
{
	if (!resource(node, ret))
		return false;
	*ret = 0;
	return true;
}

static bool handle(const struct lend_node *node, uint64_t *ret)
{
	return known(&lend_as_nd_dimm(node)->handle, ret);
}

static bool vmware_serial(const struct lend_node *node, uint64_t *ret)
{
	const struct lend_fact *text = &lend_as_nd_dimm(node)->nfit_id;
	struct lend_nd_id id;

	if (text->known != LEND_KNOWN || !lend_nd_id_parse(text->v.str, &id) ||
	    !lend_nd_id_is_vmware(&id))
		return false;
	*ret = id.serial;
	return true;
}

static bool vmdk_serial(const struct lend_node *node, uint64_t *ret)
{
	uint32_t serial;

	if (!lend_map_vmdk_serial(lend_as_backing(node), &serial))
		return false;
	*ret = serial;
	return true;
}

static const struct {
	uint32_t kind;
	bool by_guest;
	bool (*number)(const struct lend_node *node, uint64_t *ret);
} indexes[LEND_MAP_INDEXES] = {
	[LEND_MAP_REGION_AT] = { LEND_KIND_ND_REGION, true, resource },
	[LEND_MAP_REGION_OF_GUEST] = { LEND_KIND_ND_REGION, true, any },
	[LEND_MAP_REGION_COOKIE] = { LEND_KIND_ND_REGION, true, cookie },
	[LEND_MAP_REGION_PLACED] = { LEND_KIND_ND_REGION, true, placed },
	[LEND_MAP_DIMM_OF_GUEST] = { LEND_KIND_ND_DIMM, true, any },
	[LEND_MAP_NAMESPACE_OF_GUEST] = { LEND_KIND_ND_NAMESPACE, true, any },
	[LEND_MAP_DIMM_HANDLE] = { LEND_KIND_ND_DIMM, true, handle },
	[LEND_MAP_DIMM_VMWARE] = { LEND_KIND_ND_DIMM, true, vmware_serial },
	[LEND_MAP_DIMM_VMWARE_ALL] = { LEND_KIND_ND_DIMM, false, vmware_serial },
	[LEND_MAP_BACKING_VMDK] = { LEND_KIND_BACKING, false, vmdk_serial },
};

static void make_index(struct lend_map *map, size_t which)
{
	const struct lend_node *node = NULL;
	size_t cap = 0;

	while ((node = lend_next_of(map->inv, indexes[which].kind, node)) != NULL) {
		bool in_guest = indexes[which].kind != LEND_KIND_BACKING;
		uint64_t number;

		/* The host may have NVDIMMs of its own: those are nobody's guest devices. */
		if ((node->guest != NULL) != in_guest || !indexes[which].number(node, &number))
			continue;
		*LEND_PUSH(&map->arena, map->index[which], map->n_index[which], cap) =
			(struct lend_map_key){
				.text = indexes[which].by_guest ? node->guest : "",
				.number = number,
				.node = node,
			};
	}
	if (map->n_index[which] > 0)
		qsort(map->index[which], map->n_index[which], sizeof(*map->index[which]),
		      lend_map_compare_keys);
}

void lend_map_make_indexes(struct lend_map *map)
{
	for (size_t i = 0; i < LEND_MAP_INDEXES; i++)
		make_index(map, i);
}

/* The first key that is not below (text, number), or with after not above it. */
static size_t bound(const struct lend_map *map, enum lend_map_index index, const char *text,
		    uint64_t number, bool after)
{
	size_t low = 0;
	size_t n = map->n_index[index];

	while (n > 0) {
		size_t half = n / 2;
		const struct lend_map_key *key = &map->index[index][low + half];
		int r = strcmp(key->text, text);

		if (r == 0)
			r = key->number == number ? 0 : key->number < number ? -1 : 1;
		if (r < 0 || (after && r == 0)) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low;
}

size_t lend_map_lookup(const struct lend_map *map, enum lend_map_index index, const char *text,
		       uint64_t number, const struct lend_map_key **ret_first)
{
	size_t first;

	if (map->n_index[index] == 0)
		return 0;
	first = bound(map, index, text, number, false);
	*ret_first = &map->index[index][first];
	return bound(map, index, text, number, true) - first;
}
