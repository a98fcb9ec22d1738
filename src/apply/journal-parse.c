/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines of a journal, read. */

#include "apply/journal.h"

#include "base/err.h"
#include "base/json.h"

static int bad(struct lend_err *err, const char *what)
{
	return lend_fail(err, LEND_E_FORMAT, "%s is missing, or not what it should be", what);
}

static const char *text_of(struct lend_journal *journal, const struct lend_json *object,
			   const char *key)
{
	const char *text = lend_json_str(lend_json_get(object, key));

	return lend_arena_strdup(&journal->arena, text != NULL ? text : "");
}

static int take_head(struct lend_journal *journal, const struct lend_json *head,
		     struct lend_err *err)
{
	uint64_t version;

	if (!lend_json_u64(lend_json_get(head, "lend-journal"), &version))
		return lend_fail(err, LEND_E_FORMAT, "this is no journal");
	if (version != 1)
		return lend_fail(err, LEND_E_FORMAT, "it was written by a newer lend");
	if (lend_plan_load_json(lend_json_get(head, "plan"), &journal->plan, err) < 0)
		return -1;
	journal->id = text_of(journal, head, "id");
	journal->time = text_of(journal, head, "time");
	journal->boot = text_of(journal, head, "boot");
	journal->command = text_of(journal, head, "command");
	journal->entries = lend_arena_array(&journal->arena, journal->plan->n_steps,
					    sizeof(*journal->entries));
	return 0;
}

/* The number behind key is that of a step. */
static bool has_step(const struct lend_journal *journal, const struct lend_json *line,
		     const char *key, size_t *ret)
{
	uint64_t step;

	if (!lend_json_u64(lend_json_get(line, key), &step) || step >= journal->plan->n_steps)
		return false;
	*ret = (size_t)step;
	return true;
}

static int take_line(struct lend_journal *journal, const struct lend_json *line,
		     struct lend_err *err)
{
	struct lend_journal_entry *entries = journal->entries;
	size_t step;

	if (has_step(journal, line, "intent", &step)) {
		entries[step] = (struct lend_journal_entry){ .intended = true };
		journal->manual = false;
		journal->end = NULL;
		return lend_pairs_load_json(&journal->arena, lend_json_get(line, "learned"),
					    &entries[step].learned, err);
	}
	if (has_step(journal, line, "done", &step)) {
		entries[step].done = true;
		journal->manual = false;
	} else if (has_step(journal, line, "refused", &step)) {
		entries[step].intended = false;
	} else if (has_step(journal, line, "manual", &step)) {
		journal->manual = true;
	} else if (has_step(journal, line, "back", &step)) {
		entries[step].back = true;
		entries[step].kept = false;
		journal->manual = false;
		journal->end = NULL;
	} else if (has_step(journal, line, "gone", &step)) {
		entries[step].gone = true;
	} else if (has_step(journal, line, "kept", &step)) {
		entries[step].kept = true;
		entries[step].why = text_of(journal, line, "why");
	} else if (lend_json_str(lend_json_get(line, "end")) != NULL) {
		journal->end = text_of(journal, line, "end");
	} else {
		return bad(err, "what a line says");
	}
	return 0;
}

size_t lend_journal_whole_lines(const char *text, size_t len)
{
	len = strnlen(text, len);
	while (len > 0 && text[len - 1] != '\n')
		len--;
	return len;
}

int lend_journal_parse(const char *text, size_t len, struct lend_journal *ret,
		       struct lend_err *err)
{
	lend_auto_journal journal = { .fd = -1 };
	size_t number = 0;

	for (size_t at = 0; at < len; number++) {
		lend_auto_json struct lend_json *line = NULL;
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end != NULL ? (size_t)(end - text) - at : len - at;

		if (lend_json_parse(text + at, n, &line, err) < 0 ||
		    (number == 0 ? take_head(&journal, line, err)
				 : take_line(&journal, line, err)) < 0)
			return lend_where(err, "line %zu", number + 1);
		at += n + 1;
	}
	if (number == 0)
		return lend_fail(err, LEND_E_FORMAT, "it is empty");
	journal.len = len;
	*ret = journal;
	journal = (struct lend_journal){ .fd = -1 };
	return 0;
}

enum lend_journal_phase lend_journal_phase(const struct lend_journal *journal)
{
	bool all = true, back = false;

	if (journal->end != NULL && strcmp(journal->end, "applied") == 0)
		return journal->plan->passing ? LEND_JOURNAL_PASSED : LEND_JOURNAL_APPLIED;
	if (journal->end != NULL && strcmp(journal->end, "kept") == 0)
		return LEND_JOURNAL_KEPT;
	if (journal->end != NULL)
		return LEND_JOURNAL_UNDONE;
	for (size_t i = 0; i < journal->plan->n_steps; i++) {
		all = all && journal->entries[i].done;
		back = back || journal->entries[i].back;
	}
	if (back)
		return LEND_JOURNAL_UNDOING;
	if (journal->manual)
		return LEND_JOURNAL_MANUAL;
	/* All done, and only the last line was lost. */
	if (all)
		return journal->plan->passing ? LEND_JOURNAL_PASSED : LEND_JOURNAL_APPLIED;
	return LEND_JOURNAL_HALF;
}
