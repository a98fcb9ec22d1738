/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory devices of domains that devices of their VMs do not show: DIMMs, and
 * those that a domain which runs has from its next start on.
 *
 * Asks  stat of the backings of the latter, here alone
 * Adds  memory nodes, next_slots of VMs
 */

#include <inttypes.h>
#include <sys/stat.h>

#include "collect/libvirt.h"
#include "model/domain-args.h"
#include "model/kind-memory.h"
#include "model/predict.h"

/* It may lie on a network file system that died. */
static const struct lend_ask ask_stat = { .via = LEND_VIA_STAT,
					  .key = "%p",
					  .flags = LEND_ASK_MAY_HANG };

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* ---- nodes ---- */

static void put_opt(struct lend_scan *scan, struct lend_memory *m, struct lend_fact *fact,
		    uint32_t by, struct lend_opt_u64 value)
{
	if (value.has)
		lend_build_u64(&scan->build, &m->node, fact, by, value.v);
}

static void put_number(struct lend_scan *scan, struct lend_memory *m, struct lend_fact *fact,
		       uint32_t by, uint32_t major, uint32_t minor)
{
	lend_build_text(&scan->build, &m->node, fact, by,
			lend_build_internf(&scan->build, "%" PRIu32 ":%" PRIu32, major, minor));
}

/* One file has many paths. */
static void look_at(struct lend_scan *scan, struct lend_memory *m, uint32_t by,
		    const char *path)
{
	const struct lend_answer *answer;

	lend_build_text(&scan->build, &m->node, &m->path, by, path);
	if (scan->remote || path[0] != '/' || m->next.v.u64 == 0)
		return;
	answer = lend_io_ask(scan->io, &ask_stat, path);
	if (answer->known != LEND_KNOWN)
		return;
	put_number(scan, m, &m->dev, by, answer->stat.dev_major, answer->stat.dev_minor);
	lend_build_u64(&scan->build, &m->node, &m->inode, by, answer->stat.inode);
	if (S_ISBLK(answer->stat.mode) || S_ISCHR(answer->stat.mode))
		put_number(scan, m, &m->rdev, by, answer->stat.rdev_major,
			   answer->stat.rdev_minor);
}

static void add(struct lend_scan *scan, struct lend_vm *vm, uint32_t by,
		const struct lend_domain_memory *from, size_t i, struct lend_opt_u64 slot,
		bool next)
{
	const char *name = lend_build_internf(&scan->build, "%s:%s-%zu", vm->node.name,
					      next ? "next" : from->model, i);
	struct lend_memory *m = (struct lend_memory *)lend_build_node(
		&scan->build, LEND_KIND_MEMORY, NULL, name);

	lend_build_edge(&scan->build, &vm->node, &m->node);
	lend_build_text(&scan->build, &m->node, &m->vm, by, vm->node.name);
	lend_build_u64(&scan->build, &m->node, &m->next, by, next);
	lend_build_text(&scan->build, &m->node, &m->model, by, from->model);
	put_opt(scan, m, &m->slot, by, slot);
	put_opt(scan, m, &m->address, by, from->base);
	put_opt(scan, m, &m->size_bytes, by, from->size_bytes);
	put_opt(scan, m, &m->label_bytes, by, from->label_bytes);
	if (from->path != NULL)
		look_at(scan, m, by, from->path);
}

/* ---- now and then ---- */

struct side {
	const struct lend_domain *domain;
	struct lend_opt_u64 *slots;
};

static struct side side_of(struct lend_scan *scan, const struct lend_domain *domain, bool live)
{
	return (struct side){ .domain = domain,
			      .slots = lend_domain_slots(&scan->memory, domain, live) };
}

/* How many of a are not in b; by slot, too. */
static size_t count_missing(const struct side *a, const struct side *b, bool by_slot)
{
	size_t n = 0;

	for (size_t i = 0; i < a->domain->n_memories; i++) {
		const struct lend_domain_memory *m = &a->domain->memories[i];
		bool found = !by_slot && m->path == NULL;

		for (size_t j = 0; j < b->domain->n_memories && !found; j++) {
			const struct lend_domain_memory *other = &b->domain->memories[j];

			found = same(m->path, other->path) &&
				(!by_slot || (same(m->model, other->model) &&
					      a->slots[i].has == b->slots[j].has &&
					      a->slots[i].v == b->slots[j].v));
		}
		n += !found;
	}
	return n;
}

/* "0,2": those of what is defined, as libvirt will choose them. */
static void add_next(struct lend_scan *scan, struct lend_vm *vm, uint32_t by,
		     const struct side *then)
{
	lend_auto_buf slots = { 0 };

	for (size_t i = 0; i < then->domain->n_memories; i++) {
		if (then->slots[i].has)
			lend_buf_printf(&slots, "%s%" PRIu64, slots.len > 0 ? "," : "",
					then->slots[i].v);
		add(scan, vm, by, &then->domain->memories[i], i, then->slots[i], true);
	}
	lend_build_text(&scan->build, &vm->node, &vm->next_slots, by, lend_buf_text(&slots));
}

/* It starts with other memory devices than it has now, or with the same in other slots. */
static void compare(struct lend_scan *scan, const struct lend_scan_domain *d,
		    struct lend_vm *vm, uint32_t by)
{
	struct side now, then;
	size_t more, less;

	if (!d->has_live || !d->has_defined)
		return;
	now = side_of(scan, &d->live, true);
	then = side_of(scan, &d->defined, false);
	if (count_missing(&then, &now, true) + count_missing(&now, &then, true) == 0)
		return;
	add_next(scan, vm, by, &then);
	more = count_missing(&then, &now, false);
	less = count_missing(&now, &then, false);
	if (more + less > 0)
		lend_build_gap(&scan->build, vm->node.id, false,
			       "virsh dumpxml --inactive shows it",
			       "domain %s starts with other memory devices than it has now: "
			       "%zu more, %zu less",
			       d->name, more, less);
}

/* ---- DIMMs ---- */

/* Where it will lie, of one that is off. */
static struct lend_opt_u64 address_of(struct lend_scan *scan, const struct lend_qemu_args *args,
				      struct lend_opt_u64 slot)
{
	const struct lend_predict_options options = { .n_started = SIZE_MAX };
	struct lend_predict p;

	lend_predict_args(&scan->memory, args, &options, &p);
	for (size_t i = 0; i < p.n_devices && !p.refused; i++) {
		if (p.devices[i].driver == LEND_PREDICT_PC_DIMM && slot.has &&
		    p.devices[i].slot.has && p.devices[i].slot.v == slot.v)
			return p.devices[i].address;
	}
	return (struct lend_opt_u64){ 0 };
}

void lend_collect_domain_memory(struct lend_scan *scan, const struct lend_scan_domain *d,
				struct lend_vm *vm, const struct lend_qemu_args *args,
				uint32_t by)
{
	struct side now = side_of(scan, d->has_live ? &d->live : &d->defined, d->has_live);

	for (size_t i = 0; i < now.domain->n_memories; i++) {
		struct lend_domain_memory m = now.domain->memories[i];

		if (strcmp(m.model, "dimm") != 0)
			continue;
		if (!m.base.has && !d->has_live)
			m.base = address_of(scan, args, now.slots[i]);
		add(scan, vm, by, &m, i, now.slots[i], false);
	}
	compare(scan, d, vm, by);
}
