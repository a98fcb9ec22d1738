/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making a plan, and its pairs and states. */

#include "plan/plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/num.h"

struct lend_plan *lend_plan_new(const char *title, const char *vm, const char *lock)
{
	struct lend_arena arena = { 0 };
	struct lend_plan *plan = LEND_NEW(&arena, struct lend_plan);

	plan->title = lend_arena_strdup(&arena, title);
	plan->vm = vm != NULL ? lend_arena_strdup(&arena, vm) : NULL;
	plan->lock = lend_arena_strdup(&arena, lock);
	plan->arena = arena; /* the plan lives in what it owns */
	return plan;
}

void lend_plan_free(struct lend_plan *plan)
{
	struct lend_arena arena;

	if (plan == NULL)
		return;
	arena = plan->arena;
	lend_arena_done(&arena);
}

struct lend_step *lend_plan_step(struct lend_plan *plan, const char *kind, const char *name)
{
	struct lend_step *step =
		LEND_PUSH(&plan->arena, plan->steps, plan->n_steps, plan->cap_steps);

	step->kind = lend_arena_strdup(&plan->arena, kind);
	step->name = lend_arena_strdup(&plan->arena, name);
	return step;
}

void lend_plan_arg(struct lend_plan *plan, struct lend_step *step, const char *key,
		   const char *value)
{
	lend_pairs_add(&plan->arena, &step->args, key, value);
}

static const char *format(struct lend_arena *arena, const char *fmt, va_list ap)
{
	lend_auto_buf text = { 0 };

	lend_buf_vprintf(&text, fmt, ap);
	return lend_arena_strdup(arena, lend_buf_text(&text));
}

void lend_plan_typed(struct lend_plan *plan, struct lend_step *step, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*LEND_PUSH(&plan->arena, step->typed, step->n_typed, step->cap_typed) =
		format(&plan->arena, fmt, ap);
	va_end(ap);
}

void lend_plan_remark(struct lend_plan *plan, enum lend_remark_level level, const char *hint,
		      const char *fmt, ...)
{
	struct lend_remark *remark =
		LEND_PUSH(&plan->arena, plan->remarks, plan->n_remarks, plan->cap_remarks);
	va_list ap;

	va_start(ap, fmt);
	remark->level = level;
	remark->hint = hint != NULL ? lend_arena_strdup(&plan->arena, hint) : NULL;
	remark->text = format(&plan->arena, fmt, ap);
	va_end(ap);
}

void lend_plan_after(struct lend_plan *plan, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*LEND_PUSH(&plan->arena, plan->after, plan->n_after, plan->cap_after) =
		format(&plan->arena, fmt, ap);
	va_end(ap);
}

void lend_plan_by_rule(struct lend_plan *plan, const char *rule)
{
	plan->remarks[plan->n_remarks - 1].rule = lend_arena_strdup(&plan->arena, rule);
}

bool lend_plan_is_refused(const struct lend_plan *plan)
{
	for (size_t i = 0; i < plan->n_remarks; i++) {
		if (plan->remarks[i].level == LEND_REMARK_REFUSE)
			return true;
	}
	return false;
}

const char *lend_back_text(enum lend_back back)
{
	switch (back) {
	case LEND_BACK_EXACT:
		return "exact";
	case LEND_BACK_IF_UNUSED:
		return "if unused";
	case LEND_BACK_NEXT_START:
		return "next start";
	case LEND_BACK_NEVER:
		break;
	}
	return "never";
}

void lend_pairs_add(struct lend_arena *arena, struct lend_pairs *pairs, const char *key,
		    const char *value)
{
	struct lend_setting *pair = LEND_PUSH(arena, pairs->items, pairs->n, pairs->cap);

	pair->key = lend_arena_strdup(arena, key);
	pair->value = lend_arena_strdup(arena, value);
}

void lend_pairs_add_u64(struct lend_arena *arena, struct lend_pairs *pairs, const char *key,
			uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	lend_pairs_add(arena, pairs, key, text);
}

const char *lend_pairs_nth(const struct lend_pairs *pairs, const char *key, size_t n)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->items[i].key, key) == 0 && n-- == 0)
			return pairs->items[i].value;
	}
	return NULL;
}

const char *lend_pairs_get(const struct lend_pairs *pairs, const char *key)
{
	return lend_pairs_nth(pairs, key, 0);
}

bool lend_pairs_u64(const struct lend_pairs *pairs, const char *key, uint64_t *ret)
{
	const char *text = lend_pairs_get(pairs, key);

	return text != NULL && lend_parse_u64(text, 10, ret);
}

bool lend_state_is(const struct lend_state *is, const struct lend_state *wanted)
{
	if (is->absent || wanted->absent)
		return is->absent && wanted->absent;
	for (size_t i = 0; i < wanted->pairs.n; i++) {
		const struct lend_setting *want = &wanted->pairs.items[i];
		const char *value = lend_pairs_get(&is->pairs, want->key);

		if (value == NULL || strcmp(value, want->value) != 0)
			return false;
	}
	return true;
}

/* How many lines of a file it is; 1 for what is no file. */
static size_t lines_of(const char *value)
{
	size_t lines = 1;

	for (const char *p = value; *p != '\0'; p++)
		lines += *p == '\n' && p[1] != '\0';
	return lines;
}

bool lend_state_is_file(const struct lend_state *state)
{
	for (size_t i = 0; i < state->pairs.n; i++) {
		if (strchr(state->pairs.items[i].value, '\n') != NULL)
			return true;
	}
	return false;
}

void lend_state_text(struct lend_buf *out, const struct lend_state *state)
{
	if (state->absent) {
		lend_buf_puts(out, "absent");
		return;
	}
	for (size_t i = 0; i < state->pairs.n; i++) {
		const struct lend_setting *pair = &state->pairs.items[i];

		lend_buf_puts(out, i > 0 ? ", " : "");
		lend_buf_put_safe(out, pair->key, strlen(pair->key));
		if (strchr(pair->value, '\n') != NULL) {
			lend_buf_printf(out, " (%zu lines)", lines_of(pair->value));
			continue;
		}
		lend_buf_putc(out, '=');
		lend_buf_put_safe(out, pair->value, strlen(pair->value));
	}
	if (state->pairs.n == 0)
		lend_buf_puts(out, "there");
}
