/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Slots given out of order, one of them hot-plugged: nmemN, regionN and the
 * order on the command line all differ from the slots.
 *
 * Also: label areas that lend wrote (v1.1, v1.2) are what the kernel takes,
 * a blank one gives a raw namespace and no room, and what the kernel then
 * writes is what lend reads.
 */

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "case.h"
#include "format/nd-label.h"

enum { N = 4 };

static const struct lab_dimm wish[N] = {
	{ .id = "z-first",
	  .slot = 3,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
	{ .id = "a-second",
	  .slot = 0,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 1 },
	{ .id = "blank", .slot = 5, .pmem_bytes = LAB_UNIT, .label_bytes = 2 * LAB_MIB },
	{ .id = "plugged",
	  .slot = 1,
	  .pmem_bytes = 2 * LAB_UNIT,
	  .label_bytes = LAB_MIB / 8,
	  .label_minor = 2,
	  .later = true },
};

static const char *dev_of(const struct lend_json *value)
{
	const char *name = lend_json_str(lend_json_get(value, "dev"));

	return name == NULL ? "?" : name;
}

static void check_slot(struct lab_tap *tap, const struct lend_json *list,
		       const struct lab_dimm *dimm)
{
	const struct lend_json *seen = lab_guest_dimm(list, dimm->slot + 1);
	const struct lend_json *region = lab_guest_region(list, dev_of(seen));
	uint64_t size = 0;
	uint64_t room = 0;

	(void)lend_json_u64(lend_json_get(region, "size"), &size);
	(void)lend_json_u64(lend_json_get(region, "available_size"), &room);
	lab_note("%s: slot %u, %s, %s", dimm->id, dimm->slot, dev_of(seen), dev_of(region));
	(void)lab_ok(tap, size == dimm->pmem_bytes, "%s has handle %u, its own size", dimm->id,
		     dimm->slot + 1);
	(void)lab_ok(tap, room == (dimm->label_minor != 0 ? size : 0), "%s has %s", dimm->id,
		     dimm->label_minor == 0   ? "no room: its label area is blank"
		     : dimm->label_minor == 1 ? "room: its labels of v1.1 are taken"
					      : "room: its labels of v1.2 are taken");
}

static int make_namespace(struct lab *lab, struct lab_vm *vm, const struct lend_json *list,
			  const struct lab_dimm *dimm, struct lend_err *err)
{
	const char *region =
		dev_of(lab_guest_region(list, dev_of(lab_guest_dimm(list, dimm->slot + 1))));
	lend_auto_buf out = { 0 };
	char script[128];

	(void)snprintf(script, sizeof(script), "ndctl create-namespace -r %s", region);
	return lab_sh(lab, vm, script, &out, err);
}

/* The label in the backing file, as lend reads it, has the uuid that the guest says. */
static bool label_is_read(const struct lab_dimm *dimm, const char *want_uuid)
{
	static uint8_t area[2 * LAB_MIB];
	lend_auto_fd int fd = open(dimm->path, O_RDONLY | O_CLOEXEC);
	struct lend_nd_index index;
	struct lend_nd_label label;
	uint32_t slot = 0;
	char uuid[40];
	const uint8_t *u = label.uuid;

	if (fd < 0 || pread(fd, area, dimm->label_bytes, (off_t)dimm->pmem_bytes) !=
			      (ssize_t)dimm->label_bytes)
		return false;
	if (lend_nd_index_read(area, dimm->label_bytes, dimm->label_bytes, &index, NULL) < 0 ||
	    index.state == LEND_LABEL_NONE || lend_nd_index_used_count(&index) != 1)
		return false;
	while (slot < index.nslot && !lend_nd_index_slot_used(&index, slot))
		slot++;
	if (lend_nd_label_read(area + lend_nd_index_slot_offset(&index, slot),
			       index.label_bytes, slot, index.label_bytes, &label, NULL) < 0)
		return false;
	(void)snprintf(uuid, sizeof(uuid),
		       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		       u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11],
		       u[12], u[13], u[14], u[15]);
	return strcmp(uuid, want_uuid) == 0;
}

static void check_labels(struct lab_tap *tap, const struct lend_json *list,
			 const struct lab_dimm *dimm)
{
	const struct lend_json *region =
		lab_guest_region(list, dev_of(lab_guest_dimm(list, dimm->slot + 1)));
	const struct lend_json *all = lend_json_get(region, "namespaces");
	const char *uuid = NULL;

	/* Beside the idle one that every region keeps. */
	for (size_t i = 0; uuid == NULL && i < lend_json_count(all); i++)
		uuid = lend_json_str(lend_json_get(lend_json_at(all, i), "raw_uuid"));

	(void)lab_ok(tap, uuid != NULL && label_is_read(dimm, uuid),
		     "lend reads the label that the guest wrote on %s", dimm->id);
}

/* guest-shutdown ends QEMU; the agent does not answer this request. */
static void check_power_off(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm)
{
	lab_auto_talk talk = { .fd = -1, .peer = &vm->child };
	lend_auto_json struct lend_json *reply = NULL;
	struct lend_err err = { 0 };
	int status = -1;

	if (lab_talk_agent(lab, &talk, vm->qga, lab_in(LAB_STEP_MS), &err) == 0)
		(void)!lab_talk_ask(lab, &talk, "{\"execute\":\"guest-shutdown\"}",
				    lab_in(LAB_STEP_MS), &reply, NULL);
	(void)lab_ok(tap,
		     lab_child_wait(lab, &vm->child, lab_in(LAB_STEP_MS), &status, &err) == 0 &&
			     WIFEXITED(status) && WEXITSTATUS(status) == 0,
		     "the guest powers off when its agent is told");
}

static int prove(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, struct lend_err *err)
{
	lend_auto_json struct lend_json *before = NULL;
	lend_auto_json struct lend_json *after = NULL;
	struct lend_err said = { 0 };

	if (lab_vm_plug(lab, vm, &vm->dimms[3], err) < 0 ||
	    lab_guest_wait_regions(lab, vm, N, err) < 0 ||
	    lab_guest_list(lab, vm, &before, err) < 0)
		return -1;
	for (size_t i = 0; i < N; i++)
		check_slot(tap, before, &vm->dimms[i]);
	(void)lab_ok(tap, make_namespace(lab, vm, before, &vm->dimms[2], &said) < 0,
		     "ndctl refuses a namespace over a blank label area");
	for (size_t i = 0; i < N; i++)
		if (vm->dimms[i].label_minor != 0) {
			struct lend_err why = { 0 };

			(void)lab_ok(
				tap,
				lab_did(make_namespace(lab, vm, before, &vm->dimms[i], &why),
					&why),
				"ndctl makes a namespace on %s", vm->dimms[i].id);
		}
	if (lab_guest_list(lab, vm, &after, err) < 0)
		return -1;
	for (size_t i = 0; i < N; i++)
		if (vm->dimms[i].label_minor != 0)
			check_labels(tap, after, &vm->dimms[i]);
	if (lab_check_map(lab, tap, &vm, 1, err) < 0)
		return -1;
	check_power_off(lab, tap, vm);
	return 0;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimms[N];
	struct lab_vm vm = { .name = "slots", .dimms = dimms, .n_dimms = N };
	int r;

	memcpy(dimms, wish, sizeof(dimms));
	r = lab_boot(lab, &vm, err);
	if (r == 0)
		r = prove(lab, tap, &vm, err);
	lab_vm_stop(&vm);
	return r;
}

const struct lab_shape lab_shape_slots = {
	.name = "slots",
	.about = "slots out of order, labels of both versions, hot-plug",
	.run = run,
};
