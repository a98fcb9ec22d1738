/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend stop: a guest is asked to shut down. */

#include "base/err.h"
#include "cli/change.h"
#include "cli/known.h"
#include "cli/wishes.h"

static const struct lend_option options[] = {
	LEND_OPTION_JSON,
	LEND_OPTION(LEND_OPTION_FLAG, "plan", '\0', only_plan, NULL,
		    "show the plan and do nothing"),
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_PATIENCE,
	LEND_OPTION_CHANGE,
	LEND_OPTION_COMMON,
};

/* The command says it: nobody is asked again. */
static void agree(struct lend_change *change, const char *vm)
{
	struct lend_consent *consent = &change->options.consent;
	const char **names =
		lend_arena_array(&change->arena, consent->n_accept + 1, sizeof(*names));

	for (size_t i = 0; i < consent->n_accept; i++)
		names[i] = consent->accept[i];
	names[consent->n_accept] = lend_arena_printf(&change->arena, "stop:%s", vm);
	consent->accept = names;
	consent->n_accept++;
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	struct lend_scan_options scan = { 0 };
	lend_auto_look struct lend_look look = { 0 };
	lend_auto_plan *plan = NULL;
	lend_auto_change change;
	const char *vm;

	if (lend_change_init(&change, args, err) < 0)
		return -1;
	if (args->sources.n != 1) {
		lend_hint(err, "lend status lists them");
		return lend_fail(err, LEND_E_USAGE, "lend stop takes one VM");
	}
	vm = args->sources.items[0];
	if (lend_look_record(&change, &look, vm, err) < 0 ||
	    lend_look_at(&look, args, &scan, err) < 0 ||
	    lend_plan_stop(&look.request, vm, &plan, err) < 0)
		return -1;
	if (look.request.record == NULL && plan->n_steps == 0 &&
	    (lend_plan_is_refused(plan) ? lend_known_domain
					: lend_known_vm)(&change, vm, "shutdown", err) < 0)
		return -1;
	agree(&change, vm);
	return lend_change_apply(&change, plan, args, true, err);
}

const struct lend_command lend_command_stop = {
	.name = "stop",
	.synopsis = "VM",
	.summary = "shut a guest down that lend started",
	.about =
		"The guest is asked, by its agent or the power button, and has a minute.  When it\n"
		"does not go, it is left running; --accept kill:VM ends it as a power cut would.\n",
	.examples = "  lend stop db1\n"
		    "  lend stop db1 --accept kill:db1\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.changes = true,
	.run = run,
};
