/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A VM that runs: what is missing is plugged in, what cannot be changed while
 * it runs waits for its next start.
 */

#include <inttypes.h>

#include "base/err.h"
#include "base/num.h"
#include "model/kind-device.h"
#include "plan/libvirt.h"

/* ---- what it has ---- */

/* Its next device from after on; NULL at the end. */
static const struct lend_device *next_device(const struct lend_planning *p,
					     const struct lend_device *after)
{
	const struct lend_node *n = after == NULL ? NULL : &after->node;

	while ((n = lend_next_of(p->inv, LEND_KIND_DEVICE, n)) != NULL) {
		const struct lend_device *d = lend_as_device(n);

		if (lend_fact_is(&d->vm, p->vm->node.name))
			return d;
	}
	return NULL;
}

static bool is_nvdimm(const struct lend_device *d)
{
	return lend_fact_is(&d->driver, "nvdimm") || lend_fact_is(&d->driver, "spapr-nvdimm");
}

static const struct lend_device *device_of(const struct lend_planning *p, const char *name)
{
	for (const struct lend_device *d = NULL; (d = next_device(p, d)) != NULL;) {
		if (lend_fact_is(&d->device_id, name))
			return d;
	}
	return NULL;
}

static struct lend_opt_u64 number(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN ? lend_opt(fact->v.u64) : (struct lend_opt_u64){ 0 };
}

static enum lend_predict_driver driver_of(const struct lend_device *d)
{
	if (is_nvdimm(d) || lend_fact_is(&d->driver, "pc-dimm"))
		return LEND_PREDICT_PC_DIMM; /* its size is without the label area */
	return LEND_PREDICT_VIRTIO_PMEM;
}

/* False when something of it is not known, which a place for the next one depends on. */
static bool take_device(struct lend_planning *p, const struct lend_device *d,
			struct lend_predict_device *ret)
{
	*ret = (struct lend_predict_device){
		.id = d->node.name,
		.driver = driver_of(d),
		.has_backend = true,
		.share = true,
		.want_slot = number(&d->slot),
		.want_address = number(&d->address),
		.backend_bytes = number(&d->size_bytes),
		.align_bytes = lend_opt(LEND_GEOMETRY_PAGE),
	};
	if (ret->backend_bytes.has && ret->want_address.has &&
	    (ret->want_slot.has || ret->driver == LEND_PREDICT_VIRTIO_PMEM))
		return true;
	lend_planning_refuse(p, "its monitor has to be free, and lend to be run as its user",
			     "slot, address and size of %s are not known", d->node.name);
	return false;
}

/* DIMMs of a domain: no devices of ours, but in slots, and at addresses. */
static bool is_plain(const struct lend_planning *p, const struct lend_memory *m)
{
	return lend_fact_off(&m->next) && lend_fact_is(&m->vm, p->vm->node.name);
}

static bool take_plain(struct lend_planning *p, const struct lend_memory *m,
		       struct lend_predict_device *ret)
{
	*ret = (struct lend_predict_device){
		.id = m->node.name,
		.driver = LEND_PREDICT_PC_DIMM,
		.has_backend = true,
		.is_memory = true,
		.want_slot = number(&m->slot),
		.want_address = number(&m->address),
		.backend_bytes = number(&m->size_bytes),
		.align_bytes = lend_opt(LEND_GEOMETRY_PAGE),
	};
	if (ret->backend_bytes.has && ret->want_address.has && ret->want_slot.has)
		return true;
	lend_planning_refuse(p, "give it slot and base in its XML",
			     "slot, address and size of %s are not known", m->node.name);
	return false;
}

bool lend_planning_running(struct lend_planning *p)
{
	struct lend_geometry *g = &p->geometry;
	struct lend_predict_device *there;
	size_t n = 0;
	bool fine = true;

	for (const struct lend_device *d = NULL; (d = next_device(p, d)) != NULL;)
		n++;
	for (const struct lend_memory *m = NULL;
	     (m = lend_planning_memory_after(p, m)) != NULL;)
		n += is_plain(p, m);
	there = lend_arena_array(p->arena, n + 1, sizeof(*there));
	n = 0;
	for (const struct lend_device *d = NULL; (d = next_device(p, d)) != NULL; n++)
		fine = take_device(p, d, &there[n]) && fine;
	for (const struct lend_memory *m = NULL;
	     (m = lend_planning_memory_after(p, m)) != NULL;) {
		if (is_plain(p, m))
			fine = take_plain(p, m, &there[n++]) && fine;
	}
	*g = (struct lend_geometry){ .runs = true,
				     .there = there,
				     .n_there = n,
				     .dimms = p->dimms,
				     .n_dimms = p->n_pmem };
	g->board = p->vm->machine.known == LEND_KNOWN
			   ? lend_predict_board_of(p->vm->machine.v.str)
			   : LEND_BOARD_UNKNOWN;
	if (lend_fact_off(&p->vm->nvdimm) && !lend_fact_is(&p->vm->state, "off")) {
		lend_planning_refuse(p,
				     p->vm->libvirt.known == LEND_KNOWN
					     ? "--config alone: it is plugged in at the next "
					       "start, and then more can be"
					     : "stop it, and start it with nvdimm=on",
				     "%s was started without nvdimm=on", p->vm_name);
		return false;
	}
	if (p->vm->ram_bytes.known != LEND_KNOWN || p->vm->slots.known != LEND_KNOWN ||
	    p->vm->maxmem_bytes.known != LEND_KNOWN) {
		lend_planning_refuse(p, "stop it, and start it with slots and maxmem",
				     "%s has no free slots, or they are not known", p->vm_name);
		return false;
	}
	g->ram_bytes = p->vm->ram_bytes.v.u64;
	g->slots = p->vm->slots.v.u64 < LEND_GEOMETRY_SLOTS_MAX ? p->vm->slots.v.u64
								: LEND_GEOMETRY_SLOTS_MAX;
	g->maxmem_bytes = p->vm->maxmem_bytes.v.u64;
	return fine;
}

/* ---- plugging in ---- */

void lend_planning_plug(struct lend_planning *p, size_t i)
{
	const char *name = p->pmem[i].wish.name;
	const char *who = lend_planning_text(p, "%s:%s", p->vm_name, name);
	const char *memdev = lend_planning_text(p, "mem-%s", name);
	struct lend_step *step = lend_plan_step(
		p->plan, "plug-backend", lend_planning_text(p, "%s:%s", p->vm_name, memdev));

	lend_planning_put_target(p, step);
	step->before.absent = true;
	lend_planning_backend_pairs(p, i, &step->after.pairs);
	step->back = LEND_BACK_EXACT;
	lend_plan_typed(
		p->plan, step, "%s",
		lend_plan_qmp(p->arena, "object-add", "id", memdev, &step->after.pairs));

	step = lend_plan_step(p->plan, "plug-device", who);
	lend_planning_put_target(p, step);
	step->before.absent = true;
	lend_planning_device_pairs(p, i, &step->after.pairs);
	step->back = LEND_BACK_NEXT_START;
	step->note = lend_arena_strdup(p->arena, "QEMU cannot unplug an NVDIMM: it stays until "
						 "the VM has stopped");
	lend_plan_typed(p->plan, step, "%s",
			lend_plan_qmp(p->arena, "device_add", "id", name, &step->after.pairs));
}

/* Geometry, backings, steps for those that are new; what is there keeps its place. */
static void plug_all(struct lend_planning *p)
{
	bool fine;

	lend_geometry_lay(p->plan, &p->geometry);
	fine = !lend_plan_is_refused(p->plan);
	for (size_t i = 0; i < p->n_pmem && fine; i++) {
		lend_planning_backing(p, i);
		lend_planning_persistence(p, i);
	}
	if (lend_plan_is_refused(p->plan))
		return;
	lend_planning_rules_dimms(p);
	for (size_t i = 0; i < p->n_pmem; i++)
		lend_planning_plug(p, i);
}

/* ---- the wish of a VM that runs ---- */

/* The value of a key at the left edge of YAML, with the lines that belong to it. */
static const char *part_of(struct lend_planning *p, const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = text; at != NULL && *at != '\0';) {
		const char *end = strchr(at, '\n');

		if (strncmp(at, key, len) == 0 && at[len] == ':') {
			while (end != NULL && (end[1] == ' ' || end[1] == '-'))
				end = strchr(end + 1, '\n');
			return end == NULL
				       ? at
				       : lend_arena_strndup(p->arena, at, (size_t)(end - at));
		}
		at = end == NULL ? NULL : end + 1;
	}
	return "";
}

/* Keys of a that differ in b, or are not there. */
static void put_changed(struct lend_planning *p, const char *a, const char *b,
			struct lend_buf *out)
{
	for (const char *at = a; at != NULL && *at != '\0';) {
		size_t len = strcspn(at, ":\n");
		const char *key = lend_arena_strndup(p->arena, at, len);
		const char *end = strchr(at, '\n');

		if (at[0] != ' ' && at[0] != '-' && at[0] != '#' && at[len] == ':' &&
		    strcmp(key, "pmem") != 0 &&
		    strcmp(part_of(p, a, key), part_of(p, b, key)) != 0 &&
		    (out->len == 0 || strstr(out->text, key) == NULL))
			lend_buf_printf(out, "%s%s", out->len > 0 ? ", " : "", key);
		at = end == NULL ? NULL : end + 1;
	}
}

static void note_changes(struct lend_planning *p)
{
	lend_auto_buf text = { 0 };
	lend_auto_buf changed = { 0 };

	if (p->request->record == NULL)
		return;
	lend_wish_write(&text, &p->wish, NULL);
	put_changed(p, p->request->record, lend_buf_text(&text), &changed);
	put_changed(p, lend_buf_text(&text), p->request->record, &changed);
	if (changed.len > 0)
		lend_planning_note(p,
				   lend_planning_text(p, "lend stop %s; lend start %s",
						      p->vm_name, p->vm_name),
				   "takes effect at the next start: %s", changed.text);
}

static void note_removed(struct lend_planning *p, const struct lend_wish *wish)
{
	for (const struct lend_device *d = NULL; (d = next_device(p, d)) != NULL;) {
		if (is_nvdimm(d) && d->device_id.known == LEND_KNOWN &&
		    lend_wish_find_pmem(wish, d->device_id.v.str) == NULL)
			lend_planning_warn(p, NULL,
					   "%s stays in the guest until %s has stopped: QEMU "
					   "cannot unplug an NVDIMM",
					   d->device_id.v.str, p->vm_name);
	}
}

static void check_kept(struct lend_planning *p, const struct lend_wish_pmem *m,
		       const struct lend_device *d)
{
	if (d->size_bytes.known == LEND_KNOWN && m->size_bytes.has &&
	    d->size_bytes.v.u64 != m->size_bytes.v)
		lend_planning_refuse(p, "stop the VM, and use lend pmem grow",
				     "%s: has %s in the guest, and cannot get %s while it runs",
				     m->name, lend_planning_size(p, d->size_bytes.v.u64),
				     lend_planning_size(p, m->size_bytes.v));
	if (m->slot.has && d->slot.known == LEND_KNOWN && d->slot.v.u64 != m->slot.v)
		lend_planning_refuse(p, lend_planning_text(p, "slot: %" PRIu64, d->slot.v.u64),
				     "%s: is in slot %" PRIu64 ", and cannot move to %" PRIu64,
				     m->name, d->slot.v.u64, m->slot.v);
}

/* What the record shall have of one that runs: where it is. */
static struct lend_wish_pmem kept(const struct lend_planning *p, const struct lend_wish_pmem *m,
				  const struct lend_device *d)
{
	const struct lend_wish_pmem *old =
		p->recorded == NULL ? NULL : lend_wish_find_pmem(p->recorded, m->name);
	struct lend_wish_pmem all = *m;

	if (!all.slot.has)
		all.slot = number(&d->slot);
	if (!all.label_bytes.has)
		all.label_bytes = old != NULL ? old->label_bytes : number(&d->label_bytes);
	return all;
}

void lend_planning_change(struct lend_planning *p)
{
	size_t n = p->wish.n_pmem;
	struct lend_wish_pmem *all = lend_arena_array(p->arena, n + 1, sizeof(*all));
	struct lend_wish_pmem *new = lend_arena_array(p->arena, n + 1, sizeof(*new));
	size_t *at = lend_arena_array(p->arena, n + 1, sizeof(*at));
	size_t n_new = 0;

	for (size_t i = 0; i < n; i++) {
		const struct lend_device *d = device_of(p, p->wish.pmem[i].name);

		all[i] = p->wish.pmem[i];
		if (d == NULL) {
			at[n_new] = i;
			new[n_new++] = p->wish.pmem[i];
			continue;
		}
		check_kept(p, &p->wish.pmem[i], d);
		all[i] = kept(p, &p->wish.pmem[i], d);
	}
	lend_planning_take_pmem(p, new, n_new);
	if (n_new > 0 && lend_planning_running(p))
		plug_all(p);
	for (size_t i = 0; i < n_new; i++) {
		all[at[i]].slot = lend_opt(p->dimms[i].slot);
		all[at[i]].label_bytes = lend_opt(p->dimms[i].label_bytes);
	}
	p->wish.pmem = all;
	note_removed(p, &p->wish);
	note_changes(p);
	lend_planning_record(p);
}

/* ---- attach and detach ---- */

static void check_nodes(struct lend_planning *p, size_t n)
{
	for (size_t i = 0; i < p->n_pmem; i++) {
		const struct lend_opt_u64 *node = &p->pmem[i].wish.node;

		if (node->has && node->v >= n)
			lend_planning_refuse(p, "leave node= out, or a node that it has",
					     "%s: the guest has %zu NUMA node%s, and no node "
					     "%" PRIu64,
					     p->pmem[i].wish.name, n, n == 1 ? "" : "s",
					     node->v);
	}
}

/* Of the QEMU that runs; SIZE_MAX: it cannot be told.  Without -numa, slots make one. */
static size_t count_nodes(struct lend_planning *p)
{
	const struct lend_cmdline *cmdline = lend_cmdline_of(p->inv, &p->vm->node);
	struct lend_qemu_option option;
	struct lend_qemu_args args;
	size_t n = 0;

	if (cmdline == NULL)
		return SIZE_MAX;
	lend_qemu_args_parse(&p->memory, cmdline->bytes, cmdline->len, &args);
	for (size_t at = 0; lend_qemu_args_next(&args, &at, &option);) {
		if (option.name == NULL || strcmp(option.name, "-numa") != 0)
			continue;
		if (option.value == NULL || option.value[0] == '{')
			return SIZE_MAX;
		n += strncmp(option.value, "node", 4) == 0 ||
		     strstr(option.value, "type=node") != NULL;
	}
	return args.has_readconfig ? SIZE_MAX : n > 0 ? n : 1;
}

static void check_all_nodes(struct lend_planning *p, bool live, bool config)
{
	if (live)
		check_nodes(p, count_nodes(p));
	if (config && p->recorded != NULL && !lend_plan_is_refused(p->plan))
		check_nodes(p, p->recorded->n_numa > 0 ? p->recorded->n_numa : 1);
}

/* Now, or from the next start on.  Domains of libvirt name theirs themselves. */
static bool has_name(const struct lend_planning *p, const char *name)
{
	bool domain = p->vm != NULL && p->vm->libvirt.known == LEND_KNOWN;

	if (p->vm != NULL && (p->request->live || !domain) && device_of(p, name) != NULL)
		return true;
	return p->request->config && p->recorded != NULL &&
	       lend_wish_find_pmem(p->recorded, name) != NULL;
}

static void check_names(struct lend_planning *p, const struct lend_wish_pmem *pmem, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool twice = false;

		for (size_t j = 0; j < i; j++)
			twice |= strcmp(pmem[i].name, pmem[j].name) == 0;
		if (twice || has_name(p, pmem[i].name))
			lend_planning_refuse(p, "choose another name",
					     "%s has an NVDIMM of the name %s", p->vm_name,
					     pmem[i].name);
	}
}

/* The record with the new ones, whose names it does not have. */
static void add_to_record(struct lend_planning *p)
{
	size_t n = p->recorded->n_pmem;
	struct lend_wish_pmem *all =
		lend_arena_array(p->arena, n + p->n_pmem + 1, sizeof(*all));

	for (size_t i = 0; i < n; i++)
		all[i] = p->recorded->pmem[i];
	for (size_t j = 0; j < p->n_pmem; j++) {
		all[n] = p->pmem[j].wish;
		all[n].slot = lend_opt(p->dimms[j].slot);
		all[n++].label_bytes = lend_opt(p->dimms[j].label_bytes);
	}
	p->wish = *p->recorded;
	p->wish.pmem = all;
	p->wish.n_pmem = n;
	lend_planning_record(p);
}

/* The slots of the record. */
static const struct lend_predict_device *recorded_slots(struct lend_planning *p)
{
	struct lend_predict_device *all =
		lend_arena_array(p->arena, p->recorded->n_pmem + 1, sizeof(*all));

	for (size_t i = 0; i < p->recorded->n_pmem; i++)
		all[i] = (struct lend_predict_device){ .id = p->recorded->pmem[i].name,
						       .want_slot = p->recorded->pmem[i].slot };
	return all;
}

/* For the next start alone: slots that the record does not have. */
static void lay_for_record(struct lend_planning *p)
{
	p->geometry = (struct lend_geometry){ .dimms = p->dimms,
					      .n_dimms = p->n_pmem,
					      .there = recorded_slots(p),
					      .n_there = p->recorded->n_pmem };
	lend_geometry_lay(p->plan, &p->geometry);
	for (size_t i = 0; i < p->n_pmem && !lend_plan_is_refused(p->plan); i++) {
		lend_planning_backing(p, i);
		lend_planning_persistence(p, i);
	}
	lend_planning_rules_dimms(p);
}

/* What of its record has this backing; NULL: nothing. */
static const char *recorded_as(const struct lend_planning *p, const char *path)
{
	for (size_t i = 0; i < p->recorded->n_pmem; i++) {
		if (strcmp(p->recorded->pmem[i].backing, path) == 0)
			return p->recorded->pmem[i].name;
	}
	for (size_t i = 0; i < p->request->n_claims; i++) {
		const struct lend_claim *c = &p->request->claims[i];

		if (strcmp(c->vm, p->vm_name) == 0 && strcmp(c->path, path) == 0)
			return c->as;
	}
	return NULL;
}

/* What the VM has from its next start on is not seen in the one that runs. */
static void check_recorded(struct lend_planning *p)
{
	for (size_t i = 0; i < p->n_pmem; i++) {
		const char *as = recorded_as(p, p->pmem[i].wish.backing);

		if (as != NULL)
			lend_planning_refuse(p, "one backing for each",
					     "%s: its backing is that of %s",
					     p->pmem[i].wish.name, as);
	}
}

static void attach(struct lend_planning *p, bool live, bool config)
{
	check_all_nodes(p, live, config);
	if (lend_plan_is_refused(p->plan) || (live && p->vm == NULL))
		return; /* what does not run has nothing live */
	if (p->vm != NULL && p->vm->libvirt.known == LEND_KNOWN) {
		lend_planning_attach_domain(p, live, config);
		return;
	}
	if (live && !p->is_ours && p->vm->monitor.known != LEND_KNOWN) {
		lend_planning_refuse(p, "start it with -qmp unix:PATH,server=on,wait=off",
				     "%s has no monitor that can be asked", p->vm_name);
		return;
	}
	if (config)
		check_recorded(p);
	if (live && lend_planning_running(p)) {
		if (config) {
			p->geometry.later = recorded_slots(p);
			p->geometry.n_later = p->recorded->n_pmem;
		}
		plug_all(p);
	} else if (!live) {
		lay_for_record(p);
	}
	if (config && !lend_plan_is_refused(p->plan))
		add_to_record(p);
}

int lend_plan_attach(const struct lend_plan_request *request, const char *vm,
		     const struct lend_wish_pmem *pmem, size_t n_pmem, struct lend_plan **ret,
		     struct lend_err *err)
{
	bool chosen = request->live || request->config;
	struct lend_plan_request mine = *request;
	lend_auto_planning p = { 0 };
	bool domain, runs;

	mine.wish = NULL;
	if (lend_planning_init(&p, &mine, vm, err) < 0)
		return -1;
	if (p.vm == NULL && request->libvirt != NULL && lend_planning_is_blind(&p)) {
		*ret = lend_planning_take(&p, lend_planning_text(&p, "change %s", vm));
		return 0;
	}
	domain = p.vm != NULL && p.vm->libvirt.known == LEND_KNOWN;
	runs = p.vm != NULL && !lend_fact_is(&p.vm->state, "off");
	mine.live = chosen ? request->live : runs;
	mine.config = chosen ? request->config
			     : p.recorded != NULL || (domain && lend_fact_on(&p.vm->defined));
	check_names(&p, pmem, n_pmem);
	if (mine.live && !runs)
		lend_planning_refuse(&p, "lend start it, or --config alone", "%s does not run",
				     vm);
	if (mine.config && p.recorded == NULL && !domain)
		lend_planning_refuse(&p, "--live alone",
				     "lend has no record of %s that it could change", vm);
	if (!mine.live && !mine.config && p.vm == NULL)
		lend_planning_refuse(&p, "lend status", "there is no VM %s", vm);
	if (mine.live && !mine.config && !lend_plan_is_refused(p.plan))
		lend_planning_note(&p, NULL, "%s does not have it after its next start", vm);
	lend_planning_take_pmem(&p, pmem, n_pmem);
	if (!lend_plan_is_refused(p.plan))
		attach(&p, mine.live && p.vm != NULL, mine.config);
	*ret = lend_planning_take(&p, lend_planning_text(&p, "give %s %zu more NVDIMM%s", vm,
							 n_pmem, n_pmem == 1 ? "" : "s"));
	return 0;
}

int lend_plan_detach(const struct lend_plan_request *request, const char *vm, const char *name,
		     struct lend_plan **ret, struct lend_err *err)
{
	struct lend_plan_request mine = *request;
	lend_auto_planning p = { 0 };
	const struct lend_device *there;
	struct lend_wish_pmem *all;
	size_t used = 0;

	mine.wish = NULL;
	if (lend_planning_init(&p, &mine, vm, err) < 0)
		return -1;
	if (p.vm != NULL && p.vm->libvirt.known == LEND_KNOWN) {
		lend_planning_detach_domain(&p, name);
		*ret = lend_planning_take(&p,
					  lend_planning_text(&p, "take %s from %s", name, vm));
		return 0;
	}
	if (p.vm == NULL && request->libvirt != NULL && lend_planning_is_blind(&p)) {
		*ret = lend_planning_take(&p, lend_planning_text(&p, "change %s", vm));
		return 0;
	}
	there = p.vm == NULL ? NULL : device_of(&p, name);
	if (there != NULL && request->live && !request->config)
		lend_planning_refuse(&p, "without --live it is left out at the next start",
				     "QEMU cannot unplug an NVDIMM while the guest runs");
	else if (there != NULL)
		lend_planning_warn(&p, NULL,
				   "%s stays in the guest until %s has stopped: QEMU cannot "
				   "unplug an NVDIMM",
				   name, vm);
	if (p.recorded != NULL && lend_wish_find_pmem(p.recorded, name) != NULL) {
		all = lend_arena_array(p.arena, p.recorded->n_pmem + 1, sizeof(*all));
		for (size_t i = 0; i < p.recorded->n_pmem; i++) {
			if (strcmp(p.recorded->pmem[i].name, name) != 0)
				all[used++] = p.recorded->pmem[i];
		}
		p.wish = *p.recorded;
		p.wish.pmem = all;
		p.wish.n_pmem = used;
		lend_planning_record(&p);
	} else if (there == NULL) {
		lend_planning_refuse(&p, "lend status", "%s has no NVDIMM %s", vm, name);
	} else if (p.recorded == NULL) {
		lend_planning_refuse(&p, "leave it out of its command line",
				     "lend did not start %s, and has no record of it", vm);
	}
	*ret = lend_planning_take(&p, lend_planning_text(&p, "take %s from %s", name, vm));
	return 0;
}
