/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a lab case is made of: shapes of machines, each booted once to prove
 * many things, in TAP.  README.md here says how to add one.
 */

#ifndef LEND_TESTS_LAB_CASE_H
#define LEND_TESTS_LAB_CASE_H

#include "libexec/lab.h"

struct lab_tap {
	const char *shape;
	unsigned int n;
	unsigned int failed;
};

struct lab_shape {
	const char *name;
	const char *about;
	/* -1 when the shape could not be run at all; a check that fails is no error. */
	int (*run)(struct lab *lab, struct lab_tap *tap, struct lend_err *err);
};

enum {
	LAB_BOOT_MS = 60 * 1000, /* 2.5 s when nobody else works on the machine */
	LAB_STEP_MS = 20 * 1000,
};

/* "ok 3 - slots: text"; returns ok. */
bool lab_ok(struct lab_tap *tap, bool ok, const char *fmt, ...) LEND_PRINTF(3, 4);
void lab_skip(struct lab_tap *tap, const char *why, const char *fmt, ...) LEND_PRINTF(3, 4);
/* "# text", each line of it. */
void lab_note(const char *fmt, ...) LEND_PRINTF(1, 2);
/* What lab_ok takes when a call failed: the reason becomes a note. */
bool lab_did(int r, const struct lend_err *err);

/* Starts and waits for the agent. */
int lab_boot(struct lab *lab, struct lab_vm *vm, struct lend_err *err) LEND_MUST_CHECK;

/* ---- the guest, seen without lend: the judge ---- */

/* As lab_vm_run, with a deadline and 0 only for exit status 0; words are argv. */
#define lab_sh(lab, vm, script, out, err)                                                      \
	lab_sh_((lab), (vm), (const char *const[]){ "/bin/sh", "-c", (script), NULL }, (out),  \
		(err))
int lab_sh_(struct lab *lab, struct lab_vm *vm, const char *const *argv, struct lend_buf *out,
	    struct lend_err *err) LEND_MUST_CHECK;

/* "ndctl list -DRNiv", with "dimms" and "regions" (in these: "namespaces"). */
int lab_guest_list(struct lab *lab, struct lab_vm *vm, struct lend_json **ret_doc,
		   struct lend_err *err) LEND_MUST_CHECK;
/* The DIMM with that NFIT handle; NULL when the guest has none. */
const struct lend_json *lab_guest_dimm(const struct lend_json *list, uint64_t handle);
/* The region that has dimm (a name) in its mappings; dimm NULL: one without mappings. */
const struct lend_json *lab_guest_region(const struct lend_json *list, const char *dimm);
/* Until the guest has so many regions. */
int lab_guest_wait_regions(struct lab *lab, struct lab_vm *vm, size_t n,
			   struct lend_err *err) LEND_MUST_CHECK;

/* ---- what a guest that plays a host saw ---- */

/* The folder dir of the guest, as to here. */
int lab_bring_out(struct lab *lab, struct lab_vm *vm, const char *dir, const char *to,
		  struct lend_err *err) LEND_MUST_CHECK;
/* A place for what stays: $LEND_LAB_KEEP, or the lab's folder. */
void lab_kept(const struct lab *lab, const char *name, char *ret_path, size_t size);

/* ---- lend itself ---- */

/*
 * Runs lend; output and its exit status.  1 when there is no lend program that
 * knows the command, which is no failure of the shape: lab_skip.
 */
int lab_lend(struct lab *lab, const char *const *args, struct lend_buf *out, int *ret_exit,
	     struct lend_err *err) LEND_MUST_CHECK;

/*
 * "lend map --json" over the n VMs, by monitor and agent, held against what
 * each guest itself says: one check for each DIMM.
 */
int lab_check_map(struct lab *lab, struct lab_tap *tap, struct lab_vm *const *vms, size_t n,
		  struct lend_err *err) LEND_MUST_CHECK;

/* The pair of a device in map's JSON; NULL when there is none. */
const struct lend_json *lab_pair(const struct lend_json *map, const char *vm, const char *id);

#endif
