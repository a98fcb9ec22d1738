/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Captures: what they keep of odd names, and that a damaged or unfinished one is told. */

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/inside.h"
#include "io/out.h"
#include "tests/must.h"

static char dir[] = "/tmp/lend-capture-test-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* What was asked for, and is no UTF-8, is what a replay is told. */
static void keeps_the_request(void)
{
	static const char *const sources[] = { "qmp:/run/a.qmp", "qmp:/run/\xff\".qmp" };
	static const struct lend_guest_source guests[] = { { "vm\xfe", "qga:/run/\xc3.qga" } };
	const struct lend_scan_options request = {
		.sources = sources, .n_sources = 2, .guests = guests, .n_guests = 1
	};
	static const struct lend_ask ask = { .via = LEND_VIA_FILE, .key = "proc/version" };
	const struct lend_scan_options *again;
	struct lend_io *io = lend_io_live();

	must(lend_io_record_to(io, in_dir("request"), &request, NULL) == 0);
	must(lend_io_ask(io, &ask)->known == LEND_KNOWN);
	must(lend_io_record_end(io, NULL) == 0);
	lend_io_free(io);
	must(lend_io_open_tree(in_dir("request"), &io, NULL) == 0);
	again = lend_io_request(io);
	must(again->n_sources == 2 && again->n_guests == 1);
	must_str(again->sources[0], sources[0]);
	must_str(again->sources[1], sources[1]);
	must_str(again->guests[0].vm, guests[0].vm);
	must_str(again->guests[0].source, guests[0].source);
	lend_io_free(io);
}

static bool is_capture(const char *name)
{
	struct lend_io *io = NULL;
	bool is;

	must(lend_io_open_tree(in_dir(name), &io, NULL) == 0);
	is = lend_io_is_replay(io);
	lend_io_free(io);
	return is;
}

/* What asks.jsonl and the contents take fits into limit bytes each, or not. */
static int capture(const char *name, rlim_t limit, bool end, struct lend_err *err)
{
	static const struct lend_ask version = { .via = LEND_VIA_FILE, .key = "proc/version" };
	static const struct lend_ask none = { .via = LEND_VIA_FILE, .key = "no-such-file/%s" };
	struct lend_io *io = lend_io_live();
	struct rlimit before, now;
	char number[20];
	int r = 0;

	must(lend_io_record_to(io, in_dir(name), NULL, NULL) == 0);
	must(getrlimit(RLIMIT_FSIZE, &before) == 0);
	now = before;
	now.rlim_cur = limit;
	must(setrlimit(RLIMIT_FSIZE, &now) == 0);
	(void)lend_io_ask(io, &version);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(number, sizeof(number), "%d", i);
		(void)lend_io_ask(io, &none, number);
	}
	if (end)
		r = lend_io_record_end(io, err);
	lend_io_free(io);
	must(setrlimit(RLIMIT_FSIZE, &before) == 0);
	return r;
}

static void is_whole_or_none(void)
{
	struct lend_err err = { 0 };

	must(capture("whole", RLIM_INFINITY, true, NULL) == 0 && is_capture("whole"));
	must(capture("dropped", RLIM_INFINITY, false, NULL) == 0 && !is_capture("dropped"));

	(void)signal(SIGXFSZ, SIG_IGN);
	/* the content, the asks, and the last file do not fit */
	must(capture("full-1", 10, true, &err) == -1 && !is_capture("full-1"));
	must(strstr(err.what, "write 'version'") != NULL);
	must(strstr(err.where, in_dir("full-1")) != NULL);
	err = (struct lend_err){ 0 };
	must(capture("full-2", 1000, true, &err) == -1 && !is_capture("full-2"));
	must(strstr(err.what, "write 'asks.jsonl'") != NULL);
	must(strstr(err.where, in_dir("full-2")) != NULL);
}

/* The disk is full when nothing but the last file is left to write. */
static void last_file(void)
{
	struct rlimit before, now;
	struct lend_err err = { 0 };
	struct lend_io *io = lend_io_live();

	must(lend_io_record_to(io, in_dir("full-3"), NULL, NULL) == 0);
	must(getrlimit(RLIMIT_FSIZE, &before) == 0);
	now = before;
	now.rlim_cur = 10;
	must(setrlimit(RLIMIT_FSIZE, &now) == 0);
	must(lend_io_record_end(io, &err) == -1);
	must(setrlimit(RLIMIT_FSIZE, &before) == 0);
	lend_io_free(io);
	must(strstr(err.what, "write 'lend-capture.json'") != NULL);
	must(!is_capture("full-3"));
}

int main(void)
{
	char command[100];

	must(mkdtemp(dir) != NULL);
	keeps_the_request();
	is_whole_or_none();
	last_file();
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
