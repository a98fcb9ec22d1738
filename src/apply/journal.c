/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Journals as files: made, found, written on. */

#include "apply/journal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"

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

int lend_journal_ids(struct lend_writer *w, const struct lend_places *places,
		     struct lend_arena *arena, const char ***ret_ids, size_t *ret_n,
		     struct lend_err *err)
{
	const char **names = NULL;
	size_t n = 0, kept = 0;

	if (lend_write_names(w, folder_of(arena, places), arena, &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *end;

		if (is_journal(names[i], &end))
			names[kept++] =
				lend_arena_strndup(arena, names[i], (size_t)(end - names[i]));
	}
	if (kept > 0)
		qsort(names, kept, sizeof(*names), by_number);
	*ret_ids = names;
	*ret_n = kept;
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

/* A file with these lines and room for those to come, without its name. */
static int fill(struct lend_writer *w, struct lend_journal *journal, const char *temporary,
		const struct lend_plan *plan, const struct lend_journal_first *first,
		bool *ret_named, struct lend_err *err)
{
	static const struct lend_pairs nothing = { 0 };
	lend_auto_buf lines = { 0 };
	uint64_t room;

	put_head(journal, plan, &lines);
	for (size_t i = 0; i < first->n; i++)
		put_intent(&lines, i, i == 0 ? first->learned : &nothing);
	room = lines.len + ROOM_OF_ALL + plan->n_steps * ROOM_OF_A_STEP;
	if (lines.len > LEND_PLAN_BYTES_MAX || !lend_align_up(room, BLOCK, &room))
		return lend_fail(err, LEND_E_USAGE, "the plan is too long");
	if (lend_write_unnamed(w, journal->path, temporary, &journal->fd, ret_named, err) < 0)
		return -1;
	if (lend_write_allocate(w, journal->fd, journal->path, 0, room, err) < 0 ||
	    append(w, journal, &lines, true, err) < 0) {
		if (*ret_named)
			(void)!lend_write_unlink(w, temporary, NULL);
		return -1;
	}
	return 0;
}

static int make(struct lend_writer *w, const char *folder, const struct lend_plan *plan,
		const struct lend_journal_first *first, struct lend_journal *journal,
		struct lend_err *err)
{
	/* One lend makes a journal at a time, so the name is free. */
	const char *temporary = lend_arena_printf(&journal->arena, "%s/.new", folder);
	bool named = false;

	if (lend_write_unlink(w, temporary, err) < 0 ||
	    fill(w, journal, temporary, plan, first, &named, err) < 0)
		return -1;
	if (lend_write_name(w, journal->fd, named ? temporary : NULL, journal->path, err) < 0) {
		if (named)
			(void)!lend_write_unlink(w, temporary, NULL);
		return -1;
	}
	if (lend_write_sync_folder(w, journal->path, err) < 0) {
		(void)!lend_write_unlink(w, journal->path, NULL);
		return -1;
	}
	return 0;
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
	const char *folder = folder_of(arena, places);
	const char **ids;
	uint64_t last = 0;
	size_t n;

	if (lend_write_lock(w, lend_arena_printf(arena, "%s/lock/journal", places->state), true,
			    &lock, err) < 0 ||
	    lend_journal_ids(w, places, arena, &ids, &n, err) < 0)
		return lend_where(err, "making a journal");
	if (n > 0)
		(void)!lend_parse_u64(ids[n - 1], 10, &last);
	journal.id = lend_arena_printf(arena, "%" PRIu64, last + 1);
	journal.path = lend_arena_printf(arena, "%s/%s.jsonl", folder, journal.id);
	journal.time = now_text(arena);
	journal.boot = lend_boot_id(w, arena);
	journal.command = lend_arena_strdup(arena, command);
	journal.entries = lend_arena_array(arena, plan->n_steps, sizeof(*journal.entries));
	if (make(w, folder, plan, first, &journal, err) < 0)
		return lend_where(err, "making a journal");
	for (size_t i = 0; i < first->n; i++)
		take_intent(&journal, i, i == 0 ? first->learned : &nothing);
	*ret = journal;
	journal = (struct lend_journal){ .fd = -1 };
	return 0;
}

/* ---- opening ---- */

/* The lines: up to the zeros behind them, and without a last one that was cut. */
static size_t whole_lines(const struct lend_buf *text)
{
	size_t len = strnlen(lend_buf_text(text), text->len);

	while (len > 0 && text->text[len - 1] != '\n')
		len--;
	return len;
}

int lend_journal_open(struct lend_writer *w, const struct lend_places *places, const char *id,
		      bool writing, struct lend_journal *ret, struct lend_err *err)
{
	lend_auto_journal journal = { .fd = -1 };
	lend_auto_buf text = { 0 };
	const char *path =
		lend_arena_printf(&journal.arena, "%s/journal/%s.jsonl", places->state, id);
	uint64_t number;
	int r;

	if (!lend_parse_u64(id, 10, &number))
		return lend_fail(err, LEND_E_USAGE, "'%.60s' is no journal", id);
	r = lend_write_read(w, path, 2 * LEND_PLAN_BYTES_MAX, &text, err);
	if (r == 1) {
		lend_hint(err, "lend log lists those that are there");
		return lend_fail(err, LEND_E_USAGE, "there is no journal %s", id);
	}
	if (r < 0 ||
	    lend_journal_parse(lend_buf_text(&text), whole_lines(&text), &journal, err) < 0)
		return lend_where(err, "journal %s", id);
	journal.id = lend_arena_strdup(&journal.arena, id);
	journal.path =
		lend_arena_printf(&journal.arena, "%s/journal/%s.jsonl", places->state, id);
	if (writing && lend_write_open(w, journal.path, O_RDWR, &journal.fd, err) < 0)
		return -1;
	*ret = journal;
	journal = (struct lend_journal){ .fd = -1 };
	return 0;
}
