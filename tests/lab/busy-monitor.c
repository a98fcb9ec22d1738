/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A monitor that somebody else holds: it accepts a second client and stays
 * silent, until the first one hangs up.
 */

#include "base/err.h"
#include "case.h"

enum { SILENT_MS = 1000, SOON_MS = 10000 };

static const struct lab_dimm wish = {
	.id = "held",
	.slot = 0,
	.pmem_bytes = LAB_UNIT,
	.label_bytes = 2 * LAB_MIB,
	.label_minor = 2,
};

static int check_silence(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			 struct lend_err *err)
{
	lab_auto_talk second = { .fd = -1, .peer = &vm->child };
	struct pollfd p;
	int r;

	if (lab_talk_connect(lab, &second, vm->qmp[0], lab_in(LAB_STEP_MS), err) < 0)
		return -1;
	p = (struct pollfd){ .fd = second.fd, .events = POLLIN };
	r = lab_poll(lab, &p, 1, lab_in(SILENT_MS), err);
	if (r < 0)
		return -1;
	(void)lab_ok(tap, r == 0, "a second client is accepted, then hears nothing");
	return 0;
}

static int check_lend(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		      struct lend_err *err)
{
	char qmp[LAB_SOURCE_MAX];
	const char *const args[] = { "map", "--json", qmp, NULL };
	lend_auto_json struct lend_json *map = NULL;
	const char *verdict;
	lend_auto_buf out = { 0 };
	int64_t began = lend_now_ms();
	int status = 0;
	int r;

	(void)snprintf(qmp, sizeof(qmp), "qmp:%s", vm->qmp[0]);
	r = lab_lend(lab, args, &out, &status, err);
	if (r < 0)
		return -1;
	if (r == 1) {
		lab_skip(tap, "no lend program",
			 "lend map gives up on it soon, matches what the guest and /proc tell");
		return 0;
	}
	lab_note("lend map: status %d after %lld ms", status,
		 (long long)(lend_now_ms() - began));
	if (lend_json_parse(lend_buf_text(&out), out.len, &map, err) < 0)
		return -1;
	/* The slot is on the command line, the handle in the guest: the monitor adds nothing.
	 */
	verdict = lend_json_str(lend_json_get(lab_pair(map, vm->name, wish.id), "verdict"));
	(void)lab_ok(tap,
		     status == 0 && verdict != NULL && strcmp(verdict, "matched") == 0 &&
			     lend_now_ms() - began < SOON_MS,
		     "lend map gives up on it soon, matches what the guest and /proc tell");
	return 0;
}

static int prove(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, struct lend_err *err)
{
	lab_auto_talk first = { .fd = -1, .peer = &vm->child };

	if (lab_talk_qmp(lab, &first, vm->qmp[0], lab_in(LAB_STEP_MS), err) < 0 ||
	    check_silence(lab, tap, vm, err) < 0 || check_lend(lab, tap, vm, err) < 0)
		return -1;
	lab_talk_close(&first);
	if (lab_check_map(lab, tap, &vm, 1, err) < 0)
		return -1;
	(void)lab_ok(tap,
		     lab_did(lab_talk_qmp(lab, &first, vm->qmp[0], lab_in(SOON_MS), err), err),
		     "the monitor is free again afterwards");
	return 0;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimm = wish;
	struct lab_vm vm = { .name = "busy", .dimms = &dimm, .n_dimms = 1 };
	int r = lab_boot(lab, &vm, err);

	if (r == 0)
		r = prove(lab, tap, &vm, err);
	lab_vm_stop(&vm);
	return r;
}

const struct lab_shape lab_shape_busy_monitor = {
	.name = "busy-monitor",
	.about = "a monitor that somebody else holds",
	.run = run,
};
