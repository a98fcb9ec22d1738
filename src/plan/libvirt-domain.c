/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain of libvirt that a wish asks for.
 *
 * What XML has no word for is said and left out, or refused where the guest
 * would not be what was wished; what libvirt would change by itself (sizes of
 * less than 2 MiB, a domain without ACPI or NUMA cell) is not left to it.
 */

#include <inttypes.h>

#include "base/num.h"
#include "model/domain-args.h"
#include "plan/libvirt.h"

struct maker {
	struct lend_planning *p;
	struct lend_domain *d;
	unsigned int n_vd, n_sd;
};

static bool is(const char *text, const char *what)
{
	return text != NULL && strcmp(text, what) == 0;
}

/* ---- memory ---- */

static void add_cells(struct maker *m)
{
	struct lend_planning *p = m->p;
	struct lend_domain *d = m->d;
	uint64_t cpus = d->vcpus.v;
	struct lend_domain_cell *cell;

	for (size_t i = 0; i < p->wish.n_numa; i++) {
		cell = LEND_PUSH(p->arena, d->cells, d->n_cells, d->cap_cells);
		cell->id = lend_opt(i);
		cell->cpus = p->wish.numa[i].cpus;
		cell->memory_bytes = p->wish.numa[i].memory_bytes;
	}
	/* DIMMs have to be in one. */
	if (d->n_cells > 0 || p->geometry.slots == 0)
		return;
	cell = LEND_PUSH(p->arena, d->cells, d->n_cells, d->cap_cells);
	cell->id = lend_opt(0);
	cell->cpus = cpus > 1 ? lend_planning_text(p, "0-%" PRIu64, cpus - 1) : "0";
	cell->memory_bytes = lend_opt(p->geometry.ram_bytes);
}

void lend_planning_memory(struct lend_planning *p, size_t i, struct lend_domain_memory *ret)
{
	const struct lend_planned_pmem *pmem = &p->pmem[i];
	const struct lend_geometry_dimm *dimm = &p->dimms[i];

	*ret = (struct lend_domain_memory){
		.model = "nvdimm",
		.access = pmem->share ? "shared" : "private",
		.path = pmem->wish.backing,
		.align_bytes = dimm->align_bytes,
		.pmem = pmem->with_pmem,
		.size_bytes = lend_opt(dimm->backing_bytes),
		.node = pmem->wish.node.has ? pmem->wish.node : lend_opt(0),
		.readonly = pmem->unarmed || pmem->readonly,
		.slot = lend_opt(dimm->slot),
	};
	if (dimm->label_bytes != 0)
		ret->label_bytes = lend_opt(dimm->label_bytes);
	if (dimm->address_is_said)
		ret->base = dimm->address;
	if (dimm->backing_bytes % LEND_DOMAIN_UNIT != 0)
		lend_planning_refuse(
			p, "label: 2 MiB, size: a multiple of 128 MiB",
			"%s: libvirt makes whole 2 MiB of size and label together, so the "
			"label area would move, and the guest would get another size",
			pmem->wish.name);
	if (pmem->readonly)
		lend_planning_warn(p,
				   "chmod a-w keeps libvirt's QEMU from writing, when it does "
				   "not run as root",
				   "%s: libvirt has no word for a backing that is opened "
				   "read-only: the guest is told not to write, no more",
				   pmem->wish.name);
	if (!pmem->with_pmem)
		lend_planning_note(p, NULL,
				   "%s: libvirt touches every page of %s at each start",
				   pmem->wish.name, pmem->wish.backing);
}

static void add_memory(struct maker *m)
{
	struct lend_planning *p = m->p;
	struct lend_domain *d = m->d;

	d->memory_bytes = lend_opt(p->geometry.ram_bytes);
	if (p->geometry.slots > 0) {
		d->slots = lend_opt(p->geometry.slots);
		d->max_memory_bytes = lend_opt(p->geometry.maxmem_bytes);
	}
	add_cells(m);
	/* By slot, so that addresses rise with it. */
	for (uint64_t slot = 0; slot < LEND_GEOMETRY_SLOTS_MAX; slot++) {
		for (size_t i = 0; i < p->n_pmem; i++) {
			if (p->dimms[i].slot == slot)
				lend_planning_memory(p, i,
						     LEND_PUSH(p->arena, d->memories,
							       d->n_memories, d->cap_memories));
		}
	}
	for (size_t i = 0; i < d->n_memories; i++) {
		/* <memory> counts them, too. */
		if (!lend_add_u64(d->memory_bytes.v, d->memories[i].size_bytes.v,
				  &d->memory_bytes.v))
			lend_planning_refuse(p, NULL, "that is more memory than there can be");
	}
}

/* ---- disks, network, display ---- */

/* "vda", "vdb" ... "vdaa" */
static const char *target(struct maker *m, const char *start, unsigned int n)
{
	char c = (char)('a' + n % 26);

	return n < 26 ? lend_planning_text(m->p, "%s%c", start, c)
		      : lend_planning_text(m->p, "%s%c%c", start, 'a' + (int)(n / 26) - 1, c);
}

static void add_disk(struct maker *m, const struct lend_wish_disk *wished)
{
	struct lend_planning *p = m->p;
	struct lend_domain *d = m->d;
	const struct lend_wanted_node *seen = lend_planning_seen(p, wished->path);
	const char *bus = wished->bus != NULL ? wished->bus : "virtio";
	bool block = seen != NULL && lend_fact_is(&seen->type, "block device");
	struct lend_domain_disk *disk;

	if (is(bus, "nvme")) {
		lend_planning_refuse(p, "bus: virtio",
				     "libvirt has no NVMe drives made of files: %s",
				     wished->path);
		return;
	}
	/* A q35 has no IDE; what QEMU calls ide-hd there is SATA. */
	if (is(bus, "ide") && strstr(p->machine, "q35") != NULL)
		bus = "sata";
	disk = LEND_PUSH(p->arena, d->disks, d->n_disks, d->cap_disks);
	*disk = (struct lend_domain_disk){
		.type = block ? "block" : "file",
		.device = "disk",
		.path = wished->path,
		.format = wished->format != NULL ? wished->format : "raw",
		.bus = bus,
		.target = is(bus, "virtio") ? target(m, "vd", m->n_vd++)
			  : is(bus, "ide")  ? target(m, "hd", m->n_sd++)
					    : target(m, "sd", m->n_sd++),
		.readonly = wished->readonly == LEND_TRI_ON,
	};
}

static void add_install(struct maker *m)
{
	struct lend_planning *p = m->p;
	bool q35 = strstr(p->machine, "q35") != NULL;

	if (p->wish.install == NULL)
		return;
	if (p->wish.install[0] != '/') {
		lend_planning_refuse(p, "download it first", "%s is no file for libvirt",
				     p->wish.install);
		return;
	}
	*LEND_PUSH(p->arena, m->d->disks, m->d->n_disks, m->d->cap_disks) =
		(struct lend_domain_disk){ .type = "file",
					   .device = "cdrom",
					   .path = p->wish.install,
					   .format = "raw",
					   .bus = q35 ? "sata" : "ide",
					   .target = target(m, q35 ? "sd" : "hd", m->n_sd++),
					   .readonly = true };
}

static void add_network(struct maker *m)
{
	struct lend_planning *p = m->p;
	enum lend_wish_network network = p->wish.network;
	struct lend_domain_interface *net;

	if (network == LEND_WISH_NETWORK_UNSET && p->wish.n_forwards > 0)
		network = LEND_WISH_NETWORK_USER;
	if (p->wish.n_forwards > 0)
		lend_planning_warn(p, "network: bridge NAME, and the guest has its own address",
				   "libvirt has no word for forwarded ports of a user network: "
				   "they are left out");
	if (network == LEND_WISH_NETWORK_UNSET || network == LEND_WISH_NETWORK_NONE)
		return;
	net = LEND_PUSH(p->arena, m->d->interfaces, m->d->n_interfaces, m->d->cap_interfaces);
	*net = (struct lend_domain_interface){ .type = "user",
					       .mac = p->wish.mac,
					       .model = "virtio" };
	if (network == LEND_WISH_NETWORK_USER)
		return;
	net->type = network == LEND_WISH_NETWORK_BRIDGE ? "bridge" : "ethernet";
	net->source = p->wish.network_name;
	net->unmanaged = network == LEND_WISH_NETWORK_TAP;
}

/* "127.0.0.1:0", ":0", "[::1]:0", "unix:PATH" */
static void add_vnc(struct maker *m)
{
	struct lend_planning *p = m->p;
	const char *vnc = p->wish.vnc;
	const char *colon = vnc == NULL ? NULL : strrchr(vnc, ':');
	struct lend_domain_graphics *g;
	size_t len;
	uint64_t display;

	if (vnc == NULL)
		return;
	g = LEND_PUSH(p->arena, m->d->graphics, m->d->n_graphics, m->d->cap_graphics);
	g->type = "vnc";
	if (strncmp(vnc, "unix:", 5) == 0) {
		g->socket = vnc + 5;
		return;
	}
	if (colon == NULL || !lend_parse_u64(colon + 1, 10, &display) || display > 59635) {
		lend_planning_refuse(p, "vnc: 127.0.0.1:0", "%s is no display for libvirt",
				     vnc);
		return;
	}
	len = (size_t)(colon - vnc);
	g->port = lend_opt(5900 + display);
	g->listen = len == 0                   ? "0.0.0.0"
		    : vnc[0] == '[' && len > 2 ? lend_arena_strndup(p->arena, vnc + 1, len - 2)
					       : lend_arena_strndup(p->arena, vnc, len);
}

/* ---- the machine ---- */

static void set_cpu(struct maker *m)
{
	const char *cpu = m->p->cpu;

	m->d->vcpus = m->p->wish.cpus.has ? m->p->wish.cpus : lend_opt(1);
	if (is(cpu, "host")) {
		m->d->cpu_mode = "host-passthrough";
	} else if (is(cpu, "max")) {
		m->d->cpu_mode = "maximum";
	} else {
		size_t len = strcspn(cpu, ",");

		m->d->cpu_mode = "custom";
		m->d->cpu_model = lend_arena_strndup(m->p->arena, cpu, len);
		if (cpu[len] != '\0')
			lend_planning_warn(m->p, "cpu: the model alone",
					   "%s: what stands behind the CPU model is left out",
					   cpu);
	}
}

static void set_boot(struct maker *m)
{
	const struct lend_wish *wish = &m->p->wish;

	m->d->os_type = "hvm";
	m->d->arch = "x86_64";
	m->d->machine = m->p->machine;
	if (is(wish->firmware, "uefi"))
		m->d->firmware = "efi";
	else if (wish->firmware != NULL && !is(wish->firmware, "bios"))
		m->d->loader = wish->firmware;
	if (m->d->loader != NULL)
		m->d->nvram = wish->firmware_vars;
	m->d->kernel = wish->kernel;
	m->d->initrd = wish->initrd;
	m->d->cmdline = wish->append;
	m->d->boot = is(wish->boot, "install")   ? "cdrom"
		     : is(wish->boot, "network") ? "network"
						 : "hd";
}

void lend_planning_domain(struct lend_planning *p, struct lend_domain *d)
{
	struct maker m = { .p = p, .d = d };

	*d = (struct lend_domain){
		.type = p->accel == LEND_ACCEL_KVM ? "kvm" : "qemu",
		.name = p->vm_name,
		.uuid = p->wish.uuid,
		.acpi = true, /* without it QEMU refuses NVDIMMs */
		.emulator = p->program,
		.agent = p->wish.agent != LEND_TRI_OFF,
		.console = true,
		.qemu_args = p->wish.qemu_args,
		.n_qemu_args = p->wish.n_qemu_args,
	};
	set_cpu(&m);
	set_boot(&m);
	add_memory(&m);
	for (size_t i = 0; i < p->wish.n_disks; i++)
		add_disk(&m, &p->wish.disks[i]);
	add_install(&m);
	add_network(&m);
	add_vnc(&m);
	if (p->wish.nvdimm_persistence != NULL)
		lend_planning_warn(
			p, "leave nvdimm-persistence out",
			"libvirt has no word for nvdimm-persistence: it is left out, "
			"and ndctl in the guest says \"unknown\"");
	if (p->wish.n_qemu_args > 0)
		lend_planning_note(p, NULL,
				   "libvirt marks a domain with arguments of its own "
				   "(qemu:commandline) as tainted");
}
