/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the rules say of the VM that a plan would start: a refusal blocks it,
 * and so does a rule of that level that cannot tell.
 */

#include "plan/propose.h"
#include "plan/qemu.h"
#include "rules/rules.h"

static bool is_said(const struct lend_plan *plan, const struct lend_finding *f,
		    const char *name)
{
	for (size_t i = 0; i < plan->n_remarks; i++) {
		const struct lend_remark *r = &plan->remarks[i];

		if (r->rule != NULL && strcmp(r->rule, f->rule->id) == 0 &&
		    strncmp(r->text, name, strlen(name)) == 0)
			return true;
	}
	return false;
}

/* "db1:log" is "log" to those who made the wish. */
static const char *name_of(const struct lend_planning *p, const struct lend_node *node)
{
	size_t len = strlen(p->vm_name);

	return strncmp(node->name, p->vm_name, len) == 0 && node->name[len] == ':'
		       ? node->name + len + 1
		       : node->name;
}

static void put(struct lend_planning *p, const struct lend_finding *f)
{
	const char *name = name_of(p, f->node);

	if (f->rule->level < LEND_LEVEL_WARN || is_said(p->plan, f, name))
		return;
	if (f->untold && f->rule->level < LEND_LEVEL_REFUSE)
		return;
	if (f->rule->level == LEND_LEVEL_REFUSE)
		lend_planning_refuse(p, f->hint, "%s: %s", name, f->text);
	else
		lend_planning_warn(p, f->hint, "%s: %s", name, f->text);
	lend_plan_by_rule(p->plan, f->rule->id);
}

void lend_planning_rules(struct lend_planning *p)
{
	lend_auto_buf argv = { 0 };
	struct lend_qemu_args args;
	struct lend_proposal proposal = { .vm = p->vm_name, .args = &args, .plan = p->plan };
	struct lend_inventory *then = NULL;
	struct lend_view view = { .now = p->inv, .vm = p->vm_name };
	struct lend_findings findings = { .n = 0 };

	for (size_t i = 0; i < p->n_argv; i++)
		lend_buf_put(&argv, p->argv[i], strlen(p->argv[i]) + 1);
	lend_qemu_args_parse(&p->memory, lend_buf_text(&argv), argv.len, &args);
	lend_propose(p->inv, &proposal, &then);
	view.inv = then;
	if (lend_rules_run(&view, NULL, &findings, NULL) == 0) {
		for (size_t i = 0; i < findings.n; i++)
			put(p, &findings.items[i]);
	}
	lend_findings_done(&findings);
	lend_inventory_free(then);
}
