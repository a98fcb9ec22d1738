/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a power cut can leave of a journal that was written into a blank one. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/journal-ahead.h"
#include "base/auto.h"
#include "base/err.h"
#include "tests/must.h"

static char folder[] = "journal-ahead-XXXXXX";
static struct lend_arena arena;
static struct lend_places places;
static struct lend_writer *writer;

static const char *in(const char *name)
{
	return lend_arena_printf(&arena, "%s/journal/%s", folder, name);
}

static bool is_there(const char *name)
{
	return access(in(name), F_OK) == 0;
}

static void make_new(const char *id)
{
	static const struct lend_journal_first first;
	lend_auto_plan *plan = lend_plan_new("a plan", NULL, "host");
	lend_auto_journal journal = { .fd = -1 };
	struct lend_err err = { 0 };

	(void)lend_plan_step(plan, "manual", "the BIOS");
	must(lend_journal_new(writer, &places, plan, "test", &first, &journal, &err) == 0);
	must_str(journal.id, id);
}

static size_t journals(void)
{
	struct lend_err err = { 0 };
	const char **ids;
	size_t n;

	must(lend_journal_ids(writer, &places, &arena, &ids, &n, &err) == 0);
	return n;
}

static size_t ahead(void)
{
	size_t n = 0;

	for (unsigned int i = 0; i < 1000; i++)
		n += is_there(lend_arena_printf(&arena, ".ahead-%u", i));
	return n;
}

static void put(const char *name, const char *text, size_t len, off_t offset)
{
	lend_auto_fd int fd = open(in(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	must(fd >= 0 && pwrite(fd, text, len, offset) == (ssize_t)len);
}

/* The name of a journal was lost, what is in it was not. */
static void name_lost(void)
{
	must(rename(in("1.jsonl"), in(".ahead-1")) == 0);
	must_u64(journals(), 1);
	must(is_there("1.jsonl") && !is_there(".ahead-1"));

	/* The next one must not take its number. */
	must(rename(in("1.jsonl"), in(".ahead-1")) == 0);
	make_new("2");
	must(is_there("1.jsonl") && is_there("2.jsonl"));
}

/* Its first line was not whole: nothing was done for it. */
static void head_lost(void)
{
	static const char half[] = "{\"lend-journal\":1,\"id\":\"3\",\"ti";
	size_t n = ahead();

	put(".ahead-900", half, strlen(half), 0);
	must_u64(journals(), 2);
	must_u64(ahead(), n);
}

/* Of two blocks the second was written: it is none, and none to write on. */
static void block_lost(void)
{
	static const char rest[] = "{\"intent\":0,\"learned\":[]}\n";

	while (ahead() > 0)
		make_new(lend_arena_printf(&arena, "%zu", journals() + 1));
	put(".ahead-0", rest, strlen(rest), 4096);
	must(truncate(in(".ahead-0"), 16384) == 0);
	make_new(lend_arena_printf(&arena, "%zu", journals() + 1));
	must(!is_there(".ahead-0"));
}

/* Who can write here is obeyed, but its number is a number. */
static void no_number(void)
{
	static const char text[] =
		"{\"lend-journal\":1,\"id\":\"../x\",\"time\":\"\",\"boot\":\"\",\"command\":\"\","
		"\"plan\":{\"lend-plan\":1,\"title\":\"t\",\"lock\":\"host\",\"steps\":[]}}\n";
	struct lend_err err = { 0 };
	const char **ids;
	size_t n;

	put(".ahead-7", text, strlen(text), 0);
	must(lend_journal_ids(writer, &places, &arena, &ids, &n, &err) < 0);
	must(strstr(err.what, "no number") != NULL || strstr(err.where, ".ahead-7") != NULL);
	must(unlink(in(".ahead-7")) == 0);
}

/* One that was not synced has its name, and nothing, or half of its first line. */
static void passed(void)
{
	static const char half[] = "{\"lend-journal\":1,\"id\":\"90\",\"ti";
	const struct lend_apply_options options = { .places = places };
	lend_auto_journal journal = { .fd = -1 };
	struct lend_journals all;
	struct lend_err err = { 0 };
	size_t n = journals();

	put("90.jsonl", "", 0, 0);
	must(truncate(in("90.jsonl"), 16384) == 0);
	must(lend_journal_open(writer, &places, "90", false, &journal, &err) == 1);
	put("90.jsonl", half, strlen(half), 0);
	must(lend_journal_open(writer, &places, "90", true, &journal, &err) == 1);
	must(lend_journals_read(&options, true, &all, &err) == 0);
	must_u64(all.n, n);
	lend_journals_done(&all);
	make_new("91");
}

int main(void)
{
	must(mkdtemp(folder) != NULL);
	places = (struct lend_places){ .state = folder, .run = folder };
	must(mkdir(lend_arena_printf(&arena, "%s/journal", folder), 0700) == 0);
	must(mkdir(lend_arena_printf(&arena, "%s/lock", folder), 0700) == 0);
	writer = lend_writer_new(NULL);

	make_new("1");
	must_u64(ahead(), 7);
	name_lost();
	head_lost();
	block_lost();
	no_number();
	passed();

	lend_writer_free(writer);
	must(system(lend_arena_printf(&arena, "rm -r %s", folder)) == 0);
	lend_arena_done(&arena);
	return 0;
}
