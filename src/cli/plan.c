/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend plan: the steps from what is to what is wished; nothing is done. */

#include <fcntl.h>

#include "base/err.h"
#include "cli/change.h"
#include "cli/wishes.h"
#include "io/out.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_TEXT, "output", 'o', to, "FILE",
		    "save the plan, to be done by lend apply FILE"),
	LEND_OPTION_JSON,
	LEND_OPTION(LEND_OPTION_FLAG, "hmp", '\0', hmp, NULL,
		    "show what is plugged in as the human monitor takes it"),
	LEND_OPTION(LEND_OPTION_FLAG, "xml", '\0', xml, NULL,
		    "print the domain for libvirt alone, as virsh define\n"
		    "takes it"),
	LEND_OPTION_CONNECT,
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_STATE_DIR,
	LEND_OPTION_COMMON,
};

static int save(const struct lend_plan *plan, const char *path, struct lend_err *err)
{
	lend_auto_buf text = { 0 };

	lend_plan_save_text(plan, true, &text);
	lend_buf_putc(&text, '\n');
	return lend_out_file_at(AT_FDCWD, path, text.text, text.len, err);
}

/* What virsh takes; remarks go to standard error. */
static int put_xml(const struct lend_plan *plan, const struct lend_args *args,
		   struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	for (size_t i = 0; i < plan->n_steps; i++) {
		const char *xml = lend_pairs_get(&plan->steps[i].args, "xml");

		if (xml != NULL)
			lend_buf_puts(&out, xml);
	}
	lend_change_remarks(plan, args);
	if (out.len == 0 && !lend_plan_is_refused(plan)) {
		lend_hint(err, "hypervisor: libvirt");
		return lend_fail(err, LEND_E_USAGE, "the wish is not for libvirt: no XML");
	}
	return lend_out(&out, err);
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_plan *plan = NULL;
	lend_auto_change change;

	if (lend_change_init(&change, args, err) < 0)
		return -1;
	if (args->sources.n == 0) {
		lend_hint(err, "lend plan db1.yaml");
		return lend_fail(err, LEND_E_USAGE, "lend plan takes a wish");
	}
	if (lend_wish_or_plan(&change, args, &plan, err) < 0)
		return -1;
	if (args->hmp)
		lend_plan_type_hmp(plan);
	if ((args->xml ? put_xml(plan, args, err) : lend_change_show(plan, args, err)) < 0)
		return -1;
	if (args->to != NULL && save(plan, args->to, err) < 0)
		return -1;
	return lend_plan_is_refused(plan) ? LEND_EXIT_FINDINGS : LEND_EXIT_GOOD;
}

const struct lend_command lend_command_plan = {
	.name = "plan",
	.synopsis = "WISH [SOURCE...]",
	.summary = "say what would be done for a wish",
	.about =
		"Each step with the state before and after, and what a person would type instead.\n"
		"A plan that was saved is shown in the same way.\n",
	.examples = "  lend plan db1.yaml\n"
		    "  lend plan db1.yaml -o db1.plan; lend apply db1.plan\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.run = run,
};
