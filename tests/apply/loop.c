/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fail at every step.  Each changing call of each example fails before or
 * behind its work, or is the last thing the process does; then what was begun
 * is taken back, or gone on with, and that is cut at every call, too.
 *
 * The promise: as before, or an error that names the step; and after one more
 * undo, as before.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "tests/apply/example.h"
#include "tests/must.h"

enum way { FAILS, FAILS_BEHIND, CUT, CUT_BEHIND, WAYS };
enum verb { APPLY, UNDO, GO_ON };
enum { CHILD_CUT = 99, CODES = 50, SAMPLE = 5 };

/* Where children and parent see it. */
struct fault {
	enum way way;
	unsigned int at;  /* this call, from 1; 0: none */
	unsigned int was; /* the same, for messages */
	unsigned int calls;
	bool struck;
	char error[500]; /* of the last call of the engine: where, what */
	struct fakehost *host;
};

static struct counts {
	unsigned int examples, calls, failed, cut, cut_twice, gone_on, half;
} counts;

/* ---- hooks ---- */

/* A sync takes longer than all the rest, and a process that dies does not need it. */
static bool is_sync(const char *call)
{
	return strncmp(call, "sync", 4) == 0;
}

static int strike(struct fault *fault, bool behind, struct lend_err *err)
{
	bool cut = fault->way == CUT || fault->way == CUT_BEHIND;

	if (fault->calls != fault->at ||
	    behind != (fault->way == FAILS_BEHIND || fault->way == CUT_BEHIND))
		return 0;
	fault->struck = true;
	if (cut)
		_exit(CHILD_CUT);
	errno = EIO;
	return lend_fail_errno(err, "a call that the test lets fail");
}

static int before(void *context, const char *call, const char *what, struct lend_err *err)
{
	struct fault *fault = context;

	(void)what;
	fault->calls++;
	if (strike(fault, false, err) < 0)
		return -1;
	return is_sync(call) ? 1 : 0;
}

static int after(void *context, const char *call, const char *what, struct lend_err *err)
{
	(void)call;
	(void)what;
	return strike(context, true, err);
}

/* The host's hooks have the host as their context, ours have the fault. */
static int run(void *context, const char *const *argv, struct lend_buf *out,
	       struct lend_err *err)
{
	return fakehost_run(((struct fault *)context)->host, argv, out, err);
}

static int tell(void *context, const char *socket, const char *request, struct lend_buf *reply,
		struct lend_err *err)
{
	return fakehost_tell(((struct fault *)context)->host, socket, request, reply, err);
}

static int peer(void *context, const char *socket, pid_t *ret_pid, struct lend_err *err)
{
	return fakehost_peer(((struct fault *)context)->host, socket, ret_pid, err);
}

static int start(void *context, const char *const *argv, const char *log, struct lend_err *err)
{
	return fakehost_start(((struct fault *)context)->host, argv, log, err);
}

static int find(void *context, const char *word, pid_t *ret_pid, struct lend_err *err)
{
	return fakehost_find(((struct fault *)context)->host, word, ret_pid, err);
}

static int send_signal(void *context, pid_t pid, int number, struct lend_err *err)
{
	return fakehost_signal(((struct fault *)context)->host, pid, number, err);
}

static const struct lend_write_hooks all_hooks = {
	.before = before,
	.after = after,
	.run = run,
	.tell = tell,
	.peer = peer,
	.start = start,
	.find = find,
	.signal = send_signal,
};

/* ---- worlds ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void world_end(struct world *world)
{
	(void)nftw(world->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	fakehost_free(world->host);
}

static void world_new(struct world *world, const struct example *example)
{
	static char state[240], runtime[240];
	char at[100] = "/";

	/* Not below /tmp, which may be in memory: a state folder is not. */
	must(getcwd(at, sizeof(at)) != NULL);
	(void)snprintf(world->dir, sizeof(world->dir), "%s/apply-loop-%d", at, (int)getpid());
	must(mkdir(world->dir, 0700) == 0);
	(void)snprintf(world->things, sizeof(world->things), "%s/things", world->dir);
	(void)snprintf(state, sizeof(state), "%s/state", world->dir);
	(void)snprintf(runtime, sizeof(runtime), "%s/run", world->dir);
	world->places = (struct lend_places){ .state = state, .run = runtime };
	must(mkdir(world->things, 0700) == 0);
	world->host = fakehost_new();
	if (example->before != NULL)
		example->before(world);
}

static struct lend_buf *seen; /* of nftw, which has no context */
static size_t seen_from;

/* Journals and locks come and go; what they are about does not. */
static bool is_of_lend(const char *path)
{
	return strstr(path, "/state/journal") != NULL || strstr(path, "/state/lock") != NULL;
}

static int see_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	uint32_t sum = 0;

	(void)ftw;
	if (is_of_lend(path + seen_from) || type == FTW_D)
		return 0;
	if (S_ISREG(st->st_mode)) {
		size_t len;
		char *text = must_read(path, &len);

		for (size_t i = 0; i < len; i++)
			sum = sum * 31 + (unsigned char)text[i];
		free(text);
	}
	lend_buf_printf(seen, "%s %o %lld %08x\n", path + seen_from, st->st_mode,
			(long long)st->st_size, sum);
	return 0;
}

/* Everything an example can change, as text. */
static void see(const struct example *example, const struct world *world, struct lend_buf *out)
{
	lend_buf_reset(out);
	if (example->see != NULL) {
		example->see(world, out);
		return;
	}
	seen = out;
	seen_from = strlen(world->dir);
	must(nftw(world->dir, see_one, 16, FTW_PHYS) == 0);
	fakehost_text(world->host, out);
}

/* ---- one call of the engine, in a process of its own ---- */

static bool last_journal(const struct world *world, char *ret, size_t size)
{
	char path[300];
	lend_auto_dir DIR *dir = NULL;
	const struct dirent *entry;
	long best = 0;

	(void)snprintf(path, sizeof(path), "%s/journal", world->places.state);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		long number = strtol(entry->d_name, NULL, 10);

		best = number > best ? number : best;
	}
	(void)snprintf(ret, size, "%ld", best);
	return best > 0;
}

static int engine(const struct world *world, const struct example *example, enum verb verb,
		  struct fault *fault)
{
	struct lend_write_hooks hooks = all_hooks;
	const struct lend_apply_options options = {
		.places = world->places,
		.command = "test",
		.hooks = &hooks,
		.consent = { .accept = (const char *const[]){ "stop:db1", "kill:db1" },
			     /* What a person does by herself needs nobody's consent. */
			     .n_accept = example->release == NULL ? 2 : 0 },
	};
	struct lend_outcome outcome = { 0 };
	struct lend_err err = { 0 };
	char journal[32];
	int r;

	hooks.context = fault;
	if (verb == APPLY) {
		lend_auto_plan *plan = example->plan(world);
		struct lend_apply_options without = options;

		/* What is taken back by itself has no consent but its own. */
		without.consent = (struct lend_consent){ 0 };
		r = lend_apply_plan(plan, &without, &outcome, &err);
	} else if (!last_journal(world, journal, sizeof(journal))) {
		return 0;
	} else if (verb == UNDO) {
		r = lend_undo_journal(journal, &options, &outcome, &err);
	} else {
		r = lend_apply_continue(journal, &options, &outcome, &err);
	}
	(void)snprintf(fault->error, sizeof(fault->error), "%s: %s", err.where, err.what);
	lend_outcome_done(&outcome);
	return r == 0 ? 0 : r > 0 ? CODES - 1 : CODES + (int)err.code;
}

/* 0, CODES - 1 when it waits, CODES + the code of the error, or CHILD_CUT. */
static int call(const struct world *world, const struct example *example, enum verb verb,
		struct fault *fault)
{
	int status;
	pid_t pid;

	fault->was = fault->at != 0 ? fault->at : fault->was;
	fault->calls = 0;
	fault->struck = false;
	fault->host = world->host;
	(void)fflush(NULL);
	pid = fork();
	must(pid >= 0);
	if (pid == 0)
		_exit(engine(world, example, verb, fault));
	must(waitpid(pid, &status, 0) == pid);
	must(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int call_well(const struct world *world, const struct example *example, enum verb verb,
		     struct fault *fault)
{
	fault->at = 0;
	return call(world, example, verb, fault);
}

/* ---- the loops ---- */

struct loop {
	const struct example *example;
	struct fault *fault;
	struct lend_buf before;   /* what there is before */
	struct lend_buf released; /* the same, and the person did her part */
	struct lend_buf after;
	char row[600];
};

static void at(struct loop *loop, const char *what, unsigned int n, unsigned int m)
{
	static const char *const ways[] = { "fails", "fails behind its work", "is the last",
					    "is the last, done" };

	(void)snprintf(loop->row, sizeof(loop->row),
		       "%s: call %u %s%s, %s %u; last said '%.300s'", loop->example->name, n,
		       ways[loop->fault->way], "", what, m, loop->fault->error);
	must_in(loop->row);
}

static void must_be(const struct loop *loop, const struct world *world,
		    const struct lend_buf *what)
{
	lend_auto_buf now = { 0 };

	see(loop->example, world, &now);
	must_str(lend_buf_text(&now), lend_buf_text(what));
}

/* Whatever was left: one undo without trouble, and it is as before. */
static void must_go_back(struct loop *loop, struct world *world)
{
	int r = call_well(world, loop->example, UNDO, loop->fault);

	at(loop, "undo says", loop->fault->was, (unsigned int)r);
	if (r == CODES - 1 || r == CODES + LEND_E_REFUSED) {
		must(loop->example->release != NULL);
		loop->example->release(world);
		r = call_well(world, loop->example, UNDO, loop->fault);
		must_u64(r == CODES + LEND_E_USAGE ? 0 : r, 0);
		must_be(loop, world, &loop->released);
		return;
	}
	/* It may have been taken back by the call that failed. */
	must_u64(r == CODES + LEND_E_USAGE ? 0 : r, 0);
	must_be(loop, world, &loop->before);
}

/* true when the call was never reached: the loop is done. */
static bool fail_once(struct loop *loop, unsigned int n)
{
	struct world world;
	bool struck;
	int r;

	world_new(&world, loop->example);
	loop->fault->at = n;
	r = call(&world, loop->example, APPLY, loop->fault);
	struck = loop->fault->struck;
	at(loop, "apply says", n, (unsigned int)r);
	if (r == 0 || r == CODES - 1) {
		must_be(loop, &world, &loop->after);
	} else if (r == CODES + LEND_E_HALF) {
		counts.half++;
		must(strstr(loop->fault->error, "step ") != NULL);
	} else {
		must_be(loop, &world, &loop->before);
	}
	must_go_back(loop, &world);
	counts.failed += struck ? 1 : 0;
	world_end(&world);
	return !struck;
}

static bool cut_once(struct loop *loop, unsigned int n, bool go_on)
{
	struct world world;
	bool struck;
	int r;

	world_new(&world, loop->example);
	loop->fault->at = n;
	(void)call(&world, loop->example, APPLY, loop->fault);
	struck = loop->fault->struck;
	if (go_on && struck) {
		char journal[32];
		bool has = last_journal(&world, journal, sizeof(journal));

		r = call_well(&world, loop->example, GO_ON, loop->fault);
		at(loop, "going on says", n, (unsigned int)r);
		/* One that was cut behind its last line is done. */
		if (has && r != CODES + LEND_E_USAGE)
			must_u64(r == CODES - 1 ? 0 : r, 0);
		if (has)
			must_be(loop, &world, &loop->after);
		counts.gone_on++;
	} else {
		counts.cut += struck ? 1 : 0;
	}
	at(loop, "then", n, 0);
	must_go_back(loop, &world);
	world_end(&world);
	return !struck;
}

/* Cut at n, the undo cut at m. */
static bool cut_twice(struct loop *loop, unsigned int n, unsigned int m)
{
	struct world world;
	bool struck;

	world_new(&world, loop->example);
	loop->fault->at = n;
	(void)call(&world, loop->example, APPLY, loop->fault);
	loop->fault->at = m;
	(void)call(&world, loop->example, UNDO, loop->fault);
	struck = loop->fault->struck;
	at(loop, "undo cut at", n, m);
	must_go_back(loop, &world);
	counts.cut_twice += struck ? 1 : 0;
	world_end(&world);
	return !struck;
}

/* It works, and goes back: what the loops hold everything against. */
static unsigned int measure(struct loop *loop)
{
	struct world world;
	unsigned int calls;
	int r;

	world_new(&world, loop->example);
	see(loop->example, &world, &loop->before);
	if (loop->example->release != NULL) {
		loop->example->release(&world);
		see(loop->example, &world, &loop->released);
		world_end(&world);
		world_new(&world, loop->example);
	}
	r = call_well(&world, loop->example, APPLY, loop->fault);
	calls = loop->fault->calls;
	at(loop, "without trouble it says", 0, (unsigned int)r);
	must(r == 0 || r == CODES - 1);
	see(loop->example, &world, &loop->after);
	must_go_back(loop, &world);
	world_end(&world);
	return calls;
}

/* all: every pair of cuts; else those behind every fifth call. */
static void do_example(const struct example *example, struct fault *fault, bool all)
{
	struct loop loop = { .example = example, .fault = fault };
	unsigned int calls;

	fault->way = FAILS;
	calls = measure(&loop);
	counts.calls += calls;
	counts.examples++;
	for (fault->way = FAILS; fault->way < WAYS; fault->way++) {
		for (unsigned int n = 1;; n++) {
			bool over = fault->way < CUT ? fail_once(&loop, n)
						     : cut_once(&loop, n, false);

			if (over)
				break;
		}
	}
	for (fault->way = CUT; fault->way < WAYS; fault->way++) {
		for (unsigned int n = 1; n <= calls; n++) {
			(void)cut_once(&loop, n, true);
			for (unsigned int m = 1;
			     (all || n % SAMPLE == 0) && !cut_twice(&loop, n, m); m++)
				continue;
		}
	}
	lend_buf_done(&loop.before);
	lend_buf_done(&loop.released);
	lend_buf_done(&loop.after);
}

static void all_kinds_are_in(void)
{
	for (const struct lend_step_kind *const *kind = lend_step_kinds; *kind != NULL;
	     kind++) {
		const struct example *example;
		bool found = false;

		must_in((*kind)->name);
		for (size_t i = 0; (example = nth_example(i)) != NULL; i++) {
			char words[200], name[80];

			(void)snprintf(words, sizeof(words), " %s ", example->kinds);
			(void)snprintf(name, sizeof(name), " %s ", (*kind)->name);
			found = found || strstr(words, name) != NULL;
		}
		must(found);
	}
}

int main(int argc, char **argv)
{
	struct fault *fault = mmap(NULL, sizeof(*fault), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct example *example;

	must(fault != MAP_FAILED);
	all_kinds_are_in();
	for (size_t i = 0; (example = nth_example(i)) != NULL; i++) {
		if (argc < 2 || strcmp(argv[1], example->name) == 0)
			do_example(example, fault, getenv("LEND_EVERY_CUT") != NULL);
	}
	(void)printf(
		"%u examples, %u calls: failed %u times (%u half way), cut %u times, cut and "
		"gone on %u, cut twice %u\n",
		counts.examples, counts.calls, counts.failed, counts.half, counts.cut,
		counts.gone_on, counts.cut_twice);
	return 0;
}
