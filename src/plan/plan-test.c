/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans: made, compared, saved, loaded. */

#include "plan/plan.h"

#include "tests/must.h"

static struct lend_plan *sample(void)
{
	struct lend_plan *plan = lend_plan_new("start db1", "db1", "vm-db1");
	struct lend_step *step = lend_plan_step(plan, "backing", "/mnt/a \"b\"\n.img");

	lend_plan_arg(plan, step, "argv", "one");
	lend_plan_arg(plan, step, "argv", "two,\x01 three");
	step->before.absent = true;
	lend_pairs_add_u64(&plan->arena, &step->after.pairs, "size", 1 << 20);
	step->back = LEND_BACK_IF_UNUSED;
	step->note = "kept when it holds data";
	lend_plan_typed(plan, step, "fallocate -l %d FILE", 1 << 20);
	step = lend_plan_step(plan, "vm", "db1");
	step->consent = "stop:db1";
	lend_pairs_add(&plan->arena, &step->before.pairs, "runs", "yes");
	step->after.absent = true;
	lend_plan_remark(plan, LEND_REMARK_WARN, NULL, "%d of it", 2);
	lend_plan_remark(plan, LEND_REMARK_NOTE, "try it", "good");
	lend_plan_after(plan, "ssh -p 2222 localhost");
	plan->state = "/var/lib/lend";
	return plan;
}

static void there_and_back(void)
{
	lend_auto_plan *plan = sample();
	lend_auto_plan *again = NULL;
	lend_auto_buf line = { 0 };
	lend_auto_buf twice = { 0 };
	lend_auto_buf pretty = { 0 };

	lend_plan_save_text(plan, false, &line);
	must(strchr(line.text, '\n') == NULL);
	must(lend_plan_load_text(line.text, line.len, &again, NULL) == 0);
	lend_plan_save_text(again, false, &twice);
	must_str(twice.text, line.text);
	must_u64(again->n_steps, 2);
	must_str(again->steps[0].name, "/mnt/a \"b\"\n.img");
	must_str(lend_pairs_nth(&again->steps[0].args, "argv", 1), "two,\x01 three");
	must(again->steps[1].after.absent && !again->steps[1].before.absent);
	must_str(again->steps[1].consent, "stop:db1");
	must_str(again->state, "/var/lib/lend");
	must(again->remarks[0].hint == NULL);
	lend_plan_save_text(plan, true, &pretty);
	must(strchr(pretty.text, '\n') != NULL);
}

static void bad_plans(void)
{
	static const struct {
		const char *row, *text, *what;
	} rows[] = {
		{ "no JSON", "plan", NULL },
		{ "no plan", "{}", "this is no plan" },
		{ "newer", "{\"lend-plan\":2}",
		  "a plan of version 2; this lend reads version 1" },
		{ "no title", "{\"lend-plan\":1}",
		  "title is missing, or not what it should be" },
		{ "a step without kind",
		  "{\"lend-plan\":1,\"title\":\"\",\"vm\":null,\"lock\":\"\",\"passing\":false,"
		  "\"steps\":[{}],\"remarks\":[],\"after\":[]}",
		  "kind is missing, or not what it should be" },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_plan *plan = NULL;
		struct lend_err err = { 0 };

		must_in(rows[i].row);
		must(lend_plan_load_text(rows[i].text, strlen(rows[i].text), &plan, &err) < 0);
		must_u64(err.code, LEND_E_FORMAT);
		if (rows[i].what != NULL)
			must_str(err.what, rows[i].what);
	}
}

static void states(void)
{
	struct lend_arena arena = { 0 };
	struct lend_state absent = { .absent = true }, there = { 0 }, one = { 0 }, two = { 0 };
	lend_auto_buf text = { 0 };

	lend_pairs_add(&arena, &one.pairs, "size", "5");
	lend_pairs_add(&arena, &two.pairs, "label", "x\ny");
	lend_pairs_add(&arena, &two.pairs, "size", "5");
	must(lend_state_is(&absent, &absent) && !lend_state_is(&absent, &there));
	must(!lend_state_is(&there, &absent) && lend_state_is(&one, &there));
	must(lend_state_is(&two, &one) && !lend_state_is(&one, &two));
	one.pairs.items[0].value = "6";
	must(!lend_state_is(&two, &one));
	lend_state_text(&text, &two);
	must_str(text.text, "label (2 lines), size=5");
	must(lend_state_is_file(&two) && !lend_state_is_file(&one));
	lend_arena_done(&arena);
}

int main(void)
{
	there_and_back();
	bad_plans();
	states();
	return 0;
}
