/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules of subject labels, ignored and heeded, by two boots.  The first guest
 * makes namespaces and file systems.  Then each backing gets what a rule is
 * about: another slot, damaged index blocks, a label area over its end; lend
 * check says what it finds, and the second guest shows what has become of it.
 *
 * And two rules of subject persistence that need a guest with a driver: of
 * NVDIMMs made of memory, and of unarmed ones.
 */

#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "format/nd-label.h"
#include "prove.h"

/* Several fit into what one would take; the rules of geometry are not asked. */
#define SIZE  (32 * LAB_MIB)
#define LABEL (2 * LAB_MIB)

enum {
	MOVED,
	KEPT,
	TORN,
	HURT,
	RESIZED,
	BLANK,
	GROWN,
	MEMORY,
	MEMORY_OFF,
	FLAGGED,
	LOCKED,
	COVERED,
	N
};

static const struct lab_dimm first[N] = {
	[MOVED] = { .id = "moved",
		    .slot = 2,
		    .pmem_bytes = SIZE,
		    .label_bytes = LABEL,
		    .label_minor = 2 },
	[KEPT] = { .id = "kept",
		   .slot = 3,
		   .pmem_bytes = SIZE,
		   .label_bytes = LABEL,
		   .label_minor = 2 },
	[TORN] = { .id = "torn",
		   .slot = 4,
		   .pmem_bytes = SIZE,
		   .label_bytes = LABEL,
		   .label_minor = 2 },
	[HURT] = { .id = "hurt",
		   .slot = 5,
		   .pmem_bytes = SIZE,
		   .label_bytes = LABEL,
		   .label_minor = 2 },
	[RESIZED] = { .id = "resized",
		      .slot = 8,
		      .pmem_bytes = SIZE,
		      .label_bytes = LABEL,
		      .label_minor = 2 },
	[BLANK] = { .id = "blank", .slot = 7, .pmem_bytes = SIZE, .label_bytes = LABEL },
	[GROWN] = { .id = "grown", .slot = 1, .pmem_bytes = SIZE },
	[MEMORY] = { .id = "memory", .slot = 9, .pmem_bytes = SIZE, .is_memory = true },
	[MEMORY_OFF] = { .id = "memory-off",
			 .slot = 10,
			 .pmem_bytes = SIZE,
			 .is_memory = true,
			 .is_unarmed = true },
	[FLAGGED] = { .id = "flagged",
		      .slot = 11,
		      .pmem_bytes = SIZE,
		      .label_bytes = LABEL,
		      .is_unarmed = true },
	[LOCKED] = { .id = "locked",
		     .slot = 12,
		     .pmem_bytes = SIZE,
		     .label_bytes = LABEL,
		     .is_unarmed = true,
		     .is_readonly = true },
	/* The last one: what stands behind it would begin anywhere. */
	[COVERED] = { .id = "covered", .slot = 6, .pmem_bytes = SIZE },
};

static const char mark[] = "lab-mark";

/* ---- the first guest ---- */

static int make_namespace(struct lab *lab, struct lab_vm *vm, unsigned int slot,
			  struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	struct lab_place place;
	char script[128];

	if (lab_place(lab, vm, slot, &place, err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script), "ndctl create-namespace -m fsdax -M mem -r %s",
		       place.region);
	return lab_sh(lab, vm, script, &out, err);
}

/* A file system over all of it, a mark in its last block. */
static int make_fs(struct lab *lab, struct lab_vm *vm, unsigned int slot, struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	struct lab_place place;
	char script[192];

	if (lab_place(lab, vm, slot, &place, err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script),
		       "d=/dev/%s; mkfs.ext4 -q -F $d && printf %s | "
		       "dd of=$d bs=4096 seek=%llu conv=notrunc 2>/dev/null && sync",
		       place.blockdev, mark, (unsigned long long)(SIZE / 4096 - 1));
	return lab_sh(lab, vm, script, &out, err);
}

/* 1: the guest's driver takes no writes. */
static int put_mark(struct lab *lab, struct lab_vm *vm, unsigned int slot, struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	struct lab_place place;
	char script[128];

	if (lab_place(lab, vm, slot, &place, err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script),
		       "if echo %s >/dev/%s && sync; then echo yes; fi 2>/dev/null", mark,
		       place.blockdev);
	if (lab_sh(lab, vm, script, &out, err) < 0)
		return -1;
	return strcmp(lend_buf_text(&out), "yes\n") == 0 ? 0 : 1;
}

static int make_all(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		    struct lend_err *err)
{
	struct lend_err why = { 0 };
	int memory, off;

	for (size_t i = MOVED; i <= RESIZED; i++) {
		if (make_namespace(lab, vm, vm->dimms[i].slot, err) < 0)
			return -1;
	}
	(void)lab_ok(tap, true, "labels-not-blank: heeded, ndctl makes namespaces");
	(void)lab_ok(tap,
		     make_namespace(lab, vm, vm->dimms[BLANK].slot, &why) < 0 &&
			     strstr(why.what, "No space left on device") != NULL,
		     "labels-not-blank: ignored, ndctl says \"No space left on device\"");
	if (make_fs(lab, vm, vm->dimms[GROWN].slot, err) < 0 ||
	    make_fs(lab, vm, vm->dimms[COVERED].slot, err) < 0)
		return -1;
	memory = put_mark(lab, vm, vm->dimms[MEMORY].slot, err);
	off = memory < 0 ? -1 : put_mark(lab, vm, vm->dimms[MEMORY_OFF].slot, err);
	if (off < 0)
		return -1;
	(void)lab_ok(tap, memory == 0 && off == 1,
		     "volatile-is-unarmed: ignored, the guest writes; heeded, it does not");
	return 0;
}

/* ---- between them ---- */

/* A byte of an index block; others: of both, else of the one that does not count. */
static int damage(const struct lab_dimm *dimm, bool both, struct lend_err *err)
{
	static uint8_t head[LEND_ND_HEAD_MAX];
	lend_auto_fd int fd = open(dimm->path, O_RDWR | O_CLOEXEC);
	struct lend_nd_index index;

	if (fd < 0 ||
	    pread(fd, head, sizeof(head), (off_t)dimm->pmem_bytes) != (ssize_t)sizeof(head))
		return lend_fail_errno(err, "read '%s'", dimm->path);
	if (lend_nd_index_read(head, sizeof(head), dimm->label_bytes, &index, err) < 0)
		return -1;
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t at = i * index.index_bytes + 40;
		uint8_t byte = head[at] ^ 1;

		if ((both || i != index.active) &&
		    pwrite(fd, &byte, 1, (off_t)(dimm->pmem_bytes + at)) != 1)
			return lend_fail_errno(err, "write '%s'", dimm->path);
	}
	return 0;
}

/* What the second one gets. */
static int change(struct lab_dimm *dimms, struct lend_err *err)
{
	dimms[MOVED].slot = 0;
	if (damage(&dimms[TORN], false, err) < 0 || damage(&dimms[HURT], true, err) < 0)
		return -1;
	dimms[COVERED].pmem_bytes = SIZE - LABEL;
	dimms[COVERED].label_bytes = LABEL;
	dimms[GROWN].label_bytes = LABEL;
	if (truncate(dimms[GROWN].path, (off_t)lab_dimm_bytes(&dimms[GROWN])) < 0)
		return lend_fail_errno(err, "grow '%s'", dimms[GROWN].path);
	/* The file stays as it is, and size= says less. */
	dimms[RESIZED].pmem_bytes = SIZE / 2;
	return 0;
}

/* ---- the second guest ---- */

static const char findings[] = "labels-both-valid device/labels:torn\n"
			       "labels-hide-nothing device/labels:covered\n"
			       "labels-not-blank device/labels:blank\n"
			       "labels-not-blank device/labels:flagged\n"
			       "labels-not-blank device/labels:grown\n"
			       "labels-not-blank device/labels:locked\n"
			       "labels-of-this-size device/labels:resized\n"
			       "labels-of-this-slot device/labels:moved\n"
			       "labels-valid device/labels:hurt\n"
			       "unarmed-is-readonly device/labels:flagged\n"
			       "unarmed-is-readonly device/labels:memory-off\n"
			       "volatile-is-unarmed device/labels:memory\n";

static int check_namespaces(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			    struct lend_err *err)
{
	static const struct {
		size_t dimm;
		bool there;
		const char *text;
	} rows[] = {
		{ MOVED, false, "labels-of-this-slot: ignored, the namespace is gone" },
		{ RESIZED, false, "labels-of-this-size: ignored, the namespace is gone" },
		{ KEPT, true,
		  "labels-of-this-slot, labels-of-this-size, labels-valid: heeded, it is "
		  "there" },
		{ TORN, true, "labels-both-valid: ignored, the other block still counts" },
		{ HURT, false, "labels-valid: ignored, the namespace is gone" },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lab_place place;

		if (lab_place(lab, vm, vm->dimms[rows[i].dimm].slot, &place, err) < 0)
			return -1;
		lab_note("%s: %s %s", vm->dimms[rows[i].dimm].id, place.mode, place.blockdev);
		(void)lab_ok(tap, strcmp(place.mode, rows[i].there ? "fsdax" : "raw") == 0,
			     "%s", rows[i].text);
	}
	return 0;
}

/* "yes" when it can be mounted, then the mark. */
static int look_at_fs(struct lab *lab, struct lab_vm *vm, unsigned int slot,
		      struct lend_buf *out, struct lend_err *err)
{
	struct lab_place place;
	char script[256];

	if (lab_place(lab, vm, slot, &place, err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script),
		       "d=/dev/%s; if mount -t ext4 -o ro $d /mnt 2>/dev/null; then echo yes; "
		       "umount /mnt; fi; tail -c 4096 $d | tr -d '\\0'",
		       place.blockdev);
	return lab_sh(lab, vm, script, out, err);
}

static int init_labels(struct lab *lab, struct lab_vm *vm, unsigned int slot,
		       struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	struct lab_place place;
	char script[128];

	if (lab_place(lab, vm, slot, &place, err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script),
		       "ndctl disable-region %s && ndctl init-labels -f %s", place.region,
		       place.dimm);
	return lab_sh(lab, vm, script, &out, err);
}

/* Does the file have something else than zeros where the label area begins? */
static bool is_written(const struct lab_dimm *dimm)
{
	static const char zeros[4096];
	lend_auto_fd int fd = open(dimm->path, O_RDONLY | O_CLOEXEC);
	char bytes[4096];

	return fd >= 0 &&
	       pread(fd, bytes, sizeof(bytes), (off_t)dimm->pmem_bytes) == sizeof(bytes) &&
	       memcmp(bytes, zeros, sizeof(bytes)) != 0;
}

static int check_cover(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		       struct lend_err *err)
{
	const struct lab_dimm *covered = &vm->dimms[COVERED];
	const struct lab_dimm *grown = &vm->dimms[GROWN];
	lend_auto_buf lost = { 0 };
	lend_auto_buf there = { 0 };
	bool before = is_written(covered);

	if (look_at_fs(lab, vm, covered->slot, &lost, err) < 0 ||
	    look_at_fs(lab, vm, grown->slot, &there, err) < 0)
		return -1;
	(void)lab_ok(tap,
		     strstr(lend_buf_text(&lost), "yes") == NULL &&
			     strstr(lend_buf_text(&lost), mark) == NULL,
		     "labels-hide-nothing: ignored, the guest cannot mount what is cut off");
	(void)lab_ok(tap,
		     strstr(lend_buf_text(&there), "yes") != NULL &&
			     strstr(lend_buf_text(&there), mark) != NULL,
		     "labels-hide-nothing: heeded, it mounts, and all of it is there");
	if (init_labels(lab, vm, covered->slot, err) < 0)
		return -1;
	(void)lab_ok(
		tap, !before && is_written(covered),
		"labels-hide-nothing: ignored, ndctl init-labels writes over what is hidden");
	return 0;
}

static int check_memory(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	struct lab_place place;
	char script[64];

	if (lab_place(lab, vm, vm->dimms[MEMORY].slot, &place, err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script), "head -c %zu /dev/%s | tr -d '\\0'",
		       sizeof(mark) - 1, place.blockdev);
	if (lab_sh(lab, vm, script, &out, err) < 0)
		return -1;
	(void)lab_ok(tap, out.len == 0,
		     "volatile-is-unarmed: ignored, what the first guest wrote is gone");
	return 0;
}

/* QEMU 7.2 dies of a label for a file that it has open for reading: the last one. */
static int check_unarmed(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			 struct lend_err *err)
{
	struct lend_err why = { 0 };
	int r;

	if (init_labels(lab, vm, vm->dimms[FLAGGED].slot, err) < 0)
		return -1;
	(void)lab_ok(tap, is_written(&vm->dimms[FLAGGED]),
		     "unarmed-is-readonly: ignored, ndctl init-labels writes into its file");
	r = init_labels(lab, vm, vm->dimms[LOCKED].slot, &why);
	lab_note("%s", r < 0 ? why.what : "no error");
	(void)lab_ok(tap, r < 0 && !is_written(&vm->dimms[LOCKED]),
		     "unarmed-is-readonly: heeded, nothing is written");
	return 0;
}

static int prove(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, struct lend_err *err)
{
	static const char *const subjects[] = { "labels", "volatile-is-unarmed",
						"unarmed-is-readonly", NULL };
	lend_auto_buf found = { 0 };

	if (lab_check_argv(lab, vm, subjects, &found, err) < 0)
		return -1;
	(void)lab_found_ok(tap, &found, findings, "lend check finds that in the command line");
	if (lab_check_vm(lab, vm, subjects, &found, err) < 0)
		return -1;
	(void)lab_found_ok(tap, &found, findings, "lend check finds that in the running VM");
	if (check_namespaces(lab, tap, vm, err) < 0 || check_cover(lab, tap, vm, err) < 0 ||
	    check_memory(lab, tap, vm, err) < 0)
		return -1;
	return check_unarmed(lab, tap, vm, err);
}

/* ---- both ---- */

static int boot(struct lab *lab, struct lab_tap *tap, struct lab_dimm *dimms,
		int (*then)(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			    struct lend_err *err),
		struct lend_err *err)
{
	struct lab_vm vm = { .name = "labels", .slots = N + 1, .dimms = dimms, .n_dimms = N };
	int r = lab_boot(lab, &vm, err);

	if (r == 0)
		r = lab_guest_wait_regions(lab, &vm, N, err);
	if (r == 0)
		r = then(lab, tap, &vm, err);
	lab_vm_stop(&vm);
	return r;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimms[N];

	memcpy(dimms, first, sizeof(dimms));
	if (boot(lab, tap, dimms, make_all, err) < 0 || change(dimms, err) < 0)
		return -1;
	return boot(lab, tap, dimms, prove, err);
}

const struct lab_shape lab_shape_rules_labels = {
	.name = "rules-labels",
	.about = "rules of labels, ignored and heeded",
	.run = run,
};
