/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/change.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "format/shell-words.h"
#include "io/out.h"
#include "render/plan-text.h"

enum { PATIENCE_MAX_S = 24 * 60 * 60 };

static void say(void *context, const char *line)
{
	lend_auto_buf text = { 0 };

	(void)context;
	lend_buf_put_safe(&text, line, strlen(line));
	(void)fprintf(stderr, "%s\n", lend_buf_text(&text));
}

/* One line from the terminal; an end of it is a no. */
static bool read_yes(void)
{
	char answer[16];
	size_t n = 0;
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
		if (n < sizeof(answer) - 1)
			answer[n++] = c;
	}
	answer[n] = '\0';
	return strcmp(answer, "y") == 0 || strcmp(answer, "Y") == 0 ||
	       strcmp(answer, "yes") == 0;
}

static bool ask(void *context, const char *what)
{
	lend_auto_buf text = { 0 };

	(void)context;
	lend_buf_put_safe(&text, what, strlen(what));
	(void)fprintf(stderr, "%s? [y/N] ", lend_buf_text(&text));
	return read_yes();
}

void lend_change_done(struct lend_change *change)
{
	lend_arena_done(&change->arena);
}

/* The command as a shell would read it again, for the history. */
static const char *typed(struct lend_arena *arena, const struct lend_args *args)
{
	lend_auto_buf words = { 0 };
	lend_auto_buf line = { 0 };

	lend_buf_put(&words, "lend", sizeof("lend"));
	if (args->of != NULL)
		lend_buf_put(&words, args->of, strlen(args->of) + 1);
	lend_buf_put(&words, args->name, strlen(args->name) + 1);
	for (int i = 0; i < args->argc; i++)
		lend_buf_put(&words, args->argv[i], strlen(args->argv[i]) + 1);
	lend_shell_quote(&line, words.text, words.len);
	return lend_arena_strdup(arena, lend_buf_text(&line));
}

/* From here on "/", whatever becomes of the folder we were started in. */
static const char *absolute(struct lend_change *change, const char *path)
{
	return path != NULL ? lend_in_absolute(&change->arena, path) : NULL;
}

static const char *where_of(struct lend_change *change)
{
	lend_auto_buf word = { 0 };

	if (change->state_dir == NULL)
		return "";
	lend_shell_quote(&word, change->state_dir, strlen(change->state_dir) + 1);
	return lend_arena_printf(&change->arena, " --state-dir %s", lend_buf_text(&word));
}

int lend_change_init(struct lend_change *change, const struct lend_args *args,
		     struct lend_err *err)
{
	struct lend_consent *consent = &change->options.consent;

	*change = (struct lend_change){ 0 };
	change->is_terminal = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
	consent->accept = args->accept.items;
	consent->n_accept = args->accept.n;
	consent->discard = args->discard.items;
	consent->n_discard = args->discard.n;
	if (args->patience != NULL) {
		consent->has_patience = true;
		if (!lend_parse_u64(args->patience, 10, &consent->patience_s) ||
		    consent->patience_s > PATIENCE_MAX_S)
			return lend_fail(err, LEND_E_USAGE,
					 "--patience takes whole seconds up to %d, not '%.60s'",
					 PATIENCE_MAX_S, args->patience);
	}
	if (change->is_terminal && !args->yes)
		consent->ask = ask;
	change->json = args->json;
	change->options.command = typed(&change->arena, args);
	if (isatty(STDERR_FILENO) == 1)
		change->options.say = say;
	change->state_dir = absolute(change, args->state_dir);
	change->options.where = where_of(change);
	return lend_places_find(&change->arena, change->state_dir, getenv("XDG_RUNTIME_DIR"),
				getenv("XDG_STATE_HOME"), getenv("HOME"),
				&change->options.places, err);
}

int lend_change_agreed(const struct lend_change *change, const struct lend_args *args,
		       const char *question, struct lend_err *err)
{
	if (args->yes)
		return 0;
	if (!change->is_terminal) {
		lend_hint(err, "--yes says that you agree");
		return lend_fail(err, LEND_E_USAGE, "nobody is there to be asked: %s?",
				 question);
	}
	return ask(NULL, question) ? 0 : 1;
}

void lend_change_remarks(const struct lend_plan *plan, const struct lend_args *args)
{
	for (size_t i = 0; i < plan->n_remarks; i++) {
		lend_auto_buf line = { 0 };

		lend_render_remark(&line, &plan->remarks[i], !args->no_hints);
		(void)fprintf(stderr, "%s", lend_buf_text(&line));
	}
}

int lend_change_show(const struct lend_plan *plan, const struct lend_args *args,
		     struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	if (args->json) {
		lend_plan_save_text(plan, true, &out);
		lend_buf_putc(&out, '\n');
		return lend_out(&out, err);
	}
	lend_render_plan(&out, plan);
	if (lend_out(&out, err) < 0)
		return -1;
	lend_change_remarks(plan, args);
	return 0;
}

static void print_left(const struct lend_left *left)
{
	lend_auto_buf line = { 0 };

	lend_buf_printf(&line, "%s: %s %s", left->outcome == LEND_KEEP ? "kept" : "has to wait",
			left->kind, left->name);
	if (left->why[0] != '\0')
		lend_buf_printf(&line, ": %s", left->why);
	say(NULL, lend_buf_text(&line));
}

int lend_change_tell(const struct lend_change *change, const struct lend_buf *lines,
		     struct lend_err *err)
{
	if (!change->json)
		return lend_out(lines, err);
	(void)fprintf(stderr, "%s", lend_buf_text(lines));
	return 0;
}

int lend_change_report(const struct lend_change *change, const struct lend_outcome *outcome,
		       const struct lend_plan *plan, int r, struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	for (size_t i = 0; i < outcome->n_left; i++)
		print_left(&outcome->left[i]);
	if (r < 0)
		return -1;
	if (outcome->wait != NULL) {
		lend_note(outcome->wait, NULL);
		(void)fprintf(
			stderr,
			"then: lend apply%s --continue %s, or --abort %s to take it back\n",
			change->options.where, outcome->journal, outcome->journal);
		return LEND_EXIT_HALF;
	}
	if (plan != NULL && outcome->journal != NULL) {
		lend_render_after(&out, plan, outcome->journal, change->state_dir);
		if (lend_change_tell(change, &out, err) < 0)
			return -1;
	}
	return r == 1 ? LEND_EXIT_HALF : LEND_EXIT_GOOD;
}

struct showing {
	const struct lend_plan *plan;
	const struct lend_args *args;
};

static int show(void *context, struct lend_err *err)
{
	const struct showing *showing = context;

	return lend_change_show(showing->plan, showing->args, err);
}

int lend_change_apply(struct lend_change *change, const struct lend_plan *plan,
		      const struct lend_args *args, bool harmless, struct lend_err *err)
{
	bool at_once = harmless && !lend_plan_is_refused(plan) && plan->n_steps > 0 &&
		       !args->only_plan;
	struct showing showing = { .plan = plan, .args = args };
	struct lend_outcome outcome = { 0 };
	int r;

	/* What nothing can be written down in is told before anything is shown. */
	if (!lend_plan_is_refused(plan) && plan->n_steps > 0 && !args->only_plan &&
	    lend_state_check(&change->options.places, err) < 0)
		return -1;
	if (!at_once && lend_change_show(plan, args, err) < 0)
		return -1;
	if (lend_plan_is_refused(plan)) /* its remarks said why */
		return LEND_EXIT_FINDINGS;
	if (plan->n_steps == 0 || args->only_plan)
		return LEND_EXIT_GOOD;
	if (!harmless) {
		r = lend_change_agreed(change, args, "apply this plan", err);
		if (r < 0)
			return -1;
		if (r == 1) {
			(void)fprintf(stderr, "nothing was done\n");
			return LEND_EXIT_FINDINGS;
		}
	}
	change->options.show = at_once ? show : NULL;
	change->options.show_context = &showing;
	r = lend_apply_plan(plan, &change->options, &outcome, err);
	r = lend_change_report(change, &outcome, plan, r, err);
	lend_outcome_done(&outcome);
	return r;
}
