/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files qemu-*.c share while one plan is made; nobody else includes it. */

#ifndef LEND_PLAN_QEMU_H
#define LEND_PLAN_QEMU_H

#include "model/kind-vm.h"
#include "model/kind-wanted.h"
#include "plan/geometry.h"
#include "plan/plan-qemu.h"

enum lend_accel { LEND_ACCEL_TCG, LEND_ACCEL_KVM };

/* One NVDIMM of the plan. */
struct lend_planned_pmem {
	struct lend_wish_pmem wish;          /* label and slot filled in once they are chosen */
	const struct lend_wanted_node *seen; /* NULL: nobody looked */
	bool is_new;                         /* not in the VM that runs */
	bool has_no_backing;                 /* refused: nothing is there, or will be */
	bool with_pmem;                      /* pmem=on */
	bool unarmed, readonly, share;
	bool unseen; /* something that would refuse it cannot be seen: with consent alone */
};

struct lend_planning {
	struct lend_arena memory; /* of the making, not of the plan */
	const struct lend_plan_request *request;
	const struct lend_inventory *inv;
	const struct lend_qemu_caps *caps; /* never NULL; all unknown */
	struct lend_plan *plan;
	struct lend_arena *arena; /* the plan's */
	const char *vm_name;
	struct lend_wish wish; /* a copy; its pmem are below, in the order of the wish */
	struct lend_planned_pmem *pmem;
	struct lend_geometry_dimm *dimms;
	size_t n_pmem;
	struct lend_geometry geometry;
	const struct lend_wish *recorded; /* NULL: none */
	const struct lend_vm *vm;         /* that runs; NULL */
	bool is_ours;
	bool only_looking; /* what is refused is laid out all the same, and never done */
	uint64_t taken_bytes[LEND_WISH_ITEMS_MAX * 2]; /* by fs_of */
	const char *taken_of[LEND_WISH_ITEMS_MAX * 2];
	size_t n_taken;
	enum lend_accel accel;
	const char *machine, *cpu, *program;
	const char *vars_from, *vars; /* of UEFI: a template, and the VM's own; NULL: none */
	uint64_t ports[LEND_WISH_ITEMS_MAX + 1]; /* beyond loopback */
	size_t n_ports;
	const char **argv;
	size_t n_argv, cap_argv;
};

/* ---- plan-qemu.c ---- */

/* Everything but the plan's title; the VM that runs is found. */
int lend_planning_init(struct lend_planning *p, const struct lend_plan_request *request,
		       const char *vm, struct lend_err *err) LEND_MUST_CHECK;
void lend_planning_done(struct lend_planning *p);
#define lend_auto_planning LEND_CLEANUP(lend_planning_done) struct lend_planning
/* The plan, which is the caller's now; one that is refused has no steps. */
struct lend_plan *lend_planning_take(struct lend_planning *p, const char *title);
/* Slots, sizes and backings of a VM that does not run; false: refused. */
bool lend_planning_lay(struct lend_planning *p);
void lend_planning_start(struct lend_planning *p, bool with_record);
void lend_planning_record(struct lend_planning *p); /* its step, when it changes */
/* Program, machine, accelerator, CPU: refusals where the host lacks them. */
void lend_planning_host(struct lend_planning *p);
/* Slots and labels are chosen: into the wish that is recorded. */
void lend_planning_settle(struct lend_planning *p);

/* A remark that refuses, warns, notes; hint may be NULL. */
void lend_planning_refuse(struct lend_planning *p, const char *hint, const char *fmt, ...)
	LEND_PRINTF(3, 4);
void lend_planning_warn(struct lend_planning *p, const char *hint, const char *fmt, ...)
	LEND_PRINTF(3, 4);
void lend_planning_note(struct lend_planning *p, const char *hint, const char *fmt, ...)
	LEND_PRINTF(3, 4);
const char *lend_planning_typed(struct lend_planning *p, const char *word); /* for a shell */
const char *lend_planning_size(struct lend_planning *p, uint64_t bytes);    /* "4 GiB" */
const char *lend_planning_text(struct lend_planning *p, const char *fmt, ...) LEND_PRINTF(2, 3);

/* What was seen of a path; NULL: nobody looked. */
const struct lend_wanted_node *lend_planning_seen(const struct lend_planning *p,
						  const char *path);
static inline bool lend_fact_is(const struct lend_fact *fact, const char *text)
{
	return fact->known == LEND_KNOWN && strcmp(fact->v.str, text) == 0;
}
static inline bool lend_fact_off(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN && fact->v.u64 == 0;
}
static inline bool lend_fact_on(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN && fact->v.u64 != 0;
}

/* "RUN/NAME/qmp.sock" and its like. */
const char *lend_planning_socket(struct lend_planning *p, const char *name);
const char *lend_planning_state(struct lend_planning *p, const char *name);
/* The argument by which a VM of lend is found. */
const char *lend_planning_word(struct lend_planning *p);
void lend_planning_put_target(struct lend_planning *p, struct lend_step *step);

/* ---- qemu-backing.c ---- */

/* Copies the wish, looks at what is there, prepares the question to the geometry. */
void lend_planning_take_pmem(struct lend_planning *p, const struct lend_wish_pmem *pmem,
			     size_t n);
/* After the geometry: may it be used, has it to be made?  Adds its step. */
void lend_planning_backing(struct lend_planning *p, size_t i);
/* A file that shall get so many bytes; false and a refusal when that cannot be. */
bool lend_planning_can_make(struct lend_planning *p, const char *who, const char *path,
			    const struct lend_wanted_node *seen, uint64_t bytes);

/* What would refuse it here, and cannot be seen on another host: a warning, and consent. */
void lend_planning_unseen(struct lend_planning *p, size_t i, const char *hint,
			  const char *text);

/* ---- qemu-persistence.c ---- */
void lend_planning_persistence(struct lend_planning *p, size_t i);

/* ---- qemu-holders.c ---- */
/*
 * Who uses the file or device already, as a phrase; NULL: nobody that was seen.
 * ret_rule: by which rule that is wrong, if by one.
 */
const char *lend_planning_holder(struct lend_planning *p, const struct lend_wanted_node *seen,
				 const char **ret_rule);
/* The same of a path on another host, of which its domains alone are known. */
const char *lend_planning_far_holder(struct lend_planning *p, const char *path);
/* One path, as far as its text tells: "/lv/../lv/x" is "/lv/x". */
bool lend_planning_same_path(const char *a, const char *b);
/* Warns of each other VM whose record has the path. */
void lend_planning_claims(struct lend_planning *p, const char *who, const char *path);

/* ---- qemu-argv.c, qemu-devices.c ---- */
void lend_planning_argv(struct lend_planning *p);
void lend_planning_arg(struct lend_planning *p, const char *text);
void lend_planning_disks(struct lend_planning *p);   /* steps and arguments */
void lend_planning_network(struct lend_planning *p); /* arguments, lines for the user */
void lend_planning_firmware(struct lend_planning *p);
void lend_planning_vars(struct lend_planning *p); /* its step, behind the record's */
/* The n-th place where UEFI may be; false at the end. */
bool lend_planning_ovmf(size_t n, const char **ret_code, const char **ret_vars);
/* "id=mem-log,..." pairs of the two, in the order of QEMU's options. */
void lend_planning_backend_pairs(struct lend_planning *p, size_t i, struct lend_pairs *ret);
void lend_planning_device_pairs(struct lend_planning *p, size_t i, struct lend_pairs *ret);

/* ---- qemu-rules.c ---- */
/* Behind the arguments and the steps that make files. */
void lend_planning_rules(struct lend_planning *p);
/* args is of the new NVDIMMs alone, by their names: those that are plugged in, or recorded. */
void lend_planning_rules_more(struct lend_planning *p, const struct lend_qemu_args *args);
/* The same for those of p, as QEMU takes them. */
void lend_planning_rules_dimms(struct lend_planning *p);

/* ---- qemu-reach.c ---- */
void lend_planning_reach(struct lend_planning *p); /* how to reach the guest, firewall */

/* ---- qemu-live.c ---- */
void lend_planning_plug(struct lend_planning *p, size_t i);
/* Fills the geometry with what the VM has. */
bool lend_planning_running(struct lend_planning *p);
/* From what a VM of lend has to what its wish says. */
void lend_planning_change(struct lend_planning *p);

/* ---- qemu-text.c ---- */
/* One line of JSON for a monitor. */
const char *lend_plan_qmp(struct lend_arena *arena, const char *execute, const char *first_key,
			  const char *first_value, const struct lend_pairs *pairs);
/* A command line over several lines, as a person would type it. */
void lend_plan_typed_argv(struct lend_plan *plan, struct lend_step *step,
			  const char *const *argv, size_t n);

#endif
