/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "render/plan-text.h"

#include "base/num.h"
#include "format/shell-words.h"
#include "format/size.h"

static void put(struct lend_buf *out, const char *text)
{
	lend_buf_put_safe(out, text, strlen(text));
}

static bool is_size(const char *key)
{
	size_t len = strlen(key);

	return strcmp(key, "size") == 0 || (len > 5 && strcmp(key + len - 5, "-size") == 0);
}

static void put_value(struct lend_buf *out, const struct lend_setting *pair)
{
	size_t line = strcspn(pair->value, "\n");
	size_t lines = 1;
	uint64_t bytes;

	if (is_size(pair->key) && lend_parse_u64(pair->value, 10, &bytes)) {
		lend_size_format(out, bytes);
		return;
	}
	if (pair->value[line] == '\0') {
		put(out, pair->value);
		return;
	}
	for (const char *p = pair->value; *p != '\0'; p++)
		lines += *p == '\n' && p[1] != '\0';
	lend_buf_printf(out, "(%zu lines)", lines);
}

void lend_render_state(struct lend_buf *out, const struct lend_state *state)
{
	if (state->absent) {
		lend_buf_puts(out, "absent");
		return;
	}
	for (size_t i = 0; i < state->pairs.n; i++) {
		lend_buf_puts(out, i > 0 ? ", " : "");
		put(out, state->pairs.items[i].key);
		lend_buf_putc(out, ' ');
		put_value(out, &state->pairs.items[i]);
	}
	if (state->pairs.n == 0)
		lend_buf_puts(out, "there");
}

static const char *back_line(const struct lend_step *step)
{
	switch (step->back) {
	case LEND_BACK_EXACT:
		return NULL; /* as people expect */
	case LEND_BACK_IF_UNUSED:
		return "goes back while it holds no data";
	case LEND_BACK_NEXT_START:
		return "goes back when the VM has stopped";
	case LEND_BACK_NEVER:
		break;
	}
	return "cannot be taken back";
}

static void put_step(struct lend_buf *out, const struct lend_step *step, size_t number)
{
	const char *back = back_line(step);

	lend_buf_printf(out, "\n%2zu  ", number);
	put(out, step->kind);
	lend_buf_putc(out, ' ');
	put(out, step->name);
	lend_buf_puts(out, "\n    ");
	lend_render_state(out, &step->before);
	lend_buf_puts(out, " -> ");
	lend_render_state(out, &step->after);
	lend_buf_putc(out, '\n');
	for (size_t i = 0; i < step->n_typed; i++) {
		lend_buf_puts(out, "      ");
		put(out, step->typed[i]);
		lend_buf_putc(out, '\n');
	}
	if (step->note != NULL) {
		lend_buf_puts(out, "    note: ");
		put(out, step->note);
		lend_buf_putc(out, '\n');
	}
	if (back != NULL)
		lend_buf_printf(out, "    %s\n", back);
	if (step->consent != NULL) {
		lend_buf_puts(out, "    needs --accept ");
		put(out, step->consent);
		lend_buf_putc(out, '\n');
	}
}

void lend_render_plan(struct lend_buf *out, const struct lend_plan *plan)
{
	put(out, plan->title);
	if (plan->n_steps == 0)
		lend_buf_puts(out,
			      lend_plan_is_refused(plan) ? ": refused" : ": nothing to do");
	lend_buf_putc(out, '\n');
	for (size_t i = 0; i < plan->n_steps; i++)
		put_step(out, &plan->steps[i], i + 1);
	if (plan->n_steps > 0)
		lend_buf_putc(out, '\n');
}

void lend_render_remark(struct lend_buf *out, const struct lend_remark *remark, bool hints)
{
	static const char *const words[] = {
		[LEND_REMARK_NOTE] = "note: ",
		[LEND_REMARK_WARN] = "warning: ",
		[LEND_REMARK_REFUSE] = "refused: ",
	};

	lend_buf_puts(out, words[remark->level]);
	put(out, remark->text);
	lend_buf_putc(out, '\n');
	if (hints && remark->hint != NULL) {
		lend_buf_puts(out, "hint: ");
		put(out, remark->hint);
		lend_buf_putc(out, '\n');
	}
}

void lend_render_after(struct lend_buf *out, const struct lend_plan *plan, const char *journal,
		       const char *state_dir)
{
	for (size_t i = 0; i < plan->n_after; i++) {
		put(out, plan->after[i]);
		lend_buf_putc(out, '\n');
	}
	if (plan->passing)
		return;
	lend_buf_printf(out, "done; lend undo %s", journal);
	if (state_dir != NULL) {
		lend_auto_buf word = { 0 };

		lend_shell_quote(&word, state_dir, strlen(state_dir) + 1);
		lend_buf_puts(out, " --state-dir ");
		put(out, lend_buf_text(&word));
	}
	lend_buf_puts(out, " takes it back\n");
}
