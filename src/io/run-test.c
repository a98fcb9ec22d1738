/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that answer, fail, hang, flood or are not there; live and out of a capture. */

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/io.h"
#include "tests/must.h"

static char long_input[100001];

/* Arguments cannot hold spaces, so the scripts do without them. */
static const struct row {
	const char *what;
	struct lend_ask ask;
	const char *argument;
	enum lend_known known;
	const char *text; /* the answer, or the reason */
} rows[] = {
	{ "prints",
	  { .via = LEND_VIA_RUN, .key = "echo one %s" },
	  "t;wo$(x)",
	  LEND_KNOWN,
	  "one t;wo$(x)\n" },
	{ "an argument with a space",
	  { .via = LEND_VIA_RUN, .key = "echo one %s" },
	  "a b",
	  LEND_UNREADABLE,
	  "the name is not one that can be asked for" },
	{ "an argument that is an option",
	  { .via = LEND_VIA_RUN, .key = "echo one %s" },
	  "-n",
	  LEND_UNREADABLE,
	  "the name is not one that can be asked for" },
	{ "not there",
	  { .via = LEND_VIA_RUN, .key = "lend-no-such-program %s" },
	  "x",
	  LEND_ABSENT,
	  "" },
	{ "may not be run",
	  { .via = LEND_VIA_RUN, .key = "%s" },
	  "/dev/null",
	  LEND_UNREADABLE,
	  "/dev/null cannot be run: Permission denied" },
	{ "ends as a shell does that finds no program",
	  { .via = LEND_VIA_RUN, .key = "sh -c %s" },
	  "exit${IFS}127",
	  LEND_UNREADABLE,
	  "sh ended with status 127" },
	{ "fails",
	  { .via = LEND_VIA_RUN, .key = "sh -c %s" },
	  "echo${IFS}it${IFS}broke>&2;exit${IFS}3",
	  LEND_UNREADABLE,
	  "sh ended with status 3: it broke" },
	{ "fails in silence",
	  { .via = LEND_VIA_RUN, .key = "sh -c %s" },
	  "exit${IFS}4",
	  LEND_UNREADABLE,
	  "sh ended with status 4" },
	{ "dies",
	  { .via = LEND_VIA_RUN, .key = "sh -c %s" },
	  "kill${IFS}-TERM${IFS}$$",
	  LEND_UNREADABLE,
	  "sh was ended by signal 15" },
	{ "hangs",
	  { .via = LEND_VIA_RUN, .key = "sleep %s", .deadline_ms = 100 },
	  "60",
	  LEND_UNREADABLE,
	  "sleep did not end within 100 ms" },
	{ "leaves a child that keeps the pipe",
	  { .via = LEND_VIA_RUN, .key = "sh -c %s" },
	  "echo${IFS}done;sleep${IFS}20&",
	  LEND_KNOWN,
	  "done\n" },
	{ "floods",
	  { .via = LEND_VIA_RUN, .key = "yes %s", .limit_bytes = 1000 },
	  "x",
	  LEND_UNREADABLE,
	  "yes printed more than 1000 bytes" },
	{ "reads nothing from us",
	  { .via = LEND_VIA_RUN, .key = "cat %s" },
	  "/dev/stdin",
	  LEND_KNOWN,
	  "" },
	{ "reads what the question says",
	  { .via = LEND_VIA_RUN, .key = "head -n %s", .input = "one\ntwo\nthree\n" },
	  "2",
	  LEND_KNOWN,
	  "one\ntwo\n" },
	{ "reads more than a pipe takes",
	  { .via = LEND_VIA_RUN, .key = "wc -c %s", .input = long_input },
	  "/dev/stdin",
	  LEND_KNOWN,
	  "100000 /dev/stdin\n" },
	{ "a helper that is not there",
	  { .via = LEND_VIA_RUN, .key = "lend-via-nothing %s" },
	  "x",
	  LEND_ABSENT,
	  "" },
	{ "does not read all of it",
	  { .via = LEND_VIA_RUN, .key = "echo %s", .input = "one\n" },
	  "done",
	  LEND_KNOWN,
	  "done\n" },
	{ "knows nothing of us",
	  { .via = LEND_VIA_RUN, .key = "sh -c %s" },
	  "echo${IFS}$LEND_RUN_TEST$LC_ALL",
	  LEND_KNOWN,
	  "C\n" },
};

static void check(struct lend_io *io)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		const struct lend_answer *answer =
			lend_io_ask(io, &rows[i].ask, rows[i].argument);

		must_in(rows[i].what);
		must_str(answer->known == LEND_KNOWN ? answer->bytes : answer->why,
			 rows[i].text);
		must_u64(answer->known, rows[i].known);
	}
	must_in("");
}

/* What it prints arrives, though the pipes have the numbers that it prints to. */
static void without_standard(void)
{
	static const struct lend_ask ask = { .via = LEND_VIA_RUN, .key = "sh -c %s" };
	struct lend_io *io = lend_io_live();
	const struct lend_answer *answer;
	int kept[3];

	for (int fd = 0; fd < 3; fd++) {
		kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
		(void)close(fd);
	}
	answer = lend_io_ask(io, &ask, "cat;echo${IFS}seen;echo${IFS}not>&2");
	for (int fd = 0; fd < 3; fd++) {
		if (kept[fd] >= 0)
			(void)dup2(kept[fd], fd);
	}
	must_str(answer->why, "");
	must_str(answer->bytes, "seen\n");
	lend_io_free(io);
}

/* Neither the program that hangs nor the one that floods. */
static void no_zombies(void)
{
	must(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

int main(void)
{
	char dir[] = "/tmp/lend-run-test-XXXXXX";
	struct lend_io *io = lend_io_live();
	char path[100];
	char command[100];

	memset(long_input, 'x', sizeof(long_input) - 1);
	must(mkdtemp(dir) != NULL && setenv("LEND_RUN_TEST", "seen", 1) == 0);
	(void)snprintf(path, sizeof(path), "%s/capture", dir);
	must(lend_io_record_to(io, path, NULL, NULL) == 0);
	check(io);
	no_zombies();
	must(lend_io_record_end(io, NULL) == 0);
	lend_io_free(io);
	without_standard();

	must(lend_io_open_tree(path, &io, NULL) == 0 && lend_io_is_replay(io));
	check(io);
	must_u64(lend_io_ask(io, &rows[0].ask, "else")->known, LEND_NOT_ASKED);
	lend_io_free(io);

	/* A saved tree runs nothing. */
	must(lend_io_open_tree(dir, &io, NULL) == 0);
	must_u64(lend_io_ask(io, &rows[0].ask, "x")->known, LEND_NOT_ASKED);
	lend_io_free(io);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
