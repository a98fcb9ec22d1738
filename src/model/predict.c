/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where QEMU puts memory devices: slots (hw/mem/pc-dimm.c), addresses
 * (hw/mem/memory-device.c), the start of their range (hw/i386/pc.c), and what
 * an nvdimm keeps of its backend (hw/mem/nvdimm.c).
 */

#include "model/predict.h"

#include "base/num.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

enum { SLOTS_MAX = 256 /* ACPI_MAX_RAM_SLOTS */ };

static const uint64_t page_bytes = 4096;
static const uint64_t label_min_bytes = 128 << 10;
/* With an AMD CPU model, memory that reaches the HyperTransport hole is moved to 1 TiB. */
static const uint64_t amd_hole = 0xfd00000000;
static const uint64_t pci_hole64_bytes = 32 * GIB;

/* A stretch of addresses in use. */
struct used {
	uint64_t start, end; /* end is the first byte behind it */
};

struct layout {
	struct lend_arena *arena;
	struct lend_predict *p;
	bool slot_used[SLOTS_MAX];
	bool addresses_unknown;
	uint64_t base, end; /* of the range for memory devices */
	struct used *used;  /* sorted by start */
	size_t n_used;
	uint64_t room_bytes, used_bytes; /* the sum that maxmem allows */
};

static void cannot_tell(struct layout *l, const char *why)
{
	l->addresses_unknown = true;
	if (l->p->cannot_tell == NULL)
		l->p->cannot_tell = why;
}

static void add_effect(struct layout *l, enum lend_effect_kind kind, size_t device,
		       uint64_t number)
{
	struct lend_predict *p = l->p;

	*LEND_PUSH(l->arena, p->effects, p->n_effects, p->cap_effects) = (struct lend_effect){
		.kind = kind, .device = (uint32_t)device, .number = number
	};
}

static bool refuse(struct layout *l, enum lend_effect_kind kind, size_t device, uint64_t number)
{
	struct lend_predict_device *d =
		device == LEND_PREDICT_NO_DEVICE ? NULL : &l->p->devices[device];

	add_effect(l, kind, device, number);
	if (d != NULL)
		d->refused = true;
	/* At its start QEMU ends with the first device it cannot make; later it only says no.
	 */
	l->p->refused |= d == NULL || !d->later;
	return false;
}

/* RAM below 4 GiB; the rest lies above. */
static uint64_t low_bytes(const struct lend_predict_machine *m)
{
	if (m->board == LEND_BOARD_PC)
		return m->ram_bytes.v >= 3584 * MIB ? 3072 * MIB : 3584 * MIB;
	return m->ram_bytes.v >= 2816 * MIB ? 2048 * MIB : 2816 * MIB;
}

static void find_range(struct layout *l)
{
	const struct lend_predict_machine *m = &l->p->machine;
	uint64_t above;

	if (!m->maxmem_bytes.has)
		return; /* nothing will be placed */
	if (!m->ram_bytes.has) {
		cannot_tell(l, "the size of the guest's RAM is not known");
		return;
	}
	above = m->ram_bytes.v > low_bytes(m) ? m->ram_bytes.v - low_bytes(m) : 0;
	l->room_bytes = m->maxmem_bytes.v - m->ram_bytes.v;
	if (!lend_add_u64(4 * GIB, above, &l->base) || !lend_align_up(l->base, GIB, &l->base) ||
	    !lend_add_u64(l->base, l->room_bytes, &l->end) ||
	    !lend_add_u64(l->end, m->slots.v * GIB, &l->end) ||
	    l->end > amd_hole - pci_hole64_bytes)
		cannot_tell(l, "with so much memory addresses depend on the CPU model");
}

static bool check_machine(struct layout *l)
{
	const struct lend_predict_machine *m = &l->p->machine;
	const size_t none = LEND_PREDICT_NO_DEVICE;

	if (m->nvdimm_is_bare)
		add_effect(l, LEND_EFFECT_BARE_NVDIMM, none, 0);
	if (m->slots.has && m->slots.v > 0 && !m->maxmem_bytes.has)
		return refuse(l, LEND_EFFECT_NO_MAXMEM, none, 0);
	if (m->slots.has && m->slots.v > SLOTS_MAX)
		return refuse(l, LEND_EFFECT_SLOTS_TOO_MANY, none, m->slots.v);
	if (m->maxmem_bytes.has && m->ram_bytes.has &&
	    (m->maxmem_bytes.v < m->ram_bytes.v ||
	     (m->maxmem_bytes.v == m->ram_bytes.v && m->slots.has && m->slots.v > 0)))
		return refuse(l, LEND_EFFECT_MAXMEM_TOO_SMALL, none, m->maxmem_bytes.v);
	return true;
}

static bool check_backend(struct layout *l, size_t i)
{
	const struct lend_predict_device *d = &l->p->devices[i];

	if (!d->has_backend)
		return refuse(l, LEND_EFFECT_NO_BACKEND, i, 0);
	if (!d->backend_bytes.has || d->backend_bytes.v == 0)
		return refuse(l, LEND_EFFECT_NO_SIZE, i, 0);
	if (d->align_bytes.has &&
	    (d->align_bytes.v < page_bytes || !lend_is_pow2(d->align_bytes.v)))
		return refuse(l, LEND_EFFECT_BAD_ALIGN, i, d->align_bytes.v);
	for (size_t j = 0; j < i; j++) {
		const struct lend_predict_device *other = &l->p->devices[j];

		if (!other->refused && other->memdev != NULL && d->memdev != NULL &&
		    strcmp(other->memdev, d->memdev) == 0)
			return refuse(l, LEND_EFFECT_BACKEND_BUSY, i, 0);
	}
	return true;
}

/* What is left of the backend for the guest. */
static bool find_size(struct layout *l, size_t i)
{
	struct lend_predict_device *d = &l->p->devices[i];
	uint64_t bytes = d->backend_bytes.v;

	if (d->driver == LEND_PREDICT_OTHER) {
		cannot_tell(l, "the room that other memory devices take is not known");
		return true;
	}
	if (d->driver != LEND_PREDICT_NVDIMM) {
		d->guest_bytes = lend_opt(bytes);
		return true;
	}
	if (d->label_bytes.has && d->label_bytes.v < label_min_bytes)
		return refuse(l, LEND_EFFECT_LABEL_TOO_SMALL, i, d->label_bytes.v);
	if (d->label_bytes.has && d->label_bytes.v >= bytes)
		return refuse(l, LEND_EFFECT_LABEL_TOO_LARGE, i, d->label_bytes.v);
	if (d->readonly && !d->unarmed)
		return refuse(l, LEND_EFFECT_NOT_UNARMED, i, 0);
	if (!d->align_bytes.has) {
		cannot_tell(l, "the page size of a backend is not known");
		return true;
	}
	bytes = lend_align_down(bytes - (d->label_bytes.has ? d->label_bytes.v : 0),
				d->align_bytes.v);
	if (bytes == 0)
		return refuse(l, LEND_EFFECT_LABEL_TOO_LARGE, i, d->label_bytes.v);
	d->guest_bytes = lend_opt(bytes);
	return true;
}

static bool find_slot(struct layout *l, size_t i)
{
	struct lend_predict_device *d = &l->p->devices[i];
	uint64_t slots = l->p->machine.slots.has ? l->p->machine.slots.v : 0;
	uint64_t slot = 0;

	if (d->driver == LEND_PREDICT_VIRTIO_PMEM || d->driver == LEND_PREDICT_OTHER)
		return true;
	if (slots == 0)
		return refuse(l, LEND_EFFECT_NO_SLOTS, i, 0);
	if (d->want_slot.has) {
		slot = d->want_slot.v;
		if (slot >= slots)
			return refuse(l, LEND_EFFECT_SLOT_RANGE, i, slot);
		if (l->slot_used[slot])
			return refuse(l, LEND_EFFECT_SLOT_BUSY, i, slot);
	} else {
		while (slot < slots && l->slot_used[slot])
			slot++;
		if (slot == slots)
			return refuse(l, LEND_EFFECT_SLOTS_FULL, i, slots);
	}
	l->slot_used[slot] = true;
	d->slot = lend_opt(slot);
	if (d->driver == LEND_PREDICT_NVDIMM) {
		struct lend_nd_id id = lend_nd_id_of_qemu_slot((uint32_t)slot);

		lend_nd_id_format(&id, d->nfit_id);
		d->handle = lend_opt(slot + 1);
	}
	return true;
}

/* Keeps the list sorted; false when it overlaps one or leaves the range. */
static bool take_addresses(struct layout *l, uint64_t start, uint64_t bytes)
{
	uint64_t end;
	size_t at = 0;

	if (!lend_add_u64(start, bytes, &end) || start < l->base || end > l->end)
		return false;
	while (at < l->n_used && l->used[at].end <= start)
		at++;
	if (at < l->n_used && l->used[at].start < end)
		return false;
	memmove(&l->used[at + 1], &l->used[at], (l->n_used - at) * sizeof(*l->used));
	l->used[at] = (struct used){ start, end };
	l->n_used++;
	return true;
}

/* The first gap that is large enough. */
static bool first_fit(const struct layout *l, uint64_t bytes, uint64_t align,
		      uint64_t *ret_start)
{
	uint64_t start;
	uint64_t end;

	if (!lend_align_up(l->base, align, &start))
		return false;
	for (size_t i = 0; i < l->n_used; i++) {
		if (!lend_add_u64(start, bytes, &end))
			return false;
		if (end <= l->used[i].start)
			break;
		if (l->used[i].end > start && !lend_align_up(l->used[i].end, align, &start))
			return false;
	}
	*ret_start = start;
	return true;
}

static bool find_address(struct layout *l, size_t i)
{
	struct lend_predict_device *d = &l->p->devices[i];
	uint64_t total;
	uint64_t start;

	if (d->want_address.has && d->want_address.v != 0)
		d->address = d->want_address; /* or QEMU does not make it */
	if (!l->p->machine.maxmem_bytes.has)
		return refuse(l, LEND_EFFECT_NO_MAXMEM, i, 0);
	if (!d->align_bytes.has)
		cannot_tell(l, "the page size of a backend is not known");
	if (l->addresses_unknown || !d->guest_bytes.has)
		return true;
	if (!lend_add_u64(l->used_bytes, d->guest_bytes.v, &total) || total > l->room_bytes)
		return refuse(l, LEND_EFFECT_NO_SPACE, i, d->guest_bytes.v);
	start = d->address.v;
	if (d->address.has ? start % d->align_bytes.v != 0
			   : !first_fit(l, d->guest_bytes.v, d->align_bytes.v, &start))
		return refuse(l, LEND_EFFECT_BAD_ADDRESS, i, start);
	if (!take_addresses(l, start, d->guest_bytes.v))
		return refuse(l,
			      d->address.has ? LEND_EFFECT_BAD_ADDRESS : LEND_EFFECT_NO_SPACE,
			      i, start);
	l->used_bytes = total;
	d->address = lend_opt(start);
	return true;
}

static bool place(struct layout *l, size_t i)
{
	struct lend_predict_device *d = &l->p->devices[i];

	if (d->driver == LEND_PREDICT_NVDIMM && !l->p->machine.nvdimm)
		return refuse(l, LEND_EFFECT_NVDIMM_OFF, i, 0);
	return check_backend(l, i) && find_size(l, i) && find_slot(l, i) && find_address(l, i);
}

static void forget(struct lend_predict_device *d)
{
	d->slot.has = false;
	d->address.has = false;
	d->guest_bytes.has = false;
	d->handle.has = false;
	d->nfit_id[0] = '\0';
}

static void place_all(struct layout *l)
{
	struct lend_predict *p = l->p;

	if (p->machine.board == LEND_BOARD_UNKNOWN)
		cannot_tell(l, "what this machine makes of memory devices is not known");
	if (p->cannot_tell != NULL || !check_machine(l))
		return;
	l->used = lend_arena_array(l->arena, p->n_devices + 1, sizeof(*l->used));
	find_range(l);
	for (size_t i = 0; i < p->n_devices && !p->refused; i++) {
		if (!place(l, i))
			forget(&p->devices[i]);
	}
}

static int compare_effects(const void *pa, const void *pb)
{
	const struct lend_effect *a = pa;
	const struct lend_effect *b = pb;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->device == b->device ? 0 : a->device < b->device ? -1 : 1;
}

void lend_predict_layout(struct lend_arena *arena, struct lend_predict *p)
{
	struct layout l = { .arena = arena, .p = p };

	place_all(&l);
	for (size_t i = 0; i < p->n_devices && !p->refused; i++)
		lend_predict_effects(arena, p, i);
	if (p->n_effects > 0)
		qsort(p->effects, p->n_effects, sizeof(*p->effects), compare_effects);
}
