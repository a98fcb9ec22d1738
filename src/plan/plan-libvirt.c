/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans for domains of libvirt: defined, started, one more NVDIMM for one that is there. */

#include <inttypes.h>

#include "model/domain-args.h"
#include "plan/libvirt-state.h"
#include "plan/libvirt.h"

static const char default_uri[] = "qemu:///system";

const char *lend_planning_uri(const struct lend_planning *p)
{
	if (p->request->libvirt != NULL)
		return p->request->libvirt;
	if (p->vm != NULL && p->vm->libvirt.known == LEND_KNOWN)
		return p->vm->libvirt.v.str;
	return default_uri;
}

/* ---- the states of steps ---- */

static void put_size(struct lend_buf *out, const char *key, struct lend_opt_u64 value)
{
	if (value.has)
		lend_buf_printf(out, " %s=%" PRIu64, key, value.v);
}

static const char *say_dimm(struct lend_arena *arena, const struct lend_qemu_args *args,
			    const struct lend_qemu_device *d)
{
	const struct lend_qemu_backend *b = lend_qemu_args_backend(args, d->memdev);
	lend_auto_buf out = { 0 };

	lend_buf_puts(&out, b == NULL || b->path == NULL ? "?" : b->path);
	if (b != NULL)
		put_size(&out, "size", b->size);
	put_size(&out, "label", d->label_bytes);
	if (b == NULL || b->share != LEND_TRI_ON)
		lend_buf_puts(&out, " private");
	if (b != NULL && b->pmem == LEND_TRI_ON)
		lend_buf_puts(&out, " pmem");
	if (d->unarmed == LEND_TRI_ON)
		lend_buf_puts(&out, " unarmed");
	return lend_arena_strdup(arena, out.text);
}

void lend_libvirt_state(struct lend_arena *arena, const struct lend_domain *domain, bool live,
			struct lend_state *ret)
{
	struct lend_qemu_args args;

	*ret = (struct lend_state){ 0 };
	lend_domain_args(arena, domain, live, &args);
	if (args.ram_bytes.has)
		lend_pairs_add_u64(arena, &ret->pairs, "memory", args.ram_bytes.v);
	for (size_t i = 0; i < args.n_devices; i++) {
		const struct lend_qemu_device *d = &args.devices[i];

		if (d->memdev != NULL && d->slot.has)
			lend_pairs_add(arena, &ret->pairs,
				       lend_arena_printf(arena, "slot-%" PRIu64, d->slot.v),
				       say_dimm(arena, &args, d));
	}
}

/* Whether there is such a domain is not known where nobody could be asked. */
static bool is_blind(struct lend_planning *p)
{
	for (size_t i = 0; i < p->inv->n_gaps; i++) {
		const struct lend_gap *gap = &p->inv->gaps[i];

		if (gap->matters && strncmp(gap->about, "libvirt:", strlen("libvirt:")) == 0) {
			lend_planning_refuse(p, gap->hint, "%s", gap->what);
			return true;
		}
	}
	return false;
}

/* ---- define and start ---- */

static void define(struct lend_planning *p, const char *uri)
{
	struct lend_step *step = lend_plan_step(p->plan, "libvirt-define", p->vm_name);
	struct lend_domain *domain = LEND_NEW(p->arena, struct lend_domain);
	lend_auto_buf xml = { 0 };

	lend_planning_domain(p, domain);
	lend_domain_write(&xml, domain);
	lend_plan_arg(p->plan, step, "uri", uri);
	lend_plan_arg(p->plan, step, "xml", lend_buf_text(&xml));
	step->before.absent = true;
	lend_libvirt_state(p->arena, domain, false, &step->after);
	step->back = LEND_BACK_EXACT;
	lend_plan_typed(p->plan, step, "virsh -c '%s' define %s.xml", uri, p->vm_name);
}

static void start(struct lend_planning *p, const char *uri)
{
	struct lend_step *step = lend_plan_step(p->plan, "libvirt-start", p->vm_name);

	lend_plan_arg(p->plan, step, "uri", uri);
	lend_pairs_add(p->arena, &step->before.pairs, "runs", "no");
	lend_pairs_add(p->arena, &step->after.pairs, "runs", "yes");
	step->back = LEND_BACK_EXACT;
	lend_plan_typed(p->plan, step, "virsh -c '%s' start %s", uri, p->vm_name);
}

void lend_planning_define(struct lend_planning *p)
{
	const char *uri = lend_planning_uri(p);

	if (p->vm != NULL && p->vm->libvirt.known == LEND_KNOWN) {
		lend_planning_refuse(
			p,
			lend_planning_text(p, "lend attach %s --connect %s adds to it",
					   p->vm_name, uri),
			"libvirt has a domain of the name %s already", p->vm_name);
		return;
	}
	if (p->vm != NULL) {
		lend_planning_refuse(p, "choose another name",
				     "a VM of the name %s runs, and it is none of libvirt's",
				     p->vm_name);
		return;
	}
	if (is_blind(p) || !lend_planning_lay(p))
		return;
	lend_planning_disks(p);
	define(p, uri);
	start(p, uri);
	lend_plan_after(p->plan, "virsh -c '%s' console %s", uri, p->vm_name);
}

/* ---- attach ---- */

static void attach(struct lend_planning *p, size_t i, struct lend_domain_memory *memory,
		   bool live)
{
	const char *uri = lend_planning_uri(p);
	const char *name = lend_planning_text(p, "%s:%s:%s", p->vm_name, p->pmem[i].wish.name,
					      live ? "live" : "config");
	struct lend_step *step = lend_plan_step(p->plan, "libvirt-attach", name);
	struct lend_domain one = { .name = p->vm_name };
	lend_auto_buf xml = { 0 };

	lend_domain_write_memory(&xml, memory);
	lend_plan_arg(p->plan, step, "uri", uri);
	lend_plan_arg(p->plan, step, "vm", p->vm_name);
	lend_plan_arg(p->plan, step, "where", live ? "live" : "config");
	lend_plan_arg(p->plan, step, "slot", lend_planning_text(p, "%" PRIu64, memory->slot.v));
	lend_plan_arg(p->plan, step, "xml", lend_buf_text(&xml));
	step->before.absent = true;
	one.memories = memory;
	one.n_memories = 1;
	lend_libvirt_state(p->arena, &one, live, &step->after);
	step->back = live ? LEND_BACK_NEXT_START : LEND_BACK_EXACT;
	if (live)
		step->note = lend_arena_strdup(
			p->arena,
			"QEMU cannot unplug an NVDIMM: it stays until the VM has stopped");
	lend_plan_typed(p->plan, step, "virsh -c '%s' attach-device %s %s.xml --%s", uri,
			p->vm_name, p->pmem[i].wish.name, live ? "live" : "config");
}

/* As the QEMU of libvirt gets them, by the names of the wish. */
static void judge(struct lend_planning *p, const struct lend_domain_memory *memories)
{
	struct lend_domain domain = { .name = p->vm_name, .n_memories = p->n_pmem };
	struct lend_qemu_args args;

	domain.memories = lend_arena_array(&p->memory, p->n_pmem + 1, sizeof(*memories));
	for (size_t i = 0; i < p->n_pmem; i++) {
		domain.memories[i] = memories[i];
		domain.memories[i].alias = p->pmem[i].wish.name;
	}
	lend_domain_args(&p->memory, &domain, true, &args);
	lend_planning_rules_more(p, &args);
}

void lend_planning_attach_domain(struct lend_planning *p, bool live, bool config)
{
	struct lend_domain_memory *memories =
		lend_arena_array(&p->memory, p->n_pmem + 1, sizeof(*memories));

	if (!lend_planning_running(p))
		return;
	lend_geometry_lay(p->plan, &p->geometry);
	for (size_t i = 0; i < p->n_pmem && !lend_plan_is_refused(p->plan); i++) {
		lend_planning_backing(p, i);
		lend_planning_persistence(p, i);
	}
	for (size_t i = 0; i < p->n_pmem && !lend_plan_is_refused(p->plan); i++)
		lend_planning_memory(p, i, &memories[i]);
	if (!lend_plan_is_refused(p->plan))
		judge(p, memories);
	for (size_t i = 0; i < p->n_pmem && !lend_plan_is_refused(p->plan); i++) {
		if (live)
			attach(p, i, &memories[i], true);
		if (config)
			attach(p, i, &memories[i], false);
	}
}
