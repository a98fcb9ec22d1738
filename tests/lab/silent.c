/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests that do not tell: one without an agent behind its channel, one
 * without ndctl.  lend must end soon, and say what follows from the outside.
 */

#include <stdlib.h>

#include "base/err.h"
#include "case.h"

enum { SOON_MS = 15000 };

static const struct lab_dimm wish = {
	.id = "quiet",
	.slot = 2,
	.pmem_bytes = LAB_UNIT,
	.label_bytes = 2 * LAB_MIB,
	.label_minor = 2,
};

/* As tests/hosts/remake keeps it; of both, that without an agent. */
static int check_capture(struct lab *lab, struct lab_tap *tap, const char *qmp,
			 const char *guest, const struct lend_buf *live, struct lend_err *err)
{
	const char *keep = getenv("LEND_LAB_KEEP");
	char dir[LAB_PATH_MAX + 64];
	const char *const args[] = { "capture", "--to", dir, qmp, "--guest", guest, NULL };
	lend_auto_buf unused = { 0 };
	lend_auto_buf again = { 0 };
	int status = 0;

	(void)snprintf(dir, sizeof(dir), "%s/%s", keep != NULL ? keep : lab->dir, tap->shape);
	if (lab_lend(lab, args, &unused, &status, err) < 0 ||
	    lab_lend(lab, (const char *[]){ "map", "--json", dir, NULL }, &again, &status,
		     err) < 0)
		return -1;
	(void)lab_ok(tap, strcmp(lend_buf_text(&again), lend_buf_text(live)) == 0,
		     "mute: a capture gives the same map");
	return 0;
}

static int check_map(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		     struct lend_err *err)
{
	char qmp[LAB_SOURCE_MAX];
	char guest[LAB_SOURCE_MAX];
	const char *const args[] = { "map", "--json", qmp, "--guest", guest, NULL };
	lend_auto_json struct lend_json *map = NULL;
	lend_auto_buf out = { 0 };
	int64_t began = lend_now_ms();
	const char *verdict;
	int status = 0;
	int r;

	(void)snprintf(qmp, sizeof(qmp), "qmp:%s", vm->qmp[0]);
	(void)snprintf(guest, sizeof(guest), "%s=qga:%s", vm->name, vm->qga);
	r = lab_lend(lab, args, &out, &status, err);
	if (r < 0)
		return -1;
	if (r == 1) {
		lab_skip(tap, "no lend program", "%s: lend map says what follows from outside",
			 vm->name);
		return 0;
	}
	lab_note("lend map: status %d after %lld ms", status,
		 (long long)(lend_now_ms() - began));
	if (lend_json_parse(lend_buf_text(&out), out.len, &map, err) < 0)
		return lend_where(err, "reading what lend map printed");
	verdict = lend_json_str(lend_json_get(lab_pair(map, vm->name, wish.id), "verdict"));
	/* Without ndctl the guest's sysfs tells. */
	(void)lab_ok(tap,
		     lend_now_ms() - began < SOON_MS && verdict != NULL &&
			     strcmp(verdict, vm->no_ndctl ? "matched" : "predicted") == 0 &&
			     status == (vm->no_ndctl ? 0 : 4),
		     "%s: lend map says %s, with status %d", vm->name,
		     vm->no_ndctl ? "what sysfs tells" : "what follows from outside",
		     vm->no_ndctl ? 0 : 4);
	return vm->no_ndctl ? 0 : check_capture(lab, tap, qmp, guest, &out, err);
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimm[2] = { wish, wish };
	struct lab_vm mute = {
		.name = "mute", .dimms = &dimm[0], .n_dimms = 1, .no_agent_inside = true
	};
	struct lab_vm bare = {
		.name = "bare", .dimms = &dimm[1], .n_dimms = 1, .no_ndctl = true
	};
	lend_auto_buf out = { 0 };
	struct lend_err said = { 0 };
	int r;

	/* One file serves both: nobody writes. */
	if (lab_dimm_make(lab, &dimm[0], err) < 0)
		return -1;
	memcpy(dimm[1].path, dimm[0].path, sizeof(dimm[1].path));
	r = lab_vm_start(lab, &mute, err);
	if (r == 0)
		r = lab_boot(lab, &bare, err);
	if (r == 0)
		r = lab_vm_wait_up(lab, &mute, lab_in(LAB_BOOT_MS), err);
	if (r == 0) {
		(void)lab_ok(tap, lab_vm_wait_agent(lab, &mute, lab_in(1000), &said) < 0,
			     "mute: nobody answers on the channel");
		(void)lab_ok(tap, lab_sh(lab, &bare, "ndctl list", &out, &said) < 0,
			     "bare: there is no ndctl");
		r = check_map(lab, tap, &mute, err);
	}
	if (r == 0)
		r = check_map(lab, tap, &bare, err);
	lab_vm_stop(&mute);
	lab_vm_stop(&bare);
	return r;
}

const struct lab_shape lab_shape_silent = {
	.name = "silent",
	.about = "guests without an agent, without ndctl",
	.run = run,
};
