/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <unistd.h>

#include "apply/step.h"
#include "base/err.h"
#include "tests/must.h"

static struct lend_arena arena;
static char file[] = "/tmp/lend-step-manual-test-XXXXXX";

static int look(const struct lend_step *step, struct lend_state *state, struct lend_err *err)
{
	struct lend_writer *w = lend_writer_new(NULL);
	struct lend_doing doing = { .arena = &arena, .writer = w };
	int r;

	*err = (struct lend_err){ 0 };
	r = lend_step_kind("manual")->look(&doing, step, state, err);
	lend_writer_free(w);
	return r;
}

static struct lend_step step_of(const char *verify, const char *path)
{
	struct lend_step step = { .kind = "manual", .name = "the BIOS" };

	lend_pairs_add(&arena, &step.args, "verify", verify);
	if (path != NULL)
		lend_pairs_add(&arena, &step.args, "path", path);
	return step;
}

static void check_file(void)
{
	struct lend_step step = step_of("file", file);
	struct lend_state state = { 0 };
	struct lend_err err;

	must(look(&step, &state, &err) == 0 && !state.absent);
	must_str(lend_pairs_get(&state.pairs, "is"), "Y");
	step = step_of("there", file);
	must(look(&step, &state, &err) == 0 && !state.absent);
	must_str(lend_pairs_get(&state.pairs, "is"), "yes");
	must(unlink(file) == 0);
	must(look(&step, &state, &err) == 0 && state.absent);
	step = step_of("file", file);
	must(look(&step, &state, &err) == 0 && state.absent);
}

static void check_boot(void)
{
	struct lend_step step = step_of("boot", NULL);
	struct lend_state state = { 0 };
	struct lend_err err;

	must(look(&step, &state, &err) == 0 && !state.absent);
	must_u64(strlen(lend_pairs_get(&state.pairs, "is")), 36);
	step.before = state;
	must(look(&step, &state, &err) == 0 && lend_state_is(&state, &step.before));
	step.before = (struct lend_state){ 0 };
	lend_pairs_add(&arena, &step.before.pairs, "is", "00000000-the-boot-of-the-plan");
	must(look(&step, &state, &err) == 0);
	must_str(lend_pairs_get(&state.pairs, "is"), "another boot");
}

static void check_bad(void)
{
	struct lend_step step = step_of("guess", file);
	struct lend_state state = { 0 };
	struct lend_err err;

	must(look(&step, &state, &err) == -1 && err.code == LEND_E_FORMAT);
	step = step_of("file", NULL);
	must(look(&step, &state, &err) == -1 && err.code == LEND_E_FORMAT);
	step = step_of("file", "/tmp");
	must(look(&step, &state, &err) == -1 && err.code == LEND_E_FORMAT);
}

static void check_going_back(void)
{
	const struct lend_step_kind *kind = lend_step_kind("manual");
	struct lend_step step = step_of("boot", NULL);
	struct lend_doing doing = { .arena = &arena };
	const char *why = NULL;

	must(kind->set(&doing, &step, &step.before, &step.after, NULL) == LEND_WAIT);
	must(kind->may(&doing, &step, &step.after, &step.before, &why, NULL) == LEND_KEEP);
	must(why != NULL);
	lend_pairs_add(&arena, &step.args, "undo", "set it back");
	lend_pairs_add(&arena, &step.args, "undo", "start the host anew");
	must(kind->may(&doing, &step, &step.after, &step.before, &why, NULL) == LEND_WAIT);
	must_str(why, "set it back; start the host anew");
}

int main(void)
{
	int fd = mkstemp(file);

	must(fd >= 0 && write(fd, "Y\nmore\n", 7) == 7 && close(fd) == 0);
	check_file();
	check_boot();
	check_bad();
	check_going_back();
	lend_arena_done(&arena);
	return 0;
}
