/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order of the work: one pair for each device, one for each VMDK without
 * a device, then those that claim the same guest device are told, then what
 * is left over in the guests.
 */

#include "model/map.h"

#include "base/buf.h"

enum { NOBODY = 0 }; /* claims count pairs from 1 */

struct lend_pair *lend_map_new_pair(struct lend_map *map)
{
	return LEND_PUSH(&map->arena, map->pairs, map->n_pairs, map->cap_pairs);
}

void lend_map_note(struct lend_map *map, struct lend_pair *pair, const char *text)
{
	*LEND_PUSH(&map->arena, pair->evidence, pair->n_evidence, pair->cap_evidence) = text;
}

void lend_map_against(struct lend_map *map, struct lend_pair *pair, const char *text)
{
	lend_map_note(map, pair, lend_arena_printf(&map->arena, "AGAINST: %s", text));
	pair->n_against++;
}

static const char *candidate_text(struct lend_map *map, const struct lend_nd_dimm *dimm,
				  const struct lend_nd_region *region,
				  const struct lend_backing *backing)
{
	if (backing != NULL)
		return backing->path.known == LEND_KNOWN ? backing->path.v.str
							 : backing->node.name;
	if (dimm == NULL || region == NULL)
		return dimm != NULL ? dimm->node.name : region->node.name;
	return lend_arena_printf(&map->arena, "%s %s", dimm->node.name, region->node.name);
}

void lend_map_add_candidate(struct lend_map *map, struct lend_pair *pair,
			    const struct lend_nd_dimm *dimm,
			    const struct lend_nd_region *region,
			    const struct lend_backing *backing)
{
	*LEND_PUSH(&map->arena, pair->candidates, pair->n_candidates, pair->cap_candidates) =
		(struct lend_map_candidate){
			.dimm = dimm,
			.region = region,
			.backing = backing,
			.text = candidate_text(map, dimm, region, backing),
		};
	if (dimm != NULL)
		map->claimed[dimm->node.index] = true;
	if (region != NULL)
		map->claimed[region->node.index] = true;
}

bool lend_map_has_guest(const struct lend_map *map, const char *vm_name)
{
	lend_auto_buf id = { 0 };

	if (vm_name == NULL)
		return lend_next_of(map->inv, LEND_KIND_GUEST, NULL) != NULL;
	lend_buf_printf(&id, "%s/%s", lend_kinds[LEND_KIND_GUEST]->name, vm_name);
	return lend_find(map->inv, id.text) != NULL;
}

const char *lend_map_path(const struct lend_pair *pair)
{
	if (pair->backing != NULL && pair->backing->path.known == LEND_KNOWN)
		return pair->backing->path.v.str;
	if (pair->backend != NULL && pair->backend->path.known == LEND_KNOWN)
		return pair->backend->path.v.str;
	return pair->backing == NULL ? NULL : pair->backing->node.name;
}

struct lend_pair *lend_map_device_pair(struct lend_map *map, const struct lend_device *device)
{
	struct lend_pair *pair = lend_map_new_pair(map);
	const struct lend_node *node = &device->node;
	const struct lend_node *vm = lend_user_of_kind(map->inv, node, LEND_KIND_VM);
	const struct lend_node *backend = lend_used_of(map->inv, node, LEND_KIND_BACKEND);
	const struct lend_node *backing =
		lend_used_of(map->inv, backend != NULL ? backend : node, LEND_KIND_BACKING);

	pair->device = device;
	pair->vm = vm == NULL ? NULL : lend_as_vm(vm);
	pair->vm_name = vm != NULL ? vm->name : lend_map_text_of(&device->vm);
	pair->backend = backend == NULL ? NULL : lend_as_backend(backend);
	pair->backing = backing == NULL ? NULL : lend_as_backing(backing);
	return pair;
}

static bool is_esx(const struct lend_map *map, const struct lend_device *device)
{
	const struct lend_node *vm = lend_user_of_kind(map->inv, &device->node, LEND_KIND_VM);
	const char *driver = lend_map_text_of(&device->driver);
	const char *hypervisor =
		vm == NULL ? NULL : lend_map_text_of(&lend_as_vm(vm)->hypervisor);

	if (driver != NULL && strcmp(driver, "vmware-nvdimm") == 0)
		return true;
	return hypervisor != NULL && strcmp(hypervisor, "esxi") == 0;
}

/* Who points to a guest node: the first pair, and another when there is one. */
struct claim {
	size_t first, second;
};

/* A disk that was found under two names is one disk; two devices are two, even on one file. */
static bool is_one_disk(const struct lend_pair *a, const struct lend_pair *b)
{
	return (a->device == NULL || b->device == NULL) && a->backing != NULL &&
	       b->backing != NULL && lend_map_same_file(a->backing, b->backing);
}

static void claim(const struct lend_map *map, struct claim *claims,
		  const struct lend_node *node, size_t pair)
{
	struct claim *c;

	if (node == NULL)
		return;
	c = &claims[node->index];
	if (c->first == NOBODY)
		c->first = pair + 1;
	else if (c->second == NOBODY &&
		 !is_one_disk(&map->pairs[c->first - 1], &map->pairs[pair]))
		c->second = pair + 1;
}

static const char *other_claimant(const struct lend_map *map, const struct claim *c,
				  size_t pair)
{
	const struct lend_pair *other =
		&map->pairs[(c->first == pair + 1 ? c->second : c->first) - 1];
	const char *path = lend_map_path(other);

	if (other->device != NULL)
		return other->device->node.name;
	return path == NULL ? "another row" : path;
}

/* libnvdimm's empty seat for the next namespace. */
static bool is_idle(const struct lend_node *node)
{
	const struct lend_fact *state = &lend_as_nd_namespace(node)->state;

	return state->known == LEND_KNOWN && strcmp(state->v.str, "idle") == 0;
}

static void add_namespace(struct lend_map *map, struct lend_pair *pair,
			  const struct lend_node *node)
{
	const struct lend_nd_namespace *ns = lend_as_nd_namespace(node);

	*LEND_PUSH(&map->arena, pair->namespaces, pair->n_namespaces, pair->cap_namespaces) =
		(struct lend_map_namespace){
			.dev = node->name,
			.mode = lend_map_text_of(&ns->mode),
			.uuid = lend_map_text_of(&ns->uuid),
			.blockdev = lend_map_text_of(&ns->blockdev),
			.chardev = lend_map_text_of(&ns->chardev),
		};
}

static void add_namespaces(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_node *node;

	for (size_t i = 0; (node = lend_user_of(map->inv, &pair->region->node, i)) != NULL;
	     i++) {
		if (node->kind == LEND_KIND_ND_NAMESPACE && !is_idle(node))
			add_namespace(map, pair, node);
	}
}

/* Two pairs cannot have the same guest device: neither of them is told by evidence alone. */
static void settle_claim(struct lend_map *map, const struct claim *claims, size_t at)
{
	struct lend_pair *pair = &map->pairs[at];
	const struct lend_node *dimm = pair->dimm == NULL ? NULL : &pair->dimm->node;
	const struct lend_node *region = pair->region == NULL ? NULL : &pair->region->node;
	const struct lend_node *shared = NULL;

	if (dimm != NULL)
		map->claimed[dimm->index] = true;
	if (region != NULL)
		map->claimed[region->index] = true;
	if (region != NULL && claims[region->index].second != NOBODY)
		shared = region;
	if (dimm != NULL && claims[dimm->index].second != NOBODY)
		shared = dimm;
	if (region != NULL && (shared == NULL || pair->verdict == LEND_CONTRADICTED))
		add_namespaces(map, pair);
	if (shared == NULL)
		return;
	lend_map_note(map, pair,
		      lend_arena_printf(&map->arena, "%s of the guest fits %s as well",
					shared->name,
					other_claimant(map, &claims[shared->index], at)));
	if (pair->verdict == LEND_CONTRADICTED)
		return;
	pair->verdict = LEND_AMBIGUOUS;
	lend_map_add_candidate(map, pair, pair->dimm, pair->region, NULL);
	pair->dimm = NULL;
	pair->region = NULL;
}

static void settle_claims(struct lend_map *map)
{
	struct claim *claims =
		lend_arena_array(&map->arena, map->inv->n_nodes, sizeof(*claims));

	for (size_t i = 0; i < map->n_pairs; i++) {
		const struct lend_pair *pair = &map->pairs[i];

		claim(map, claims, pair->dimm == NULL ? NULL : &pair->dimm->node, i);
		claim(map, claims, pair->region == NULL ? NULL : &pair->region->node, i);
	}
	for (size_t i = 0; i < map->n_pairs; i++)
		settle_claim(map, claims, i);
}

static struct lend_pair *new_guest_pair(struct lend_map *map, const struct lend_node *node)
{
	struct lend_pair *pair = lend_map_new_pair(map);
	const struct lend_node *vm =
		lend_find(map->inv, lend_arena_printf(&map->arena, "vm/%s", node->guest));

	pair->vm_name = node->guest;
	if (vm != NULL && vm->kind == LEND_KIND_VM)
		pair->vm = lend_as_vm(vm);
	pair->verdict = LEND_UNMATCHED;
	lend_map_note(map, pair, "no device of the host explains it");
	return pair;
}

static void add_left_over(struct lend_map *map)
{
	const struct lend_node *node = NULL;

	while ((node = lend_next_of(map->inv, LEND_KIND_ND_DIMM, node)) != NULL) {
		struct lend_pair *pair;

		if (node->guest == NULL || map->claimed[node->index])
			continue;
		pair = new_guest_pair(map, node);
		pair->dimm = lend_as_nd_dimm(node);
		pair->region = lend_map_region_of(map, pair->dimm);
		if (pair->region != NULL && map->claimed[pair->region->node.index])
			pair->region = NULL;
		if (pair->region == NULL)
			continue;
		map->claimed[pair->region->node.index] = true;
		add_namespaces(map, pair);
	}
	while ((node = lend_next_of(map->inv, LEND_KIND_ND_REGION, node)) != NULL) {
		struct lend_pair *pair;

		if (node->guest == NULL || map->claimed[node->index])
			continue;
		pair = new_guest_pair(map, node);
		pair->region = lend_as_nd_region(node);
		add_namespaces(map, pair);
	}
}

/* Of a list without regions: whose they are cannot be told. */
static void add_loose_namespaces(struct lend_map *map)
{
	const struct lend_node *node = NULL;

	while ((node = lend_next_of(map->inv, LEND_KIND_ND_NAMESPACE, node)) != NULL) {
		struct lend_pair *pair;

		if (node->guest == NULL || is_idle(node) ||
		    lend_used_of(map->inv, node, LEND_KIND_ND_REGION) != NULL)
			continue;
		pair = new_guest_pair(map, node);
		pair->evidence[0] = lend_arena_printf(
			&map->arena,
			"the guest's list does not say which region %s is on: "
			"\"ndctl list -DRNiv\" does",
			node->name);
		add_namespace(map, pair, node);
	}
}

int lend_map_make(const struct lend_inventory *inv, struct lend_map **ret_map,
		  struct lend_err *err)
{
	struct lend_map *map = lend_xrealloc(NULL, sizeof(*map));
	const struct lend_node *node = NULL;

	(void)err; /* nothing can fail today; the signature leaves room */
	*map = (struct lend_map){ .inv = inv };
	map->claimed = lend_arena_array(&map->arena, inv->n_nodes, sizeof(*map->claimed));
	lend_map_make_indexes(map);
	while ((node = lend_next_of(inv, LEND_KIND_DEVICE, node)) != NULL) {
		const struct lend_device *device = lend_as_device(node);

		if (is_esx(map, device))
			lend_map_esx_device(map, device);
		else
			lend_map_qemu(map, device);
	}
	lend_map_esx_loose(map);
	settle_claims(map);
	lend_map_shared(map);
	add_left_over(map);
	add_loose_namespaces(map);
	lend_map_columns(map);
	*ret_map = map;
	return 0;
}

void lend_map_free(struct lend_map *map)
{
	if (map == NULL)
		return;
	lend_arena_done(&map->arena);
	free(map);
}

size_t lend_map_count(const struct lend_map *map)
{
	return map->n_pairs;
}

enum lend_verdict lend_map_verdict(const struct lend_map *map, size_t row)
{
	return row < map->n_pairs ? map->pairs[row].verdict : LEND_UNMATCHED;
}
