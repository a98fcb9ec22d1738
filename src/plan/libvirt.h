/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files about libvirt share while one plan is made; nobody else includes it. */

#ifndef LEND_PLAN_LIBVIRT_H
#define LEND_PLAN_LIBVIRT_H

#include "format/domain-xml.h"
#include "model/kind-memory.h"
#include "plan/qemu.h"

/* ---- libvirt-domain.c ---- */
/* After the geometry.  Remarks say what is left out. */
void lend_planning_domain(struct lend_planning *p, struct lend_domain *ret);
void lend_planning_memory(struct lend_planning *p, size_t i, struct lend_domain_memory *ret);

/* ---- libvirt-next.c ---- */
/* The next of all domains; NULL at the end. */
const struct lend_memory *lend_planning_memory_after(const struct lend_planning *p,
						     const struct lend_memory *after);
/* Backings that domains which run have from their next start on.  config: ours shall, too;
 * without, an NVDIMM gets the slot that it is defined with. */
void lend_planning_next(struct lend_planning *p, bool config);
/* Slots of ours from its next start on are taken. */
void lend_planning_next_slots(struct lend_planning *p);
/* That of its next start, by id or path. */
struct lend_opt_u64 lend_planning_next_slot_of(const struct lend_planning *p, const char *name);

/* ---- plan-libvirt.c ---- */
/* A domain that is defined and started; or that it cannot be. */
void lend_planning_define(struct lend_planning *p);
/* NVDIMMs for a domain that is there. */
void lend_planning_attach_domain(struct lend_planning *p, bool live, bool config);
/* One that it has, by id or path, is left out from its next start on. */
void lend_planning_detach_domain(struct lend_planning *p, const char *name);
const char *lend_planning_uri(const struct lend_planning *p);
/* Whether there is such a domain is not known where nobody could be asked: refused, then. */
bool lend_planning_is_blind(struct lend_planning *p);

#endif
