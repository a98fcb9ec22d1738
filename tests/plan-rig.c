/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/plan-rig.h"

#include "tests/must.h"
#include "tests/sketch.h"

void rig_plan(struct lend_arena *arena, const char *yaml, const char *host, const char *record,
	      struct lend_plan **ret)
{
	struct lend_wish *wish = LEND_NEW(arena, struct lend_wish);
	lend_auto_buf text = { 0 };
	struct lend_inventory *inv;
	struct lend_qemu_caps caps;
	struct lend_err err = { 0 };
	struct lend_plan_request request = { .wish = wish,
					     .caps = &caps,
					     .record = record,
					     .places = { .state = "/s", .run = "/r" } };

	if (lend_wish_parse(arena, "w", yaml, strlen(yaml), wish, &err) < 0)
		must_str(err.what, "a good wish");
	lend_buf_printf(&text, "%s%s", QEMU, host);
	inv = sketch(lend_buf_text(&text));
	must(lend_qemu_caps_of(inv, &caps));
	request.inventory = inv;
	must(lend_plan_qemu(&request, ret, NULL) == 0);
	lend_inventory_free(inv);
}

const struct lend_remark *rig_refusal(const struct lend_plan *plan)
{
	for (size_t i = 0; i < plan->n_remarks; i++) {
		if (plan->remarks[i].level == LEND_REMARK_REFUSE)
			return &plan->remarks[i];
	}
	return NULL;
}

bool rig_says(const struct lend_plan *plan, const char *text)
{
	for (size_t i = 0; i < plan->n_remarks; i++) {
		if (strcmp(plan->remarks[i].text, text) == 0)
			return true;
	}
	return false;
}

void rig_must_steps(const struct lend_plan *plan, const char *want)
{
	lend_auto_buf steps = { 0 };

	for (size_t i = 0; i < plan->n_steps; i++)
		lend_buf_printf(&steps, "%s%s", i > 0 ? " " : "", plan->steps[i].kind);
	must_str(lend_buf_text(&steps), want);
}
