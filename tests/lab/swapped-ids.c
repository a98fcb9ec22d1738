/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same machine twice, but for the ids of its devices, which changed
 * places: QEMU lists NVDIMMs to the guest in an order that depends on their
 * ids, so the numbers of nmemN, regionN and pmemN do.  Slots and addresses do
 * not, nor do the UUIDs of file systems: what an fstab mounts shows it.
 */

#include "base/err.h"
#include "prove.h"

enum { N = 3 };

/* The order of the ids; the sizes tell the slots apart whatever the numbers are. */
static const struct lab_dimm wish[N] = {
	{ .slot = 0, .pmem_bytes = LAB_UNIT, .label_bytes = 2 * LAB_MIB, .label_minor = 2 },
	{ .slot = 1, .pmem_bytes = 2 * LAB_UNIT },
	{ .slot = 2, .pmem_bytes = 3 * LAB_UNIT, .label_bytes = LAB_MIB / 8, .label_minor = 1 },
};
static const char *const ids[2][N] = { { "alpha", "beta", "gamma" },
				       { "gamma", "alpha", "beta" } };

/* "region2 region0 region1 ", by slot. */
static int put_regions(struct lab *lab, struct lab_vm *vm, struct lend_buf *out,
		       struct lend_err *err)
{
	lend_auto_json struct lend_json *list = NULL;

	if (lab_guest_list(lab, vm, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < N; i++) {
		const struct lend_json *dimm = lab_guest_dimm(list, wish[i].slot + 1);
		const struct lend_json *region =
			lab_guest_region(list, lend_json_str(lend_json_get(dimm, "dev")));
		const char *name = lend_json_str(lend_json_get(region, "dev"));
		uint64_t size = 0;

		(void)lend_json_u64(lend_json_get(region, "size"), &size);
		lend_buf_printf(out, "%s%s ", name == NULL ? "none" : name,
				size == wish[i].pmem_bytes ? "" : "(wrong size)");
	}
	return 0;
}

/* ---- what is mounted ---- */

/* A file system on each DIMM, which says its slot; *ret_disk is that of slot 0. */
static int make_fs(struct lab *lab, struct lab_vm *vm, char *ret_disk, size_t size,
		   struct lend_err *err)
{
	for (size_t i = 0; i < N; i++) {
		lend_auto_buf out = { 0 };
		struct lab_place place;
		char script[320];

		if (lab_place(lab, vm, wish[i].slot, &place, err) < 0)
			return -1;
		if (wish[i].label_bytes != 0) {
			(void)snprintf(script, sizeof(script),
				       "ndctl create-namespace -m fsdax -M mem -r %s",
				       place.region);
			if (lab_sh(lab, vm, script, &out, err) < 0 ||
			    lab_place(lab, vm, wish[i].slot, &place, err) < 0)
				return -1;
		}
		(void)snprintf(
			script, sizeof(script),
			"mkfs.ext4 -q -F -U 00000000-0000-4000-8000-00000000000%u /dev/%s "
			"&& mount -t ext4 /dev/%s /mnt && echo %u >/mnt/slot && "
			"umount /mnt",
			wish[i].slot, place.blockdev, place.blockdev, wish[i].slot);
		if (lab_sh(lab, vm, script, &out, err) < 0)
			return -1;
		if (i == 0)
			(void)snprintf(ret_disk, size, "%s", place.blockdev);
	}
	return 0;
}

/* With one line in its fstab: the slot that is mounted there, and what lend says. */
static int mount_all(struct lab *lab, struct lab_vm *vm, const char *device,
		     struct lend_buf *ret_slot, struct lend_buf *ret_found,
		     struct lend_err *err)
{
	char monitor[LAB_SOURCE_MAX], agent[LAB_SOURCE_MAX];
	const char *const words[] = { "--only", "guest-mounts-by-uuid",
				      monitor,  "--guest",
				      agent,    NULL };
	char script[256];

	(void)snprintf(script, sizeof(script),
		       "echo '%s /mnt ext4 defaults 0 0' >/etc/fstab; mount -a; cat /mnt/slot; "
		       "umount /mnt",
		       device);
	(void)snprintf(monitor, sizeof(monitor), "qmp:%s", vm->qmp[0]);
	(void)snprintf(agent, sizeof(agent), "%s=qga:%s", vm->name, vm->qga);
	lend_buf_reset(ret_slot);
	if (lab_sh(lab, vm, script, ret_slot, err) < 0)
		return -1;
	return lab_check(lab, words, ret_found, err);
}

static bool finds(const struct lend_buf *found)
{
	return strncmp(lend_buf_text(found), "guest-mounts-by-uuid ", 21) == 0;
}

/* A script of its own instead of the fstab; the one that names no such device was there, too.
 */
static int check_scripts(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			 struct lend_err *err)
{
	static const struct {
		const char *about;
		const char *script;
		bool finds;
	} rows[] = {
		{ "finds /dev/pmemN in a script",
		  "rm /etc/fstab; mkdir -p /usr/local/bin; "
		  "printf '#!/bin/sh\\nmount /dev/pmem0 /mnt\\n' >/usr/local/bin/start",
		  true },
		{ "is silent about one in a comment",
		  "printf '#!/bin/sh\\n# not /dev/pmem0\\n' >/usr/local/bin/start", false },
		{ "finds /dev/pmemN in a unit",
		  "mkdir -p /etc/systemd/system; "
		  "printf '[Mount]\\nWhat=/dev/pmem1\\n' >/etc/systemd/system/mnt.mount",
		  true },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		char monitor[LAB_SOURCE_MAX], agent[LAB_SOURCE_MAX];
		const char *const words[] = { "--only", "guest-mounts-by-uuid",
					      monitor,  "--guest",
					      agent,    NULL };
		lend_auto_buf unused = { 0 };
		lend_auto_buf found = { 0 };

		(void)snprintf(monitor, sizeof(monitor), "qmp:%s", vm->qmp[0]);
		(void)snprintf(agent, sizeof(agent), "%s=qga:%s", vm->name, vm->qga);
		if (lab_sh(lab, vm, rows[i].script, &unused, err) < 0 ||
		    lab_check(lab, words, &found, err) < 0)
			return -1;
		if (!lab_ok(tap, finds(&found) == rows[i].finds,
			    "guest-mounts-by-uuid: lend check %s", rows[i].about))
			lab_note("%s", lend_buf_text(&found));
	}
	return 0;
}

static int check_mounts(struct lab *lab, struct lab_tap *tap, struct lab_vm *vms,
			const char *device, bool heeded, struct lend_err *err)
{
	lend_auto_buf slot_a = { 0 };
	lend_auto_buf slot_b = { 0 };
	lend_auto_buf found_a = { 0 };
	lend_auto_buf found_b = { 0 };
	bool same;

	if (mount_all(lab, &vms[0], device, &slot_a, &found_a, err) < 0 ||
	    mount_all(lab, &vms[1], device, &slot_b, &found_b, err) < 0)
		return -1;
	lab_note("%s: slot %sand slot %s", device, lend_buf_text(&slot_a),
		 lend_buf_text(&slot_b));
	(void)lab_ok(tap, finds(&found_a) == !heeded && finds(&found_b) == !heeded,
		     "guest-mounts-by-uuid: lend check %s",
		     heeded ? "is silent about UUID=" : "finds /dev/pmemN in the fstab");
	same = strcmp(lend_buf_text(&slot_a), lend_buf_text(&slot_b)) == 0;
	(void)lab_ok(tap, strcmp(lend_buf_text(&slot_a), "0\n") == 0 && same == heeded,
		     "guest-mounts-by-uuid: %s",
		     heeded ? "heeded, the same file system is mounted"
			    : "ignored, another file system is mounted");
	return 0;
}

static int prove_mounts(struct lab *lab, struct lab_tap *tap, struct lab_vm *vms,
			struct lend_err *err)
{
	char disks[2][16];
	char by_name[32];

	for (size_t v = 0; v < 2; v++) {
		if (make_fs(lab, &vms[v], disks[v], sizeof(disks[v]), err) < 0)
			return -1;
	}
	(void)snprintf(by_name, sizeof(by_name), "/dev/%s", disks[0]);
	if (check_mounts(lab, tap, vms, by_name, false, err) < 0)
		return -1;
	if (check_mounts(lab, tap, vms, "UUID=00000000-0000-4000-8000-000000000000", true,
			 err) < 0)
		return -1;
	return check_scripts(lab, tap, &vms[0], err);
}

static int prove(struct lab *lab, struct lab_tap *tap, struct lab_vm *vms, struct lend_err *err)
{
	struct lab_vm *const both[] = { &vms[0], &vms[1] };
	lend_auto_buf of_a = { 0 };
	lend_auto_buf of_b = { 0 };

	if (put_regions(lab, &vms[0], &of_a, err) < 0 ||
	    put_regions(lab, &vms[1], &of_b, err) < 0)
		return -1;
	lab_note("by slot: %s, and %s", lend_buf_text(&of_a), lend_buf_text(&of_b));
	(void)lab_ok(tap, strcmp(of_a.text, of_b.text) != 0,
		     "the ids of devices decide the numbers of regions");
	if (lab_check_map(lab, tap, both, LEND_COUNT(both), err) < 0)
		return -1;
	return prove_mounts(lab, tap, vms, err);
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimms[2][N];
	struct lab_vm vms[2] = { { .name = "ids-a", .dimms = dimms[0], .n_dimms = N },
				 { .name = "ids-b", .dimms = dimms[1], .n_dimms = N } };
	int r = 0;

	for (size_t v = 0; v < LEND_COUNT(vms) && r == 0; v++) {
		for (size_t i = 0; i < N && r == 0; i++) {
			char file[16];

			/* Two files of one name would not do. */
			(void)snprintf(file, sizeof(file), "%s-%zu", vms[v].name, i);
			dimms[v][i] = wish[i];
			dimms[v][i].id = file;
			r = lab_dimm_make(lab, &dimms[v][i], err);
			dimms[v][i].id = ids[v][i];
		}
		if (r == 0)
			r = lab_vm_start(lab, &vms[v], err);
	}
	for (size_t v = 0; v < LEND_COUNT(vms) && r == 0; v++)
		r = lab_vm_wait_agent(lab, &vms[v], lab_in(LAB_BOOT_MS), err);
	if (r == 0)
		r = prove(lab, tap, vms, err);
	lab_vm_stop(&vms[0]);
	lab_vm_stop(&vms[1]);
	return r;
}

const struct lab_shape lab_shape_swapped_ids = {
	.name = "swapped-ids",
	.about = "one machine twice, the ids of its devices in other places",
	.run = run,
};
