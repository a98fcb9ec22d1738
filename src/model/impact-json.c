/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An impact as JSON; docs/impact-json.md is the contract. */

#include "base/json.h"
#include "model/impact-give.h"

static void put_members(const struct lend_impact *impact, struct lend_jsonw *w)
{
	lend_jsonw_open(w, "given", '[');
	for (size_t i = 0; i < impact->n_members; i++) {
		const struct lend_impact_member *member = &impact->members[i];

		lend_jsonw_open(w, NULL, '{');
		lend_jsonw_str(w, "id", member->node->id);
		lend_jsonw_str(w, "because",
			       member->because != NULL ? member->because->id : NULL);
		lend_jsonw_str(w, "why", member->why);
		lend_jsonw_close(w, '}');
	}
	lend_jsonw_close(w, ']');
}

static void put_hits(const struct lend_impact *impact, struct lend_jsonw *w)
{
	lend_jsonw_open(w, "hits", '[');
	for (size_t i = 0; i < impact->n_hits; i++) {
		const struct lend_impact_hit *hit = &impact->hits[i];

		lend_jsonw_open(w, NULL, '{');
		lend_jsonw_str(w, "id", hit->node->id);
		lend_jsonw_str(w, "now", lend_impact_level_name(hit->now));
		lend_jsonw_str(w, "next_boot", lend_impact_level_name(hit->boot));
		lend_jsonw_bool(w, "shown", hit->shown);
		lend_jsonw_u64(w, "legs", hit->legs);
		lend_jsonw_u64(w, "lost_legs", hit->lost);
		lend_jsonw_str(w, "because", hit->because->id);
		lend_jsonw_close(w, '}');
	}
	lend_jsonw_close(w, ']');
}

static void put_give(const struct lend_give *give, struct lend_jsonw *w)
{
	if (give == NULL || !give->applies)
		return;
	lend_jsonw_open(w, "give", '{');
	lend_jsonw_str(w, "worst", give->n > 0 ? lend_give_kind_name(give->worst) : NULL);
	lend_jsonw_open(w, "lines", '[');
	for (size_t i = 0; i < give->n; i++) {
		lend_jsonw_open(w, NULL, '{');
		lend_jsonw_str(w, "kind", lend_give_kind_name(give->lines[i].kind));
		lend_jsonw_str(w, "text", give->lines[i].text);
		lend_jsonw_close(w, '}');
	}
	lend_jsonw_close(w, ']');
	lend_jsonw_close(w, '}');
}

static void put_others(const struct lend_node *const *others, size_t n, struct lend_jsonw *w)
{
	lend_jsonw_open(w, "instead", '[');
	for (size_t i = 0; i < n; i++)
		lend_jsonw_str(w, NULL, others[i]->id);
	lend_jsonw_close(w, ']');
}

void lend_impact_save_json(const struct lend_impact *impact, const struct lend_give *give,
			   const struct lend_node *const *others, size_t n_others,
			   struct lend_jsonw *w, const char *key)
{
	lend_jsonw_open(w, key, '{');
	lend_jsonw_str(w, "now", lend_impact_level_name(impact->now));
	lend_jsonw_str(w, "next_boot", lend_impact_level_name(impact->boot));
	put_members(impact, w);
	put_hits(impact, w);
	lend_jsonw_open(w, "unknown", '[');
	for (size_t i = 0; i < impact->n_unknown; i++)
		lend_jsonw_str(w, NULL, impact->unknown[i]);
	lend_jsonw_close(w, ']');
	lend_jsonw_open(w, "notes", '[');
	for (size_t i = 0; i < impact->n_notes; i++)
		lend_jsonw_str(w, NULL, impact->notes[i]);
	lend_jsonw_close(w, ']');
	put_give(give, w);
	if (give != NULL)
		put_others(others, n_others, w);
	lend_jsonw_close(w, '}');
}
