/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A QEMU that waits for its monitor: the first connect lets its guest run.
 * Looking must leave it waiting.
 */

#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "case.h"

enum { QUIET_MS = 500 };

static const struct lab_dimm wish = {
	.id = "kept",
	.slot = 1,
	.pmem_bytes = LAB_UNIT,
	.label_bytes = 2 * LAB_MIB,
	.label_minor = 2,
};

/* QEMU has made the socket and stands in accept(). */
static int wait_socket(struct lab *lab, struct lab_vm *vm, struct lend_err *err)
{
	int64_t deadline = lab_in(LAB_STEP_MS);

	while (access(vm->qmp[0], F_OK) < 0) {
		struct pollfd p = { .fd = vm->child.pidfd, .events = POLLIN };
		int r = lab_poll(lab, &p, 1, lab_in(10), err);

		if (r < 0)
			return -1;
		if (r == 1 || lend_now_ms() >= deadline)
			return lend_fail(err, LEND_E_REMOTE, "QEMU made no monitor");
	}
	return 0;
}

static bool still_waits(struct lab *lab, struct lab_vm *vm)
{
	struct pollfd p = { .fd = vm->child.pidfd, .events = POLLIN };
	struct stat st;

	/* A guest that runs has its mark on the console after two seconds; its
	 * console file, which QEMU makes only after the monitor's client came, at once. */
	return lab_poll(lab, &p, 1, lab_in(QUIET_MS), NULL) == 0 &&
	       (stat(vm->serial, &st) < 0 || st.st_size == 0);
}

static int look(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		const char *const *args, const char *text, struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	int status = 0;
	int r = lab_lend(lab, args, &out, &status, err);

	if (r < 0)
		return -1;
	if (r == 1) {
		lab_skip(tap, "no lend program", "%s leaves it waiting", text);
		return 0;
	}
	(void)lab_ok(tap, still_waits(lab, vm), "%s leaves it waiting", text);
	return 0;
}

static int prove(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, struct lend_err *err)
{
	char qmp[LAB_SOURCE_MAX];
	const char *const show[] = { "show", NULL };
	const char *const map[] = { "map", NULL };
	const char *const named[] = { "map", qmp, NULL };
	struct lend_err said = { 0 };
	lab_auto_talk talk = { .fd = -1, .peer = &vm->child };

	(void)snprintf(qmp, sizeof(qmp), "qmp:%s", vm->qmp[0]);
	if (wait_socket(lab, vm, err) < 0)
		return -1;
	(void)lab_ok(tap, still_waits(lab, vm), "QEMU waits for its monitor");
	if (look(lab, tap, vm, show, "lend show", err) < 0 ||
	    look(lab, tap, vm, map, "lend map", err) < 0 ||
	    look(lab, tap, vm, named, "lend map qmp:PATH", err) < 0)
		return -1;
	(void)lab_ok(
		tap,
		lab_did(lab_talk_connect(lab, &talk, vm->qmp[0], lab_in(LAB_STEP_MS), &said),
			&said) &&
			lab_did(lab_vm_wait_agent(lab, vm, lab_in(LAB_BOOT_MS), &said), &said),
		"a bare connect lets its guest run");
	lab_talk_close(&talk);
	return lab_check_map(lab, tap, &vm, 1, err);
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimm = wish;
	struct lab_vm vm = { .name = "waiting", .dimms = &dimm, .n_dimms = 1, .waiting = true };
	int r = lab_vm_start(lab, &vm, err);

	if (r == 0)
		r = prove(lab, tap, &vm, err);
	lab_vm_stop(&vm);
	return r;
}

const struct lab_shape lab_shape_waiting = {
	.name = "waiting",
	.about = "a QEMU that waits for its monitor is left waiting",
	.run = run,
};
