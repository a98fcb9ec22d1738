/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans as JSON, both ways; docs/plan-json.md is the contract. */

#include <inttypes.h>

#include "base/err.h"
#include "base/json.h"
#include "plan/plan.h"

enum { VERSION = 1, TEXT_MAX = 1 << 20 };

static const char *const levels[] = {
	[LEND_REMARK_NOTE] = "note",
	[LEND_REMARK_WARN] = "warn",
	[LEND_REMARK_REFUSE] = "refuse",
};

void lend_pairs_save_json(const struct lend_pairs *pairs, struct lend_jsonw *w, const char *key)
{
	lend_jsonw_open(w, key, '[');
	for (size_t i = 0; i < pairs->n; i++) {
		lend_jsonw_open(w, NULL, '[');
		lend_jsonw_str(w, NULL, pairs->items[i].key);
		lend_jsonw_str(w, NULL, pairs->items[i].value);
		lend_jsonw_close(w, ']');
	}
	lend_jsonw_close(w, ']');
}

static void save_state(const struct lend_state *state, struct lend_jsonw *w, const char *key)
{
	if (state->absent)
		lend_jsonw_null(w, key);
	else
		lend_pairs_save_json(&state->pairs, w, key);
}

static void save_texts(const char *const *items, size_t n, struct lend_jsonw *w,
		       const char *key)
{
	lend_jsonw_open(w, key, '[');
	for (size_t i = 0; i < n; i++)
		lend_jsonw_str(w, NULL, items[i]);
	lend_jsonw_close(w, ']');
}

static void save_step(const struct lend_step *step, struct lend_jsonw *w)
{
	lend_jsonw_open(w, NULL, '{');
	lend_jsonw_str(w, "kind", step->kind);
	lend_jsonw_str(w, "name", step->name);
	lend_pairs_save_json(&step->args, w, "args");
	save_state(&step->before, w, "before");
	save_state(&step->after, w, "after");
	lend_jsonw_str(w, "back", lend_back_text(step->back));
	save_texts(step->typed, step->n_typed, w, "typed");
	lend_jsonw_str(w, "note", step->note);
	lend_jsonw_str(w, "consent", step->consent);
	lend_jsonw_close(w, '}');
}

void lend_plan_save_json(const struct lend_plan *plan, struct lend_jsonw *w, const char *key)
{
	lend_jsonw_open(w, key, '{');
	lend_jsonw_u64(w, "lend-plan", VERSION);
	lend_jsonw_str(w, "title", plan->title);
	lend_jsonw_str(w, "vm", plan->vm);
	lend_jsonw_str(w, "lock", plan->lock);
	lend_jsonw_str(w, "state", plan->state);
	lend_jsonw_bool(w, "passing", plan->passing);
	lend_jsonw_open(w, "steps", '[');
	for (size_t i = 0; i < plan->n_steps; i++)
		save_step(&plan->steps[i], w);
	lend_jsonw_close(w, ']');
	lend_jsonw_open(w, "remarks", '[');
	for (size_t i = 0; i < plan->n_remarks; i++) {
		lend_jsonw_open(w, NULL, '{');
		lend_jsonw_str(w, "level", levels[plan->remarks[i].level]);
		lend_jsonw_str(w, "text", plan->remarks[i].text);
		lend_jsonw_str(w, "hint", plan->remarks[i].hint);
		lend_jsonw_str(w, "rule", plan->remarks[i].rule);
		lend_jsonw_close(w, '}');
	}
	lend_jsonw_close(w, ']');
	save_texts(plan->after, plan->n_after, w, "after");
	lend_jsonw_close(w, '}');
}

void lend_plan_save_text(const struct lend_plan *plan, bool pretty, struct lend_buf *out)
{
	struct lend_jsonw w = { .out = out, .indent = pretty ? 4 : 0 };

	lend_plan_save_json(plan, &w, NULL);
}

/* ---- reading ---- */

static int bad(struct lend_err *err, const char *what)
{
	return lend_fail(err, LEND_E_FORMAT, "%s is missing, or not what it should be", what);
}

static int load_text(struct lend_arena *arena, const struct lend_json *object, const char *key,
		     bool may_be_null, const char **ret, struct lend_err *err)
{
	const char *text = lend_json_str(lend_json_get(object, key));

	if (text == NULL && may_be_null && lend_json_get(object, key) == NULL) {
		*ret = NULL;
		return 0;
	}
	if (text == NULL || strlen(text) > TEXT_MAX)
		return bad(err, key);
	*ret = lend_arena_strdup(arena, text);
	return 0;
}

int lend_pairs_load_json(struct lend_arena *arena, const struct lend_json *array,
			 struct lend_pairs *ret, struct lend_err *err)
{
	size_t n = lend_json_count(array);

	if (lend_json_kind(array) != LEND_JSON_ARRAY)
		return bad(err, "a list of pairs");
	if (n > LEND_PLAN_PAIRS_MAX)
		return lend_fail(err, LEND_E_FORMAT, "a list of %zu pairs is too long", n);
	for (size_t i = 0; i < n; i++) {
		const struct lend_json *pair = lend_json_at(array, i);
		const char *key = lend_json_str(lend_json_at(pair, 0));
		const char *value = lend_json_str(lend_json_at(pair, 1));

		if (lend_json_kind(pair) != LEND_JSON_ARRAY || lend_json_count(pair) != 2 ||
		    key == NULL || value == NULL)
			return bad(err, "a pair");
		lend_pairs_add(arena, ret, key, value);
	}
	return 0;
}

static int load_state(struct lend_arena *arena, const struct lend_json *object, const char *key,
		      struct lend_state *ret, struct lend_err *err)
{
	if (!lend_json_has(object, key))
		return bad(err, key);
	ret->absent = lend_json_get(object, key) == NULL;
	if (ret->absent)
		return 0;
	return lend_pairs_load_json(arena, lend_json_get(object, key), &ret->pairs, err);
}

static int load_texts(struct lend_arena *arena, const struct lend_json *object, const char *key,
		      const char ***ret_items, size_t *ret_n, size_t *ret_cap,
		      struct lend_err *err)
{
	const struct lend_json *array = lend_json_get(object, key);

	if (lend_json_kind(array) != LEND_JSON_ARRAY ||
	    lend_json_count(array) > LEND_PLAN_PAIRS_MAX)
		return bad(err, key);
	for (size_t i = 0; i < lend_json_count(array); i++) {
		const char *text = lend_json_str(lend_json_at(array, i));

		if (text == NULL)
			return bad(err, key);
		*LEND_PUSH(arena, *ret_items, *ret_n, *ret_cap) =
			lend_arena_strdup(arena, text);
	}
	return 0;
}

static int load_back(const struct lend_json *object, enum lend_back *ret, struct lend_err *err)
{
	const char *text = lend_json_str(lend_json_get(object, "back"));

	for (enum lend_back back = LEND_BACK_EXACT; back <= LEND_BACK_NEVER; back++) {
		if (text != NULL && strcmp(text, lend_back_text(back)) == 0) {
			*ret = back;
			return 0;
		}
	}
	return bad(err, "back");
}

static int load_step(struct lend_arena *arena, const struct lend_json *object,
		     struct lend_step *ret, struct lend_err *err)
{
	if (load_text(arena, object, "kind", false, &ret->kind, err) < 0 ||
	    load_text(arena, object, "name", false, &ret->name, err) < 0 ||
	    lend_pairs_load_json(arena, lend_json_get(object, "args"), &ret->args, err) < 0 ||
	    load_state(arena, object, "before", &ret->before, err) < 0 ||
	    load_state(arena, object, "after", &ret->after, err) < 0 ||
	    load_back(object, &ret->back, err) < 0 ||
	    load_texts(arena, object, "typed", &ret->typed, &ret->n_typed, &ret->cap_typed,
		       err) < 0 ||
	    load_text(arena, object, "note", true, &ret->note, err) < 0 ||
	    load_text(arena, object, "consent", true, &ret->consent, err) < 0)
		return -1;
	return 0;
}

static int load_steps(struct lend_plan *plan, const struct lend_json *array,
		      struct lend_err *err)
{
	if (lend_json_kind(array) != LEND_JSON_ARRAY ||
	    lend_json_count(array) > LEND_PLAN_STEPS_MAX)
		return bad(err, "steps");
	for (size_t i = 0; i < lend_json_count(array); i++) {
		struct lend_step *step =
			LEND_PUSH(&plan->arena, plan->steps, plan->n_steps, plan->cap_steps);

		if (load_step(&plan->arena, lend_json_at(array, i), step, err) < 0)
			return lend_where(err, "step %zu", i + 1);
	}
	return 0;
}

static int load_remark(struct lend_plan *plan, const struct lend_json *object,
		       struct lend_err *err)
{
	struct lend_remark *remark =
		LEND_PUSH(&plan->arena, plan->remarks, plan->n_remarks, plan->cap_remarks);
	const char *level = lend_json_str(lend_json_get(object, "level"));

	for (size_t i = 0; i < LEND_COUNT(levels); i++) {
		if (level == NULL || strcmp(level, levels[i]) != 0)
			continue;
		remark->level = (enum lend_remark_level)i;
		if (load_text(&plan->arena, object, "text", false, &remark->text, err) < 0)
			return -1;
		return load_text(&plan->arena, object, "hint", true, &remark->hint, err) < 0
			       ? -1
			       : load_text(&plan->arena, object, "rule", true, &remark->rule,
					   err);
	}
	return bad(err, "level");
}

static int load_plan(struct lend_plan *plan, const struct lend_json *doc, struct lend_err *err)
{
	const struct lend_json *remarks = lend_json_get(doc, "remarks");

	if (load_text(&plan->arena, doc, "title", false, &plan->title, err) < 0 ||
	    load_text(&plan->arena, doc, "vm", true, &plan->vm, err) < 0 ||
	    load_text(&plan->arena, doc, "lock", false, &plan->lock, err) < 0 ||
	    load_text(&plan->arena, doc, "state", true, &plan->state, err) < 0)
		return -1;
	if (!lend_json_bool(lend_json_get(doc, "passing"), &plan->passing))
		return bad(err, "passing");
	if (load_steps(plan, lend_json_get(doc, "steps"), err) < 0)
		return -1;
	if (lend_json_kind(remarks) != LEND_JSON_ARRAY ||
	    lend_json_count(remarks) > LEND_PLAN_PAIRS_MAX)
		return bad(err, "remarks");
	for (size_t i = 0; i < lend_json_count(remarks); i++) {
		if (load_remark(plan, lend_json_at(remarks, i), err) < 0)
			return -1;
	}
	return load_texts(&plan->arena, doc, "after", &plan->after, &plan->n_after,
			  &plan->cap_after, err);
}

int lend_plan_load_json(const struct lend_json *doc, struct lend_plan **ret_plan,
			struct lend_err *err)
{
	lend_auto_plan *plan = NULL;
	uint64_t version;

	if (!lend_json_u64(lend_json_get(doc, "lend-plan"), &version))
		return lend_fail(err, LEND_E_FORMAT, "this is no plan");
	if (version != VERSION) {
		lend_hint(err, "make the plan again with this lend");
		return lend_fail(err, LEND_E_FORMAT,
				 "a plan of version %" PRIu64 "; this lend reads version %d",
				 version, VERSION);
	}
	plan = lend_plan_new("", NULL, "");
	if (load_plan(plan, doc, err) < 0)
		return -1;
	*ret_plan = plan;
	plan = NULL;
	return 0;
}

int lend_plan_load_text(const char *text, size_t len, struct lend_plan **ret_plan,
			struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;

	if (len > LEND_PLAN_BYTES_MAX)
		return lend_fail(err, LEND_E_FORMAT, "a plan of more than %d MiB",
				 LEND_PLAN_BYTES_MAX >> 20);
	if (lend_json_parse(text, len, &doc, err) < 0)
		return -1;
	return lend_plan_load_json(doc, ret_plan, err);
}
