/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules of subject caveats: what -snapshot, loadvm and a migration make of an
 * NVDIMM, each without a word, and what lend check says of it before.
 *
 * The guest is the firmware of crash-proof (crash-guest.s), which fills 4 MiB
 * of the NVDIMM and flushes; its disk is written by QEMU itself.
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "prove.h"

enum { DISK_BYTES = 1 << 20, BYTES = 16 << 20, WRITTEN = 4 << 20 };

#define VM                                                                                     \
	"-nodefaults -no-user-config -display none -cpu max -S "                               \
	"-machine q35,accel=tcg,nvdimm=on -m 64M,slots=2,maxmem=1G -bios @/guest.bin "         \
	"-debugcon file:@/said -device nvdimm,id=nv,memdev=m "                                 \
	"-object memory-backend-file,id=m,share=on,size=16M,mem-path=@/"
#define RAW     " -drive if=none,id=disk,format=raw,file=@/disk.raw"
#define OVERLAY " -drive if=none,id=disk,format=qcow2,file=@/disk.qcow2"

static const char *const only[] = { "pmem-not-migrated", "pmem-not-rolled-back", NULL };

struct copies {
	struct lab *lab;
	struct lab_tap *tap;
	char nv[LAB_PATH_MAX], other[LAB_PATH_MAX];
	char raw[LAB_PATH_MAX], said[LAB_PATH_MAX];
};

/* What lend check says of the line is what is wanted; then QEMU answers. */
static int start(struct copies *c, struct lab_vm *vm, const char *line, const char *want,
		 struct lend_err *err)
{
	lend_auto_buf found = { 0 };
	int r;

	if (lab_argv(c->lab, vm, line, err) < 0 ||
	    lab_check_argv(c->lab, vm, only, &found, err) < 0)
		return -1;
	(void)lab_found_ok(c->tap, &found, want, "what lend check says of %s",
			   strstr(line, " -snapshot") != NULL   ? "-snapshot"
			   : strstr(line, " -loadvm") != NULL   ? "-loadvm"
			   : strstr(line, " -incoming") != NULL ? "-incoming"
								: "neither");
	(void)unlink(c->said);
	if (lab_argv_start(c->lab, vm, err) < 0)
		return -1;
	r = lab_argv_fails(c->lab, vm, err);
	return r == 1 ? lend_fail(err, LEND_E_REMOTE, "QEMU did not start") : r;
}

static int ask(struct copies *c, struct lab_vm *vm, const char *request, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;

	return lab_vm_qmp(c->lab, vm, request, &doc, err);
}

/* A command of the monitor for people, which has nothing to say when it worked. */
static int type(struct copies *c, struct lab_vm *vm, const char *command, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	char request[256];
	const char *text;

	(void)snprintf(request, sizeof(request),
		       "{\"execute\":\"human-monitor-command\",\"arguments\":"
		       "{\"command-line\":\"%s\"}}",
		       command);
	if (lab_vm_qmp(c->lab, vm, request, &doc, err) < 0)
		return -1;
	text = lend_json_str(lend_json_get(doc, "return"));
	if (text != NULL && (strstr(text, "rror") != NULL || strstr(text, "nable") != NULL))
		return lend_fail(err, LEND_E_REMOTE, "%s: %s", command, text);
	return 0;
}

/* The guest fills its NVDIMM, and the disk gets 64 KiB of the same letter. */
static int write_both(struct copies *c, struct lab_vm *vm, struct lend_err *err)
{
	if (ask(c, vm, "{\"execute\":\"cont\"}", err) < 0 ||
	    lab_wait_flushed(c->lab, c->said, err) < 0)
		return -1;
	return type(c, vm, "qemu-io disk \\\"write -P 76 0 64k\\\"", err);
}

/* Ends as it would when a person types "quit". */
static int quit(struct copies *c, struct lab_vm *vm, struct lend_err *err)
{
	int status = 0;

	if (ask(c, vm, "{\"execute\":\"quit\"}", err) < 0)
		return -1;
	if (lab_child_wait(c->lab, &vm->child, lab_in(LAB_STEP_MS), &status, err) != 0)
		return lend_where(err, "waiting for the end of QEMU");
	return 0;
}

static int make_anew(struct copies *c, struct lend_err *err)
{
	if (lab_sparse(c->lab, "nv.img", BYTES, err) < 0)
		return -1;
	return lab_sparse(c->lab, "disk.raw", DISK_BYTES, err);
}

/* ---- back in time ---- */

static int prove_snapshot(struct copies *c, struct lab_vm *vm, bool ignored,
			  struct lend_err *err)
{
	if (make_anew(c, err) < 0 ||
	    start(c, vm, ignored ? VM "nv.img" RAW " -snapshot" : VM "nv.img" RAW,
		  ignored ? "pmem-not-rolled-back vm/copies\n" : "", err) < 0 ||
	    write_both(c, vm, err) < 0 || quit(c, vm, err) < 0)
		return -1;
	(void)lab_ok(c->tap,
		     lab_count_written(c->nv, NULL) == WRITTEN &&
			     (lab_count_written(c->raw, NULL) == 0) == ignored,
		     ignored ? "pmem-not-rolled-back: ignored, -snapshot forgets what the disk "
			       "got, and the NVDIMM has all of it"
			     : "pmem-not-rolled-back: heeded, both have what was written");
	return 0;
}

/* A state in an image, before anything is written. */
static int save(struct copies *c, struct lab_vm *vm, struct lend_err *err)
{
	char request[LAB_PATH_MAX + 256];

	(void)snprintf(request, sizeof(request),
		       "{\"execute\":\"blockdev-snapshot-sync\",\"arguments\":{\"device\":"
		       "\"disk\",\"snapshot-file\":\"%s/disk.qcow2\",\"format\":\"qcow2\"}}",
		       c->lab->dir);
	if (make_anew(c, err) < 0 || start(c, vm, VM "nv.img" RAW, "", err) < 0 ||
	    ask(c, vm, request, err) < 0 || type(c, vm, "savevm before", err) < 0 ||
	    write_both(c, vm, err) < 0)
		return -1;
	return quit(c, vm, err);
}

static int prove_loadvm(struct copies *c, struct lab_vm *vm, struct lend_err *err)
{
	bool was_there = lab_count_written(c->nv, NULL) == WRITTEN;
	lend_auto_buf said = { 0 };

	if (start(c, vm, VM "nv.img" OVERLAY " -loadvm before",
		  "pmem-not-rolled-back vm/copies\n", err) < 0 ||
	    quit(c, vm, err) < 0 || lab_argv_said(vm, &said, err) < 0)
		return -1;
	lab_note("%s", lend_buf_text(&said));
	(void)lab_ok(c->tap, was_there && lab_count_written(c->nv, NULL) == 0 && said.len == 0,
		     "pmem-not-rolled-back: ignored, -loadvm takes what was flushed out of the "
		     "backing, without a word");
	return 0;
}

/* ---- to another host ---- */

/* Until it has ended, well; ret_ram: how many bytes it looked at. */
static int wait_migrated(struct copies *c, struct lab_vm *vm, uint64_t *ret_ram,
			 uint64_t *ret_sent, struct lend_err *err)
{
	int64_t deadline = lab_in(LAB_STEP_MS);

	for (;;) {
		lend_auto_json struct lend_json *doc = NULL;
		const struct lend_json *info, *ram;
		const char *status;

		if (lab_vm_qmp(c->lab, vm, "{\"execute\":\"query-migrate\"}", &doc, err) < 0)
			return -1;
		info = lend_json_get(doc, "return");
		status = lend_json_str(lend_json_get(info, "status"));
		ram = lend_json_get(info, "ram");
		if (status != NULL && strcmp(status, "completed") == 0 &&
		    lend_json_u64(lend_json_get(ram, "total"), ret_ram) &&
		    lend_json_u64(lend_json_get(ram, "transferred"), ret_sent))
			return 0;
		if ((status != NULL && strcmp(status, "failed") == 0) ||
		    lend_now_ms() > deadline)
			return lend_fail(err, LEND_E_REMOTE, "the migration is '%s'",
					 status != NULL ? status : "");
		if (lab_poll(c->lab, NULL, 0, lab_in(20), err) < 0)
			return -1;
	}
}

static int migrate(struct copies *c, struct lab_vm *vm, uint64_t *ret_ram, uint64_t *ret_sent,
		   struct lend_err *err)
{
	char request[LAB_PATH_MAX + 128];

	(void)snprintf(request, sizeof(request),
		       "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:%s/to\"}}",
		       c->lab->dir);
	if (ask(c, vm, request, err) < 0)
		return -1;
	return wait_migrated(c, vm, ret_ram, ret_sent, err);
}

static int check_target(struct copies *c, struct lab_vm *source, struct lab_vm *target,
			struct lend_err *err)
{
	lend_auto_buf said = { 0 };
	uint64_t ram = 0, sent = 0;
	struct stat st;

	if (start(c, target, VM "other.img -incoming unix:@/to",
		  "pmem-not-migrated vm/target\n", err) < 0 ||
	    lab_argv_said(target, &said, err) < 0)
		return -1;
	(void)lab_ok(c->tap,
		     stat(c->other, &st) == 0 && st.st_size == BYTES && st.st_blocks == 0 &&
			     said.len == 0,
		     "pmem-not-migrated: ignored, a backing that is missing is made, empty, "
		     "without a word");
	if (migrate(c, source, &ram, &sent, err) < 0)
		return -1;
	lab_note("%llu bytes of %llu were sent", (unsigned long long)sent,
		 (unsigned long long)ram);
	(void)lab_ok(c->tap,
		     ram >= (64ULL << 20) + BYTES && sent > WRITTEN &&
			     lab_count_written(c->other, NULL) == WRITTEN,
		     "pmem-not-migrated: ignored, all of the NVDIMM is sent as memory");
	return 0;
}

/* The file that the other one has, too. */
static int check_same_file(struct copies *c, struct lab_vm *source, struct lab_vm *target,
			   struct lend_err *err)
{
	uint64_t ram = 0, sent = 0;

	if (start(c, target, VM "nv.img -incoming unix:@/to", "pmem-not-migrated vm/target\n",
		  err) < 0 ||
	    migrate(c, source, &ram, &sent, err) < 0 ||
	    ask(c, target, "{\"execute\":\"cont\"}", err) < 0 ||
	    ask(c, source, "{\"execute\":\"cont\"}", err) < 0)
		return -1;
	(void)lab_ok(c->tap, sent > WRITTEN,
		     "pmem-not-migrated: ignored, one file is sent into itself, and nothing "
		     "keeps both guests from running on it");
	return 0;
}

static int prove_migration(struct copies *c, struct lab_vm *source, struct lend_err *err)
{
	struct lab_vm target = { .name = "target" };
	int r = make_anew(c, err);

	if (r == 0)
		r = start(c, source, VM "nv.img" RAW, "", err);
	if (r == 0)
		r = write_both(c, source, err);
	if (r == 0)
		r = check_target(c, source, &target, err);
	lab_vm_stop(&target);
	return r;
}

static int prove_same_file(struct copies *c, struct lab_vm *source, struct lend_err *err)
{
	struct lab_vm target = { .name = "target" };
	int r = start(c, source, VM "nv.img", "", err);

	if (r == 0)
		r = ask(c, source, "{\"execute\":\"cont\"}", err);
	if (r == 0)
		r = lab_wait_flushed(c->lab, c->said, err);
	if (r == 0)
		r = check_same_file(c, source, &target, err);
	lab_vm_stop(&target);
	return r;
}

/* The backing is copied as a file, and nothing is sent. */
static int prove_copied(struct copies *c, struct lab_vm *vm, struct lend_err *err)
{
	const char *const argv[] = { "cp", "-f", c->nv, c->other, NULL };
	int status = 0;

	if (lab_run(c->lab, argv, lab_in(LAB_STEP_MS), NULL, &status, err) < 0)
		return -1;
	if (status != 0)
		return lend_fail(err, LEND_E_SYSTEM, "cannot copy '%s'", c->nv);
	if (start(c, vm, VM "other.img" RAW, "", err) < 0)
		return -1;
	(void)lab_ok(c->tap, lab_count_written(c->other, NULL) == WRITTEN,
		     "pmem-not-migrated: heeded, what was flushed is in the copy");
	return 0;
}

/* ---- all ---- */

static int prove(struct copies *c, int which, struct lend_err *err)
{
	struct lab_vm vm = { .name = "copies" };
	int r = which == 0   ? prove_snapshot(c, &vm, true, err)
		: which == 1 ? prove_snapshot(c, &vm, false, err)
		: which == 2 ? save(c, &vm, err)
		: which == 3 ? prove_loadvm(c, &vm, err)
		: which == 4 ? prove_migration(c, &vm, err)
		: which == 5 ? prove_same_file(c, &vm, err)
			     : prove_copied(c, &vm, err);

	lab_vm_stop(&vm);
	return r;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct copies c = { .lab = lab, .tap = tap };
	char guest[LAB_PATH_MAX];

	if (lab_path(lab, c.nv, sizeof(c.nv), "nv.img", err) < 0 ||
	    lab_path(lab, c.other, sizeof(c.other), "other.img", err) < 0 ||
	    lab_path(lab, c.raw, sizeof(c.raw), "disk.raw", err) < 0 ||
	    lab_path(lab, c.said, sizeof(c.said), "said", err) < 0 ||
	    lab_path(lab, guest, sizeof(guest), "guest.bin", err) < 0)
		return -1;
	if (symlink(LEND_LAB_BUILT "/crash-guest.bin", guest) < 0)
		return lend_fail_errno(err, "make '%s'", guest);
	for (int which = 0; which <= 6; which++) {
		if (prove(&c, which, err) < 0)
			return -1;
	}
	return 0;
}

const struct lab_shape lab_shape_rules_copies = {
	.name = "rules-copies",
	.about = "snapshots and migrations of NVDIMMs, and what lend check says",
	.run = run,
};
