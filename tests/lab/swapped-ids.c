/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same machine twice, but for the ids of its devices, which changed
 * places: QEMU lists NVDIMMs to the guest in an order that depends on their
 * ids, so the numbers of nmemN and regionN do.  Slots and addresses do not.
 */

#include "base/err.h"
#include "case.h"

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
	return lab_check_map(lab, tap, both, LEND_COUNT(both), err);
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
