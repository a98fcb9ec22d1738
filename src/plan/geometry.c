/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plan/geometry.h"

#include <inttypes.h>

#include "base/num.h"
#include "format/size.h"

#define GIB ((uint64_t)1 << 30)

/* Beyond these sums could leave 64 bits; no machine has as much. */
static const uint64_t bytes_max = (uint64_t)1 << 52;

static const char *size_text(struct lend_arena *arena, uint64_t bytes)
{
	lend_auto_buf text = { 0 };

	lend_size_format(&text, bytes);
	return lend_arena_strdup(arena, lend_buf_text(&text));
}

const char *lend_geometry_near(struct lend_arena *arena, uint64_t bytes)
{
	uint64_t below = lend_align_down(bytes, LEND_GEOMETRY_UNIT);
	uint64_t above = below + LEND_GEOMETRY_UNIT;

	if (below == 0)
		return lend_arena_printf(arena, "size: %s", size_text(arena, above));
	return lend_arena_printf(arena, "size: %s or %s", size_text(arena, below),
				 size_text(arena, above));
}

uint64_t lend_geometry_backing(uint64_t guest_bytes, uint64_t label_bytes, uint64_t page_bytes)
{
	uint64_t sum;

	if (!lend_add_u64(guest_bytes, label_bytes, &sum) ||
	    !lend_align_up(sum, page_bytes != 0 ? page_bytes : LEND_GEOMETRY_PAGE, &sum))
		return 0;
	return sum;
}

static void refuse(struct lend_plan *plan, const char *hint, const char *text)
{
	lend_plan_remark(plan, LEND_REMARK_REFUSE, hint, "%s", text);
}

#define REFUSE(plan, hint, ...)                                                                \
	refuse((plan), (hint), lend_arena_printf(&(plan)->arena, __VA_ARGS__))

/* ---- one DIMM ---- */

static bool find_align(struct lend_plan *plan, struct lend_geometry_dimm *d, uint64_t *ret_unit)
{
	uint64_t page = d->page_bytes != 0 ? d->page_bytes : LEND_GEOMETRY_PAGE;
	uint64_t align = d->want_align.has ? d->want_align.v : page;

	*ret_unit = page;
	if (!lend_is_pow2(align) || align % page != 0 || align > GIB) {
		REFUSE(plan,
		       lend_arena_printf(&plan->arena, "align: %s",
					 size_text(&plan->arena, page)),
		       "%s: align of %s is no power of two from %s to 1 GiB", d->name,
		       size_text(&plan->arena, align), size_text(&plan->arena, page));
		return false;
	}
	if (d->want_align.has || d->is_devdax)
		d->align_bytes = lend_opt(align);
	*ret_unit = align;
	return true;
}

static bool check_size(struct lend_plan *plan, const struct lend_geometry_dimm *d,
		       uint64_t unit)
{
	const char *near = lend_geometry_near(&plan->arena, d->guest_bytes);
	const char *size = size_text(&plan->arena, d->guest_bytes);

	if (d->guest_bytes == 0 || d->guest_bytes > bytes_max) {
		REFUSE(plan, "4 GiB is a good size", "%s: there are no NVDIMMs of %s", d->name,
		       size);
		return false;
	}
	if (d->guest_bytes % LEND_GEOMETRY_STEP != 0) {
		REFUSE(plan, near,
		       "%s: %s is no multiple of 16 MiB: ndctl in the guest would make neither "
		       "fsdax nor devdax of it",
		       d->name, size);
		lend_plan_by_rule(plan, "dimm-size-aligned");
		return false;
	}
	if (d->guest_bytes % unit != 0) {
		REFUSE(plan, near, "%s: %s is no multiple of its align, %s", d->name, size,
		       size_text(&plan->arena, unit));
		return false;
	}
	if (d->guest_bytes % LEND_GEOMETRY_UNIT != 0) {
		lend_plan_remark(plan, LEND_REMARK_WARN, near,
				 "%s: %s is no multiple of 128 MiB: memory that is plugged in "
				 "behind it may be refused by the guest",
				 d->name, size);
		lend_plan_by_rule(plan, "dimm-size-whole-block");
	}
	return true;
}

static bool lay_one(struct lend_plan *plan, struct lend_geometry_dimm *d)
{
	uint64_t unit;

	d->label_bytes = d->want_label.has ? d->want_label.v : LEND_GEOMETRY_LABEL;
	if (d->label_bytes != 0 && d->label_bytes < LEND_GEOMETRY_LABEL_MIN) {
		REFUSE(plan, "label: 2 MiB, or label: 0 for none",
		       "%s: a label area of %s is too small, QEMU wants 128 KiB", d->name,
		       size_text(&plan->arena, d->label_bytes));
		return false;
	}
	if (d->label_bytes > UINT32_MAX) {
		REFUSE(plan, "label: 2 MiB", "%s: a label area has at most 4 GiB", d->name);
		return false;
	}
	if (!find_align(plan, d, &unit) || !check_size(plan, d, unit))
		return false;
	d->backing_bytes = lend_geometry_backing(d->guest_bytes, d->label_bytes, unit);
	return true;
}

/* ---- slots ---- */

static bool take_slot(struct lend_plan *plan, const struct lend_geometry *g,
		      const char *used[LEND_GEOMETRY_SLOTS_MAX], uint64_t slot,
		      const char *name)
{
	uint64_t n = g->runs ? g->slots : LEND_GEOMETRY_SLOTS_MAX;

	if (slot >= n) {
		REFUSE(plan, "leave the slot out, and lend takes the lowest free one",
		       "%s: there is no slot %" PRIu64 ", the last one is %" PRIu64, name, slot,
		       n - 1);
		return false;
	}
	if (used[slot] != NULL) {
		REFUSE(plan, "leave the slot out, and lend takes the lowest free one",
		       "%s: slot %" PRIu64 " is taken by %s", name, slot, used[slot]);
		return false;
	}
	used[slot] = name;
	return true;
}

static void mark_slots(const char *used[LEND_GEOMETRY_SLOTS_MAX],
		       const struct lend_predict_device *devices, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct lend_predict_device *d = &devices[i];

		if (d->want_slot.has && d->want_slot.v < LEND_GEOMETRY_SLOTS_MAX)
			used[d->want_slot.v] = d->id != NULL ? d->id : "another DIMM";
	}
}

static bool find_slots(struct lend_plan *plan, struct lend_geometry *g)
{
	const char *used[LEND_GEOMETRY_SLOTS_MAX] = { NULL };
	uint64_t n = g->runs ? g->slots : LEND_GEOMETRY_SLOTS_MAX;
	uint64_t next = 0;

	mark_slots(used, g->later, g->n_later);
	mark_slots(used, g->there, g->n_there);
	for (size_t i = 0; i < g->n_dimms; i++) {
		struct lend_geometry_dimm *d = &g->dimms[i];

		if (!d->want_slot.has)
			continue;
		if (!take_slot(plan, g, used, d->want_slot.v, d->name))
			return false;
		d->slot = d->want_slot.v;
	}
	for (size_t i = 0; i < g->n_dimms; i++) {
		struct lend_geometry_dimm *d = &g->dimms[i];

		if (d->want_slot.has)
			continue;
		while (next < n && used[next] != NULL)
			next++;
		if (next >= n) {
			REFUSE(plan, g->runs ? "stop the VM, and wish for more slots" : NULL,
			       "%s: all %" PRIu64 " slots are taken", d->name, n);
			return false;
		}
		d->slot = next;
		used[next] = d->name;
	}
	return true;
}

/* ---- slots= and maxmem= ---- */

static uint64_t sum_of(const struct lend_geometry *g)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < g->n_dimms; i++)
		sum += g->dimms[i].guest_bytes; /* at most 256 of 2^52 bytes */
	for (size_t i = 0; i < g->n_there; i++)
		sum += g->there[i].backend_bytes.v;
	return sum;
}

static bool count_slots(struct lend_plan *plan, struct lend_geometry *g)
{
	uint64_t room = g->room_slots.has ? g->room_slots.v : LEND_GEOMETRY_ROOM_SLOTS;
	uint64_t least = 0;

	for (size_t i = 0; i < g->n_dimms; i++) {
		if (g->dimms[i].slot + 1 > least)
			least = g->dimms[i].slot + 1;
	}
	if (g->want_slots.has) {
		g->slots = g->want_slots.v;
		if (g->slots < least || g->slots > LEND_GEOMETRY_SLOTS_MAX) {
			REFUSE(plan,
			       lend_arena_printf(&plan->arena, "slots: %" PRIu64,
						 least + LEND_GEOMETRY_ROOM_SLOTS),
			       "slots: %" PRIu64 " is not from %" PRIu64 " to 256", g->slots,
			       least);
			return false;
		}
	} else {
		g->slots = room > LEND_GEOMETRY_SLOTS_MAX - least ? LEND_GEOMETRY_SLOTS_MAX
								  : least + room;
	}
	return true;
}

static bool count_bytes(struct lend_plan *plan, struct lend_geometry *g)
{
	uint64_t sum = sum_of(g);
	uint64_t room = g->room_bytes.has ? g->room_bytes.v : sum > 4 * GIB ? sum : 4 * GIB;
	uint64_t least = g->ram_bytes + sum;

	if (room > bytes_max || (g->want_maxmem.has && g->want_maxmem.v > 4 * bytes_max)) {
		REFUSE(plan, NULL, "no machine has room for so much memory");
		return false;
	}
	g->maxmem_bytes = least + room;
	(void)!lend_align_up(g->maxmem_bytes, LEND_GEOMETRY_UNIT, &g->maxmem_bytes);
	if (!g->want_maxmem.has) {
		if (sum + room == 0)
			g->slots = 0; /* QEMU wants both or none */
		return true;
	}
	g->maxmem_bytes = g->want_maxmem.v;
	if (g->maxmem_bytes < least || g->maxmem_bytes % LEND_GEOMETRY_PAGE != 0 ||
	    (g->slots > 0 && g->maxmem_bytes == g->ram_bytes)) {
		REFUSE(plan,
		       lend_arena_printf(&plan->arena, "max-memory: %s, or leave it out",
					 size_text(&plan->arena, least + room)),
		       "max-memory: %s leaves no room for %s of memory with %s of NVDIMMs",
		       size_text(&plan->arena, g->maxmem_bytes),
		       size_text(&plan->arena, g->ram_bytes), size_text(&plan->arena, sum));
		return false;
	}
	return true;
}

static bool fit_running(struct lend_plan *plan, const struct lend_geometry *g)
{
	uint64_t has = g->maxmem_bytes > g->ram_bytes ? g->maxmem_bytes - g->ram_bytes : 0;
	uint64_t sum = sum_of(g);

	if (sum <= has)
		return true;
	REFUSE(plan, "stop the VM, and wish for more max-memory",
	       "the VM was started with room for %s of NVDIMMs, and this would make it %s",
	       size_text(&plan->arena, has), size_text(&plan->arena, sum));
	return false;
}

/* ---- addresses ---- */

static int by_slot(const void *pa, const void *pb)
{
	const struct lend_geometry_dimm *const *a = pa;
	const struct lend_geometry_dimm *const *b = pb;

	return (*a)->slot < (*b)->slot ? -1 : (*a)->slot > (*b)->slot;
}

/* In the order of the command line: those that are there, then by slot. */
static struct lend_geometry_dimm **in_order(struct lend_arena *arena, struct lend_geometry *g)
{
	struct lend_geometry_dimm **order =
		lend_arena_array(arena, g->n_dimms + 1, sizeof(struct lend_geometry_dimm *));

	for (size_t i = 0; i < g->n_dimms; i++)
		order[i] = &g->dimms[i];
	qsort(order, g->n_dimms, sizeof(struct lend_geometry_dimm *), by_slot);
	return order;
}

static void predict(struct lend_arena *arena, const struct lend_geometry *g,
		    struct lend_geometry_dimm *const *order, size_t n, struct lend_predict *ret)
{
	*ret = (struct lend_predict){
		.machine = { .board = g->board,
			     .nvdimm = true,
			     .ram_bytes = lend_opt(g->ram_bytes),
			     .slots = lend_opt(g->slots),
			     .maxmem_bytes = lend_opt(g->maxmem_bytes) },
		.devices = lend_arena_array(arena, g->n_there + n + 1, sizeof(*ret->devices)),
		.n_devices = g->n_there + n,
	};
	for (size_t i = 0; i < g->n_there; i++)
		ret->devices[i] = g->there[i];
	for (size_t i = 0; i < n; i++) {
		const struct lend_geometry_dimm *d = order[i];
		uint64_t page = d->page_bytes != 0 ? d->page_bytes : LEND_GEOMETRY_PAGE;

		ret->devices[g->n_there + i] = (struct lend_predict_device){
			.id = d->name,
			.later = g->runs,
			.has_backend = true,
			.is_devdax = d->is_devdax,
			.want_slot = lend_opt(d->slot),
			.want_address =
				d->address_is_said ? d->address : (struct lend_opt_u64){ 0 },
			.backend_bytes = lend_opt(d->backing_bytes),
			.label_bytes = d->label_bytes != 0 ? lend_opt(d->label_bytes)
							   : (struct lend_opt_u64){ 0 },
			.align_bytes = d->align_bytes.has ? d->align_bytes : lend_opt(page),
			.share = true,
		};
	}
	lend_predict_layout(arena, ret);
}

static bool is_free(const struct lend_predict *p, size_t n, uint64_t start, uint64_t bytes)
{
	for (size_t i = 0; i < n; i++) {
		const struct lend_predict_device *d = &p->devices[i];

		if (d->address.has && d->guest_bytes.has && !d->refused &&
		    start < d->address.v + d->guest_bytes.v && d->address.v < start + bytes)
			return false;
	}
	return true;
}

/* The lowest good address that is free for the last device; where first fit put it, rounded up,
 * or behind one of the others. */
static uint64_t good_address(const struct lend_predict *p)
{
	const struct lend_predict_device *last = &p->devices[p->n_devices - 1];
	uint64_t best = UINT64_MAX;

	for (size_t i = 0; i < p->n_devices; i++) {
		const struct lend_predict_device *d = &p->devices[i];
		uint64_t at;

		if (!d->address.has || !d->guest_bytes.has ||
		    !lend_align_up(d->address.v + (d == last ? 0 : d->guest_bytes.v),
				   LEND_GEOMETRY_UNIT, &at))
			continue;
		if (at < best && at >= last->address.v &&
		    is_free(p, p->n_devices - 1, at, last->guest_bytes.v))
			best = at;
	}
	return best;
}

/* Says where the n-th shall lie when QEMU would put it to a bad place. */
static void place(struct lend_arena *arena, const struct lend_geometry *g,
		  struct lend_geometry_dimm *const *order, size_t n)
{
	struct lend_geometry_dimm *d = order[n];
	const struct lend_predict_device *last;
	struct lend_predict p;
	uint64_t at;

	predict(arena, g, order, n + 1, &p);
	last = &p.devices[p.n_devices - 1];
	if (!last->address.has || !last->guest_bytes.has ||
	    last->address.v % LEND_GEOMETRY_UNIT == 0)
		return;
	at = good_address(&p);
	if (at != UINT64_MAX) {
		d->address = lend_opt(at);
		d->address_is_said = true;
	}
}

static bool all_good(const struct lend_predict *p, size_t first)
{
	for (size_t i = first; i < p->n_devices; i++) {
		if (p->devices[i].address.has &&
		    p->devices[i].address.v % LEND_GEOMETRY_UNIT != 0)
			return false;
	}
	return true;
}

static void find_addresses(struct lend_plan *plan, struct lend_geometry *g)
{
	struct lend_geometry_dimm **order = in_order(&plan->arena, g);
	struct lend_arena memory = { 0 };
	struct lend_predict p;

	predict(&memory, g, order, g->n_dimms, &p);
	if (!p.refused && p.cannot_tell == NULL && !all_good(&p, g->n_there)) {
		for (size_t i = 0; i < g->n_dimms; i++)
			place(&memory, g, order, i);
		predict(&memory, g, order, g->n_dimms, &p);
	}
	for (size_t i = 0; i < g->n_dimms; i++) {
		const struct lend_predict_device *d = &p.devices[g->n_there + i];

		order[i]->address = d->address;
		if (d->refused)
			REFUSE(plan, NULL, "%s: QEMU would not take it with these sizes",
			       order[i]->name);
	}
	if (p.cannot_tell != NULL && g->n_dimms > 0)
		lend_plan_remark(plan, LEND_REMARK_NOTE, NULL,
				 "where the NVDIMMs will lie in the guest cannot be told: %s",
				 p.cannot_tell);
	lend_arena_done(&memory);
}

static void count_spare(struct lend_geometry *g)
{
	uint64_t used = g->ram_bytes + sum_of(g);

	g->spare_slots = g->slots;
	for (size_t i = 0; i < g->n_there; i++)
		g->spare_slots -= g->there[i].want_slot.has && g->spare_slots > 0;
	g->spare_slots -= g->n_dimms < g->spare_slots ? g->n_dimms : g->spare_slots;
	g->spare_bytes = g->maxmem_bytes > used ? g->maxmem_bytes - used : 0;
}

void lend_geometry_lay(struct lend_plan *plan, struct lend_geometry *g)
{
	bool fine = true;

	if (g->ram_bytes > bytes_max) {
		REFUSE(plan, NULL, "no machine has %s of memory",
		       size_text(&plan->arena, g->ram_bytes));
		return;
	}
	for (size_t i = 0; i < g->n_dimms; i++)
		fine = lay_one(plan, &g->dimms[i]) && fine;
	if (!fine || !find_slots(plan, g))
		return;
	if (g->runs ? !fit_running(plan, g) : !count_slots(plan, g) || !count_bytes(plan, g))
		return;
	find_addresses(plan, g);
	count_spare(g);
}

void lend_geometry_as_wished(struct lend_geometry *g)
{
	uint64_t sum = g->ram_bytes;

	for (size_t i = 0; i < g->n_dimms; i++) {
		struct lend_geometry_dimm *d = &g->dimms[i];

		d->label_bytes = d->want_label.has ? d->want_label.v : LEND_GEOMETRY_LABEL;
		d->align_bytes = d->want_align;
		d->slot = d->want_slot.has ? d->want_slot.v : i;
		if (!lend_add_u64(d->guest_bytes, d->label_bytes, &d->backing_bytes))
			d->backing_bytes = d->guest_bytes;
		if (!lend_add_u64(sum, d->backing_bytes, &sum))
			sum = bytes_max;
	}
	g->slots = g->want_slots.has ? g->want_slots.v : g->n_dimms;
	g->maxmem_bytes = g->want_maxmem.has ? g->want_maxmem.v : sum + 4 * GIB;
	if (g->n_dimms == 0 && !g->want_slots.has)
		g->slots = g->maxmem_bytes = 0;
}
