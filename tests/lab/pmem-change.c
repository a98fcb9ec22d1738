/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backing with a namespace and a file system changes its slot, its size,
 * and is copied; each time a guest finds its data.  And what happens when it
 * is only put into another slot: nothing is found.
 */

#include "base/err.h"
#include "pmem.h"

static const struct lab_dimm first = {
	.id = "log", .slot = 0, .pmem_bytes = 2 * LAB_UNIT, .label_bytes = 2 * LAB_MIB
};

static int make_data(struct lab *lab, struct lab_vm *vm, struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	return lab_sh(lab, vm,
		      "set -e; ndctl create-namespace -m fsdax -s 128M -n keep; "
		      "ndctl create-namespace -m raw -s 64M -n other; "
		      "set -- /dev/pmem*; mkfs.ext4 -q $1; mount $1 /mnt; "
		      "echo what was written >/mnt/data; sync; umount /mnt",
		      &out, err);
}

/* What the guest finds: the words of the file, or nothing. */
static bool has_data(struct lab *lab, struct lab_vm *vm)
{
	lend_auto_buf out = { 0 };
	struct lend_err why = { 0 };

	if (!lab_did(lab_sh(lab, vm,
			    "for dev in /dev/pmem*; do mount -t ext4 -o ro $dev /mnt "
			    "2>/dev/null || continue; cat /mnt/data; umount /mnt; done; true",
			    &out, &why),
		     &why))
		return false;
	return strcmp(lend_buf_text(&out), "what was written\n") == 0;
}

static uint64_t room_of(struct lab *lab, struct lab_vm *vm, uint64_t handle)
{
	lend_auto_json struct lend_json *list = NULL;
	const char *dimm;
	uint64_t room = 0;

	if (lab_guest_list(lab, vm, &list, NULL) < 0)
		return 0;
	dimm = lend_json_str(lend_json_get(lab_guest_dimm(list, handle), "dev"));
	if (dimm != NULL)
		(void)lend_json_u64(
			lend_json_get(lab_guest_region(list, dimm), "available_size"), &room);
	return room;
}

/* One boot with the file in that slot. */
static int boot_with(struct lab *lab, struct lab_tap *tap, struct lab_dimm *dimm,
		     bool want_data, uint64_t want_room, const char *what, struct lend_err *err)
{
	struct lab_vm vm = { .name = "pmem-change", .dimms = dimm, .n_dimms = 1 };
	int r = lab_boot(lab, &vm, err);

	if (r == 0 && lab_guest_wait_regions(lab, &vm, 1, err) < 0)
		r = -1;
	if (r == 0) {
		(void)lab_ok(tap, has_data(lab, &vm) == want_data, "%s: the guest %s its data",
			     what, want_data ? "finds" : "does not find");
		if (want_room != 0)
			(void)lab_ok(tap, room_of(lab, &vm, dimm->slot + 1) == want_room,
				     "%s: and has %llu MiB of room", what,
				     (unsigned long long)(want_room / LAB_MIB));
	}
	lab_vm_stop(&vm);
	return r;
}

static int fill(struct lab *lab, struct lab_tap *tap, struct lab_dimm *dimm,
		struct lend_err *err)
{
	struct lab_vm vm = { .name = "pmem-change", .dimms = dimm, .n_dimms = 1 };
	int r = lab_boot(lab, &vm, err);

	if (r == 0 && lab_guest_wait_regions(lab, &vm, 1, err) == 0)
		r = make_data(lab, &vm, err);
	if (r == 0)
		r = lab_pmem(lab, tap, 1,
			     (const char *[]){ "pmem", "move", "--yes", "--slot", "3",
					       dimm->path, dimm->path, NULL },
			     err);
	lab_vm_stop(&vm);
	return r;
}

static int prove(struct lab *lab, struct lab_tap *tap, unsigned int minor, struct lend_err *err)
{
	struct lab_dimm dimm = first, copy = first;
	char moved[LAB_PATH_MAX];

	dimm.id = minor == 1 ? "log1" : "log2";
	copy.id = minor == 1 ? "copy1" : "copy2";
	dimm.label_minor = copy.label_minor = minor;
	if (lab_path(lab, moved, sizeof(moved), minor == 1 ? "moved1.img" : "moved2.img", err) <
		    0 ||
	    lab_path(lab, copy.path, sizeof(copy.path), minor == 1 ? "copy1.img" : "copy2.img",
		     err) < 0 ||
	    lab_pmem_create(lab, tap, &dimm, err) < 0 || fill(lab, tap, &dimm, err) < 0)
		return -1;
	dimm.slot = 3;
	if (minor == 2 && boot_with(lab, tap, &dimm, false, 0, "only put into slot 3", err) < 0)
		return -1;
	if (lab_pmem(lab, tap, 0,
		     (const char *[]){ "pmem", "move", "--yes", "--slot", "3", dimm.path, moved,
				       NULL },
		     err) < 0)
		return -1;
	(void)snprintf(dimm.path, sizeof(dimm.path), "%s", moved);
	if (boot_with(lab, tap, &dimm, true, 2 * LAB_UNIT - 192 * LAB_MIB, "made for slot 3",
		      err) < 0 ||
	    lab_pmem(lab, tap, 0,
		     (const char *[]){ "pmem", "grow", "--yes", "--size", "512MiB", dimm.path,
				       NULL },
		     err) < 0)
		return -1;
	if (minor == 2 && boot_with(lab, tap, &dimm, true, 2 * LAB_UNIT - 192 * LAB_MIB,
				    "grown, with the old size=", err) < 0)
		return -1;
	dimm.pmem_bytes = copy.pmem_bytes = 4 * LAB_UNIT;
	if (boot_with(lab, tap, &dimm, true, 4 * LAB_UNIT - 192 * LAB_MIB, "grown", err) < 0 ||
	    lab_pmem(lab, tap, 0,
		     (const char *[]){ "pmem", "copy", "--slot", "5", dimm.path, copy.path,
				       NULL },
		     err) < 0)
		return -1;
	copy.slot = 5;
	return boot_with(lab, tap, &copy, true, 4 * LAB_UNIT - 192 * LAB_MIB,
			 "copied to slot 5", err);
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	for (unsigned int minor = 1; minor <= 2; minor++) {
		lab_note("labels of version 1.%u", minor);
		if (prove(lab, tap, minor, err) < 0)
			return -1;
	}
	return 0;
}

const struct lab_shape lab_shape_pmem_change = {
	.name = "pmem-change",
	.about = "a backing with data: another slot, a larger size, a copy",
	.run = run,
};
