/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * virtio-pmem beside an NVDIMM: a region without a DIMM, which only the
 * address ties to its device.
 */

#include "base/err.h"
#include "base/num.h"
#include "case.h"

static const struct lab_dimm wish[] = {
	{ .id = "disk", .kind = LAB_VIRTIO_PMEM, .pmem_bytes = LAB_UNIT },
	{ .id = "dimm",
	  .slot = 2,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
};

/* Where QEMU says that a memory device lies: "memaddr" of virtio-pmem, "addr" of an NVDIMM. */
static bool find_address(const struct lend_json *reply, const char *id, uint64_t *ret_address)
{
	const struct lend_json *all = lend_json_get(reply, "return");

	for (size_t i = 0; i < lend_json_count(all); i++) {
		const struct lend_json *data = lend_json_get(lend_json_at(all, i), "data");
		const char *got = lend_json_str(lend_json_get(data, "id"));

		if (got == NULL || strcmp(got, id) != 0)
			continue;
		return lend_json_u64(lend_json_get(data, "memaddr"), ret_address) ||
		       lend_json_u64(lend_json_get(data, "addr"), ret_address);
	}
	return false;
}

static int prove(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, struct lend_err *err)
{
	lend_auto_json struct lend_json *list = NULL;
	lend_auto_json struct lend_json *reply = NULL;
	const struct lend_json *dimm;
	const struct lend_json *region[2];

	if (lab_guest_wait_regions(lab, vm, 2, err) < 0 ||
	    lab_guest_list(lab, vm, &list, err) < 0 ||
	    lab_vm_qmp(lab, vm, "{\"execute\":\"query-memory-devices\"}", &reply, err) < 0)
		return -1;
	(void)lab_ok(tap, lend_json_count(lend_json_get(list, "dimms")) == 1,
		     "two regions, one DIMM");
	dimm = lab_guest_dimm(list, 3);
	region[0] = lab_guest_region(list, NULL);
	region[1] = lab_guest_region(list, lend_json_str(lend_json_get(dimm, "dev")));
	for (size_t i = 0; i < 2; i++) {
		const char *name = lend_json_str(lend_json_get(region[i], "dev"));
		lend_auto_buf out = { 0 };
		uint64_t inside = 0;
		uint64_t outside = 1;
		char script[128];

		(void)snprintf(script, sizeof(script), "cat /sys/bus/nd/devices/%s/resource",
			       name == NULL ? "none" : name);
		if (lab_sh(lab, vm, script, &out, err) < 0)
			return -1;
		(void)lab_ok(tap,
			     lend_parse_u64n(lend_buf_text(&out),
					     strcspn(lend_buf_text(&out), "\n"), 0, &inside) &&
				     find_address(reply, vm->dimms[i].id, &outside) &&
				     inside == outside,
			     "%s has the same address in the guest, at the monitor",
			     vm->dimms[i].id);
	}
	return lab_check_map(lab, tap, &vm, 1, err);
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimms[LEND_COUNT(wish)];
	struct lab_vm vm = { .name = "virtio", .dimms = dimms, .n_dimms = LEND_COUNT(wish) };
	int r;

	memcpy(dimms, wish, sizeof(dimms));
	r = lab_boot(lab, &vm, err);
	if (r == 0)
		r = prove(lab, tap, &vm, err);
	lab_vm_stop(&vm);
	return r;
}

const struct lab_shape lab_shape_virtio_pmem = {
	.name = "virtio-pmem",
	.about = "virtio-pmem beside an NVDIMM: tied by address",
	.run = run,
};
