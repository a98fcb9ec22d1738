/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/findings.h"

#include "base/json.h"

/* One, of a rule or of a plan. */
struct one {
	const char *rule; /* NULL: of no rule */
	const char *of;   /* of what then; NULL: of the plan */
	enum lend_level level;
	const char *node; /* its id, or NULL */
	const char *name;
	bool untold;
	const char *text, *hint;
};

static void put_text(struct lend_buf *out, const char *text)
{
	lend_buf_put_safe(out, text, strlen(text));
}

static void put_line(struct lend_buf *out, const struct one *one, bool hints)
{
	lend_buf_puts(out, one->untold ? "cannot tell" : lend_level_name(one->level));
	lend_buf_puts(out, ": ");
	if (one->name != NULL) {
		put_text(out, one->name);
		lend_buf_puts(out, ": ");
	}
	put_text(out, one->text);
	lend_buf_printf(out, "  [%s]\n",
			one->rule != NULL ? one->rule
			: one->of != NULL ? one->of
					  : "plan");
	if (hints && one->hint != NULL) {
		lend_buf_puts(out, "  hint: ");
		put_text(out, one->hint);
		lend_buf_putc(out, '\n');
	}
}

static void put_or_null(struct lend_jsonw *w, const char *key, const char *text)
{
	if (text != NULL)
		lend_jsonw_str(w, key, text);
	else
		lend_jsonw_null(w, key);
}

static void put_json(struct lend_buf *out, const struct one *one, bool comma)
{
	struct lend_jsonw w = { .out = out };

	lend_buf_puts(out, comma ? "," : "");
	lend_jsonw_open(&w, NULL, '{');
	put_or_null(&w, "rule", one->rule);
	lend_jsonw_str(&w, "level", lend_level_name(one->level));
	lend_jsonw_bool(&w, "told", !one->untold);
	put_or_null(&w, "node", one->node);
	lend_jsonw_str(&w, "text", one->text);
	put_or_null(&w, "hint", one->hint);
	lend_jsonw_close(&w, '}');
}

static void put(struct lend_buf *out, const struct one *one, const struct lend_args *args,
		struct lend_findings_said *said)
{
	if (one->untold) {
		said->n_untold++;
		said->blind = said->blind || one->level >= LEND_LEVEL_WARN;
	} else {
		said->n++;
		said->n_fail += one->level >= said->fail_on;
	}
	if (args->json)
		put_json(out, one, said->comma);
	else
		put_line(out, one, !args->no_hints);
	said->comma = true;
}

void lend_findings_begin(struct lend_buf *out, const struct lend_args *args)
{
	if (args->json)
		lend_buf_puts(out, "{\"lend\":\"check\",\"version\":1,\"findings\":[");
}

static bool is_same_gap(const struct lend_finding *a, const struct lend_finding *b)
{
	return a->node == b->node && a->untold && b->untold && strcmp(a->text, b->text) == 0;
}

/* What cannot be told of one node for one reason is one line, with all rules. */
static bool is_said(const struct lend_findings *findings, size_t i)
{
	for (size_t k = i; k-- > 0 && findings->items[k].node == findings->items[i].node;) {
		if (is_same_gap(&findings->items[k], &findings->items[i]))
			return true;
	}
	return false;
}

static void put_rules(struct lend_buf *rules, const struct lend_findings *findings, size_t i)
{
	lend_buf_puts(rules, findings->items[i].rule->id);
	for (size_t k = i + 1; k < findings->n; k++) {
		if (is_same_gap(&findings->items[i], &findings->items[k]))
			lend_buf_printf(rules, ", %s", findings->items[k].rule->id);
	}
}

void lend_findings_put(struct lend_buf *out, const struct lend_findings *findings,
		       const struct lend_args *args, struct lend_findings_said *said)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct lend_finding *f = &findings->items[i];
		lend_auto_buf rules = { 0 };
		struct one one = { .rule = f->rule->id,
				   .level = f->rule->level,
				   .node = f->node->id,
				   .name = f->node->name,
				   .untold = f->untold,
				   .text = f->text,
				   .hint = f->hint };

		if (f->untold && !args->json) {
			said->blind = said->blind || one.level >= LEND_LEVEL_WARN;
			if (is_said(findings, i))
				continue;
			put_rules(&rules, findings, i);
			one.rule = lend_buf_text(&rules);
		}
		put(out, &one, args, said);
	}
}

static bool has_finding(const struct lend_findings *findings, const char *rule)
{
	for (size_t i = 0; i < findings->n; i++) {
		if (strcmp(findings->items[i].rule->id, rule) == 0)
			return true;
	}
	return false;
}

void lend_findings_put_plan(struct lend_buf *out, const struct lend_plan *plan,
			    const struct lend_findings *findings, const struct lend_args *args,
			    struct lend_findings_said *said)
{
	static const enum lend_level levels[] = {
		[LEND_REMARK_NOTE] = LEND_LEVEL_NOTE,
		[LEND_REMARK_WARN] = LEND_LEVEL_WARN,
		[LEND_REMARK_REFUSE] = LEND_LEVEL_REFUSE,
	};

	for (size_t i = 0; i < plan->n_remarks; i++) {
		const struct lend_remark *remark = &plan->remarks[i];
		struct one one = { .rule = remark->rule,
				   .level = levels[remark->level],
				   .text = remark->text,
				   .hint = remark->hint };

		if (remark->rule == NULL || !has_finding(findings, remark->rule))
			put(out, &one, args, said);
	}
}

void lend_findings_put_unread(struct lend_buf *out, const struct lend_node *vm,
			      const struct lend_qemu_args *qemu, const struct lend_args *args,
			      struct lend_findings_said *said)
{
	if (!lend_qemu_args_is_x86(qemu)) {
		struct one one = { .level = LEND_LEVEL_WARN,
				   .of = "command line",
				   .node = vm->id,
				   .name = vm->name,
				   .text = "it is no x86 machine, and rules are of those alone",
				   .untold = true };

		put(out, &one, args, said);
	}
	for (size_t i = 0; i < qemu->n_remarks; i++) {
		const struct lend_qemu_remark *remark = &qemu->remarks[i];
		lend_auto_buf text = { 0 };
		struct one one = { .level = LEND_LEVEL_WARN,
				   .node = vm->id,
				   .name = vm->name,
				   .untold = true };

		if (remark->kind == LEND_QEMU_OLD_SPELLING)
			continue;
		lend_buf_printf(&text, "%s%s%s", remark->option,
				*remark->option != '\0' ? ": " : "", remark->text);
		one.text = lend_buf_text(&text);
		one.of = "command line";
		put(out, &one, args, said);
	}
}

/*
 * What one VM hides is about that VM.  Where it touches another one, a rule
 * lacks a fact, and says so itself.
 */
static bool is_of_another(const struct lend_inventory *inv, const char *vm,
			  const struct lend_gap *gap)
{
	const struct lend_view view = { .inv = inv, .vm = vm };
	const struct lend_node *node = lend_find(inv, gap->about);

	if (vm == NULL || node == NULL)
		return false;
	switch (node->kind) {
	case LEND_KIND_VM:
	case LEND_KIND_DEVICE:
	case LEND_KIND_BACKEND:
	case LEND_KIND_BACKING:
		return !lend_view_has(&view, node);
	default:
		return false;
	}
}

static bool has_blind_gap(const struct lend_inventory *first, const char *vm)
{
	for (const struct lend_inventory *inv = first; inv != NULL; inv = lend_next_host(inv)) {
		for (size_t i = 0; i < inv->n_gaps; i++) {
			if (inv->gaps[i].matters && !is_of_another(inv, vm, &inv->gaps[i]))
				return true;
		}
	}
	return false;
}

void lend_findings_end(struct lend_buf *out, const struct lend_inventory *first,
		       const struct lend_args *args, const struct lend_findings_said *said)
{
	if (args->json)
		lend_buf_puts(out, "]}\n");
	else if (said->n == 0 && said->n_untold == 0)
		lend_buf_puts(out, has_blind_gap(first, said->vm)
					   ? "nothing found in what could be seen\n"
					   : "nothing found\n");
}

int lend_findings_status(const struct lend_findings_said *said,
			 const struct lend_inventory *first)
{
	if (said->n_fail > 0)
		return LEND_EXIT_FINDINGS;
	return said->blind || has_blind_gap(first, said->vm) ? LEND_EXIT_BLIND : LEND_EXIT_GOOD;
}
