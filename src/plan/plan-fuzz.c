/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a plan; what was read is written and read to the same text. */

#include "plan/plan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lend_auto_plan *plan = NULL;
	lend_auto_plan *again = NULL;
	lend_auto_buf text = { 0 };
	lend_auto_buf twice = { 0 };

	if (lend_plan_load_text((const char *)data, size, &plan, NULL) < 0)
		return 0;
	lend_plan_save_text(plan, false, &text);
	if (lend_plan_load_text(text.text, text.len, &again, NULL) < 0)
		abort();
	lend_plan_save_text(again, false, &twice);
	if (strcmp(text.text, twice.text) != 0)
		abort();
	for (size_t i = 0; i < plan->n_steps; i++)
		lend_state_text(&twice, &plan->steps[i].after);
	return 0;
}
