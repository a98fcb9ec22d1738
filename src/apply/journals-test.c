/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What status says of steps: monitors that are frozen, files that lend changed again. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "apply/journal.h"
#include "base/auto.h"
#include "base/err.h"
#include "io/io.h"
#include "tests/must.h"

enum { PLUGS = 5 };

static char folder[] = "/tmp/lend-journals-test-XXXXXX";
static struct lend_arena arena;
static struct lend_places places;

static const char *in(const char *name)
{
	return lend_arena_printf(&arena, "%s/%s", folder, name);
}

static void start(void)
{
	must(mkdir(in("state"), 0700) == 0);
	must(mkdir(in("state/journal"), 0700) == 0);
	must(mkdir(in("state/lock"), 0700) == 0);
}

static void clean(void)
{
	must(system(lend_arena_printf(&arena, "rm -r %s", in("state"))) == 0);
}

/* All steps of it were intended and done. */
static void applied(const struct lend_plan *plan, const char *how)
{
	static const struct lend_pairs nothing;
	struct lend_journal_first first = { .n = plan->n_steps, .learned = &nothing };
	struct lend_writer *writer = lend_writer_new(NULL);
	lend_auto_journal journal = { .fd = -1 };
	struct lend_err err = { 0 };

	must(lend_journal_new(writer, &places, plan, "test", &first, &journal, &err) == 0);
	if (strcmp(how, "kept") == 0)
		must(lend_journal_kept(writer, &journal, 0, "holds data", &err) == 0);
	must(lend_journal_end(writer, &journal, how, &err) == 0);
	lend_writer_free(writer);
}

static void read_all(struct lend_journals *all)
{
	const struct lend_apply_options options = { .places = places };
	struct lend_err err = { 0 };

	must(lend_journals_read(&options, true, all, &err) == 0);
}

/* ---- monitors ---- */

static void add_plugs(struct lend_plan *plan, const char *vm, const char *monitor)
{
	for (size_t i = 0; i < PLUGS; i++) {
		struct lend_step *step = lend_plan_step(
			plan, "plug-device", lend_arena_printf(&arena, "%s:d%zu", vm, i));

		step->before.absent = true;
		lend_pairs_add(&plan->arena, &step->after.pairs, "driver", "nvdimm");
		lend_plan_arg(plan, step, "vm", vm);
		lend_plan_arg(plan, step, "monitor", monitor);
		lend_plan_arg(plan, step, "pid",
			      lend_arena_printf(&arena, "%ld", (long)getpid()));
	}
}

/* It takes connections, and no more: one deadline for it, in how many steps it may be. */
static void frozen(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	lend_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	lend_auto_plan *plan = lend_plan_new("plug", "db1", "vm-db1");
	struct lend_journals all;
	int64_t begun;

	start();
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", in("state/qmp"));
	must(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	must(listen(fd, 1) == 0);
	add_plugs(plan, "db1", in("state/qmp"));
	applied(plan, "applied");
	applied(plan, "applied");
	begun = lend_now_ms();
	read_all(&all);
	must(lend_now_ms() - begun < 6000);
	must_u64(all.n, 2);
	for (size_t i = 0; i < all.n; i++) {
		for (size_t k = 0; k < PLUGS; k++)
			must_u64(all.items[i].steps[k].phase, LEND_STEP_CANNOT_TELL);
	}
	must(strstr(all.items[0].steps[0].why, "no greeting within") != NULL);
	must(strstr(all.items[1].steps[PLUGS - 1].why, "no answer a moment ago") != NULL);
	lend_journals_done(&all);
	clean();
}

/* ---- files ---- */

enum { SMALL = 1000, LARGE = 3000 };

static void put_file(const char *name, off_t size)
{
	lend_auto_fd int fd = open(in(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	must(fd >= 0 && ftruncate(fd, size) == 0);
}

static void remove_file(const char *name)
{
	must(unlink(in(name)) == 0);
}

/* size 0: it is absent. */
static void add_file(struct lend_plan *plan, const char *kind, const char *name,
		     uint64_t before, uint64_t after)
{
	struct lend_step *step = lend_plan_step(plan, kind, in(name));

	step->before.absent = before == 0;
	step->after.absent = after == 0;
	if (before != 0)
		lend_pairs_add_u64(&plan->arena, &step->before.pairs, "size", before);
	if (after != 0)
		lend_pairs_add_u64(&plan->arena, &step->after.pairs, "size", after);
}

static void file_journal(const char *kind, const char *name, uint64_t before, uint64_t after,
			 const char *how)
{
	lend_auto_plan *plan = lend_plan_new(kind, NULL, "host");

	add_file(plan, kind, name, before, after);
	applied(plan, how);
}

static void move_journal(const char *from, const char *to)
{
	lend_auto_plan *plan = lend_plan_new("move", NULL, "host");
	struct lend_step *step = lend_plan_step(plan, "move", in(to));

	lend_plan_arg(plan, step, "from", in(from));
	lend_pairs_add(&plan->arena, &step->before.pairs, "at", in(from));
	lend_pairs_add(&plan->arena, &step->after.pairs, "at", in(to));
	applied(plan, "applied");
}

/* by: the journal that has changed it; NULL: that step is in the phase. */
static void must_step(const struct lend_journals *all, size_t journal, size_t step,
		      enum lend_step_phase phase, const char *by)
{
	const struct lend_journal_step *is = &all->items[journal - 1].steps[step];

	must_in(lend_arena_printf(&arena, "journal %zu, step %zu", journal, step));
	must_u64(is->phase, by != NULL ? LEND_STEP_CHANGED_BY : phase);
	if (by != NULL)
		must_str(is->why, by);
	must_in("");
}

/* The older one would find nothing at its path, and take that for its work undone. */
static void must_build_on(const char *later, const char *journal)
{
	const struct lend_apply_options options = { .places = places };
	struct lend_outcome outcome = { 0 };
	struct lend_err err = { 0 };

	must(lend_undo_journal(journal, &options, &outcome, &err) == -1);
	must_str(err.what, lend_arena_printf(&arena, "journal %s (move) builds on it", later));
	lend_outcome_done(&outcome);
}

/* Made, grown, moved; copied, moved to another file system. */
static void changed_again(void)
{
	lend_auto_plan *far = lend_plan_new("move", NULL, "host");
	struct lend_journals all;

	start();
	file_journal("backing", "a", 0, SMALL, "applied");
	file_journal("grow", "a", SMALL, LARGE, "applied");
	put_file("a", LARGE);
	read_all(&all);
	must_step(&all, 1, 0, 0, "2");
	must_step(&all, 2, 0, LEND_STEP_DONE, NULL);
	lend_journals_done(&all);

	move_journal("a", "b");
	must(rename(in("a"), in("b")) == 0);
	must_build_on("3", "1");
	must_build_on("3", "2");
	file_journal("copy", "c", 0, LARGE, "applied");
	add_file(far, "copy", "d", 0, LARGE);
	add_file(far, "remove", "c", LARGE, 0);
	applied(far, "applied");
	put_file("d", LARGE);
	read_all(&all);
	must_step(&all, 1, 0, 0, "3");
	must_step(&all, 2, 0, 0, "3");
	must_step(&all, 3, 0, LEND_STEP_DONE, NULL);
	must_step(&all, 4, 0, 0, "5");
	must_step(&all, 5, 0, LEND_STEP_DONE, NULL);
	must_step(&all, 5, 1, LEND_STEP_DONE, NULL);
	lend_journals_done(&all);

	/* What somebody else does to it is drift, of the newest one. */
	remove_file("b");
	put_file("d", SMALL);
	read_all(&all);
	must_step(&all, 1, 0, 0, "3");
	must_step(&all, 3, 0, LEND_STEP_DRIFTED, NULL);
	must_step(&all, 4, 0, 0, "5");
	must_step(&all, 5, 0, LEND_STEP_DRIFTED, NULL);
	lend_journals_done(&all);
	remove_file("d");
	clean();
}

/* What was taken back counts no more, unless it was kept. */
static void taken_back(void)
{
	struct lend_journals all;

	start();
	file_journal("backing", "a", 0, SMALL, "applied");
	file_journal("grow", "a", SMALL, LARGE, "undone");
	file_journal("backing", "b", 0, SMALL, "applied");
	file_journal("grow", "b", SMALL, LARGE, "kept");
	put_file("a", LARGE);
	put_file("b", LARGE);
	read_all(&all);
	must_step(&all, 1, 0, LEND_STEP_DRIFTED, NULL);
	must_step(&all, 3, 0, 0, "4");
	lend_journals_done(&all);
	remove_file("a");
	remove_file("b");
	clean();
}

int main(void)
{
	must(mkdtemp(folder) != NULL);
	places = (struct lend_places){ .state = in("state"), .run = in("run") };
	frozen();
	changed_again();
	taken_back();
	must(rmdir(folder) == 0);
	lend_arena_done(&arena);
	return 0;
}
