/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens to the guest, and what QEMU says where it refuses.
 *
 * Linux takes DAX namespaces in steps of a region's align, 16 MiB by default
 * (drivers/nvdimm/region_devs.c, default_align), and memory blocks of 128 MiB
 * on x86 (drivers/base/memory.c).
 */

#include "model/predict.h"

#include <inttypes.h>

#include "format/size.h"

static const uint64_t region_align = 16 << 20;
/* The smallest part of memory that Linux maps for DAX (memremap_compat_align). */
static const uint64_t section_bytes = 2 << 20;
static const uint64_t memory_block = 128 << 20;

enum number { PLAIN, ADDRESS, BYTES, SLOT };

static const struct {
	const char *text;
	enum number number; /* what stands in parentheses behind the device */
} effects[LEND_EFFECTS] = {
	[LEND_EFFECT_BARE_NVDIMM] = { "QEMU since 6.2 does not start with a bare \"nvdimm\": "
				      "it wants \"nvdimm=on\"" },
	[LEND_EFFECT_NO_MAXMEM] = { "QEMU refuses: there is no maxmem=" },
	[LEND_EFFECT_MAXMEM_TOO_SMALL] = { "QEMU refuses: maxmem= leaves no room above the RAM",
					   BYTES },
	[LEND_EFFECT_SLOTS_TOO_MANY] = { "QEMU refuses: more than 256 slots", SLOT },
	[LEND_EFFECT_NVDIMM_OFF] = { "QEMU refuses: the machine has no \"nvdimm=on\"" },
	[LEND_EFFECT_NO_BACKEND] = { "QEMU refuses: its memdev= is not there" },
	[LEND_EFFECT_BACKEND_BUSY] = { "QEMU refuses: another device has its memdev=" },
	[LEND_EFFECT_NO_SIZE] = { "QEMU refuses: its backend has no size" },
	[LEND_EFFECT_BAD_ALIGN] = { "QEMU refuses: align= is no power of two of whole pages",
				    BYTES },
	[LEND_EFFECT_LABEL_TOO_SMALL] = { "QEMU refuses: label-size= is below 128 KiB", BYTES },
	[LEND_EFFECT_LABEL_TOO_LARGE] = { "QEMU refuses: label-size= leaves nothing of the "
					  "backend",
					  BYTES },
	[LEND_EFFECT_NOT_UNARMED] = { "QEMU refuses: a readonly backend needs unarmed=on" },
	[LEND_EFFECT_NO_SLOTS] = { "QEMU refuses: there is no slots=" },
	[LEND_EFFECT_SLOT_RANGE] = { "QEMU refuses: slots= has no such slot", SLOT },
	[LEND_EFFECT_SLOT_BUSY] = { "QEMU refuses: the slot is taken", SLOT },
	[LEND_EFFECT_SLOTS_FULL] = { "QEMU refuses: slots= is used up" },
	[LEND_EFFECT_NO_SPACE] = { "QEMU refuses: maxmem= leaves no room for it" },
	[LEND_EFFECT_BAD_ADDRESS] = { "QEMU refuses: the address is misaligned, taken or out of "
				      "range",
				      ADDRESS },
	[LEND_EFFECT_BLANK_LABELS] = { "the label area is blank: one raw namespace fills the "
				       "region, \"ndctl create-namespace\" fails until "
				       "\"ndctl init-labels\"" },
	[LEND_EFFECT_NO_SPACE_LEFT] = { "\"ndctl create-namespace\" answers \"No space left on "
					"device\"" },
	[LEND_EFFECT_NO_LABELS] = { "no label-size=: one raw namespace fills the region and "
				    "cannot be divided" },
	[LEND_EFFECT_LABELS_OF_OTHER_SLOT] = { "the labels were written in another slot: the "
					       "guest ignores them, their namespaces are gone",
					       SLOT },
	[LEND_EFFECT_BASE_UNMAPPED] = { "its start is no multiple of 2 MiB: the guest's kernel "
					"enables neither fsdax nor devdax",
					ADDRESS },
	[LEND_EFFECT_BASE_MISALIGNED] = { "its start is no multiple of 16 MiB: with labels "
					  "ndctl makes neither fsdax nor devdax (\"misaligned "
					  "to 16M\")",
					  ADDRESS },
	[LEND_EFFECT_SIZE_MISALIGNED] = { "its size is no multiple of 16 MiB: ndctl does not turn the raw "
					  "namespace over it into fsdax or devdax",
					  BYTES },
	[LEND_EFFECT_END_MISALIGNED] = { "its end is no multiple of 128 MiB: the guest's kernel "
					 "refuses memory that is plugged in right behind it",
					 ADDRESS },
	[LEND_EFFECT_PRIVATE] = { "no share=on: what the guest writes never gets into the file" },
	[LEND_EFFECT_VOLATILE] = { "the backend is memory: everything is gone when QEMU ends" },
	[LEND_EFFECT_DISCARDED] = { "discard-data=on: QEMU zeroes the file when it ends" },
	[LEND_EFFECT_PMEM_PRIVATE] = { "pmem=on without share=on does nothing, and QEMU does "
				       "not say so" },
	[LEND_EFFECT_PMEM_ASKS] = { "pmem=on: a QEMU without libpmem refuses it; where the "
				    "file is not on DAX QEMU warns and goes on without "
				    "persistence" },
	[LEND_EFFECT_NOT_SYNCED] = { "no pmem=on: when the host crashes, what the guest has "
				     "flushed can be lost" },
	[LEND_EFFECT_PLUGGED] = { "plugged into the running guest: cannot be unplugged, and the "
				  "next start does not have it" },
};

static void add(struct lend_arena *arena, struct lend_predict *p, enum lend_effect_kind kind,
		size_t device, uint64_t number)
{
	*LEND_PUSH(arena, p->effects, p->n_effects, p->cap_effects) = (struct lend_effect){
		.kind = kind, .device = (uint32_t)device, .number = number
	};
}

static void label_effects(struct lend_arena *arena, struct lend_predict *p, size_t i)
{
	const struct lend_predict_device *d = &p->devices[i];

	bool full = d->guest_bytes.has && d->guest_bytes.v >= region_align &&
		    d->guest_bytes.v % region_align == 0;

	if (full && (!d->label_bytes.has || d->labels == LEND_LABELS_BLANK))
		add(arena, p, LEND_EFFECT_NO_SPACE_LEFT, i, 0);
	if (!d->label_bytes.has)
		add(arena, p, LEND_EFFECT_NO_LABELS, i, 0);
	else if (d->labels == LEND_LABELS_BLANK)
		add(arena, p, LEND_EFFECT_BLANK_LABELS, i, 0);
	else if (d->label_slot.has && d->slot.has && d->label_slot.v != d->slot.v)
		add(arena, p, LEND_EFFECT_LABELS_OF_OTHER_SLOT, i, d->label_slot.v);
}

static void align_effects(struct lend_arena *arena, struct lend_predict *p, size_t i)
{
	const struct lend_predict_device *d = &p->devices[i];
	uint64_t end;

	/* A region below 16 MiB is aligned to pages alone. */
	if (!d->guest_bytes.has || d->guest_bytes.v < region_align)
		return;
	if (d->guest_bytes.v % region_align != 0)
		add(arena, p, LEND_EFFECT_SIZE_MISALIGNED, i, d->guest_bytes.v);
	if (!d->address.has)
		return;
	/* The step of 16 MiB is asked of namespaces that a label describes. */
	if (d->address.v % section_bytes != 0)
		add(arena, p, LEND_EFFECT_BASE_UNMAPPED, i, d->address.v);
	else if (d->address.v % region_align != 0 && d->label_bytes.has)
		add(arena, p, LEND_EFFECT_BASE_MISALIGNED, i, d->address.v);
	end = d->address.v + d->guest_bytes.v; /* inside the range: no overflow */
	if (end % memory_block != 0)
		add(arena, p, LEND_EFFECT_END_MISALIGNED, i, end);
}

static void backend_effects(struct lend_arena *arena, struct lend_predict *p, size_t i)
{
	const struct lend_predict_device *d = &p->devices[i];

	if (d->is_memory) {
		add(arena, p, LEND_EFFECT_VOLATILE, i, 0);
		return;
	}
	if (!d->share)
		add(arena, p, LEND_EFFECT_PRIVATE, i, 0);
	if (d->discard_data)
		add(arena, p, LEND_EFFECT_DISCARDED, i, 0);
	if (d->pmem)
		add(arena, p, d->share ? LEND_EFFECT_PMEM_ASKS : LEND_EFFECT_PMEM_PRIVATE, i,
		    0);
	else if (d->share && !d->is_devdax && !d->readonly)
		add(arena, p, LEND_EFFECT_NOT_SYNCED, i, 0);
}

void lend_predict_effects(struct lend_arena *arena, struct lend_predict *p, size_t i)
{
	const struct lend_predict_device *d = &p->devices[i];

	if (d->refused || !d->has_backend ||
	    (d->driver != LEND_PREDICT_NVDIMM && d->driver != LEND_PREDICT_VIRTIO_PMEM))
		return;
	if (d->driver == LEND_PREDICT_NVDIMM) {
		label_effects(arena, p, i);
		align_effects(arena, p, i);
		if (d->later)
			add(arena, p, LEND_EFFECT_PLUGGED, i, 0);
	}
	backend_effects(arena, p, i);
}

bool lend_predict_has(const struct lend_predict *p, enum lend_effect_kind kind, size_t device)
{
	for (size_t i = 0; i < p->n_effects; i++) {
		if (p->effects[i].kind == kind && p->effects[i].device == device)
			return true;
	}
	return false;
}

static void put_device(const struct lend_predict *p, const struct lend_effect *e,
		       struct lend_buf *out)
{
	const struct lend_predict_device *d;

	if (e->device == LEND_PREDICT_NO_DEVICE)
		return;
	d = &p->devices[e->device];
	lend_buf_puts(out, d->id != NULL ? d->id : d->memdev != NULL ? d->memdev : "a device");
	switch (effects[e->kind].number) {
	case PLAIN:
		return;
	case ADDRESS:
		lend_buf_printf(out, " (0x%" PRIx64 ")", e->number);
		return;
	case SLOT:
		lend_buf_printf(out, " (slot %" PRIu64 ")", e->number);
		return;
	case BYTES:
		lend_buf_puts(out, " (");
		lend_size_format(out, e->number);
		lend_buf_putc(out, ')');
		return;
	}
}

void lend_predict_lines(const struct lend_predict *p, struct lend_buf *out)
{
	for (size_t i = 0; i < p->n_effects; i++) {
		const struct lend_effect *e = &p->effects[i];
		bool first = i == 0 || e[-1].kind != e->kind;
		bool last = i + 1 == p->n_effects || e[1].kind != e->kind;

		if (!first && e->device != LEND_PREDICT_NO_DEVICE)
			lend_buf_puts(out, ", ");
		put_device(p, e, out);
		if (last)
			lend_buf_printf(out, "%s%s\n",
					e->device == LEND_PREDICT_NO_DEVICE ? "" : ": ",
					effects[e->kind].text);
	}
	if (p->cannot_tell != NULL)
		lend_buf_printf(out, "cannot tell more: %s\n", p->cannot_tell);
}
