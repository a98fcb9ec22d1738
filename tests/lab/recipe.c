/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The recipe of the QEMU vNVDIMM guide, in small: sizes that include the
 * label, label areas left blank.  What it does here is what model/predict
 * says of it.  A third DIMM without share=on.
 */

#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "case.h"

static const struct lab_dimm wish[] = {
	{ .id = "mem1",
	  .slot = 0,
	  .pmem_bytes = LAB_UNIT - 2 * LAB_MIB,
	  .label_bytes = 2 * LAB_MIB },
	{ .id = "mem2",
	  .slot = 1,
	  .pmem_bytes = LAB_UNIT - 2 * LAB_MIB,
	  .label_bytes = 2 * LAB_MIB },
	{ .id = "private", .slot = 2, .pmem_bytes = LAB_UNIT, .is_private = true },
};

/* The number of the region of a slot; regions are not numbered by slot. */
static int region_of(struct lab *lab, struct lab_vm *vm, unsigned int slot, char *ret_number,
		     size_t size, struct lend_err *err)
{
	lend_auto_json struct lend_json *list = NULL;
	const char *name;

	if (lab_guest_list(lab, vm, &list, err) < 0)
		return -1;
	name = lend_json_str(lend_json_get(
		lab_guest_region(list, lend_json_str(lend_json_get(
					       lab_guest_dimm(list, slot + 1), "dev"))),
		"dev"));
	if (name == NULL || strncmp(name, "region", 6) != 0)
		return lend_fail(err, LEND_E_REMOTE, "no region for slot %u", slot);
	(void)snprintf(ret_number, size, "%s", name + 6);
	return 0;
}

/* what is "-e namespace%s.0 -f" or "-r region%s".  0: ndctl made it; 1: it did not. */
static int make_fsdax(struct lab *lab, struct lab_vm *vm, unsigned int slot, const char *what,
		      struct lend_err *err)
{
	struct lend_err said = { 0 };
	lend_auto_buf out = { 0 };
	lend_auto_buf script = { 0 };
	char number[16];

	if (region_of(lab, vm, slot, number, sizeof(number), err) < 0)
		return -1;
	lend_buf_puts(&script, "ndctl create-namespace -m fsdax ");
	lend_buf_printf(&script, what, number);
	if (lab_sh(lab, vm, lend_buf_text(&script), &out, &said) == 0)
		return 0;
	lab_note("slot %u: %s", slot, said.what);
	return 1;
}

static int init_labels(struct lab *lab, struct lab_vm *vm, unsigned int slot,
		       struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	char number[16];
	char script[192];

	if (region_of(lab, vm, slot, number, sizeof(number), err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script),
		       "r=region%s; d=$(cut -d, -f1 /sys/bus/nd/devices/$r/mapping0); "
		       "ndctl disable-region $r && ndctl init-labels -f $d && "
		       "ndctl enable-region $r",
		       number);
	return lab_sh(lab, vm, script, &out, err);
}

static int check_recipe(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			struct lend_err *err)
{
	int before[2];
	int after[2];

	for (unsigned int slot = 0; slot < 2; slot++) {
		before[slot] = make_fsdax(lab, vm, slot, "-f -e namespace%s.0", err);
		if (before[slot] < 0 || init_labels(lab, vm, slot, err) < 0)
			return -1;
		after[slot] = make_fsdax(lab, vm, slot, "-r region%s", err);
		if (after[slot] < 0)
			return -1;
	}
	(void)lab_ok(tap, before[0] == 1 && before[1] == 1,
		     "with blank labels neither of its DIMMs can be fsdax");
	(void)lab_ok(tap, after[0] == 0, "after ndctl init-labels the first one can");
	(void)lab_ok(tap, after[1] == 1, "the second one cannot: it is misaligned");
	return 0;
}

static int check_private(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			 struct lend_err *err)
{
	static const char mark[] = "kept-or-lost";
	lab_auto_fd fd = open(vm->dimms[2].path, O_RDONLY | O_CLOEXEC);
	lend_auto_buf out = { 0 };
	char number[16];
	char script[192];
	char got[sizeof(mark)] = "";

	if (region_of(lab, vm, 2, number, sizeof(number), err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script),
		       "echo %s >/dev/pmem%s; sync; head -c %zu /dev/pmem%s", mark, number,
		       sizeof(mark) - 1, number);
	if (lab_sh(lab, vm, script, &out, err) < 0)
		return -1;
	(void)lab_ok(
		tap,
		strcmp(lend_buf_text(&out), mark) == 0 &&
			pread(fd, got, sizeof(mark) - 1, 0) == sizeof(mark) - 1 &&
			strcmp(got, mark) != 0,
		"without share=on a write reads back in the guest, never gets into the file");
	return 0;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimms[LEND_COUNT(wish)];
	struct lab_vm vm = {
		.name = "recipe", .machine = "pc", .dimms = dimms, .n_dimms = LEND_COUNT(wish)
	};
	int r;

	memcpy(dimms, wish, sizeof(dimms));
	r = lab_boot(lab, &vm, err);
	if (r == 0)
		r = lab_check_map(lab, tap, (struct lab_vm *[]){ &vm }, 1, err);
	if (r == 0)
		r = check_recipe(lab, tap, &vm, err);
	if (r == 0)
		r = check_private(lab, tap, &vm, err);
	lab_vm_stop(&vm);
	return r;
}

const struct lab_shape lab_shape_recipe = {
	.name = "recipe",
	.about = "what the recipe of the QEMU vNVDIMM guide does",
	.run = run,
};
