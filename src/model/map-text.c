/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The columns of a map, made once, so that reading them needs no memory. */

#include "model/map.h"
#include "model/persistence.h"

#include <inttypes.h>

#include "base/attr.h"
#include "base/buf.h"

const char *lend_verdict_name(enum lend_verdict verdict)
{
	switch (verdict) {
	case LEND_MATCHED:
		return "matched";
	case LEND_PREDICTED_PAIR:
		return "predicted";
	case LEND_AMBIGUOUS:
		return "ambiguous";
	case LEND_UNMATCHED:
		return "unmatched";
	case LEND_CONTRADICTED:
		return "contradicted";
	}
	return "unmatched";
}

static const char *const column_names[LEND_MAP_COLUMNS] = {
	[LEND_MAP_VM] = "vm",
	[LEND_MAP_BACKING] = "backing",
	[LEND_MAP_DEVICE] = "device",
	[LEND_MAP_SLOT] = "slot",
	[LEND_MAP_DIMM] = "dimm",
	[LEND_MAP_REGION] = "region",
	[LEND_MAP_NAMESPACE] = "namespace",
	[LEND_MAP_BLOCKDEV] = "blockdev",
	[LEND_MAP_VERDICT] = "verdict",
	[LEND_MAP_CHARDEV] = "chardev",
	[LEND_MAP_MODE] = "mode",
	[LEND_MAP_UUID] = "uuid",
	[LEND_MAP_ADDRESS] = "address",
	[LEND_MAP_SIZE_BYTES] = "size_bytes",
	[LEND_MAP_LABEL_BYTES] = "label_bytes",
	[LEND_MAP_NFIT_ID] = "nfit_id",
	[LEND_MAP_HANDLE] = "handle",
	[LEND_MAP_DEV] = "dev",
	[LEND_MAP_INODE] = "inode",
	[LEND_MAP_EVIDENCE] = "evidence",
	[LEND_MAP_PERSISTENCE] = "persistence",
};

static void add(struct lend_buf *out, const char *between, const char *text)
{
	if (text == NULL)
		return;
	if (out->len > 0)
		lend_buf_puts(out, between);
	lend_buf_puts(out, text);
}

/* NULL for nothing, as lend_map_text has it. */
static const char *keep_text(struct lend_map *map, const struct lend_buf *text)
{
	return text->len == 0 ? NULL : lend_arena_strdup(&map->arena, text->text);
}

/* A member of each namespace, joined. */
static const char *of_namespaces(struct lend_map *map, const struct lend_pair *pair,
				 size_t offset)
{
	lend_auto_buf text = { 0 };

	for (size_t i = 0; i < pair->n_namespaces; i++) {
		const char *at = (const char *)&pair->namespaces[i] + offset;

		add(&text, ",", *(const char *const *)(const void *)at);
	}
	return keep_text(map, &text);
}

/* A field of a node that may be NULL, in the form of lend_get_text. */
static const char *of_node(struct lend_map *map, const struct lend_node *node,
			   enum lend_map_columns column)
{
	const struct lend_field *field;
	lend_auto_buf text = { 0 };

	if (node == NULL)
		return NULL;
	field = lend_kind_field(node->kind, column_names[column]);
	if (lend_fact_at(node, field)->known != LEND_KNOWN)
		return NULL;
	if (field->type == LEND_FIELD_TEXT)
		return lend_fact_at(node, field)->v.str;
	lend_fact_text(&text, field, lend_fact_at(node, field));
	return keep_text(map, &text);
}

static void make_guest_columns(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_node *dimm = pair->dimm == NULL ? NULL : &pair->dimm->node;
	static const struct {
		enum lend_map_columns column;
		size_t offset;
	} of[] = {
		{ LEND_MAP_NAMESPACE, offsetof(struct lend_map_namespace, dev) },
		{ LEND_MAP_BLOCKDEV, offsetof(struct lend_map_namespace, blockdev) },
		{ LEND_MAP_CHARDEV, offsetof(struct lend_map_namespace, chardev) },
		{ LEND_MAP_MODE, offsetof(struct lend_map_namespace, mode) },
		{ LEND_MAP_UUID, offsetof(struct lend_map_namespace, uuid) },
	};

	for (size_t i = 0; i < LEND_COUNT(of); i++)
		pair->column[of[i].column] = of_namespaces(map, pair, of[i].offset);
	pair->column[LEND_MAP_DIMM] = dimm == NULL ? NULL : dimm->name;
	pair->column[LEND_MAP_REGION] = pair->region == NULL ? NULL : pair->region->node.name;
	if (dimm != NULL) {
		pair->column[LEND_MAP_NFIT_ID] = of_node(map, dimm, LEND_MAP_NFIT_ID);
		pair->column[LEND_MAP_HANDLE] = of_node(map, dimm, LEND_MAP_HANDLE);
		return;
	}
	pair->column[LEND_MAP_NFIT_ID] = pair->predicted_id;
	if (pair->has_predicted_handle)
		pair->column[LEND_MAP_HANDLE] =
			lend_arena_printf(&map->arena, "0x%" PRIx64, pair->predicted_handle);
}

/* "guaranteed", "not guaranteed (share-off)"; NULL: of no device of QEMU. */
static const char *persistence_of(struct lend_map *map, const struct lend_device *device)
{
	struct lend_persistence p;

	if (device == NULL)
		return NULL;
	p = lend_persistence_of(map->inv, device);
	if (p.why == LEND_PERSISTS_NOT_QEMU)
		return NULL;
	if (p.verdict == LEND_PERSISTS_GUARANTEED)
		return lend_persists_name(p.verdict);
	return lend_arena_printf(&map->arena, "%s (%s)", lend_persists_name(p.verdict),
				 lend_persistence_id(p.why));
}

static void make_columns(struct lend_map *map, struct lend_pair *pair)
{
	static const enum lend_map_columns of_device[] = { LEND_MAP_SLOT, LEND_MAP_ADDRESS,
							   LEND_MAP_SIZE_BYTES,
							   LEND_MAP_LABEL_BYTES };
	const struct lend_node *device = pair->device == NULL ? NULL : &pair->device->node;
	const struct lend_node *backing = pair->backing == NULL ? NULL : &pair->backing->node;
	lend_auto_buf evidence = { 0 };

	for (size_t i = 0; i < pair->n_evidence; i++)
		add(&evidence, "; ", pair->evidence[i]);
	pair->column[LEND_MAP_VM] = pair->vm_name;
	pair->column[LEND_MAP_BACKING] = lend_map_path(pair);
	if (device != NULL)
		pair->column[LEND_MAP_DEVICE] = pair->device->device_id.known == LEND_KNOWN
							? pair->device->device_id.v.str
							: device->name;
	for (size_t i = 0; i < LEND_COUNT(of_device); i++)
		pair->column[of_device[i]] = of_node(map, device, of_device[i]);
	pair->column[LEND_MAP_DEV] = of_node(map, backing, LEND_MAP_DEV);
	pair->column[LEND_MAP_INODE] = of_node(map, backing, LEND_MAP_INODE);
	pair->column[LEND_MAP_VERDICT] = lend_verdict_name(pair->verdict);
	pair->column[LEND_MAP_EVIDENCE] = keep_text(map, &evidence);
	pair->column[LEND_MAP_PERSISTENCE] = persistence_of(map, pair->device);
	make_guest_columns(map, pair);
}

void lend_map_columns(struct lend_map *map)
{
	for (size_t i = 0; i < map->n_pairs; i++)
		make_columns(map, &map->pairs[i]);
}

const char *lend_map_column(size_t n)
{
	return n < LEND_MAP_COLUMNS ? column_names[n] : NULL;
}

const char *lend_map_text(const struct lend_map *map, size_t row, const char *column)
{
	if (row >= map->n_pairs)
		return NULL;
	for (size_t i = 0; i < LEND_MAP_COLUMNS; i++) {
		if (strcmp(column_names[i], column) == 0)
			return map->pairs[row].column[i];
	}
	return NULL;
}

const char *lend_map_evidence(const struct lend_map *map, size_t row, size_t n)
{
	if (row >= map->n_pairs || n >= map->pairs[row].n_evidence)
		return NULL;
	return map->pairs[row].evidence[n];
}

const char *lend_map_candidate(const struct lend_map *map, size_t row, size_t n)
{
	if (row >= map->n_pairs || n >= map->pairs[row].n_candidates)
		return NULL;
	return map->pairs[row].candidates[n].text;
}
