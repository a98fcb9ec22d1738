/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend explain: which rules there are, and why. */

#include "base/err.h"
#include "base/near.h"
#include "cli/command.h"
#include "rules/rules.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_FLAG, "markdown", '\0', markdown, NULL,
		    "all of them as one document, docs/rules.md"),
	LEND_OPTION_COMMON,
};

static const char *proof_name(const struct lend_rule *rule)
{
	return rule->proof == LEND_PROOF_LAB ? "proven in the lab" : "from documentation";
}

static void put_rule(struct lend_buf *out, const struct lend_rule *rule)
{
	lend_buf_printf(out, "%s: %s\n\n%s.\n\nwhy: %s.\n", rule->id,
			lend_level_name(rule->level), rule->must, rule->why);
	if (rule->hint != NULL)
		lend_buf_printf(out, "cure: %s\n", rule->hint);
	lend_buf_printf(out, "%s: %s\n", proof_name(rule), rule->evidence);
	if (rule->unproven != NULL)
		lend_buf_printf(out, "not proven because %s\n", rule->unproven);
}

static void put_list(struct lend_buf *out)
{
	for (size_t s = 0; s < lend_n_rules_all; s++) {
		const struct lend_rules *subject = lend_rules_all[s];

		lend_buf_printf(out, "%s%s (%s)\n", s > 0 ? "\n" : "", subject->title,
				subject->subject);
		for (size_t i = 0; i < subject->n; i++)
			lend_buf_printf(out, "  %-28s %-7s %s\n", subject->rules[i].id,
					lend_level_name(subject->rules[i].level),
					subject->rules[i].must);
	}
}

static size_t count(enum lend_proof proof)
{
	size_t n = 0;

	for (size_t s = 0; s < lend_n_rules_all; s++) {
		for (size_t i = 0; i < lend_rules_all[s]->n; i++)
			n += lend_rules_all[s]->rules[i].proof == proof;
	}
	return n;
}

static void put_markdown(struct lend_buf *out)
{
	lend_buf_printf(
		out,
		"# Rules\n\nMade by `lend explain --markdown`. %zu rules: %zu proven in "
		"the lab, %zu from documentation.\nThe test that is named lets the failure "
		"happen on a real QEMU, kernel or ndctl, and shows that it does not when the "
		"rule is heeded (`tests/lab`).\n",
		count(LEND_PROOF_LAB) + count(LEND_PROOF_DOCS), count(LEND_PROOF_LAB),
		count(LEND_PROOF_DOCS));
	for (size_t s = 0; s < lend_n_rules_all; s++) {
		const struct lend_rules *subject = lend_rules_all[s];

		lend_buf_printf(out, "\n## %s\n", subject->title);
		for (size_t i = 0; i < subject->n; i++) {
			const struct lend_rule *r = &subject->rules[i];

			lend_buf_printf(out, "\n### %s\n\n**%s**: %s.\n\nWhy: %s.\n", r->id,
					lend_level_name(r->level), r->must, r->why);
			if (r->hint != NULL)
				lend_buf_printf(out, "\nCure: %s\n", r->hint);
			lend_buf_printf(out, "\n*%s*: %s\n", proof_name(r), r->evidence);
			if (r->unproven != NULL)
				lend_buf_printf(out, "Not proven because %s.\n", r->unproven);
		}
	}
}

/* Rules, one after the other, for the near one. */
static const char *id_at(const void *context, size_t n)
{
	(void)context;
	for (size_t s = 0; s < lend_n_rules_all; s++) {
		if (n < lend_rules_all[s]->n)
			return lend_rules_all[s]->rules[n].id;
		n -= lend_rules_all[s]->n;
	}
	return NULL;
}

static int put_named(struct lend_buf *out, const struct lend_args *args, struct lend_err *err)
{
	for (size_t i = 0; i < args->sources.n; i++) {
		const char *id = args->sources.items[i];
		const struct lend_rule *rule = lend_rule_of(id);
		const char *near;

		if (rule == NULL) {
			near = lend_near(id, id_at, NULL);
			lend_hint(err, near != NULL ? "%s?" : "lend explain lists them", near);
			return lend_fail(err, LEND_E_USAGE, "there is no rule '%.60s'", id);
		}
		if (i > 0)
			lend_buf_putc(out, '\n');
		put_rule(out, rule);
	}
	return 0;
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	if (args->markdown)
		put_markdown(&out);
	else if (args->sources.n == 0)
		put_list(&out);
	else if (put_named(&out, args, err) < 0)
		return -1;
	return lend_out(&out, err) < 0 ? -1 : LEND_EXIT_GOOD;
}

const struct lend_command lend_command_explain = {
	.name = "explain",
	.synopsis = "[RULE...]",
	.summary = "why a rule is there, and how that is known",
	.about = "Without RULE: all rules, each with its level and what has to hold.\n",
	.examples = "  lend explain dimm-base-aligned\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.run = run,
};
