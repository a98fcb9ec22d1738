/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/map-expect.h"

#include "base/buf.h"
#include "tests/must.h"
#include "tests/sketch.h"

static const char *or_dash(const char *text)
{
	return text == NULL ? "-" : text;
}

static const char *left_of(const struct lend_pair *pair)
{
	return pair->device != NULL ? pair->device->node.name : or_dash(lend_map_path(pair));
}

static void put_guest(struct lend_buf *out, const struct lend_nd_dimm *dimm,
		      const struct lend_nd_region *region)
{
	lend_buf_printf(out, "%s/%s", dimm == NULL ? "-" : dimm->node.name,
			region == NULL ? "-" : region->node.name);
}

static void put_row(struct lend_buf *out, const struct lend_pair *pair)
{
	lend_buf_printf(out, "%s ", left_of(pair));
	if (pair->predicted_id != NULL)
		lend_buf_printf(out, "'%s'", pair->predicted_id);
	else
		put_guest(out, pair->dimm, pair->region);
	lend_buf_puts(out, " [");
	for (size_t i = 0; i < pair->n_namespaces; i++) {
		const struct lend_map_namespace *ns = &pair->namespaces[i];

		lend_buf_printf(out, "%s%s %s %s %s", i == 0 ? "" : ", ", or_dash(ns->dev),
				or_dash(ns->mode), or_dash(ns->uuid), or_dash(ns->blockdev));
	}
	lend_buf_printf(out, "] %s", lend_verdict_name(pair->verdict));
	for (size_t i = 0; i < pair->n_candidates; i++) {
		const struct lend_map_candidate *c = &pair->candidates[i];

		lend_buf_puts(out, " {");
		if (c->backing != NULL)
			lend_buf_puts(out, c->backing->node.name);
		else
			put_guest(out, c->dimm, c->region);
		lend_buf_putc(out, '}');
	}
	lend_buf_putc(out, '\n');
}

static void check(const struct map_expect *expect)
{
	struct lend_inventory *inv = sketch(expect->inventory);
	struct lend_map *map = NULL;
	lend_auto_buf rows = { 0 };
	lend_auto_buf lines = { 0 };

	must_in(expect->name);
	must(lend_map_make(inv, &map, NULL) == 0);
	for (size_t i = 0; i < map->n_pairs; i++) {
		const struct lend_pair *pair = &map->pairs[i];

		put_row(&rows, pair);
		for (size_t j = 0; j < pair->n_evidence; j++)
			lend_buf_printf(&lines, "%s: %s\n", left_of(pair), pair->evidence[j]);
	}
	must_str(lend_buf_text(&rows), expect->rows);
	for (size_t i = 0; i < MAP_SAYS_MAX; i++) {
		const char *says = expect->says[i];
		const char *silent = expect->silent[i];

		if (says != NULL && strstr(lend_buf_text(&lines), says) == NULL)
			must_str(lend_buf_text(&lines), says);
		if (silent != NULL && strstr(lend_buf_text(&lines), silent) != NULL)
			must_str(lend_buf_text(&lines), "without that");
	}
	lend_map_free(map);
	lend_inventory_free(inv);
	must_in("");
}

void map_must(const struct map_expect *expect, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(&expect[i]);
}
