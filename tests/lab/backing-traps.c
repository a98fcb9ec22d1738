/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backings that lose what is written to them, each without a word of QEMU,
 * and what lend check says of them before the guest runs.
 *
 * The guest is the firmware of crash-proof (crash-guest.s): it fills 4 MiB of
 * each NVDIMM of 16 MiB, and flushes.  What is in the files after the VM has
 * ended is counted.
 */

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/out.h"
#include "prove.h"

enum { GOOD, OWN, GONE, IMAGE, FOLDER, EMPTY, DIMMS, BYTES = 16 << 20, WRITTEN = 4 << 20 };

/* At the end of the good one. */
static const char mark[8] = "lab-mark";

static const struct {
	const char *id;
	const char *about;
	const char *backend; /* of its options */
	const char *before;  /* first bytes of the file */
	const char *rule;    /* that fires; NULL: none */
	uint64_t there;      /* bytes of the guest in the file afterwards */
} dimms[DIMMS] = {
	[GOOD] = { "good", "share=on", "share=on", "", NULL, WRITTEN },
	[OWN] = { "own", "pmem=on without share=on", "pmem=on", "", "share-on", 0 },
	[GONE] = { "gone", "discard-data=on", "share=on,discard-data=on", "", "no-discard-data",
		   0 },
	[IMAGE] = { "image", "a disk image", "share=on", "QFI\xfb", "backing-is-raw", WRITTEN },
	[FOLDER] = { "folder", "a folder", "share=on", "", NULL, 0 },
	[EMPTY] = { "empty", "a file that was empty", "share=on", "", NULL, WRITTEN },
};

static int make_file(struct lab *lab, size_t i, char *ret_path, size_t size,
		     struct lend_err *err)
{
	lend_auto_fd int fd = -1;
	size_t len = strlen(dimms[i].before);

	if (lab_path(lab, ret_path, size, dimms[i].id, err) < 0)
		return -1;
	if (i == FOLDER)
		return mkdir(ret_path, 0700) < 0 ? lend_fail_errno(err, "make '%s'", ret_path)
						 : 0;
	fd = open(ret_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, i == EMPTY ? 0 : BYTES) < 0 ||
	    pwrite(fd, dimms[i].before, len, 0) != (ssize_t)len ||
	    (i == GOOD && pwrite(fd, mark, sizeof(mark), BYTES - sizeof(mark)) != sizeof(mark)))
		return lend_fail_errno(err, "make '%s'", ret_path);
	return 0;
}

/* Names in it, without "." and "..". */
static size_t n_names(const char *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		(void)closedir(dir);
	return n > 2 ? n - 2 : 0;
}

static bool has_finding(const struct lend_json *said, const char *rule, const char *node)
{
	const struct lend_json *findings = lend_json_get(said, "findings");

	for (size_t i = 0; i < lend_json_count(findings); i++) {
		const struct lend_json *f = lend_json_at(findings, i);
		const char *r = lend_json_str(lend_json_get(f, "rule"));
		const char *n = lend_json_str(lend_json_get(f, "node"));
		bool told = false;

		if (r != NULL && n != NULL && strcmp(r, rule) == 0 && strcmp(n, node) == 0 &&
		    lend_json_bool(lend_json_get(f, "told"), &told) && told)
			return true;
	}
	return false;
}

static int check_said(struct lab *lab, struct lab_tap *tap, const char *qmp,
		      struct lend_err *err)
{
	static const char *const rules[] = { "share-on", "pmem-with-share", "no-discard-data",
					     "backing-is-raw", "persistence-claim-holds" };
	char source[LAB_SOURCE_MAX];
	size_t claimed = 0;
	const char *const argv[] = { "check", "--json", "--only", "persistence", source, NULL };
	lend_auto_json struct lend_json *said = NULL;
	lend_auto_buf out = { 0 };
	int status = 0;
	int r;

	(void)snprintf(source, sizeof(source), "qmp:%s", qmp);
	r = lab_lend(lab, argv, &out, &status, err);
	if (r != 0)
		return r;
	if (lend_json_parse(lend_buf_text(&out), out.len, &said, err) < 0)
		return lend_where(err, "reading what lend check printed");
	for (size_t i = 0; i < DIMMS; i++) {
		char node[60];

		(void)snprintf(node, sizeof(node), "device/traps:%s", dimms[i].id);
		claimed += has_finding(said, rules[4], node);
		for (size_t k = 0; k + 1 < LEND_COUNT(rules); k++) {
			bool want = dimms[i].rule != NULL &&
				    (strcmp(rules[k], dimms[i].rule) == 0 ||
				     (strcmp(dimms[i].id, "own") == 0 &&
				      strcmp(rules[k], "pmem-with-share") == 0));

			if (!lab_ok(tap, has_finding(said, rules[k], node) == want, "%s: %s %s",
				    dimms[i].about, rules[k], want ? "fires" : "is silent"))
				lab_note("%s", lend_buf_text(&out));
		}
	}
	/* All of them lie in the page cache. */
	(void)lab_ok(tap, claimed == DIMMS,
		     "nvdimm-persistence=cpu is a claim that does not hold");
	return 0;
}

struct traps {
	char paths[DIMMS][LAB_PATH_MAX];
	char said[LAB_PATH_MAX], qmp[LAB_PATH_MAX], errors[LAB_PATH_MAX];
	struct lend_arena arena;
};

static const char *const *compose(struct traps *t)
{
	const char **argv = lend_arena_array(&t->arena, 64, sizeof(*argv));
	const char *const first[] = { lab_qemu(),
				      "-name",
				      "traps",
				      "-nodefaults",
				      "-display",
				      "none",
				      "-cpu",
				      "max",
				      "-m",
				      "64M,slots=8,maxmem=1G",
				      "-S",
				      "-machine",
				      "q35,accel=tcg,nvdimm=on,nvdimm-persistence=cpu",
				      "-bios",
				      LEND_LAB_BUILT "/crash-guest.bin" };
	size_t n = 0;

	for (; n < LEND_COUNT(first); n++)
		argv[n] = first[n];
	argv[n++] = "-debugcon";
	argv[n++] = lend_arena_printf(&t->arena, "file:%s", t->said);
	argv[n++] = "-qmp";
	argv[n++] = lend_arena_printf(&t->arena, "unix:%s,server=on,wait=off", t->qmp);
	for (size_t i = 0; i < DIMMS; i++) {
		argv[n++] = "-object";
		argv[n++] = lend_arena_printf(
			&t->arena, "memory-backend-file,id=m%zu,mem-path=%s,size=16M,%s", i,
			t->paths[i], dimms[i].backend);
		argv[n++] = "-device";
		argv[n++] = lend_arena_printf(&t->arena, "nvdimm,id=%s,memdev=m%zu,slot=%zu",
					      dimms[i].id, i, i);
	}
	return argv;
}

/* Until it answers; request may be NULL. */
static int wait_monitor(struct lab *lab, const char *qmp, const struct lab_child *child,
			const char *request, struct lend_err *err)
{
	lab_auto_talk talk = { .fd = -1, .peer = child };
	lend_auto_json struct lend_json *doc = NULL;

	if (lab_talk_qmp(lab, &talk, qmp, lab_in(LAB_STEP_MS), err) < 0)
		return -1;
	return request == NULL
		       ? 0
		       : lab_talk_ask(lab, &talk, request, lab_in(LAB_STEP_MS), &doc, err);
}

/* Before it starts: then the empty one is not empty any more. */
static int check_wish(struct lab *lab, struct lab_tap *tap, const char *const *argv,
		      struct lend_err *err)
{
	static const char *const only[] = { "backing-there", "backing-no-folder",
					    "backing-not-empty", NULL };
	struct lab_vm vm = { .name = "traps", .argv = argv };
	lend_auto_buf found = { 0 };

	if (lab_check_argv(lab, &vm, only, &found, err) < 0)
		return -1;
	(void)lab_found_ok(tap, &found,
			   "backing-no-folder backend/traps:m4\n"
			   "backing-not-empty backend/traps:m5\n",
			   "lend check finds a folder and an empty file in the command line");
	return 0;
}

/* QEMU has taken the empty file, and written not a word. */
static int check_empty(struct lab_tap *tap, const struct traps *t, struct lend_err *err)
{
	lend_auto_buf said = { 0 };
	struct stat st;

	if (lend_in_file(t->errors, 1 << 20, &said, err) < 0)
		return -1;
	if (stat(t->paths[EMPTY], &st) < 0)
		return lend_fail_errno(err, "look at '%s'", t->paths[EMPTY]);
	if (!lab_ok(tap, st.st_size == BYTES && st.st_blocks == 0 && said.len == 0,
		    "backing-not-empty: ignored, QEMU makes it as long as size= says, of holes, "
		    "without a word"))
		lab_note("%lld bytes, %lld blocks; QEMU said: %s", (long long)st.st_size,
			 (long long)st.st_blocks, lend_buf_text(&said));
	return 0;
}

/* What lies at the paths when the VM has ended. */
static void check_paths(struct lab_tap *tap, const struct traps *t)
{
	lend_auto_fd int fd = open(t->paths[GOOD], O_RDONLY | O_CLOEXEC);
	char end[sizeof(mark)];

	(void)lab_ok(tap,
		     fd >= 0 &&
			     pread(fd, end, sizeof(end), BYTES - sizeof(end)) == sizeof(end) &&
			     memcmp(end, mark, sizeof(mark)) == 0,
		     "backing-not-empty: heeded, what was in the file is in it");
	(void)lab_ok(tap, n_names(t->paths[FOLDER]) == 0,
		     "backing-no-folder: ignored, nothing is in the folder; heeded, all of it "
		     "is in the file");
}

/* The guest is told to end as a person would: QEMU cleans up. */
static int run_vm(struct lab *lab, struct lab_tap *tap, struct traps *t, struct lend_err *err)
{
	struct lab_child child = { 0 };
	struct lab_spawn spawn = { .argv = compose(t) };
	int r = check_wish(lab, tap, spawn.argv, err);

	if (r < 0)
		return -1;
	spawn.err_fd = open(t->errors, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (spawn.err_fd < 0)
		return lend_fail_errno(err, "make '%s'", t->errors);
	r = lab_child_start(&spawn, &child, err);
	(void)close(spawn.err_fd);
	if (r == 0)
		r = wait_monitor(lab, t->qmp, &child, NULL, err);
	if (r == 0)
		r = check_empty(tap, t, err);
	if (r == 0)
		r = check_said(lab, tap, t->qmp, err);
	if (r == 0)
		r = wait_monitor(lab, t->qmp, &child, "{\"execute\":\"cont\"}", err);
	if (r == 0)
		r = lab_wait_flushed(lab, t->said, err);
	lab_child_stop(&child, LAB_STEP_MS);
	return r;
}

/* QEMU's own word on what a rule refuses. */
static int check_readonly(struct lab *lab, struct lab_tap *tap, struct traps *t,
			  struct lend_err *err)
{
	for (int unarmed = 0; unarmed < 2; unarmed++) {
		const char *const argv[] = {
			lab_qemu(),
			"-nodefaults",
			"-display",
			"none",
			"-m",
			"64M,slots=1,maxmem=1G",
			"-machine",
			"q35,accel=tcg,nvdimm=on",
			"-S",
			"-object",
			lend_arena_printf(&t->arena,
					  "memory-backend-file,id=m,mem-path=%s,size=16M,"
					  "share=on,readonly=on",
					  t->paths[0]),
			"-device",
			unarmed ? "nvdimm,memdev=m,unarmed=on" : "nvdimm,memdev=m",
			NULL
		};
		struct lab_child child = { 0 };
		struct lab_spawn spawn = { .argv = argv };
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		int status = 0;
		int r;

		spawn.err_fd = null;
		r = lab_child_start(&spawn, &child, err);
		if (r == 0)
			r = lab_child_wait(lab, &child, lab_in(unarmed ? 1000 : LAB_STEP_MS),
					   &status, err);
		(void)close(null);
		lab_child_stop(&child, 0);
		if (r < 0)
			return -1;
		(void)lab_ok(tap, unarmed ? r == 1 : r == 0 && status != 0,
			     "QEMU %s with readonly=on and unarmed=%s",
			     unarmed ? "starts" : "does not start", unarmed ? "on" : "off");
	}
	return 0;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct traps t = { .arena = { 0 } };
	int r = 0;

	for (size_t i = 0; i < DIMMS && r == 0; i++)
		r = make_file(lab, i, t.paths[i], sizeof(t.paths[i]), err);
	if (r == 0)
		r = lab_path(lab, t.said, sizeof(t.said), "said", err);
	if (r == 0)
		r = lab_path(lab, t.qmp, sizeof(t.qmp), "traps.qmp", err);
	if (r == 0)
		r = lab_path(lab, t.errors, sizeof(t.errors), "traps.err", err);
	if (r == 0)
		r = run_vm(lab, tap, &t, err);
	for (size_t i = 0; i < DIMMS && r == 0; i++) {
		char head[4];
		uint64_t n = lab_count_written(t.paths[i], head);

		(void)lab_ok(tap, n == dimms[i].there, "%s: %llu of %d bytes are in the file",
			     dimms[i].about, (unsigned long long)n, WRITTEN);
		if (dimms[i].before[0] != '\0')
			(void)lab_ok(tap, memcmp(head, dimms[i].before, 4) != 0,
				     "it is no image any more");
	}
	if (r == 0) {
		check_paths(tap, &t);
		r = check_readonly(lab, tap, &t, err);
	}
	lend_arena_done(&t.arena);
	if (r > 0)
		lab_skip(tap, "no lend program", "what lend check says");
	return r < 0 ? -1 : 0;
}

const struct lab_shape lab_shape_backing_traps = {
	.name = "backing-traps",
	.about = "backings that lose what is written to them, and what lend check says",
	.run = run,
};
