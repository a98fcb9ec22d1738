/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every file that lend pmem create makes: plain "ndctl create-namespace -m
 * fsdax" works on each, whatever their sizes, label versions and order.  And
 * what holds a namespace is not removed, neither while the guest runs nor
 * afterwards.
 */

#include <sys/stat.h>

#include "base/err.h"
#include "pmem.h"

enum { N = 5 };

static const struct lab_dimm wish[N] = {
	{ .id = "small",
	  .slot = 3,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
	{ .id = "old",
	  .slot = 0,
	  .pmem_bytes = 2 * LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 1 },
	{ .id = "short-label",
	  .slot = 7,
	  .pmem_bytes = 3 * LAB_UNIT,
	  .label_bytes = LAB_MIB / 8,
	  .label_minor = 2 },
	{ .id = "old-short-label",
	  .slot = 1,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = LAB_MIB / 8,
	  .label_minor = 1 },
	{ .id = "unused", /* stays blank */
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
};

static bool is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static int undo(struct lab *lab, struct lab_tap *tap, int want, const char *journal,
		struct lend_err *err)
{
	return lab_pmem(lab, tap, want, (const char *[]){ "undo", "--yes", journal, NULL },
			err);
}

static int use(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, struct lend_err *err)
{
	if (lab_guest_wait_regions(lab, vm, vm->n_dimms, err) < 0)
		return -1;
	for (size_t i = 0; i < vm->n_dimms; i++) {
		lend_auto_buf out = { 0 };
		struct lend_err why = { 0 };

		(void)lab_ok(
			tap,
			lab_did(lab_sh(lab, vm, "ndctl create-namespace -m fsdax", &out, &why),
				&why),
			"plain ndctl create-namespace -m fsdax works, %zu of %zu", i + 1,
			vm->n_dimms);
	}
	/* Journals count from 1, in the order of wish. */
	if (undo(lab, tap, 3, "1", err) < 0)
		return -1;
	(void)lab_ok(tap, is_there(vm->dimms[0].path), "a file that QEMU has open stays");
	return 0;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimms[N];
	struct lab_vm vm = { .name = "pmem-create", .dimms = dimms, .n_dimms = N - 1 };
	int r;

	memcpy(dimms, wish, sizeof(dimms));
	for (size_t i = 0; i < N; i++) {
		if (lab_pmem_create(lab, tap, &dimms[i], err) < 0)
			return -1;
	}
	r = lab_boot(lab, &vm, err);
	if (r == 0)
		r = use(lab, tap, &vm, err);
	lab_vm_stop(&vm);
	if (r < 0 || undo(lab, tap, 0, "2", err) < 0 || undo(lab, tap, 0, "5", err) < 0)
		return -1;
	(void)lab_ok(tap, is_there(dimms[1].path), "one with a namespace stays");
	(void)lab_ok(tap, !is_there(dimms[4].path), "one that is blank goes");
	return 0;
}

const struct lab_shape lab_shape_pmem_create = {
	.name = "pmem-create",
	.about = "files of lend pmem create, and plain ndctl on them",
	.run = run,
};
