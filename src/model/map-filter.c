/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of one backing or one guest device, and what the rows say together. */

#include <sys/stat.h>

#include "model/map.h"

struct filter {
	const struct lend_inventory *inv;
	const char *backing;      /* NULL keeps all */
	const struct stat *stat;  /* of backing, or NULL */
	const char *guest_device; /* without /dev/; NULL keeps all */
};

static bool is_text(const char *text, const char *want)
{
	return text != NULL && strcmp(text, want) == 0;
}

static bool is_namespace(const struct filter *filter, const char *dev, const char *blockdev,
			 const char *chardev)
{
	return is_text(dev, filter->guest_device) || is_text(blockdev, filter->guest_device) ||
	       is_text(chardev, filter->guest_device);
}

static bool is_region(const struct filter *filter, const struct lend_nd_region *region)
{
	const struct lend_node *node;

	if (region == NULL)
		return false;
	if (is_text(region->node.name, filter->guest_device))
		return true;
	for (size_t i = 0; (node = lend_user_of(filter->inv, &region->node, i)) != NULL; i++) {
		const struct lend_nd_namespace *ns = lend_as_nd_namespace(node);

		if (node->kind == LEND_KIND_ND_NAMESPACE &&
		    is_namespace(filter, node->name, lend_map_text_of(&ns->blockdev),
				 lend_map_text_of(&ns->chardev)))
			return true;
	}
	return false;
}

static bool is_guest_device(const struct filter *filter, const struct lend_nd_dimm *dimm,
			    const struct lend_nd_region *region)
{
	return (dimm != NULL && is_text(dimm->node.name, filter->guest_device)) ||
	       is_region(filter, region);
}

static bool is_backing(const struct filter *filter, const struct lend_backing *backing,
		       const char *path)
{
	return is_text(path, filter->backing) || (filter->stat != NULL && backing != NULL &&
						  lend_map_is_file(backing, filter->stat));
}

/* A candidate is an answer, too: that the device may be in this row. */
static bool keeps(const struct filter *filter, const struct lend_pair *pair)
{
	bool device = filter->guest_device == NULL ||
		      is_guest_device(filter, pair->dimm, pair->region);
	bool backing = filter->backing == NULL ||
		       is_backing(filter, pair->backing, lend_map_path(pair));

	/* Those of a list without regions. */
	for (size_t i = 0; i < pair->n_namespaces && !device; i++)
		device =
			is_namespace(filter, pair->namespaces[i].dev,
				     pair->namespaces[i].blockdev, pair->namespaces[i].chardev);
	for (size_t i = 0; i < pair->n_candidates; i++) {
		const struct lend_map_candidate *c = &pair->candidates[i];

		device = device || is_guest_device(filter, c->dimm, c->region);
		backing = backing ||
			  (c->backing != NULL &&
			   is_backing(filter, c->backing, lend_map_text_of(&c->backing->path)));
	}
	return device && backing;
}

/* A VM into whose guest nobody looked; NULL when there is none. */
static const char *unseen_guest(const struct lend_map *map)
{
	for (size_t i = 0; i < map->n_pairs; i++) {
		if (map->pairs[i].vm_name != NULL &&
		    !lend_map_has_guest(map, map->pairs[i].vm_name))
			return map->pairs[i].vm_name;
	}
	return NULL;
}

void lend_map_filter(struct lend_map *map, const char *backing, const struct stat *stat,
		     const char *guest_device)
{
	struct filter filter = { map->inv, backing, stat, guest_device };
	size_t kept = 0;

	if (guest_device != NULL && strncmp(guest_device, "/dev/", 5) == 0)
		filter.guest_device += 5;
	if (guest_device != NULL && map->unseen == NULL)
		map->unseen = unseen_guest(map);
	for (size_t i = 0; i < map->n_pairs; i++) {
		if (keeps(&filter, &map->pairs[i]))
			map->pairs[kept++] = map->pairs[i];
	}
	map->n_pairs = kept;
}

static bool has_gap_that_matters(const struct lend_inventory *inv)
{
	for (size_t i = 0; i < inv->n_gaps; i++) {
		if (inv->gaps[i].matters)
			return true;
	}
	return false;
}

enum lend_map_outcome lend_map_outcome(const struct lend_map *map)
{
	bool missing = map->n_pairs == 0;

	for (size_t i = 0; i < map->n_pairs; i++) {
		enum lend_verdict verdict = map->pairs[i].verdict;

		if (verdict == LEND_AMBIGUOUS || verdict == LEND_CONTRADICTED)
			return LEND_MAP_UNCLEAR;
		missing |= verdict != LEND_MATCHED;
	}
	if (missing && (map->unseen != NULL || has_gap_that_matters(map->inv)))
		return LEND_MAP_BLIND;
	return map->n_pairs == 0 ? LEND_MAP_NOTHING : LEND_MAP_CLEAR;
}
