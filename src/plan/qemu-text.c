/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a person would type: shell, QMP, the human monitor. */

#include "base/json.h"
#include "base/num.h"
#include "format/qemu-opts.h"
#include "format/shell-words.h"
#include "plan/qemu.h"

/* Numbers and switches have types in QMP; in plans all are texts. */
static void put_value(struct lend_jsonw *w, const char *key, const char *value)
{
	static const char *const texts[] = { "id", "mem-path", "memdev", "driver", "qom-type" };
	uint64_t number;

	for (size_t i = 0; i < LEND_COUNT(texts); i++) {
		if (strcmp(key, texts[i]) == 0) {
			lend_jsonw_str(w, key, value);
			return;
		}
	}
	if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0)
		lend_jsonw_bool(w, key, strcmp(value, "on") == 0);
	else if (lend_parse_u64(value, 10, &number))
		lend_jsonw_u64(w, key, number);
	else
		lend_jsonw_str(w, key, value);
}

const char *lend_plan_qmp(struct lend_arena *arena, const char *execute, const char *first_key,
			  const char *first_value, const struct lend_pairs *pairs)
{
	lend_auto_buf text = { 0 };
	struct lend_jsonw w = { .out = &text };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "execute", execute);
	lend_jsonw_open(&w, "arguments", '{');
	if (first_key != NULL)
		lend_jsonw_str(&w, first_key, first_value);
	for (size_t i = 0; i < pairs->n; i++)
		put_value(&w, pairs->items[i].key, pairs->items[i].value);
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
	return lend_arena_strdup(arena, lend_buf_text(&text));
}

const char *lend_plan_hmp(struct lend_arena *arena, const struct lend_step *step)
{
	bool backend = strcmp(step->kind, "plug-backend") == 0;
	const char *colon = strrchr(step->name, ':');
	lend_auto_buf out = { 0 };
	const struct lend_pairs *pairs = &step->after.pairs;
	const char *first = lend_pairs_get(pairs, backend ? "qom-type" : "driver");

	if ((!backend && strcmp(step->kind, "plug-device") != 0) || colon == NULL ||
	    first == NULL)
		return NULL;
	lend_qemu_opts_put(&out, NULL, first);
	lend_qemu_opts_put(&out, "id", colon + 1);
	for (size_t i = 0; i < pairs->n; i++) {
		const char *key = pairs->items[i].key;

		if (strcmp(key, "qom-type") != 0 && strcmp(key, "driver") != 0)
			lend_qemu_opts_put(&out, key, pairs->items[i].value);
	}
	return lend_arena_printf(arena, "%s %s", backend ? "object_add" : "device_add",
				 lend_buf_text(&out));
}

void lend_plan_type_hmp(struct lend_plan *plan)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		const char *line = lend_plan_hmp(&plan->arena, &plan->steps[i]);

		if (line == NULL)
			continue;
		plan->steps[i].n_typed = 0;
		lend_plan_typed(plan, &plan->steps[i], "%s", line);
	}
}

void lend_plan_typed_argv(struct lend_plan *plan, struct lend_step *step,
			  const char *const *argv, size_t n)
{
	lend_auto_buf line = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && argv[i][0] == '-') {
			lend_plan_typed(plan, step, "%s \\", lend_buf_text(&line));
			lend_buf_reset(&line);
			lend_buf_puts(&line, "    ");
		} else if (i > 0) {
			lend_buf_putc(&line, ' ');
		}
		lend_shell_quote(&line, argv[i], strlen(argv[i]));
	}
	lend_plan_typed(plan, step, "%s", lend_buf_text(&line));
}
