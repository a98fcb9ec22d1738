/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What steps about libvirt call the state of a domain: for those who plan, and who apply. */

#ifndef LEND_PLAN_LIBVIRT_STATE_H
#define LEND_PLAN_LIBVIRT_STATE_H

#include "format/domain-xml.h"
#include "plan/plan.h"

/*
 * "memory", and "slot-N" for each NVDIMM: "/p/log.img size=136314880
 * label=2097152", with "private", "pmem", "unarmed" where that holds.  live as
 * for lend_domain_args: sizes of one that is off are rounded as libvirt will.
 */
void lend_libvirt_state(struct lend_arena *arena, const struct lend_domain *domain, bool live,
			struct lend_state *ret);

#endif
