/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/domain-args.h"

#include <inttypes.h>

#include "base/num.h"

enum { SLOTS_MAX = 256 };

static bool is(const char *text, const char *what)
{
	return text != NULL && strcmp(text, what) == 0;
}

bool lend_domain_is_qemu(const struct lend_domain *d)
{
	return is(d->type, "kvm") || is(d->type, "qemu");
}

/* <memory> counts the DIMMs, too; the cells do not, and where they have memory they decide. */
struct lend_opt_u64 lend_domain_ram(const struct lend_domain *d)
{
	struct lend_opt_u64 ram = { 0 };
	uint64_t dimms = 0;

	for (size_t i = 0; i < d->n_cells; i++) {
		if (d->cells[i].memory_bytes.has)
			ram = lend_opt(ram.v + d->cells[i].memory_bytes.v);
	}
	if (ram.has || !d->memory_bytes.has)
		return ram;
	for (size_t i = 0; i < d->n_memories; i++)
		dimms += d->memories[i].size_bytes.v;
	return dimms < d->memory_bytes.v ? lend_opt(d->memory_bytes.v - dimms) : ram;
}

/* ---- sharing: the device's word, then its cell's, then the domain's ---- */

static const char *access_of(const struct lend_domain *d, const struct lend_domain_memory *m)
{
	if (m->access != NULL)
		return m->access;
	for (size_t i = 0; i < d->n_cells; i++) {
		const struct lend_domain_cell *cell = &d->cells[i];

		if (m->node.has && cell->id.has && cell->id.v == m->node.v &&
		    cell->access != NULL)
			return cell->access;
	}
	return d->access;
}

static enum lend_tri share_of(const struct lend_domain *d, const struct lend_domain_memory *m)
{
	const char *access = access_of(d, m);

	if (is(m->model, "virtio-pmem") || is(access, "shared"))
		return LEND_TRI_ON;
	return is(access, "private") ? LEND_TRI_OFF : LEND_TRI_UNSET;
}

/* ---- slots and names ---- */

struct maker {
	struct lend_arena *arena;
	const struct lend_domain *domain;
	bool live;
	bool busy[SLOTS_MAX];
	unsigned int n_virtio;
	struct lend_qemu_args *out;
};

static bool has_slot(const struct lend_domain_memory *m)
{
	return is(m->model, "dimm") || is(m->model, "nvdimm");
}

static void take_slots(struct maker *m)
{
	for (size_t i = 0; i < m->domain->n_memories; i++) {
		const struct lend_domain_memory *memory = &m->domain->memories[i];

		if (memory->slot.has && memory->slot.v < SLOTS_MAX)
			m->busy[memory->slot.v] = true;
	}
}

/* The lowest free one; unset when there is none. */
static struct lend_opt_u64 slot_of(struct maker *m, const struct lend_domain_memory *memory)
{
	if (memory->slot.has || !has_slot(memory) || m->live)
		return memory->slot;
	for (size_t i = 0; i < SLOTS_MAX; i++) {
		if (!m->busy[i]) {
			m->busy[i] = true;
			return lend_opt(i);
		}
	}
	return memory->slot;
}

static const char *name_of(struct maker *m, const struct lend_domain_memory *memory,
			   struct lend_opt_u64 slot)
{
	if (memory->alias != NULL)
		return memory->alias;
	if (slot.has)
		return lend_arena_printf(m->arena, "%s%" PRIu64, memory->model, slot.v);
	if (is(memory->model, "virtio-pmem"))
		return lend_arena_printf(m->arena, "virtiopmem%u", m->n_virtio++);
	return NULL;
}

static struct lend_opt_u64 size_of(const struct maker *m,
				   const struct lend_domain_memory *memory)
{
	struct lend_opt_u64 size = memory->size_bytes;

	if (!m->live && size.has && !lend_align_up(size.v, LEND_DOMAIN_UNIT, &size.v))
		size.has = false;
	return size;
}

/* Anonymous memory: it takes a slot and room, and nothing persists. */
static void add_dimm(struct maker *m, const struct lend_domain_memory *memory,
		     struct lend_opt_u64 slot, const char *id, const char *memdev)
{
	struct lend_qemu_args *out = m->out;

	*LEND_PUSH(m->arena, out->backends, out->n_backends, out->cap_backends) =
		(struct lend_qemu_backend){ .id = memdev,
					    .type = "memory-backend-ram",
					    .size = size_of(m, memory) };
	*LEND_PUSH(m->arena, out->devices, out->n_devices, out->cap_devices) =
		(struct lend_qemu_device){ .driver = "pc-dimm",
					   .id = id,
					   .memdev = memdev,
					   .address = memory->base,
					   .slot = slot,
					   .node = memory->node,
					   .json = true };
}

static void add_memory(struct maker *m, const struct lend_domain_memory *memory)
{
	bool nvdimm = is(memory->model, "nvdimm");
	struct lend_opt_u64 slot = slot_of(m, memory);
	const char *id = name_of(m, memory, slot);
	const char *memdev = id == NULL ? NULL : lend_arena_printf(m->arena, "mem%s", id);
	struct lend_qemu_args *out = m->out;

	if (is(memory->model, "dimm") && id != NULL)
		add_dimm(m, memory, slot, id, memdev);
	if (!nvdimm && !is(memory->model, "virtio-pmem"))
		return;
	*LEND_PUSH(m->arena, out->backends, out->n_backends, out->cap_backends) =
		(struct lend_qemu_backend){
			.id = memdev,
			.type = "memory-backend-file",
			.path = memory->path,
			.size = size_of(m, memory),
			.written = m->live ? (struct lend_opt_u64){ 0 } : memory->size_bytes,
			.align = memory->align_bytes,
			.share = share_of(m->domain, memory),
			.pmem = memory->pmem ? LEND_TRI_ON : LEND_TRI_UNSET,
			.prealloc = nvdimm && !memory->pmem ? LEND_TRI_ON : LEND_TRI_UNSET,
		};
	*LEND_PUSH(m->arena, out->devices, out->n_devices, out->cap_devices) =
		(struct lend_qemu_device){
			.driver = nvdimm ? "nvdimm" : "virtio-pmem-pci",
			.id = id,
			.memdev = memdev,
			.address = memory->base,
			.slot = slot,
			.label_bytes = memory->label_bytes,
			.node = memory->node,
			.unarmed = memory->readonly ? LEND_TRI_ON : LEND_TRI_UNSET,
			.json = true,
		};
}

static void add_hostdev(struct maker *m, const struct lend_domain_hostdev *h)
{
	struct lend_qemu_args *out = m->out;
	char host[LEND_PCI_ADDRESS_TEXT];

	if (h->unassigned)
		return;
	lend_pci_address_format(&h->host, host);
	*LEND_PUSH(m->arena, out->devices, out->n_devices, out->cap_devices) =
		(struct lend_qemu_device){ .driver = "vfio-pci",
					   .id = h->alias,
					   .host = lend_arena_strdup(m->arena, host),
					   .json = true };
}

struct lend_opt_u64 *lend_domain_slots(struct lend_arena *arena, const struct lend_domain *d,
				       bool live)
{
	struct maker m = { .arena = arena, .domain = d, .live = live };
	struct lend_opt_u64 *slots = lend_arena_array(arena, d->n_memories + 1, sizeof(*slots));

	take_slots(&m);
	for (size_t i = 0; i < d->n_memories; i++)
		slots[i] = slot_of(&m, &d->memories[i]);
	return slots;
}

/* ---- arguments that the domain brings itself ---- */

static void read_own(struct maker *m)
{
	lend_auto_buf words = { 0 };

	lend_buf_put(&words, "qemu", sizeof("qemu"));
	for (size_t i = 0; i < m->domain->n_qemu_args; i++) {
		const char *arg = m->domain->qemu_args[i];

		lend_buf_put(&words, arg, strlen(arg) + 1);
	}
	lend_qemu_args_parse(m->arena, words.text, words.len, m->out);
	/* It is not the command line, and shall not be taken for it. */
	m->out->argv0 = NULL;
	m->out->words = NULL;
	m->out->words_len = 0;
}

/* Other machines are told apart by their name; without one it would be QEMU's "pc". */
static const char *machine_of(const struct lend_domain *d)
{
	bool x86 = d->arch == NULL || is(d->arch, "x86_64") || is(d->arch, "i686");

	return d->machine == NULL && !x86 ? d->arch : d->machine;
}

void lend_domain_args(struct lend_arena *arena, const struct lend_domain *d, bool live,
		      struct lend_qemu_args *ret)
{
	struct maker m = { .arena = arena, .domain = d, .live = live, .out = ret };

	read_own(&m);
	ret->name = d->name;
	ret->uuid = d->uuid;
	ret->machine = machine_of(d);
	ret->acpi = d->acpi ? LEND_TRI_ON : LEND_TRI_OFF;
	ret->ram_bytes = lend_domain_ram(d);
	ret->slots = d->slots;
	ret->maxmem_bytes = d->max_memory_bytes;
	take_slots(&m);
	for (size_t i = 0; i < d->n_memories; i++) {
		if (is(d->memories[i].model, "nvdimm"))
			ret->nvdimm = LEND_TRI_ON;
		add_memory(&m, &d->memories[i]);
	}
	if (ret->nvdimm == LEND_TRI_UNSET)
		ret->nvdimm = LEND_TRI_OFF;
	for (size_t i = 0; i < d->n_hostdevs; i++)
		add_hostdev(&m, &d->hostdevs[i]);
}
