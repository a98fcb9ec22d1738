/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The columns of a map, made once, so that reading them needs no memory. */

#include "model/map.h"

#include <inttypes.h>

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

static const char *column_names[LEND_MAP_COLUMNS] = {
	[LEND_MAP_VM] = "vm",
	[LEND_MAP_BACKING] = "backing",
	[LEND_MAP_DEVICE] = "device",
	[LEND_MAP_SLOT] = "slot",
	[LEND_MAP_DIMM] = "dimm",
	[LEND_MAP_REGION] = "region",
	[LEND_MAP_NAMESPACE] = "namespace",
	[LEND_MAP_BLOCKDEV] = "blockdev",
	[LEND_MAP_VERDICT] = "verdict",
	[LEND_MAP_EVIDENCE] = "evidence",
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

static void make_columns(struct lend_map *map, struct lend_pair *pair)
{
	const struct lend_device *device = pair->device;
	lend_auto_buf names = { 0 };
	lend_auto_buf blockdevs = { 0 };
	lend_auto_buf evidence = { 0 };

	for (size_t i = 0; i < pair->n_namespaces; i++) {
		add(&names, ",", pair->namespaces[i].dev);
		add(&blockdevs, ",", pair->namespaces[i].blockdev);
	}
	for (size_t i = 0; i < pair->n_evidence; i++)
		add(&evidence, "; ", pair->evidence[i]);
	pair->column[LEND_MAP_VM] = pair->vm_name;
	pair->column[LEND_MAP_BACKING] = lend_map_path(pair);
	if (device != NULL) {
		pair->column[LEND_MAP_DEVICE] = device->device_id.known == LEND_KNOWN
							? device->device_id.v.str
							: device->node.name;
		if (device->slot.known == LEND_KNOWN)
			pair->column[LEND_MAP_SLOT] =
				lend_arena_printf(&map->arena, "%" PRIu64, device->slot.v.u64);
	}
	pair->column[LEND_MAP_DIMM] = pair->dimm == NULL ? NULL : pair->dimm->node.name;
	pair->column[LEND_MAP_REGION] = pair->region == NULL ? NULL : pair->region->node.name;
	pair->column[LEND_MAP_NAMESPACE] = keep_text(map, &names);
	pair->column[LEND_MAP_BLOCKDEV] = keep_text(map, &blockdevs);
	pair->column[LEND_MAP_VERDICT] = lend_verdict_name(pair->verdict);
	pair->column[LEND_MAP_EVIDENCE] = keep_text(map, &evidence);
}

void lend_map_columns(struct lend_map *map)
{
	for (size_t i = 0; i < map->n_pairs; i++)
		make_columns(map, &map->pairs[i]);
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
