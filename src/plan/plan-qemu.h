/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans for virtual machines of QEMU: from a wish and what was seen of the
 * host to steps.
 *
 * What cannot be done is a remark in the plan that refuses it, so that all
 * reasons are told at once; an error is a request that makes no sense.
 *
 *	lend_plan_wants(&arena, &wish, &places, &options);   what to look at
 *	lend_scan(&options, &inventory, err);
 *	lend_qemu_caps_of(inventory, &caps);
 *	lend_plan_qemu(&request, &plan, err);
 */

#ifndef LEND_PLAN_PLAN_QEMU_H
#define LEND_PLAN_PLAN_QEMU_H

#include "format/wish-yaml.h"
#include "model/inventory.h"
#include "model/qemu-caps.h"
#include "plan/plan.h"

/* The record of a VM names a file that was asked for. */
struct lend_claim {
	const char *path; /* as it was asked for */
	const char *vm;
	const char *as; /* the name of the NVDIMM, or "a disk" */
};

struct lend_plan_request {
	const struct lend_wish *wish;
	const struct lend_inventory *inventory;
	const struct lend_qemu_caps *caps; /* NULL: it was not asked */
	const char *record; /* the text of vms/NAME/wish.yaml; NULL: there is none */
	struct lend_places places;
	const struct lend_claim *claims; /* of what the plan wants, by whatever VM */
	size_t n_claims;
	/* Of attach and detach: which of the two shall have it; none: what is there. */
	bool live, config;
	const char *libvirt; /* URI; NULL: qemu:///system for wishes that name libvirt */
	bool sparse;         /* of lend pmem create: without blocks, which need no room */
	bool remote; /* it is on another host, of which nothing but that libvirt is asked */
};

/* Fills in what the scan has to look at; texts live as long as wish and arena.  wish may be
 * NULL (only VMs), record as above. */
void lend_plan_wants(struct lend_arena *arena, const struct lend_wish *wish,
		     const struct lend_places *places, struct lend_scan_options *options);
/* The same for what lend attach is given. */
void lend_plan_wants_pmem(struct lend_arena *arena, const struct lend_wish_pmem *pmem,
			  size_t n_pmem, struct lend_scan_options *options);

/* The record of a VM: "STATE/vms/NAME/wish.yaml". */
const char *lend_plan_record_path(struct lend_arena *arena, const struct lend_places *places,
				  const char *vm);

/*
 * lend apply WISH.  A VM that does not run is started; to one that does what
 * is missing is plugged in, the rest waits for its next start.  No steps:
 * there is nothing to do.
 */
int lend_plan_qemu(const struct lend_plan_request *request, struct lend_plan **ret,
		   struct lend_err *err) LEND_MUST_CHECK;

/*
 * What the wish would start, as /proc/PID/cmdline has it, whether it runs or
 * not; sizes and slots that remarks refuse are as they were wished.  The plan
 * is for looking at, not to be done.
 */
int lend_plan_argv(const struct lend_plan_request *request, struct lend_buf *ret_argv,
		   struct lend_plan **ret_plan, struct lend_err *err) LEND_MUST_CHECK;

/* lend attach VM --pmem ...; request->wish is not looked at. */
int lend_plan_attach(const struct lend_plan_request *request, const char *vm,
		     const struct lend_wish_pmem *pmem, size_t n_pmem, struct lend_plan **ret,
		     struct lend_err *err) LEND_MUST_CHECK;

/* lend detach VM NAME: from the record; a running guest keeps it. */
int lend_plan_detach(const struct lend_plan_request *request, const char *vm, const char *name,
		     struct lend_plan **ret, struct lend_err *err) LEND_MUST_CHECK;

/* lend start VM, by its record, which is request->wish, too; lend stop VM. */
int lend_plan_start(const struct lend_plan_request *request, struct lend_plan **ret,
		    struct lend_err *err) LEND_MUST_CHECK;
int lend_plan_stop(const struct lend_plan_request *request, const char *vm,
		   struct lend_plan **ret, struct lend_err *err) LEND_MUST_CHECK;

/* lend pmem create: a backing for no VM in particular; its name, slot and switches are not
 * looked at. */
int lend_plan_pmem_create(const struct lend_plan_request *request,
			  const struct lend_wish_pmem *pmem, struct lend_plan **ret,
			  struct lend_err *err) LEND_MUST_CHECK;

/* What a person would type at QEMU's human monitor for a step that plugs; NULL for others. */
const char *lend_plan_hmp(struct lend_arena *arena, const struct lend_step *step);
/* From now on that is what the plan says is typed. */
void lend_plan_type_hmp(struct lend_plan *plan);

#endif
