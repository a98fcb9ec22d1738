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

static const struct damage {
	const char *key;
	const char *in;
	const char *why; /* NULL: it is as it was */
} damages[] = {
	{ "whole", "root/whole", NULL },
	{ "dots", "./root/./whole", NULL },
	{ "link", "root/link", "the capture's file 'root/link' is no regular file" },
	{ "out", "root/out", "the capture's file 'root/out' is no regular file" },
	{ "fifo", "root/fifo", "the capture's file 'root/fifo' is no regular file" },
	{ "folder", "root/folder", "the capture's file 'root/folder' is no regular file" },
	{ "up", "root/../../whole", "the capture's file 'root/../../whole' is outside of it" },
	{ "abs", "/etc/passwd", "the capture's file '/etc/passwd' is outside of it" },
	{ "by-link", "by/whole", "the capture's file 'by/whole' is no regular file" },
	{ "below", "root/whole/x", "the capture's file 'root/whole/x' is no regular file" },
	{ "gone", "root/gone", "the capture lacks 'root/gone'" },
	{ "long", "root/long", "longer than 65536 bytes" },
	{ "huge", "root/huge",
	  "the capture's file 'root/huge' cannot be read: longer than 16777216 bytes" },
	{ "none", "", "the capture lacks ''" },
};

static void make_damaged(const char *name)
{
	static const char head[] = "{\"lend\":\"capture\",\"version\":1}";
	lend_auto_buf asks = { 0 };
	int fd, huge;

	must(lend_out_new_dir(in_dir(name), &fd, NULL) == 0);
	must(lend_out_deep_file_at(fd, "root/folder/x", "x", 1, NULL) == 0);
	must(lend_out_deep_file_at(fd, "root/whole", "whole\n", 6, NULL) == 0);
	must(symlinkat("whole", fd, "root/link") == 0);
	must(symlinkat("/etc/passwd", fd, "root/out") == 0);
	must(symlinkat("root", fd, "by") == 0);
	must(mkfifoat(fd, "root/fifo", 0600) == 0);
	huge = openat(fd, "root/huge", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	must(huge >= 0 && ftruncate(huge, (16 << 20) + 1) == 0);
	(void)close(huge);
	huge = openat(fd, "root/long", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	must(huge >= 0 && ftruncate(huge, 65537) == 0);
	(void)close(huge);
	for (size_t i = 0; i < LEND_COUNT(damages); i++)
		lend_buf_printf(&asks, "{\"via\":\"file\",\"key\":\"%s\",\"in\":\"%s\"}\n",
				damages[i].key, damages[i].in);
	must(lend_out_file_at(fd, "asks.jsonl", asks.text, asks.len, NULL) == 0);
	must(lend_out_file_at(fd, "lend-capture.json", head, sizeof(head) - 1, NULL) == 0);
	(void)close(fd);
}

/* What was recorded is never missing and never "not asked", whatever became of it. */
static void tells_damage(void)
{
	static const struct lend_ask ask = { .via = LEND_VIA_FILE, .key = "%s" };
	struct lend_io *io = NULL;

	make_damaged("damaged");
	must(lend_io_open_tree(in_dir("damaged"), &io, NULL) == 0);
	for (size_t i = 0; i < LEND_COUNT(damages); i++) {
		const struct lend_answer *answer = lend_io_ask(io, &ask, damages[i].key);

		must_in(damages[i].key);
		must_str(answer->why, damages[i].why == NULL ? "" : damages[i].why);
		must_str(answer->bytes, damages[i].why == NULL ? "whole\n" : "");
		must_u64(answer->known, damages[i].why == NULL ? LEND_KNOWN : LEND_UNREADABLE);
		must_u64((uint64_t)answer->os_errno, 0);
	}
	must_in("");
	lend_io_free(io);
}

static void needs_asks(void)
{
	struct lend_io *io = NULL;
	struct lend_err err = { 0 };
	int fd = -1;

	must(capture("emptied", RLIM_INFINITY, true, NULL) == 0);
	fd = open(in_dir("emptied"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd >= 0 && unlinkat(fd, "asks.jsonl", 0) == 0);
	must(lend_out_file_at(fd, "asks.jsonl", "\n", 1, NULL) == 0);
	(void)close(fd);
	must(lend_io_open_tree(in_dir("emptied"), &io, &err) == -1);
	must_str(err.what, "'asks.jsonl' is empty");
}

int main(void)
{
	char command[100];

	must(mkdtemp(dir) != NULL);
	keeps_the_request();
	is_whole_or_none();
	last_file();
	tells_damage();
	needs_asks();
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
