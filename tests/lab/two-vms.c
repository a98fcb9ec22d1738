/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two VMs at once, on one file by two names: QEMU takes no lock, and each
 * guest changes what the other one has.
 */

#include <unistd.h>

#include "base/err.h"
#include "case.h"
#include "prove.h"

static const struct lab_dimm shared = {
	.id = "shared", .slot = 0, .pmem_bytes = LAB_UNIT, .label_bytes = 2 * LAB_MIB
};
static const struct lab_dimm own = { .id = "own",
				     .slot = 1,
				     .pmem_bytes = LAB_UNIT,
				     .label_bytes = 2 * LAB_MIB,
				     .label_minor = 2 };

/* The block device of the raw namespace on a DIMM. */
static int pmem_of(struct lab *lab, struct lab_vm *vm, const struct lab_dimm *dimm,
		   char *ret_dev, size_t size, struct lend_err *err)
{
	lend_auto_json struct lend_json *list = NULL;
	const struct lend_json *region;
	const char *name;

	if (lab_guest_list(lab, vm, &list, err) < 0)
		return -1;
	region = lab_guest_region(list, lend_json_str(lend_json_get(
						lab_guest_dimm(list, dimm->slot + 1), "dev")));
	name = lend_json_str(lend_json_get(lend_json_at(lend_json_get(region, "namespaces"), 0),
					   "blockdev"));
	if (name == NULL)
		return lend_fail(err, LEND_E_REMOTE, "no raw namespace on %s", dimm->id);
	(void)snprintf(ret_dev, size, "/dev/%s", name);
	return 0;
}

static int check_shared(struct lab *lab, struct lab_tap *tap, struct lab_vm *a,
			struct lab_vm *b, struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	char dev[64];
	char script[160];

	if (pmem_of(lab, a, &a->dimms[0], dev, sizeof(dev), err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script), "echo from-a >%s && sync", dev);
	if (lab_sh(lab, a, script, &out, err) < 0 ||
	    pmem_of(lab, b, &b->dimms[1], dev, sizeof(dev), err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script), "head -c 6 %s", dev);
	if (lab_sh(lab, b, script, &out, err) < 0)
		return -1;
	(void)lab_ok(tap, strcmp(lend_buf_text(&out), "from-a") == 0,
		     "what one guest writes the other one reads");
	return 0;
}

/* Both see it; the DIMM that one of them has for itself is nobody else's. */
static int check_rule(struct lab *lab, struct lab_tap *tap, const struct lab_vm *a,
		      const struct lab_vm *b, struct lend_err *err)
{
	char of_a[LAB_SOCKET_MAX + 8], of_b[LAB_SOCKET_MAX + 8];
	const char *words[] = { "--only", "backing-used-once", of_a, of_b, NULL };
	lend_auto_buf found = { 0 };

	(void)snprintf(of_a, sizeof(of_a), "qmp:%s", a->qmp[0]);
	(void)snprintf(of_b, sizeof(of_b), "qmp:%s", b->qmp[0]);
	if (lab_check(lab, words, &found, err) < 0)
		return -1;
	(void)lab_found_ok(tap, &found,
			   "backing-used-once backend/a:mem-shared\n"
			   "backing-used-once backend/b:mem-shared\n",
			   "lend check: one backing, two VMs");
	return 0;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm of_a[] = { shared };
	struct lab_dimm of_b[] = { own, shared };
	struct lab_vm a = { .name = "a", .dimms = of_a, .n_dimms = LEND_COUNT(of_a) };
	struct lab_vm b = { .name = "b", .dimms = of_b, .n_dimms = LEND_COUNT(of_b) };
	struct lab_vm *both[] = { &a, &b };
	int r;

	if (lab_dimm_make(lab, &of_a[0], err) < 0 ||
	    lab_path(lab, of_b[1].path, sizeof(of_b[1].path), "other-name.img", err) < 0)
		return -1;
	if (link(of_a[0].path, of_b[1].path) < 0)
		return lend_fail_errno(err, "link '%s'", of_b[1].path);
	r = lab_vm_start(lab, &a, err);
	if (r == 0)
		r = lab_boot(lab, &b, err);
	if (r == 0)
		r = lab_vm_wait_agent(lab, &a, lab_in(LAB_BOOT_MS), err);
	if (r == 0)
		r = check_shared(lab, tap, &a, &b, err);
	if (r == 0)
		r = check_rule(lab, tap, &a, &b, err);
	if (r == 0)
		r = lab_check_map(lab, tap, both, LEND_COUNT(both), err);
	lab_vm_stop(&a);
	lab_vm_stop(&b);
	return r;
}

const struct lab_shape lab_shape_two_vms = {
	.name = "two-vms",
	.about = "two VMs at once, one backing by two names",
	.run = run,
};
