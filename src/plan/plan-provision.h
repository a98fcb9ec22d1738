/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans for the host's own persistent memory: from a region to a namespace,
 * a file system on it, and a DAX mount.
 *
 * What cannot be done is a remark that refuses the plan, all reasons at once.
 */

#ifndef LEND_PLAN_PLAN_PROVISION_H
#define LEND_PLAN_PLAN_PROVISION_H

#include "model/inventory.h"
#include "plan/plan.h"

struct lend_provision_request {
	const struct lend_inventory *inventory; /* kinds of lend_provision_kinds */
	const char *region;                     /* NULL: the only one there is */
	bool devdax;                            /* else fsdax */
	bool has_size, has_align;
	uint64_t size_bytes;  /* without: all that is free in one piece */
	uint64_t align_bytes; /* of pages that are mapped; without: ndctl's, 2 MiB */
	const char *fs;       /* "ext4", "xfs"; NULL: none */
	const char *mount;    /* an absolute path; NULL: nowhere */
	/* Chosen at random, as text: by them things are known again. */
	const char *namespace_uuid;
	const char *fs_uuid;
};

/* What a scan has to look at; NULL at the end. */
extern const char *const lend_provision_kinds[];

int lend_plan_provision(const struct lend_provision_request *request, struct lend_plan **ret,
			struct lend_err *err) LEND_MUST_CHECK;

#endif
