/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Journals as files: made, found, written on. */

#include "apply/journal-ahead.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "format/shell-words.h"

enum {
	VERSION = 1,
	ROOM_OF_ALL = 4096,
	ROOM_OF_A_STEP = 2048, /* its intent with what was learned, and what became of it */
	BLOCK = 4096,
	WHY_MAX = 400,
	JOURNALS_MAX = 1000000,
};

void lend_journal_done(struct lend_journal *journal)
{
	struct lend_arena arena = journal->arena;

	lend_plan_free(journal->plan);
	if (journal->fd > 0)
		lend_close_fd(&journal->fd);
	lend_arena_done(&arena);
	*journal = (struct lend_journal){ .fd = -1 };
}

static const char *folder_of(struct lend_arena *arena, const struct lend_places *places)
{
	return lend_arena_printf(arena, "%s/journal", places->state);
}

/* ---- which there are ---- */

static int by_number(const void *a, const void *b)
{
	uint64_t x = 0, y = 0;

	(void)!lend_parse_u64(*(const char *const *)a, 10, &x);
	(void)!lend_parse_u64(*(const char *const *)b, 10, &y);
	return (x > y) - (x < y);
}

static bool is_journal(const char *name, const char **ret_end)
{
	uint64_t number;
	size_t digits = strspn(name, "0123456789");

	*ret_end = name + digits;
	return strcmp(name + digits, ".jsonl") == 0 && name[0] != '0' &&
	       lend_parse_u64n(name, digits, 10, &number) && number <= JOURNALS_MAX;
}

/* What is in the folder: the numbers of journals, and the paths of those made ahead. */
struct names {
	const char **ids, **ahead;
	size_t n_ids, n_ahead;
};

static int list(struct lend_writer *w, const char *folder, struct lend_arena *arena,
		struct names *ret, struct lend_err *err)
{
	const char **names = NULL;
	size_t n = 0, cap = 0;

	*ret = (struct names){ 0 };
	if (lend_write_names(w, folder, arena, &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *end;

		if (lend_ahead_is(names[i]))
			*LEND_PUSH(arena, ret->ahead, ret->n_ahead, cap) =
				lend_arena_printf(arena, "%s/%s", folder, names[i]);
		else if (is_journal(names[i], &end))
			names[ret->n_ids++] =
				lend_arena_strndup(arena, names[i], (size_t)(end - names[i]));
	}
	ret->ids = names;
	if (ret->n_ids > 1)
		qsort(ret->ids, ret->n_ids, sizeof(*ret->ids), by_number);
	return 0;
}

static int names_of(struct lend_writer *w, const struct lend_places *places, bool locked,
		    struct lend_arena *arena, struct names *ret, struct lend_err *err)
{
	const char *folder = folder_of(arena, places);
	int r;

	if (list(w, folder, arena, ret, err) < 0)
		return -1;
	r = lend_ahead_rescue(w, places, locked, ret->ahead, ret->n_ahead, err);
	return r > 0 ? list(w, folder, arena, ret, err) : r;
}

int lend_journal_ids(struct lend_writer *w, const struct lend_places *places,
		     struct lend_arena *arena, const char ***ret_ids, size_t *ret_n,
		     struct lend_err *err)
{
	struct names names;

	if (names_of(w, places, false, arena, &names, err) < 0)
		return -1;
	*ret_ids = names.ids;
	*ret_n = names.n_ids;
	return 0;
}

/* ---- writing ---- */

/* A line whose writing failed may be there all the same: what is written over it covers it. */
static void cover(struct lend_journal *journal, struct lend_buf *line)
{
	uint64_t end = journal->len + line->len;

	if (journal->unsure <= end)
		return;
	line->text[line->len - 1] = ' ';
	while (journal->len + line->len < journal->unsure - 1)
		lend_buf_putc(line, ' ');
	lend_buf_putc(line, '\n');
}

static int append(struct lend_writer *w, struct lend_journal *journal, struct lend_buf *line,
		  bool sync, struct lend_err *err)
{
	cover(journal, line);
	if (lend_write_bytes(w, journal->fd, journal->path, line->text, line->len, journal->len,
			     err) < 0) {
		if (journal->unsure < journal->len + line->len)
			journal->unsure = journal->len + line->len;
		return lend_where(err, "writing the journal");
	}
	journal->len += line->len;
	if (sync && lend_write_sync(w, journal->fd, journal->path, err) < 0)
		return lend_where(err, "writing the journal");
	return 0;
}

static void put_intent(struct lend_buf *line, size_t step, const struct lend_pairs *learned)
{
	struct lend_jsonw json = { .out = line };

	lend_jsonw_open(&json, NULL, '{');
	lend_jsonw_u64(&json, "intent", step);
	lend_pairs_save_json(learned, &json, "learned");
	lend_jsonw_close(&json, '}');
	lend_buf_putc(line, '\n');
}

/* As the journal has it when it is read again. */
static void take_intent(struct lend_journal *journal, size_t step,
			const struct lend_pairs *learned)
{
	struct lend_journal_entry *entry = &journal->entries[step];

	*entry = (struct lend_journal_entry){ .intended = true };
	for (size_t i = 0; i < learned->n; i++)
		lend_pairs_add(&journal->arena, &entry->learned, learned->items[i].key,
			       learned->items[i].value);
	journal->manual = false;
	journal->end = NULL;
}

int lend_journal_intent(struct lend_writer *w, struct lend_journal *journal, size_t step,
			const struct lend_pairs *learned, struct lend_err *err)
{
	lend_auto_buf line = { 0 };

	put_intent(&line, step, learned);
	if (append(w, journal, &line, true, err) < 0)
		return -1;
	take_intent(journal, step, learned);
	return 0;
}

int lend_journal_note(struct lend_writer *w, struct lend_journal *journal, const char *word,
		      size_t step, struct lend_err *err)
{
	lend_auto_buf line = { 0 };

	lend_buf_printf(&line, "{\"%s\":%zu}\n", word, step);
	return append(w, journal, &line, false, err);
}

int lend_journal_kept(struct lend_writer *w, struct lend_journal *journal, size_t step,
		      const char *why, struct lend_err *err)
{
	lend_auto_buf line = { 0 };
	struct lend_jsonw json = { .out = &line };

	lend_jsonw_open(&json, NULL, '{');
	lend_jsonw_u64(&json, "kept", step);
	lend_jsonw_strn(&json, "why", why, strnlen(why, WHY_MAX));
	lend_jsonw_close(&json, '}');
	lend_buf_putc(&line, '\n');
	return append(w, journal, &line, false, err);
}

int lend_journal_end(struct lend_writer *w, struct lend_journal *journal, const char *how,
		     struct lend_err *err)
{
	lend_auto_buf line = { 0 };

	lend_buf_printf(&line, "{\"end\":\"%s\"}\n", how);
	return append(w, journal, &line, false, err);
}

/* ---- making ---- */

static const char *now_text(struct lend_arena *arena)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32];

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return "";
	return lend_arena_strdup(arena, text);
}

const char *lend_boot_id(struct lend_writer *w, struct lend_arena *arena)
{
	lend_auto_buf text = { 0 };

	if (lend_write_read(w, "/proc/sys/kernel/random/boot_id", 64, &text, NULL) != 0)
		return "";
	return lend_arena_strndup(arena, lend_buf_text(&text),
				  strcspn(lend_buf_text(&text), "\n"));
}

static void put_head(const struct lend_journal *journal, const struct lend_plan *plan,
		     struct lend_buf *line)
{
	struct lend_jsonw json = { .out = line };

	lend_jsonw_open(&json, NULL, '{');
	lend_jsonw_u64(&json, "lend-journal", VERSION);
	lend_jsonw_str(&json, "id", journal->id);
	lend_jsonw_str(&json, "time", journal->time);
	lend_jsonw_str(&json, "boot", journal->boot);
	lend_jsonw_str(&json, "command", journal->command);
	lend_plan_save_json(plan, &json, "plan");
	lend_jsonw_close(&json, '}');
	lend_buf_putc(line, '\n');
}

/* Into a blank one, which then gets its name. */
static int fill(struct lend_writer *w, const struct lend_places *places,
		const struct names *names, uint64_t number, const struct lend_plan *plan,
		const struct lend_journal_first *first, struct lend_journal *journal,
		struct lend_err *err)
{
	static const struct lend_pairs nothing = { 0 };
	lend_auto_buf lines = { 0 };
	const char *path = NULL;
	uint64_t room;

	put_head(journal, plan, &lines);
	for (size_t i = 0; i < first->n; i++)
		put_intent(&lines, i, i == 0 ? first->learned : &nothing);
	room = lines.len + ROOM_OF_ALL + plan->n_steps * ROOM_OF_A_STEP;
	if (lines.len > LEND_PLAN_BYTES_MAX || !lend_align_up(room, BLOCK, &room))
		return lend_fail(err, LEND_E_USAGE, "the plan is too long");
	if (lend_ahead_take(w, places, names->ahead, names->n_ahead, number, room,
			    &journal->arena, &path, &journal->fd, err) < 0)
		return -1;
	if (append(w, journal, &lines, true, err) < 0 ||
	    lend_write_rename(w, path, journal->path, false, err) < 0) {
		/* It has one of its two names, and nothing was done for it. */
		if (lend_write_unlink(w, path, NULL) == 1)
			(void)!lend_write_unlink(w, journal->path, NULL);
		return -1;
	}
	return 0;
}

int lend_journal_lock(struct lend_writer *w, const struct lend_places *places, int *ret_fd,
		      struct lend_err *err)
{
	lend_auto_buf path = { 0 };

	lend_buf_printf(&path, "%s/lock/journal", places->state);
	return lend_write_lock(w, lend_buf_text(&path), true, ret_fd, err);
}

int lend_journal_new(struct lend_writer *w, const struct lend_places *places,
		     const struct lend_plan *plan, const char *command,
		     const struct lend_journal_first *first, struct lend_journal *ret,
		     struct lend_err *err)
{
	static const struct lend_pairs nothing = { 0 };
	lend_auto_journal journal = { .fd = -1 };
	lend_auto_fd int lock = -1;
	struct lend_arena *arena = &journal.arena;
	struct names names;
	uint64_t last = 0;

	if (lend_journal_lock(w, places, &lock, err) < 0 ||
	    names_of(w, places, true, arena, &names, err) < 0)
		return lend_where(err, "making a journal");
	if (names.n_ids > 0)
		(void)!lend_parse_u64(names.ids[names.n_ids - 1], 10, &last);
	journal.id = lend_arena_printf(arena, "%" PRIu64, last + 1);
	journal.path =
		lend_arena_printf(arena, "%s/%s.jsonl", folder_of(arena, places), journal.id);
	journal.time = now_text(arena);
	journal.boot = lend_boot_id(w, arena);
	journal.command = lend_arena_strdup(arena, command);
	journal.entries = lend_arena_array(arena, plan->n_steps, sizeof(*journal.entries));
	if (fill(w, places, &names, last + 1, plan, first, &journal, err) < 0)
		return lend_where(err, "making a journal");
	for (size_t i = 0; i < first->n; i++)
		take_intent(&journal, i, i == 0 ? first->learned : &nothing);
	*ret = journal;
	journal = (struct lend_journal){ .fd = -1 };
	return 0;
}

/* ---- opening ---- */

/* What it was about only a person can tell. */
static void hint_broken(const char *path, struct lend_err *err)
{
	lend_auto_buf word = { 0 };

	lend_shell_quote(&word, path, strlen(path) + 1);
	lend_hint(err, "look at it, and move it out of the way: mv %s %s.broken",
		  lend_buf_text(&word), lend_buf_text(&word));
}

int lend_journal_open(struct lend_writer *w, const struct lend_places *places, const char *id,
		      bool writing, struct lend_journal *ret, struct lend_err *err)
{
	lend_auto_journal journal = { .fd = -1 };
	lend_auto_buf text = { 0 };
	lend_auto_buf path = { 0 };
	uint64_t number;
	size_t len;
	int r;

	if (!lend_parse_u64(id, 10, &number))
		return lend_fail(err, LEND_E_USAGE, "'%.60s' is no journal", id);
	lend_buf_printf(&path, "%s/journal/%s.jsonl", places->state, id);
	r = lend_write_read(w, path.text, LEND_JOURNAL_BYTES_MAX, &text, err);
	if (r == 1) {
		lend_hint(err, "lend log lists those that are there");
		return lend_fail(err, LEND_E_USAGE, "there is no journal %s", id);
	}
	len = lend_journal_whole_lines(lend_buf_text(&text), text.len);
	if (r == 0 && len == 0)
		return 1;
	if (r < 0)
		return lend_where(err, "journal %s", id);
	if (lend_journal_parse(lend_buf_text(&text), len, &journal, err) < 0) {
		hint_broken(path.text, err);
		return lend_where(err, "journal %s", id);
	}
	journal.id = lend_arena_strdup(&journal.arena, id);
	journal.path = lend_arena_strdup(&journal.arena, path.text);
	if (writing && lend_write_open(w, journal.path, O_RDWR, &journal.fd, err) < 0)
		return -1;
	*ret = journal;
	journal = (struct lend_journal){ .fd = -1 };
	return 0;
}
