/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt-detach: a memory device is left out of what a domain is defined as.
 *
 * What it was is learned before, and is in the intent, so that it can be put
 * back as it was.  A domain that runs keeps it until it stops.
 */

#include <inttypes.h>

#include "apply/libvirt.h"
#include "base/err.h"
#include "model/domain-args.h"

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	struct lend_libvirt domain;

	return lend_libvirt_slot(doing, step, &domain, ret_state, err);
}

/* The NVDIMM in that slot. */
static const struct lend_domain_memory *find(struct lend_doing *doing,
					     const struct lend_domain *domain, uint64_t slot)
{
	const struct lend_opt_u64 *slots = lend_domain_slots(doing->arena, domain, false);

	for (size_t i = 0; i < domain->n_memories; i++) {
		if (strcmp(domain->memories[i].model, "nvdimm") == 0 && slots[i].has &&
		    slots[i].v == slot)
			return &domain->memories[i];
	}
	return NULL;
}

static int prepare(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	const struct lend_domain_memory *memory;
	struct lend_libvirt domain;
	struct lend_domain_memory one;
	lend_auto_buf xml = { 0 };
	uint64_t slot;

	if (lend_step_need_u64(step, "slot", &slot, err) < 0 ||
	    lend_libvirt_look(doing, step, &domain, err) < 0)
		return -1;
	memory = domain.has_defined ? find(doing, &domain.defined, slot) : NULL;
	if (memory == NULL)
		return lend_fail(err, LEND_E_STALE, "%s has nothing in slot %" PRIu64,
				 domain.name, slot);
	one = *memory;
	one.alias = NULL;
	lend_domain_write_memory(&xml, &one);
	lend_pairs_add(doing->arena, &doing->learned, "xml", lend_buf_text(&xml));
	return 0;
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	const char *xml = lend_pairs_get(&doing->learned, "xml");

	(void)from;
	if (xml == NULL)
		return lend_fail(err, LEND_E_FORMAT, "what was in the slot is not known");
	return lend_libvirt_device(doing, step, to, to->absent ? "detach" : "attach", xml, err);
}

const struct lend_step_kind lend_step_libvirt_detach = {
	.name = "libvirt-detach",
	.does = "take an NVDIMM out of what a domain of libvirt is defined as",
	.look = look,
	.set = set,
	.prepare = prepare,
};
