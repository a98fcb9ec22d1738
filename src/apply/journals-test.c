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

int main(void)
{
	must(mkdtemp(folder) != NULL);
	places = (struct lend_places){ .state = in("state"), .run = in("run") };
	frozen();
	must(rmdir(folder) == 0);
	lend_arena_done(&arena);
	return 0;
}
