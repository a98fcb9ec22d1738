/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The VMware side: the last four bytes of a VMDK's UUID are the serial in the
 * id of the guest's NVDIMM.  That is 32 bits, so two disks can have the same;
 * then both are ambiguous, whatever the order of handles or listings says.
 */

#include "model/map.h"

#include "base/num.h"
#include "format/nd-id.h"

#define TEXT(...) lend_arena_printf(&map->arena, __VA_ARGS__)

/* Disks of equal serial that are looked at; beyond a handful somebody made them up. */
enum { TWINS_MAX = 256 };

/* As the collectors write it: 32 digits. */
static bool parse_uuid(const char *text, uint8_t ret_uuid[16])
{
	if (strlen(text) != 32)
		return false;
	for (size_t i = 0; i < 16; i++) {
		uint64_t byte;

		if (!lend_parse_u64n(text + 2 * i, 2, 16, &byte))
			return false;
		ret_uuid[i] = (uint8_t)byte;
	}
	return true;
}

static bool vmdk_id(const struct lend_backing *backing, struct lend_nd_id *ret_id)
{
	uint8_t uuid[16];

	if (backing->uuid.known != LEND_KNOWN || !parse_uuid(backing->uuid.v.str, uuid))
		return false;
	*ret_id = lend_nd_id_of_vmdk_uuid(uuid);
	return true;
}

static bool is_type(const struct lend_backing *backing, const char *type)
{
	return backing->type.known == LEND_KNOWN && strcmp(backing->type.v.str, type) == 0;
}

/* The guest sees it on a bus of its own; a vPMemDisk is one on the PMem volume. */
static bool is_ordinary(const struct lend_backing *backing)
{
	return is_type(backing, "vmdk disk") || is_type(backing, "vpmem disk");
}

/* A disk on a SCSI, SATA, NVMe or IDE bus has no NFIT id: it is nobody's twin. */
bool lend_map_vmdk_serial(const struct lend_backing *backing, uint32_t *ret_serial)
{
	struct lend_nd_id id;

	if (is_ordinary(backing) || !vmdk_id(backing, &id))
		return false;
	*ret_serial = id.serial;
	return true;
}

/* Can the disk be in that VM?  One that a .vmx attaches is only in the VMs that attach it. */
static bool may_be_in(const struct lend_map *map, const struct lend_backing *backing,
		      const struct lend_vm *vm)
{
	const struct lend_node *device;
	bool pinned = false;

	if (vm == NULL)
		return true;
	for (size_t i = 0; (device = lend_user_of(map->inv, &backing->node, i)) != NULL; i++) {
		const struct lend_node *user =
			device->kind != LEND_KIND_DEVICE
				? NULL
				: lend_user_of_kind(map->inv, device, LEND_KIND_VM);

		if (user == &vm->node || i == TWINS_MAX)
			return true;
		pinned = pinned || user != NULL;
	}
	return !pinned;
}

static const char *path_of(const struct lend_backing *backing)
{
	return backing->path.known == LEND_KNOWN ? backing->path.v.str : backing->node.name;
}

/* Other disks with the same serial that could be in the same guest; how many. */
static size_t find_twins(struct lend_map *map, struct lend_pair *pair, uint32_t serial)
{
	const struct lend_map_key *first = NULL;
	size_t n = lend_map_lookup(map, LEND_MAP_BACKING_VMDK, "", serial, &first);
	size_t found = 0;

	for (size_t i = 0; i < n && i < TWINS_MAX && found < LEND_MAP_LIST_MAX; i++) {
		const struct lend_backing *other = lend_as_backing(first[i].node);

		if (other == pair->backing || lend_map_same_file(other, pair->backing) ||
		    !may_be_in(map, other, pair->vm))
			continue;
		found++;
		lend_map_note(
			map, pair,
			TEXT("the UUID of %s has the same last four bytes", path_of(other)));
		lend_map_add_candidate(map, pair, NULL, NULL, other);
	}
	return found;
}

static void take_dimm(struct lend_map *map, struct lend_pair *pair,
		      const struct lend_nd_dimm *dimm)
{
	pair->verdict = LEND_MATCHED;
	pair->dimm = dimm;
	if (pair->vm_name == NULL) {
		pair->vm_name = dimm->node.guest;
		lend_map_note(map, pair, "no .vmx was seen: the VM is that of the guest");
	}
	lend_map_note(map, pair,
		      TEXT("%s has id %s, the last four bytes of the disk's UUID",
			   dimm->node.name, dimm->nfit_id.v.str));
	lend_map_find_region(map, pair);
	lend_map_check_size(map, pair, &pair->backing->size_bytes, "disk");
	if (pair->n_against > 0)
		pair->verdict = LEND_CONTRADICTED;
}

static void predict(struct lend_map *map, struct lend_pair *pair, const struct lend_nd_id *id)
{
	char text[LEND_ND_ID_TEXT];

	lend_nd_id_format(id, text);
	pair->predicted_id = lend_arena_strdup(&map->arena, text);
	pair->verdict = LEND_PREDICTED_PAIR;
	lend_map_note(map, pair,
		      TEXT("nobody looked into a guest: by the disk's UUID its DIMM has id %s",
			   text));
}

static void find_dimm(struct lend_map *map, struct lend_pair *pair, const struct lend_nd_id *id)
{
	const struct lend_map_key *first = NULL;
	uint32_t serial = id->serial;
	size_t n = pair->vm_name == NULL
			   ? lend_map_lookup(map, LEND_MAP_DIMM_VMWARE_ALL, "", serial, &first)
			   : lend_map_lookup(map, LEND_MAP_DIMM_VMWARE, pair->vm_name, serial,
					     &first);
	size_t twins;

	if (n == 0 && !lend_map_has_guest(map, pair->vm_name)) {
		predict(map, pair, id);
		return;
	}
	if (n == 0) {
		lend_map_note(map, pair,
			      "no DIMM of a guest has the last four bytes of the disk's UUID");
		return;
	}
	twins = find_twins(map, pair, serial);
	if (n == 1 && twins == 0) {
		take_dimm(map, pair, lend_as_nd_dimm(first->node));
		return;
	}
	pair->verdict = LEND_AMBIGUOUS;
	if (n > 1)
		lend_map_note(map, pair, TEXT("%zu DIMMs have the same id", n));
	for (size_t i = 0; i < n && i < LEND_MAP_LIST_MAX; i++) {
		const struct lend_nd_dimm *dimm = lend_as_nd_dimm(first[i].node);

		lend_map_add_candidate(map, pair, dimm, lend_map_region_of(map, dimm), NULL);
	}
}

static void map_disk(struct lend_map *map, struct lend_pair *pair)
{
	struct lend_nd_id id;

	pair->verdict = LEND_UNMATCHED;
	if (pair->backing != NULL && vmdk_id(pair->backing, &id))
		find_dimm(map, pair, &id);
	else if (pair->backing == NULL)
		lend_map_note(map, pair, "its VMDK was not seen: no serial can be predicted");
	else if (pair->backing->uuid.known == LEND_ABSENT)
		lend_map_note(map, pair, "no ddb.uuid: no serial can be predicted");
	else if (pair->backing->uuid.known == LEND_DISPUTED)
		lend_map_note(map, pair,
			      "the UUID is disputed: one source says another than the other, "
			      "so no serial can be predicted");
	else if (pair->backing->uuid.known == LEND_UNREADABLE)
		lend_map_note(
			map, pair,
			TEXT("the UUID could not be read (%s): no serial can be predicted",
			     pair->backing->uuid.v.str));
	else if (pair->backing->uuid.known == LEND_KNOWN)
		lend_map_note(map, pair,
			      "the UUID is not 32 hex digits: no serial can be predicted");
	else
		lend_map_note(map, pair,
			      "the UUID of the VMDK is not known: no serial can be predicted");
}

/* Some device uses it, so it was, or will be, shown with that device. */
static bool has_device(const struct lend_map *map, const struct lend_backing *backing)
{
	const struct lend_node *user =
		lend_user_of_kind(map->inv, &backing->node, LEND_KIND_BACKEND);

	return lend_user_of_kind(map->inv, &backing->node, LEND_KIND_DEVICE) != NULL ||
	       (user != NULL && lend_user_of_kind(map->inv, user, LEND_KIND_DEVICE) != NULL);
}

/* A guest's DIMM knows better than a file name which disk it is. */
static bool fits_dimm(struct lend_map *map, const struct lend_backing *backing)
{
	const struct lend_map_key *first = NULL;
	struct lend_nd_id id;

	return vmdk_id(backing, &id) &&
	       lend_map_lookup(map, LEND_MAP_DIMM_VMWARE_ALL, "", id.serial, &first) > 0 &&
	       lend_map_lookup(map, LEND_MAP_BACKING_VMDK, "", id.serial, &first) == 0;
}

void lend_map_esx_device(struct lend_map *map, const struct lend_device *device)
{
	struct lend_pair *pair = lend_map_device_pair(map, device);

	map_disk(map, pair);
}

void lend_map_esx_loose(struct lend_map *map)
{
	const struct lend_node *node = NULL;

	while ((node = lend_next_of(map->inv, LEND_KIND_BACKING, node)) != NULL) {
		const struct lend_backing *backing = lend_as_backing(node);
		bool ordinary = is_ordinary(backing);
		struct lend_pair *pair;

		if (!(ordinary ? fits_dimm(map, backing) : is_type(backing, "vmdk")) ||
		    has_device(map, backing))
			continue;
		pair = lend_map_new_pair(map);
		pair->backing = backing;
		if (ordinary)
			lend_map_note(map, pair,
				      "a .vmx attaches a disk of this name as an ordinary one");
		map_disk(map, pair);
	}
}
