/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend undo: takes journals back, newest first; without arguments lists what could be. */

#include "base/err.h"
#include "base/num.h"
#include "cli/change.h"
#include "collect/sources.h"
#include "format/shell-words.h"
#include "render/grid.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_LIST, "discard", '\0', discard, "NAME",
		    "drop the data of this backing, by its name or path;\n"
		    "may be repeated"),
	LEND_OPTION_PATIENCE,
	LEND_OPTION_CHANGE,
	LEND_OPTION_NO_HEADINGS,
	LEND_OPTION_COMMON,
};

static bool can_be_undone(const struct lend_journal_view *view)
{
	if (view->broken != NULL)
		return false;
	return view->phase == LEND_JOURNAL_APPLIED || view->phase == LEND_JOURNAL_HALF ||
	       view->phase == LEND_JOURNAL_MANUAL || view->phase == LEND_JOURNAL_UNDOING ||
	       view->phase == LEND_JOURNAL_KEPT;
}

/* None that is older goes back before somebody has looked at it. */
static bool tell_broken(const struct lend_journals *all)
{
	bool found = false;

	for (size_t i = 0; i < all->n; i++) {
		lend_auto_buf text = { 0 };

		if (all->items[i].broken == NULL)
			continue;
		found = true;
		lend_buf_printf(&text, "journal %s cannot be read: %s", all->items[i].id,
				all->items[i].broken);
		lend_note(lend_buf_text(&text), NULL);
	}
	return found;
}

static int list(const struct lend_change *change, const struct lend_args *args,
		struct lend_err *err)
{
	static const char *const columns[] = { "journal", "time", "vm", "state", "what" };
	struct lend_style style = { .no_headings = args->no_headings };
	lend_auto_grid struct lend_grid grid = { 0 };
	struct lend_journals all;
	lend_auto_buf out = { 0 };
	bool blind;
	size_t n = 0;

	if (lend_journals_read(&change->options, false, &all, err) < 0)
		return -1;
	blind = tell_broken(&all);
	for (size_t i = 0; i < LEND_COUNT(columns); i++)
		lend_grid_column(&grid, columns[i], i == 0);
	for (size_t i = all.n; i-- > 0;) {
		const struct lend_journal_view *view = &all.items[i];

		if (!can_be_undone(view))
			continue;
		n++;
		lend_grid_safe_cell(&grid, view->id);
		lend_grid_safe_cell(&grid, view->time);
		lend_grid_safe_cell(&grid, view->plan->vm != NULL ? view->plan->vm : "-");
		lend_grid_safe_cell(&grid, lend_journal_phase_text(view->phase));
		lend_grid_safe_cell(&grid, view->plan->title);
	}
	if (n > 0)
		lend_grid_print(&grid, &style, &out);
	else if (!blind)
		(void)fprintf(stderr, "nothing is there to take back\n");
	lend_journals_done(&all);
	if (lend_out(&out, err) < 0)
		return -1;
	return blind ? LEND_EXIT_BLIND : LEND_EXIT_GOOD;
}

/* What may be dropped by its name, if it is not wanted. */
static void hint_discard(const struct lend_change *change, const struct lend_outcome *outcome,
			 const struct lend_args *args)
{
	static const char *const files[] = { "backing", "disk" };

	for (size_t i = 0; i < outcome->n_left && !args->no_hints; i++) {
		const struct lend_left *left = &outcome->left[i];
		lend_auto_buf line = { 0 };
		lend_auto_buf word = { 0 };

		lend_shell_quote(&word, left->name, strlen(left->name) + 1);
		for (size_t k = 0; k < LEND_COUNT(files); k++) {
			if (left->outcome != LEND_KEEP || strcmp(left->kind, files[k]) != 0 ||
			    strncmp(left->why, "holds ", strlen("holds ")) != 0)
				continue;
			lend_buf_puts(&line, "hint: lend undo ");
			lend_buf_put_safe(&line, left->journal, strlen(left->journal));
			lend_buf_put_safe(&line, change->options.where,
					  strlen(change->options.where));
			lend_buf_puts(&line, " --discard ");
			lend_buf_put_safe(&line, word.text, strlen(lend_buf_text(&word)));
			(void)fprintf(stderr, "%s drops it\n", lend_buf_text(&line));
		}
	}
}

static int undo_one(struct lend_change *change, const char *id, const struct lend_args *args,
		    struct lend_err *err)
{
	struct lend_outcome outcome = { 0 };
	lend_auto_buf out = { 0 };
	bool kept;
	int r = lend_undo_journal(id, &change->options, &outcome, err);

	r = lend_change_report(change, &outcome, NULL, r, err);
	hint_discard(change, &outcome, args);
	kept = outcome.n_left > 0;
	lend_outcome_done(&outcome);
	if (r != 0)
		return r;
	lend_buf_printf(&out, "journal %s is taken back%s\n", id,
			kept ? ", but for what is kept" : "");
	return lend_out(&out, err);
}

static bool is_of(const struct lend_journal_view *view, const char *vm)
{
	return can_be_undone(view) && view->plan->vm != NULL && strcmp(view->plan->vm, vm) == 0;
}

/* Where libvirt has that VM; "this host" for what it has here, and for all others. */
static const char *place_of(const struct lend_plan *plan)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		const char *uri = lend_pairs_get(&plan->steps[i].args, "uri");

		if (uri != NULL && lend_libvirt_is_remote(uri))
			return uri;
	}
	return "this host";
}

/* One name can be two VMs. */
static int check_place(const struct lend_journals *all, const char *vm, struct lend_err *err)
{
	const char *place = NULL;

	for (size_t i = 0; i < all->n; i++) {
		const char *other;

		if (!is_of(&all->items[i], vm))
			continue;
		other = place_of(all->items[i].plan);
		if (place != NULL && strcmp(place, other) != 0) {
			lend_hint(err, "take them back by number: lend undo lists them");
			return lend_fail(err, LEND_E_USAGE,
					 "there is a '%.60s' at %.100s, and one at %.100s", vm,
					 place, other);
		}
		place = other;
	}
	return 0;
}

/* Its journals in that state, newest first; *ret_n says how many there were. */
static int undo_all(struct lend_change *change, const struct lend_journals *all, const char *vm,
		    bool kept, const struct lend_args *args, size_t *ret_n,
		    struct lend_err *err)
{
	int r = 0;

	for (size_t i = all->n; r == 0 && i-- > 0;) {
		const struct lend_journal_view *view = &all->items[i];

		if (!is_of(view, vm) || (view->phase == LEND_JOURNAL_KEPT && !kept))
			continue;
		++*ret_n;
		r = undo_one(change, view->id, args, err);
	}
	return r;
}

/* Of a VM: all its journals that are in force; when none is, what was kept is looked at again.
 */
static int undo_vm(struct lend_change *change, const char *vm, const struct lend_args *args,
		   struct lend_err *err)
{
	struct lend_journals all;
	size_t n = 0;
	int r;

	if (lend_journals_read(&change->options, false, &all, err) < 0)
		return -1;
	r = check_place(&all, vm, err);
	if (r == 0)
		r = undo_all(change, &all, vm, args->discard.n > 0, args, &n, err);
	if (r == 0 && n == 0)
		r = undo_all(change, &all, vm, true, args, &n, err);
	lend_journals_done(&all);
	if (r == 0 && n == 0) {
		lend_hint(err, "lend undo lists what could be taken back");
		return lend_fail(err, LEND_E_USAGE, "there is nothing of '%.60s' to take back",
				 vm);
	}
	return r;
}

static bool is_known(const struct lend_journals *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct lend_journal_view *view = &all->items[i];

		for (size_t k = 0; view->broken == NULL && k < view->plan->n_steps; k++) {
			if (lend_step_is_called(&view->plan->steps[k], name))
				return true;
		}
	}
	return false;
}

/* A name that was mistyped would keep what was to be dropped, without a word. */
static int check_discard(struct lend_change *change, const struct lend_args *args,
			 struct lend_err *err)
{
	struct lend_journals all;
	int r = 0;

	if (args->discard.n == 0)
		return 0;
	if (lend_journals_read(&change->options, false, &all, err) < 0)
		return -1;
	for (size_t i = 0; r == 0 && i < args->discard.n; i++) {
		if (is_known(&all, args->discard.items[i]))
			continue;
		lend_hint(err, "lend status names what is there");
		r = lend_fail(err, LEND_E_USAGE, "lend made nothing of the name '%.150s'",
			      args->discard.items[i]);
	}
	lend_journals_done(&all);
	return r;
}

/* What one of them found is what an older one made.  VMs stay where they were said. */
static const char **newest_first(struct lend_change *change, const struct lend_args *args)
{
	size_t n = args->sources.n;
	const char **words = lend_arena_array(&change->arena, n, sizeof(*words));

	for (size_t i = 0; i < n; i++)
		words[i] = args->sources.items[i];
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			const char *first = words[i];
			uint64_t a, b;

			if (!lend_parse_u64(words[i], 10, &a) ||
			    !lend_parse_u64(words[k], 10, &b) || a >= b)
				continue;
			words[i] = words[k];
			words[k] = first;
		}
	}
	return words;
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_change change;
	const char **words;
	int r = 0;

	if (lend_change_init(&change, args, err) < 0)
		return -1;
	if (args->sources.n == 0)
		return list(&change, args, err);
	if (check_discard(&change, args, err) < 0)
		return -1;
	words = newest_first(&change, args);
	for (size_t i = 0; r == 0 && i < args->sources.n; i++) {
		uint64_t number;

		if (lend_parse_u64(words[i], 10, &number))
			r = undo_one(&change, words[i], args, err);
		else
			r = undo_vm(&change, words[i], args, err);
	}
	return r;
}

const struct lend_command lend_command_undo = {
	.name = "undo",
	.synopsis = "[JOURNAL|VM...]",
	.summary = "take changes back, also after a crash",
	.about =
		"Without arguments: what could be taken back.  Of a VM everything is, the newest\n"
		"first.  Backings that hold data are kept, and named; a running guest is stopped\n"
		"only when you agree.\n",
	.examples = "  lend undo                      what could be taken back\n"
		    "  lend undo 12                   journal 12\n"
		    "  lend undo db1 --accept stop:db1\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.changes = true,
	.run = run,
};
