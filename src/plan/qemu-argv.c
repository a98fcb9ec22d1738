/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line of a VM.  Nothing is left to QEMU's defaults that a person
 * would have to guess: slots, labels, sockets and addresses are said.
 */

#include <inttypes.h>

#include "format/qemu-opts.h"
#include "plan/qemu.h"

void lend_planning_arg(struct lend_planning *p, const char *text)
{
	*LEND_PUSH(p->arena, p->argv, p->n_argv, p->cap_argv) =
		lend_arena_strdup(p->arena, text);
}

static void arg2(struct lend_planning *p, const char *option, const char *value)
{
	lend_planning_arg(p, option);
	lend_planning_arg(p, value);
}

/* "512M" where that is exact. */
static const char *mib(struct lend_planning *p, uint64_t bytes)
{
	if (bytes % (1 << 20) == 0)
		return lend_planning_text(p, "%" PRIu64 "M", bytes >> 20);
	return lend_planning_text(p, "%" PRIu64, bytes);
}

static bool has_nvdimms(const struct lend_planning *p)
{
	return p->n_pmem > 0 || p->caps->machine_nvdimm == LEND_TRI_ON;
}

static void machine(struct lend_planning *p)
{
	lend_auto_buf out = { 0 };

	lend_qemu_opts_put(&out, NULL, p->machine);
	if (has_nvdimms(p))
		lend_qemu_opts_put(&out, "nvdimm", "on");
	if (p->wish.nvdimm_persistence != NULL)
		lend_qemu_opts_put(&out, "nvdimm-persistence", p->wish.nvdimm_persistence);
	lend_qemu_opts_put(&out, "accel", p->accel == LEND_ACCEL_KVM ? "kvm" : "tcg");
	arg2(p, "-machine", lend_buf_text(&out));
	arg2(p, "-cpu", p->cpu);
	arg2(p, "-smp",
	     lend_planning_text(p, "%" PRIu64, p->wish.cpus.has ? p->wish.cpus.v : 1));
}

static void memory(struct lend_planning *p)
{
	lend_auto_buf out = { 0 };

	lend_qemu_opts_put(&out, "size", mib(p, p->geometry.ram_bytes));
	if (has_nvdimms(p) && p->geometry.slots > 0) {
		lend_qemu_opts_put(&out, "slots",
				   lend_planning_text(p, "%" PRIu64, p->geometry.slots));
		lend_qemu_opts_put(&out, "maxmem", mib(p, p->geometry.maxmem_bytes));
	}
	arg2(p, "-m", lend_buf_text(&out));
}

/* "0-3,8": QEMU takes one range in a cpus=, and several of them. */
static void put_cpus(struct lend_planning *p, struct lend_buf *out, const char *cpus)
{
	while (cpus != NULL && *cpus != '\0') {
		size_t len = strcspn(cpus, ",");

		lend_qemu_opts_put(out, "cpus", lend_arena_strndup(p->arena, cpus, len));
		cpus += len + (cpus[len] == ',');
	}
}

static void numa(struct lend_planning *p)
{
	for (size_t i = 0; i < p->wish.n_numa; i++) {
		const struct lend_wish_numa *n = &p->wish.numa[i];
		const char *id = lend_planning_text(p, "ram%zu", i);
		lend_auto_buf out = { 0 };

		if (n->memory_bytes.has && n->memory_bytes.v > 0)
			arg2(p, "-object",
			     lend_planning_text(p, "memory-backend-ram,id=%s,size=%s", id,
						mib(p, n->memory_bytes.v)));
		lend_qemu_opts_put(&out, NULL, "node");
		lend_qemu_opts_put(&out, "nodeid", lend_planning_text(p, "%zu", i));
		put_cpus(p, &out, n->cpus);
		if (n->memory_bytes.has && n->memory_bytes.v > 0)
			lend_qemu_opts_put(&out, "memdev", id);
		arg2(p, "-numa", lend_buf_text(&out));
	}
}

static void add(struct lend_planning *p, struct lend_pairs *pairs, const char *key,
		const char *value)
{
	lend_pairs_add(p->arena, pairs, key, value);
}

void lend_planning_backend_pairs(struct lend_planning *p, size_t i, struct lend_pairs *ret)
{
	const struct lend_planned_pmem *m = &p->pmem[i];
	const struct lend_geometry_dimm *d = &p->dimms[i];

	add(p, ret, "qom-type", "memory-backend-file");
	add(p, ret, "mem-path", m->wish.backing);
	lend_pairs_add_u64(p->arena, ret, "size", d->backing_bytes);
	add(p, ret, "share", m->share ? "on" : "off");
	if (m->with_pmem)
		add(p, ret, "pmem", "on");
	if (d->align_bytes.has)
		lend_pairs_add_u64(p->arena, ret, "align", d->align_bytes.v);
	if (m->readonly)
		add(p, ret, "readonly", "on");
}

void lend_planning_device_pairs(struct lend_planning *p, size_t i, struct lend_pairs *ret)
{
	const struct lend_planned_pmem *m = &p->pmem[i];
	const struct lend_geometry_dimm *d = &p->dimms[i];

	add(p, ret, "driver", "nvdimm");
	add(p, ret, "memdev", lend_planning_text(p, "mem-%s", m->wish.name));
	lend_pairs_add_u64(p->arena, ret, "slot", d->slot);
	if (d->label_bytes != 0)
		lend_pairs_add_u64(p->arena, ret, "label-size", d->label_bytes);
	if (m->wish.node.has)
		lend_pairs_add_u64(p->arena, ret, "node", m->wish.node.v);
	if (m->unarmed)
		add(p, ret, "unarmed", "on");
	if (d->address_is_said)
		lend_pairs_add_u64(p->arena, ret, "addr", d->address.v);
}

/* As a person reads them: sizes in MiB, addresses in hex. */
static const char *readable(struct lend_planning *p, const struct lend_setting *pair)
{
	static const char *const sizes[] = { "size", "align", "label-size" };
	struct lend_pairs one = { .items = (struct lend_setting *)(uintptr_t)pair, .n = 1 };
	uint64_t value;

	if (!lend_pairs_u64(&one, pair->key, &value))
		return pair->value;
	if (strcmp(pair->key, "addr") == 0)
		return lend_planning_text(p, "0x%" PRIx64, value);
	for (size_t i = 0; i < LEND_COUNT(sizes); i++) {
		if (strcmp(pair->key, sizes[i]) == 0)
			return mib(p, value);
	}
	return pair->value;
}

static void put_pairs(struct lend_planning *p, const char *option, const char *id,
		      const struct lend_pairs *pairs)
{
	lend_auto_buf out = { 0 };

	lend_qemu_opts_put(&out, NULL, pairs->items[0].value);
	lend_qemu_opts_put(&out, "id", id);
	for (size_t k = 1; k < pairs->n; k++)
		lend_qemu_opts_put(&out, pairs->items[k].key, readable(p, &pairs->items[k]));
	arg2(p, option, lend_buf_text(&out));
}

/* By slot, so that addresses rise with it. */
static void nvdimms(struct lend_planning *p)
{
	for (uint64_t slot = 0; slot < LEND_GEOMETRY_SLOTS_MAX; slot++) {
		for (size_t i = 0; i < p->n_pmem; i++) {
			const char *name = p->pmem[i].wish.name;
			struct lend_pairs backend = { 0 };
			struct lend_pairs device = { 0 };

			if (p->dimms[i].slot != slot)
				continue;
			lend_planning_backend_pairs(p, i, &backend);
			lend_planning_device_pairs(p, i, &device);
			put_pairs(p, "-object", lend_planning_text(p, "mem-%s", name),
				  &backend);
			put_pairs(p, "-device", name, &device);
		}
	}
}

static void chardev(struct lend_planning *p, const char *id, const char *name, const char *log)
{
	lend_auto_buf out = { 0 };

	lend_qemu_opts_put(&out, NULL, "socket");
	lend_qemu_opts_put(&out, "id", id);
	lend_qemu_opts_put(&out, "path", lend_planning_socket(p, name));
	lend_qemu_opts_put(&out, "server", "on");
	lend_qemu_opts_put(&out, "wait", "off");
	if (log != NULL) {
		lend_qemu_opts_put(&out, "logfile", log);
		lend_qemu_opts_put(&out, "logappend", "on");
	}
	arg2(p, "-chardev", lend_buf_text(&out));
}

static void sockets(struct lend_planning *p)
{
	arg2(p, "-chardev", lend_planning_word(p));
	arg2(p, "-mon", "chardev=lend-qmp,mode=control");
	chardev(p, "lend-monitor", "monitor.sock", NULL);
	arg2(p, "-mon", "chardev=lend-monitor,mode=readline");
	chardev(p, "lend-console", "console.sock", lend_planning_state(p, "console.log"));
	arg2(p, "-serial", "chardev:lend-console");
	if (p->wish.agent == LEND_TRI_OFF)
		return;
	chardev(p, "lend-agent", "agent.sock", NULL);
	arg2(p, "-device", "virtio-serial-pci");
	arg2(p, "-device", "virtserialport,chardev=lend-agent,name=org.qemu.guest_agent.0");
}

static void display(struct lend_planning *p)
{
	if (p->wish.vnc == NULL) {
		arg2(p, "-display", "none");
	} else {
		arg2(p, "-vnc", p->wish.vnc);
		arg2(p, "-device", "VGA");
		arg2(p, "-device", "qemu-xhci");
		arg2(p, "-device", "usb-tablet");
	}
	arg2(p, "-object", "rng-random,id=lend-rng,filename=/dev/urandom");
	arg2(p, "-device", "virtio-rng-pci,rng=lend-rng");
}

static void kernel(struct lend_planning *p)
{
	if (p->wish.kernel == NULL)
		return;
	arg2(p, "-kernel", p->wish.kernel);
	if (p->wish.initrd != NULL)
		arg2(p, "-initrd", p->wish.initrd);
	if (p->wish.append != NULL)
		arg2(p, "-append", p->wish.append);
}

void lend_planning_argv(struct lend_planning *p)
{
	lend_planning_arg(p, p->program);
	arg2(p, "-name", lend_planning_text(p, "guest=%s", p->vm_name));
	if (p->wish.uuid != NULL)
		arg2(p, "-uuid", p->wish.uuid);
	lend_planning_arg(p, "-nodefaults");
	lend_planning_arg(p, "-no-user-config");
	machine(p);
	memory(p);
	numa(p);
	nvdimms(p);
	lend_planning_firmware(p);
	kernel(p);
	lend_planning_disks(p);
	lend_planning_network(p);
	display(p);
	sockets(p);
	for (size_t i = 0; i < p->wish.n_qemu_args; i++)
		lend_planning_arg(p, p->wish.qemu_args[i]);
}
