/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What domains that run have from their next start on: a backing of it is not
 * given away once more, and a slot of it is not taken.
 */

#include <inttypes.h>

#include "plan/libvirt.h"

static bool is_next(const struct lend_memory *m)
{
	return lend_fact_on(&m->next);
}

static bool is_of(const struct lend_planning *p, const struct lend_memory *m)
{
	return p->vm != NULL && lend_fact_is(&m->vm, p->vm->node.name);
}

const struct lend_memory *lend_planning_memory_after(const struct lend_planning *p,
						     const struct lend_memory *after)
{
	const struct lend_node *n =
		lend_next_of(p->inv, LEND_KIND_MEMORY, after == NULL ? NULL : &after->node);

	return n == NULL ? NULL : lend_as_memory(n);
}

static bool same_text(const struct lend_fact *a, const struct lend_fact *b)
{
	return a->known == LEND_KNOWN && b->known == LEND_KNOWN &&
	       strcmp(a->v.str, b->v.str) == 0;
}

/* By number where both are known, else by path. */
static bool is_backing(const struct lend_planning *p, const struct lend_memory *m, size_t i)
{
	const struct lend_wanted_node *w = p->pmem[i].seen;

	if (m->path.known != LEND_KNOWN)
		return false;
	if (w != NULL && same_text(&m->rdev, &w->rdev))
		return true;
	if (w != NULL && m->inode.known == LEND_KNOWN && w->inode.known == LEND_KNOWN &&
	    m->dev.known == LEND_KNOWN && w->dev.known == LEND_KNOWN)
		return m->inode.v.u64 == w->inode.v.u64 && same_text(&m->dev, &w->dev);
	return lend_planning_same_path(m->path.v.str, p->pmem[i].wish.backing);
}

/* The same NVDIMM, now, too: as it is defined, or its labels are lost at the next start. */
static void take_defined(struct lend_planning *p, const struct lend_memory *m, size_t i)
{
	struct lend_geometry_dimm *d = &p->dimms[i];
	const char *name = p->pmem[i].wish.name;
	uint64_t label = m->label_bytes.known == LEND_KNOWN ? m->label_bytes.v.u64 : 0;
	uint64_t wanted = d->want_label.has ? d->want_label.v : LEND_GEOMETRY_LABEL;

	if (m->slot.known != LEND_KNOWN) {
		lend_planning_refuse(p, "stop it, and start it",
				     "%s: %s has it defined already", name, p->vm_name);
		return;
	}
	if (d->want_slot.has && d->want_slot.v != m->slot.v.u64)
		lend_planning_refuse(p, "one slot for both: labels hold for it alone",
				     "%s: %s has it in slot %" PRIu64
				     " from its next start on, and slot %" PRIu64
				     " is wanted now",
				     name, p->vm_name, m->slot.v.u64, d->want_slot.v);
	if (label != wanted || (m->size_bytes.known == LEND_KNOWN &&
				m->size_bytes.v.u64 != d->guest_bytes + wanted))
		lend_planning_refuse(p, "size and label as they are defined",
				     "%s: %s has it with another size or label area from its "
				     "next start on",
				     name, p->vm_name);
	d->want_slot = lend_opt(m->slot.v.u64);
}

static void check(struct lend_planning *p, const struct lend_memory *m, size_t i, bool config)
{
	const struct lend_wish_pmem *pmem = &p->pmem[i].wish;

	if (!is_of(p, m))
		lend_planning_warn(p, "name another backing: only one of them can run",
				   "%s: %s is that of the VM %s, too, from its next start on",
				   pmem->name, pmem->backing, m->vm.v.str);
	else if (config)
		lend_planning_refuse(p,
				     "one backing for each; --live alone plugs in what is "
				     "defined already",
				     "%s: %s is that of another NVDIMM of %s, from its next "
				     "start on",
				     pmem->name, pmem->backing, p->vm_name);
	else
		take_defined(p, m, i);
}

void lend_planning_next(struct lend_planning *p, bool config)
{
	for (const struct lend_memory *m = NULL;
	     (m = lend_planning_memory_after(p, m)) != NULL;) {
		for (size_t i = 0; is_next(m) && i < p->n_pmem; i++) {
			if (m->vm.known == LEND_KNOWN && is_backing(p, m, i))
				check(p, m, i, config);
		}
	}
}

void lend_planning_next_slots(struct lend_planning *p)
{
	struct lend_predict_device *later = NULL;
	size_t n = 0, cap = 0;

	for (const struct lend_memory *m = NULL;
	     (m = lend_planning_memory_after(p, m)) != NULL;) {
		if (is_next(m) && is_of(p, m) && m->slot.known == LEND_KNOWN)
			*LEND_PUSH(p->arena, later, n, cap) = (struct lend_predict_device){
				.id = lend_planning_text(p, "an NVDIMM of its next start"),
				.want_slot = lend_opt(m->slot.v.u64)
			};
	}
	p->geometry.later = later;
	p->geometry.n_later = n;
}

struct lend_opt_u64 lend_planning_next_slot_of(const struct lend_planning *p, const char *name)
{
	for (const struct lend_memory *m = NULL;
	     (m = lend_planning_memory_after(p, m)) != NULL;) {
		char id[32];

		if (!is_next(m) || !is_of(p, m) || m->slot.known != LEND_KNOWN ||
		    !lend_fact_is(&m->model, "nvdimm"))
			continue;
		(void)snprintf(id, sizeof(id), "nvdimm%" PRIu64, m->slot.v.u64);
		if (strcmp(id, name) == 0 || lend_fact_is(&m->path, name))
			return lend_opt(m->slot.v.u64);
	}
	return (struct lend_opt_u64){ 0 };
}
