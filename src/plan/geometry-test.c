/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes, slots and addresses; what is refused, and with which hint. */

#include "plan/geometry.h"

#include "tests/must.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

enum { DIMMS_MAX = 4, NO = -1 };

struct dimm {
	uint64_t mib;
	int label_mib; /* NO: not said */
	int slot;
	uint64_t page;
	/* what has to come out */
	uint64_t backing_mib, want_slot, address;
};

static const struct row {
	const char *what;
	uint64_t ram_mib;
	struct dimm dimms[DIMMS_MAX];
	size_t n;
	uint64_t slots, maxmem_mib;
	bool said; /* some address has to be said */
	enum lend_remark_level worst;
} rows[] = {
	{ "two as in the guide",
	  4096,
	  { { 4096, NO, NO, 0, 4098, 0, 0x180000000 },
	    { 4096, NO, NO, 0, 4098, 1, 0x280000000 } },
	  2,
	  6,
	  4096 + 16384,
	  false,
	  LEND_REMARK_NOTE },
	{ "little memory: the range starts at 4 GiB",
	  512,
	  { { 128, 2, 3, 0, 130, 3, 0x108000000 }, { 128, 0, NO, 0, 128, 0, 0x100000000 } },
	  2,
	  8,
	  512 + 256 + 4096,
	  false,
	  LEND_REMARK_NOTE },
	{ "16 MiB pushes the next one, which is put back",
	  512,
	  { { 16, NO, NO, 0, 18, 0, 0x100000000 },
	    { 128, NO, NO, 0, 130, 1, 0x108000000 },
	    { 16, NO, NO, 0, 18, 2, 0x110000000 } },
	  3,
	  7,
	  4864,
	  true,
	  LEND_REMARK_WARN },
	{ "huge pages of 1 GiB: the label takes one of them",
	  1024,
	  { { 2048, NO, NO, GIB, 3072, 0, 0x100000000 } },
	  1,
	  5,
	  1024 + 2048 + 4096,
	  false,
	  LEND_REMARK_NOTE },
};

static enum lend_remark_level worst_of(const struct lend_plan *plan)
{
	enum lend_remark_level worst = LEND_REMARK_NOTE;

	for (size_t i = 0; i < plan->n_remarks; i++) {
		if (plan->remarks[i].level > worst)
			worst = plan->remarks[i].level;
	}
	return worst;
}

static void layouts(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		lend_auto_plan *plan = lend_plan_new("t", "vm", "vm-vm");
		struct lend_geometry_dimm dimms[DIMMS_MAX] = { 0 };
		struct lend_geometry g = { .board = LEND_BOARD_Q35,
					   .ram_bytes = r->ram_mib * MIB,
					   .dimms = dimms,
					   .n_dimms = r->n };
		bool said = false;

		must_in(r->what);
		for (size_t n = 0; n < r->n; n++) {
			const struct dimm *d = &r->dimms[n];

			dimms[n].name = "n";
			dimms[n].guest_bytes = d->mib * MIB;
			dimms[n].page_bytes = d->page;
			if (d->label_mib != NO)
				dimms[n].want_label = lend_opt((uint64_t)d->label_mib * MIB);
			if (d->slot != NO)
				dimms[n].want_slot = lend_opt((uint64_t)d->slot);
		}
		lend_geometry_lay(plan, &g);
		must_u64(worst_of(plan), r->worst);
		must_u64(g.slots, r->slots);
		must_u64(g.maxmem_bytes, r->maxmem_mib * MIB);
		for (size_t n = 0; n < r->n; n++) {
			must_u64(dimms[n].backing_bytes, r->dimms[n].backing_mib * MIB);
			must_u64(dimms[n].slot, r->dimms[n].want_slot);
			must_u64(dimms[n].address.v, r->dimms[n].address);
			said |= dimms[n].address_is_said;
		}
		must(said == r->said);
	}
	must_in("");
}

static const struct bad {
	const char *what;
	struct lend_geometry_dimm a, b;
	struct lend_opt_u64 slots, maxmem;
	const char *text, *hint;
} bads[] = {
	{ "odd size",
	  { .guest_bytes = 1000 * MIB },
	  { .guest_bytes = GIB },
	  .text = "a: 1000 MiB is no multiple of 16 MiB: ndctl in the guest would make neither "
		  "fsdax nor devdax of it",
	  .hint = "size: 896 MiB or 1 GiB" },
	{ "smaller than anything",
	  { .guest_bytes = 4 * MIB },
	  { .guest_bytes = GIB },
	  .text = "a: 4 MiB is no multiple of 16 MiB: ndctl in the guest would make neither "
		  "fsdax nor devdax of it",
	  .hint = "size: 128 MiB" },
	{ "nothing",
	  { .guest_bytes = 0 },
	  { .guest_bytes = GIB },
	  .text = "a: there are no NVDIMMs of 0 B" },
	{ "beyond everything",
	  { .guest_bytes = UINT64_MAX - 16 * MIB + 1 },
	  { .guest_bytes = GIB },
	  .text = "a: there are no NVDIMMs of 17592186044400 MiB" },
	{ "small label",
	  { .guest_bytes = GIB, .want_label = { 65536, true } },
	  { .guest_bytes = GIB },
	  .text = "a: a label area of 64 KiB is too small, QEMU wants 128 KiB",
	  .hint = "label: 2 MiB, or label: 0 for none" },
	{ "one slot twice",
	  { .guest_bytes = GIB, .want_slot = { 3, true } },
	  { .guest_bytes = GIB, .want_slot = { 3, true } },
	  .text = "b: slot 3 is taken by a" },
	{ "slot 256",
	  { .guest_bytes = GIB, .want_slot = { 256, true } },
	  { .guest_bytes = GIB },
	  .text = "a: there is no slot 256, the last one is 255" },
	{ "too few slots",
	  { .guest_bytes = GIB, .want_slot = { 6, true } },
	  { .guest_bytes = GIB },
	  .slots = { 2, true },
	  .text = "slots: 2 is not from 7 to 256",
	  .hint = "slots: 11" },
	{ "too little room",
	  { .guest_bytes = GIB },
	  { .guest_bytes = GIB },
	  .maxmem = { 2 * GIB, true },
	  .text = "max-memory: 2 GiB leaves no room for 1 GiB of memory with 2 GiB of NVDIMMs" },
	{ "odd align",
	  { .guest_bytes = GIB, .want_align = { 3 * MIB, true } },
	  { .guest_bytes = GIB },
	  .text = "a: align of 3 MiB is no power of two from 4 KiB to 1 GiB" },
	{ "below the pages",
	  { .guest_bytes = GIB, .want_align = { 4096, true }, .page_bytes = 2 * MIB },
	  { .guest_bytes = GIB },
	  .text = "a: align of 4 KiB is no power of two from 2 MiB to 1 GiB" },
	{ "no whole pages",
	  { .guest_bytes = 1536 * MIB, .page_bytes = GIB },
	  { .guest_bytes = GIB },
	  .text = "a: 1.5 GiB is no multiple of its align, 1 GiB" },
};

static void refusals(void)
{
	for (size_t i = 0; i < LEND_COUNT(bads); i++) {
		lend_auto_plan *plan = lend_plan_new("t", "vm", "vm-vm");
		struct lend_geometry_dimm dimms[] = { bads[i].a, bads[i].b };
		struct lend_geometry g = { .board = LEND_BOARD_Q35,
					   .ram_bytes = GIB,
					   .want_slots = bads[i].slots,
					   .want_maxmem = bads[i].maxmem,
					   .dimms = dimms,
					   .n_dimms = 2 };

		must_in(bads[i].what);
		dimms[0].name = "a";
		dimms[1].name = "b";
		lend_geometry_lay(plan, &g);
		must(lend_plan_is_refused(plan));
		must_str(plan->remarks[0].text, bads[i].text);
		if (bads[i].hint != NULL)
			must_str(plan->remarks[0].hint, bads[i].hint);
	}
	must_in("");
}

/* Plugged into a VM that runs: behind, between and beyond what is there. */
static void plugged(void)
{
	struct lend_predict_device there[] = {
		{ .id = "old", .memdev = "old", .has_backend = true, .share = true },
		{ .id = "other", .memdev = "other", .has_backend = true, .share = true },
	};
	struct lend_geometry_dimm d = { .name = "new", .guest_bytes = 128 * MIB };
	struct lend_geometry g = { .board = LEND_BOARD_Q35,
				   .ram_bytes = GIB,
				   .slots = 3,
				   .maxmem_bytes = 2 * GIB,
				   .dimms = &d,
				   .n_dimms = 1,
				   .there = there,
				   .n_there = 2,
				   .runs = true };
	lend_auto_plan *plan = lend_plan_new("t", "vm", "vm-vm");
	lend_auto_plan *full = lend_plan_new("t", "vm", "vm-vm");

	for (size_t i = 0; i < 2; i++) {
		there[i].driver = LEND_PREDICT_PC_DIMM;
		there[i].align_bytes = lend_opt(4096);
		there[i].want_slot = lend_opt(i * 2);
		there[i].backend_bytes = lend_opt((128 - 2 * i) * MIB); /* the other is odd */
		there[i].want_address = lend_opt(4 * GIB + i * 128 * MIB);
	}
	lend_geometry_lay(plan, &g);
	must_u64(plan->n_remarks, 0);
	must_u64(d.slot, 1);
	must(d.address_is_said);
	must_u64(d.address.v, 4 * GIB + 256 * MIB);
	must_u64(g.spare_slots, 0);
	d = (struct lend_geometry_dimm){ .name = "new", .guest_bytes = 1024 * MIB };
	lend_geometry_lay(full, &g);
	must_str(full->remarks[0].text,
		 "the VM was started with room for 1 GiB of NVDIMMs, and this would make it "
		 "1278 MiB");
}

int main(void)
{
	layouts();
	refusals();
	plugged();
	return 0;
}
