/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans for domains of libvirt: defined, started, one more NVDIMM for one that is there. */

#include <inttypes.h>

#include "base/num.h"
#include "model/domain-args.h"
#include "model/kind-backend.h"
#include "model/kind-device.h"
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

bool lend_planning_is_blind(struct lend_planning *p)
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
	lend_plan_typed(p->plan, step, "virsh -c '%s' define %s", uri,
			lend_planning_typed(p, lend_planning_text(p, "%s.xml", p->vm_name)));
}

static void start(struct lend_planning *p, const char *uri)
{
	struct lend_step *step = lend_plan_step(p->plan, "libvirt-start", p->vm_name);

	lend_plan_arg(p->plan, step, "uri", uri);
	lend_pairs_add(p->arena, &step->before.pairs, "runs", "no");
	lend_pairs_add(p->arena, &step->after.pairs, "runs", "yes");
	step->back = LEND_BACK_EXACT;
	lend_plan_typed(p->plan, step, "virsh -c '%s' start %s", uri,
			lend_planning_typed(p, p->vm_name));
}

/* What is to run at once is not started on a guess. */
static void refuse_unseen(struct lend_planning *p)
{
	for (size_t i = 0; i < p->n_pmem; i++) {
		if (p->pmem[i].unseen)
			lend_planning_refuse(
				p,
				"define it without, and lend attach it with "
				"--accept; or run lend on that host",
				"%s: a domain is not made with what cannot be seen",
				p->pmem[i].wish.name);
	}
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
	if (lend_planning_is_blind(p) || !lend_planning_lay(p))
		return;
	refuse_unseen(p);
	lend_planning_disks(p);
	define(p, uri);
	start(p, uri);
	lend_plan_after(p->plan, "virsh -c '%s' console %s", uri,
			lend_planning_typed(p, p->vm_name));
}

/* ---- attach ---- */

static void put_domain(struct lend_planning *p, struct lend_step *step)
{
	lend_plan_arg(p->plan, step, "vm", p->vm_name);
	if (p->vm != NULL && p->vm->uuid.known == LEND_KNOWN)
		lend_plan_arg(p->plan, step, "uuid", p->vm->uuid.v.str);
}

/* The domain has them from its next start on, where that is not what it has now. */
static void take_next_slots(const struct lend_planning *p, bool busy[LEND_GEOMETRY_SLOTS_MAX])
{
	const struct lend_fact *slots = &p->vm->next_slots;

	for (const char *at = slots->known == LEND_KNOWN ? slots->v.str : ""; *at != '\0';) {
		size_t len = strcspn(at, ",");
		uint64_t slot;

		if (lend_parse_u64n(at, len, 10, &slot) && slot < LEND_GEOMETRY_SLOTS_MAX)
			busy[slot] = true;
		at += len + (at[len] == ',');
	}
}

/* One slot for now and for later: free in both. */
static void choose_slots(struct lend_planning *p)
{
	bool busy[LEND_GEOMETRY_SLOTS_MAX] = { false };
	uint64_t slot = 0;

	take_next_slots(p, busy);
	for (size_t i = 0; i < p->geometry.n_there; i++) {
		const struct lend_opt_u64 *there = &p->geometry.there[i].want_slot;

		if (there->has && there->v < LEND_GEOMETRY_SLOTS_MAX)
			busy[there->v] = true;
	}
	for (size_t i = 0; i < p->n_pmem; i++) {
		if (p->dimms[i].want_slot.has &&
		    p->dimms[i].want_slot.v < LEND_GEOMETRY_SLOTS_MAX)
			busy[p->dimms[i].want_slot.v] = true;
	}
	for (size_t i = 0; i < p->n_pmem; i++) {
		while (slot < p->geometry.slots && busy[slot])
			slot++;
		/* When none is left, the geometry says so. */
		if (!p->dimms[i].want_slot.has && slot < p->geometry.slots)
			p->dimms[i].want_slot = lend_opt(slot++);
	}
}

/* The address was chosen for the guest as it is now, which at its next start may be another. */
static struct lend_domain_memory config_of(const struct lend_planning *p,
					   struct lend_domain_memory memory)
{
	if (!lend_fact_is(&p->vm->state, "off"))
		memory.base.has = false;
	return memory;
}

static void attach(struct lend_planning *p, size_t i, struct lend_domain_memory memory,
		   bool live)
{
	const char *uri = lend_planning_uri(p);
	const char *name = lend_planning_text(p, "%s:%s:%s", p->vm_name, p->pmem[i].wish.name,
					      live ? "live" : "config");
	struct lend_step *step = lend_plan_step(p->plan, "libvirt-attach", name);
	struct lend_domain one = { .name = p->vm_name };
	lend_auto_buf xml = { 0 };

	lend_domain_write_memory(&xml, &memory);
	lend_plan_arg(p->plan, step, "uri", uri);
	put_domain(p, step);
	lend_plan_arg(p->plan, step, "where", live ? "live" : "config");
	lend_plan_arg(p->plan, step, "slot", lend_planning_text(p, "%" PRIu64, memory.slot.v));
	lend_plan_arg(p->plan, step, "xml", lend_buf_text(&xml));
	step->before.absent = true;
	one.memories = &memory;
	one.n_memories = 1;
	lend_libvirt_state(p->arena, &one, live, &step->after);
	step->back = live ? LEND_BACK_NEXT_START : LEND_BACK_EXACT;
	if (live)
		step->note = lend_arena_strdup(
			p->arena,
			"QEMU cannot unplug an NVDIMM: it stays until the VM has stopped");
	if (p->pmem[i].unseen) {
		step->consent = lend_planning_text(p, "unseen:%s", p->pmem[i].wish.backing);
		step->note = lend_planning_text(
			p, "%s is given to %s without being seen as a whole%s%s",
			p->pmem[i].wish.backing, p->vm_name, live ? "; " : "",
			live ? step->note : "");
	}
	lend_plan_typed(
		p->plan, step, "virsh -c '%s' attach-device %s %s --%s", uri,
		lend_planning_typed(p, p->vm_name),
		lend_planning_typed(p, lend_planning_text(p, "%s.xml", p->pmem[i].wish.name)),
		live ? "live" : "config");
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
	lend_planning_next(p, config);
	if (p->vm->next_slots.known == LEND_KNOWN)
		choose_slots(p);
	/* What it is defined with, and is plugged in now, is in its slot. */
	if (config)
		lend_planning_next_slots(p);
	if (lend_plan_is_refused(p->plan))
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
		if (config)
			attach(p, i, config_of(p, memories[i]), false);
		/* Last, since it cannot go back. */
		if (live)
			attach(p, i, memories[i], true);
	}
}

/* ---- detach ---- */

static const struct lend_backend *backend_of(const struct lend_planning *p,
					     const struct lend_device *d)
{
	lend_auto_buf id = { 0 };
	const struct lend_node *node;

	if (d->memdev.known != LEND_KNOWN)
		return NULL;
	lend_buf_printf(&id, "backend/%s:%s", p->vm_name, d->memdev.v.str);
	node = lend_find(p->inv, lend_buf_text(&id));
	return node == NULL ? NULL : lend_as_backend(node);
}

/* By its id, or by the path of its backing; its slot. */
static struct lend_opt_u64 find_slot(struct lend_planning *p, const char *name,
				     bool *ret_is_now)
{
	const struct lend_node *n = NULL;

	*ret_is_now = true;
	while ((n = lend_next_of(p->inv, LEND_KIND_DEVICE, n)) != NULL) {
		const struct lend_device *d = lend_as_device(n);
		const struct lend_backend *b;

		if (!lend_fact_is(&d->vm, p->vm->node.name) || d->slot.known != LEND_KNOWN)
			continue;
		b = backend_of(p, d);
		if (lend_fact_is(&d->device_id, name) ||
		    (b != NULL && lend_fact_is(&b->path, name)))
			return lend_opt(d->slot.v.u64);
	}
	*ret_is_now = false;
	return lend_planning_next_slot_of(p, name);
}

/* "nvdimm0 (/p/log.img), nvdimm1 ..." */
static const char *list_devices(struct lend_planning *p)
{
	const struct lend_node *n = NULL;
	lend_auto_buf out = { 0 };

	while ((n = lend_next_of(p->inv, LEND_KIND_DEVICE, n)) != NULL) {
		const struct lend_device *d = lend_as_device(n);
		const struct lend_backend *b = backend_of(p, d);

		if (!lend_fact_is(&d->vm, p->vm->node.name) ||
		    d->device_id.known != LEND_KNOWN || d->slot.known != LEND_KNOWN)
			continue;
		lend_buf_printf(&out, "%s%s", out.len > 0 ? ", " : "it has ",
				d->device_id.v.str);
		if (b != NULL && b->path.known == LEND_KNOWN)
			lend_buf_printf(&out, " (%s)", b->path.v.str);
	}
	return out.len == 0 ? NULL : lend_arena_strdup(p->arena, out.text);
}

static void detach(struct lend_planning *p, const char *name, uint64_t slot)
{
	const char *uri = lend_planning_uri(p);
	struct lend_step *step = lend_plan_step(
		p->plan, "libvirt-detach", lend_planning_text(p, "%s:%s", p->vm_name, name));

	lend_plan_arg(p->plan, step, "uri", uri);
	put_domain(p, step);
	lend_plan_arg(p->plan, step, "where", "config");
	lend_plan_arg(p->plan, step, "slot", lend_planning_text(p, "%" PRIu64, slot));
	/* Something is there; what it is its own step learns. */
	step->after.absent = true;
	step->back = LEND_BACK_EXACT;
	lend_plan_typed(p->plan, step,
			"virsh -c '%s' edit %s # take out its <memory> of slot %" PRIu64, uri,
			lend_planning_typed(p, p->vm_name), slot);
}

void lend_planning_detach_domain(struct lend_planning *p, const char *name)
{
	bool runs = !lend_fact_is(&p->vm->state, "off");
	bool is_now;
	struct lend_opt_u64 slot = find_slot(p, name, &is_now);

	if (!slot.has) {
		lend_planning_refuse(p, list_devices(p), "%s has no NVDIMM %s", p->vm_name,
				     name);
		return;
	}
	if (!lend_fact_on(&p->vm->defined)) {
		lend_planning_refuse(p, "it goes when the domain has stopped",
				     "libvirt keeps no definition of %s", p->vm_name);
		return;
	}
	if (p->request->live && !p->request->config) {
		lend_planning_refuse(p, "without --live it is left out at the next start",
				     "QEMU cannot unplug an NVDIMM while the guest runs");
		return;
	}
	if (runs && is_now)
		lend_planning_warn(p, NULL,
				   "%s stays in the guest until %s has stopped: QEMU cannot "
				   "unplug an NVDIMM",
				   name, p->vm_name);
	detach(p, name, slot.v);
}
