/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What else is known of a pair, held against it: serial, handle, address,
 * size, cookie, labels, and who else has the file.  What a source did not
 * say is no evidence, and a computed value never speaks against a seen one.
 */

#include "model/map.h"

#include <inttypes.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "format/nd-id.h"
#include "model/kind-label.h"

#define TEXT(...) lend_arena_printf(&map->arena, __VA_ARGS__)

/* Labels beyond this many are not compared: an area of 128 KiB holds about a thousand. */
enum { COMPARE_MAX = 1024, DISPUTES_MAX = 8 /* shown of one fact */ };

static void put_saying(const struct lend_map *map, struct lend_buf *out,
		       const struct lend_field *field, const struct lend_fact *fact)
{
	bool has_by = fact->sighting < map->inv->n_sightings;

	lend_buf_printf(out, "%s says ",
			has_by ? map->inv->sightings[fact->sighting].by : "one source");
	lend_fact_text(out, field, fact);
}

/* "slot is disputed: qemu-proc says 3, qemu-qmp says 1" */
static void check_dispute(struct lend_map *map, struct lend_pair *pair, const char *name,
			  const char *field_name)
{
	const struct lend_node *node = &pair->device->node;
	const struct lend_field *field = lend_kind_field(LEND_KIND_DEVICE, field_name);
	const struct lend_fact *fact = lend_fact_at(node, field);
	const struct lend_dispute *other = NULL;
	lend_auto_buf text = { 0 };
	unsigned int n = 0;

	if (fact->known != LEND_DISPUTED)
		return;
	lend_buf_printf(&text, "%s is disputed: ", name);
	put_saying(map, &text, field, fact);
	while ((other = lend_next_dispute(map->inv, node, field, other)) != NULL &&
	       n++ < DISPUTES_MAX) {
		lend_buf_puts(&text, ", ");
		put_saying(map, &text, field, &other->fact);
	}
	lend_map_note(map, pair, lend_arena_strdup(&map->arena, text.text));
}

static void check_disputes(struct lend_map *map, struct lend_pair *pair)
{
	check_dispute(map, pair, "slot", "slot");
	check_dispute(map, pair, "address", "address");
	check_dispute(map, pair, "size", "size_bytes");
	if (pair->backing != NULL && pair->backing->inode.known == LEND_DISPUTED)
		lend_map_note(map, pair,
			      TEXT("%s was replaced: QEMU has another file open than the "
				   "one that is there now",
				   lend_map_path(pair)));
}

static void check_handle(struct lend_map *map, struct lend_pair *pair, uint64_t slot)
{
	const struct lend_fact *handle = &pair->dimm->handle;

	if (handle->known != LEND_KNOWN || pair->by_handle)
		return;
	if (slot != UINT64_MAX && handle->v.u64 == slot + 1)
		lend_map_note(map, pair,
			      TEXT("%s has handle 0x%" PRIx64 ", that of slot %" PRIu64,
				   pair->dimm->node.name, handle->v.u64, slot));
	else
		lend_map_against(map, pair,
				 TEXT("%s has handle 0x%" PRIx64 ", a device in slot %" PRIu64
				      " has slot + 1",
				      pair->dimm->node.name, handle->v.u64, slot));
}

static void check_id(struct lend_map *map, struct lend_pair *pair, uint64_t slot)
{
	const char *text = lend_map_text_of(&pair->dimm->nfit_id);
	const char *name = pair->dimm->node.name;
	struct lend_nd_id id;
	uint32_t of;

	if (text == NULL)
		return;
	if (!lend_nd_id_parse(text, &id) || !lend_nd_id_qemu_slot(&id, &of))
		lend_map_against(map, pair,
				 TEXT("%s has id %s, which no QEMU makes", name, text));
	else if (of == slot)
		lend_map_note(map, pair,
			      TEXT("%s has id %s, that of slot %" PRIu64, name, text, slot));
	else
		lend_map_against(map, pair,
				 TEXT("%s has id %s, that of slot %" PRIu32
				      "; the device is in slot %" PRIu64,
				      name, text, of, slot));
}

static void check_cookie(struct lend_map *map, struct lend_pair *pair, uint64_t slot)
{
	const struct lend_fact *cookie = &pair->region->cookie;
	unsigned int minor;
	uint32_t of;

	if (cookie->known != LEND_KNOWN || cookie->v.u64 == 0 ||
	    !lend_nd_cookie_qemu_slot(cookie->v.u64, &of, &minor))
		return;
	if (of == slot)
		lend_map_note(map, pair,
			      TEXT("%s has cookie 0x%" PRIx64 ", that of slot %" PRIu64,
				   pair->region->node.name, cookie->v.u64, slot));
	else
		lend_map_against(map, pair,
				 TEXT("%s has cookie 0x%" PRIx64 ", that of slot %" PRIu32
				      "; the device is in slot %" PRIu64,
				      pair->region->node.name, cookie->v.u64, of, slot));
}

static void check_address(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_fact *address = &pair->device->address;
	const struct lend_fact *resource = &pair->region->resource;

	/* Found by address: that was the first thing said. */
	if (!lend_map_is_sure(address) || resource->known != LEND_KNOWN ||
	    resource->v.u64 == address->v.u64)
		return;
	lend_map_against(map, pair,
			 TEXT("%s lies at 0x%" PRIx64 ", the device at 0x%" PRIx64,
			      pair->region->node.name, resource->v.u64, address->v.u64));
}

void lend_map_check_size(struct lend_map *map, struct lend_pair *pair,
			 const struct lend_fact *size, const char *whose)
{
	const struct lend_fact *seen;

	if (pair->region == NULL || !lend_map_is_sure(size))
		return;
	seen = &pair->region->size_bytes;
	if (seen->known != LEND_KNOWN)
		return;
	if (seen->v.u64 == size->v.u64)
		lend_map_note(map, pair,
			      TEXT("%s is %" PRIu64 " bytes, as the %s is",
				   pair->region->node.name, seen->v.u64, whose));
	else
		lend_map_against(map, pair,
				 TEXT("%s is %" PRIu64 " bytes, the %s %" PRIu64,
				      pair->region->node.name, seen->v.u64, whose,
				      size->v.u64));
}

/* The labels of the device, at most COMPARE_MAX. */
static size_t labels_of(struct lend_map *map, const struct lend_pair *pair,
			const struct lend_label ***ret_labels)
{
	const struct lend_node *node;
	size_t n = 0;
	size_t cap = 0;

	*ret_labels = NULL;
	for (size_t i = 0;
	     n < COMPARE_MAX && (node = lend_user_of(map->inv, &pair->device->node, i)) != NULL;
	     i++) {
		if (node->kind == LEND_KIND_LABEL)
			*LEND_PUSH(&map->arena, *ret_labels, n, cap) = lend_as_label(node);
	}
	return n;
}

static int compare_uuids(const void *pa, const void *pb)
{
	return lend_ascii_casecmp(*(const char *const *)pa, *(const char *const *)pb);
}

/* The UUIDs of the device's labels, sorted. */
struct uuids {
	const char **uuid;
	size_t n;
	bool all; /* every label of the area was read */
};

static struct uuids label_uuids(struct lend_map *map, const struct lend_pair *pair)
{
	const struct lend_fact *count = &pair->device->label_count;
	const struct lend_label **labels;
	size_t n = labels_of(map, pair, &labels);
	struct uuids uuids = {
		.uuid = lend_arena_array(&map->arena, n, sizeof(*uuids.uuid)),
	};

	for (size_t i = 0; i < n; i++) {
		if (labels[i]->uuid.known == LEND_KNOWN)
			uuids.uuid[uuids.n++] = labels[i]->uuid.v.str;
	}
	if (uuids.n > 0)
		qsort(uuids.uuid, uuids.n, sizeof(*uuids.uuid), compare_uuids);
	uuids.all = count->known == LEND_KNOWN && count->v.u64 == uuids.n;
	return uuids;
}

static bool is_label(const struct uuids *uuids, const struct lend_fact *uuid)
{
	return uuid->known == LEND_KNOWN &&
	       bsearch(&uuid->v.str, uuids->uuid, uuids->n, sizeof(*uuids->uuid),
		       compare_uuids) != NULL;
}

/* Only then its not being a label says something: "uuid" of other modes is the info block's. */
static bool has_label_uuid(const struct lend_nd_namespace *ns)
{
	const char *mode = lend_map_text_of(&ns->mode);

	return ns->raw_uuid.known == LEND_KNOWN ||
	       (mode != NULL && strcmp(mode, "raw") == 0 && ns->uuid.known == LEND_KNOWN);
}

static bool is_idle(const struct lend_nd_namespace *ns)
{
	return ns->state.known == LEND_KNOWN && strcmp(ns->state.v.str, "idle") == 0;
}

/*
 * Namespaces by the UUID of their label.  A miss is never held against the
 * pair: a guest that ignores its labels has other UUIDs and is no liar.
 */
static void check_labels(struct lend_map *map, struct lend_pair *pair)
{
	const struct uuids uuids = label_uuids(map, pair);
	const struct lend_node *strangers[LEND_MAP_LIST_MAX];
	const struct lend_node *node;
	size_t found = 0;
	size_t missed = 0;

	for (size_t i = 0; uuids.n > 0 && i < COMPARE_MAX &&
			   (node = lend_user_of(map->inv, &pair->region->node, i)) != NULL;
	     i++) {
		const struct lend_nd_namespace *ns = lend_as_nd_namespace(node);

		if (node->kind != LEND_KIND_ND_NAMESPACE || is_idle(ns))
			continue;
		if (is_label(&uuids, &ns->raw_uuid) || is_label(&uuids, &ns->uuid)) {
			if (found++ < LEND_MAP_LIST_MAX)
				lend_map_note(map, pair,
					      TEXT("%s of the guest is a label in the backing",
						   node->name));
		} else if (uuids.all && has_label_uuid(ns) && missed < LEND_MAP_LIST_MAX) {
			strangers[missed++] = node;
		}
	}
	if (found == 0 && missed > 0)
		lend_map_note(map, pair,
			      "none of the labels in the backing is in the guest: "
			      "share=off, or another size or slot");
	for (size_t i = 0; found > 0 && i < missed; i++)
		lend_map_note(map, pair,
			      TEXT("%s of the guest is none of the %zu labels in the backing",
				   strangers[i]->name, uuids.n));
}

static void check_label_slot(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_fact *slot = &pair->device->slot;
	const struct lend_fact *label_slot = &pair->device->label_slot;

	if (slot->known == LEND_KNOWN && label_slot->known == LEND_KNOWN &&
	    slot->v.u64 != label_slot->v.u64)
		lend_map_note(map, pair,
			      TEXT("the labels in the backing were written in slot %" PRIu64
				   ": a guest ignores them in slot %" PRIu64,
				   label_slot->v.u64, slot->v.u64));
}

void lend_map_check_qemu(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_fact *slot = &pair->device->slot;
	bool by_slot = lend_map_is_sure(slot);

	check_disputes(map, pair);
	if (pair->dimm != NULL && by_slot) {
		check_handle(map, pair, slot->v.u64);
		check_id(map, pair, slot->v.u64);
	}
	if (pair->region != NULL) {
		check_address(map, pair);
		lend_map_check_size(map, pair, &pair->device->size_bytes, "device");
		if (by_slot)
			check_cookie(map, pair, slot->v.u64);
		check_labels(map, pair);
	}
	check_label_slot(map, pair);
}

static void predict_namespaces(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_label **labels;
	size_t n = labels_of(map, pair, &labels);

	for (size_t i = 0; i < n; i++)
		*LEND_PUSH(&map->arena, pair->namespaces, pair->n_namespaces,
			   pair->cap_namespaces) = (struct lend_map_namespace){
			.mode = lend_map_text_of(&labels[i]->mode),
			.uuid = lend_map_text_of(&labels[i]->uuid),
		};
}

void lend_map_predict_qemu(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_device *device = pair->device;
	const char *driver = lend_map_text_of(&device->driver);
	bool has_slot = device->slot.known == LEND_KNOWN && device->slot.v.u64 != UINT64_MAX &&
			(driver == NULL || strcmp(driver, "nvdimm") == 0);

	if (!has_slot && device->address.known != LEND_KNOWN) {
		lend_map_note(map, pair,
			      "nobody looked into the guest, and neither slot nor "
			      "address of the device is known");
		return;
	}
	pair->verdict = LEND_PREDICTED_PAIR;
	if (!has_slot) {
		lend_map_note(map, pair,
			      TEXT("nobody looked into the guest: its region would lie at "
				   "0x%" PRIx64,
				   device->address.v.u64));
		return;
	}
	pair->has_predicted_handle = true;
	pair->predicted_handle = device->slot.v.u64 + 1;
	if (device->slot.v.u64 < LEND_ND_QEMU_SLOTS) {
		struct lend_nd_id id = lend_nd_id_of_qemu_slot((uint32_t)device->slot.v.u64);
		char text[LEND_ND_ID_TEXT];

		lend_nd_id_format(&id, text);
		pair->predicted_id = lend_arena_strdup(&map->arena, text);
	}
	lend_map_note(map, pair,
		      TEXT("nobody looked into the guest: by slot %" PRIu64
			   "%s its DIMM has handle 0x%" PRIx64 "%s%s",
			   device->slot.v.u64,
			   device->slot.trust == LEND_PREDICTED ? ", computed itself," : "",
			   pair->predicted_handle, pair->predicted_id != NULL ? ", id " : "",
			   pair->predicted_id != NULL ? pair->predicted_id : ""));
	if (device->label_slot.known != LEND_KNOWN ||
	    device->label_slot.v.u64 == device->slot.v.u64)
		predict_namespaces(map, pair);
}
