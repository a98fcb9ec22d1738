/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Domains of libvirt as VMs: those that run as they are now, those that are
 * off as they are defined.
 *
 * Asks  nothing: libvirt-ask did
 * Adds  facts of vm, device and backend nodes; VMs whose process is not seen,
 *       among them all that are off
 *
 * The live XML has what the command line of the process lacks: devices that
 * were plugged in, addresses that QEMU chose.  libvirt's own monitor is not
 * asked: it serves one client, and that is libvirt.
 */

#include "collect/libvirt.h"
#include "model/domain-args.h"
#include "model/predict.h"
#include "model/vm-args.h"

static void put_text(struct lend_scan *scan, struct lend_node *node, struct lend_fact *fact,
		     uint32_t by, const char *value)
{
	if (value != NULL)
		lend_build_text(&scan->build, node, fact, by, value);
}

static bool is_on_cmdline(const struct lend_scan_qemu *qemu, const char *id)
{
	for (size_t i = 0; i < qemu->args.n_devices; i++) {
		if (qemu->args.devices[i].id != NULL &&
		    strcmp(qemu->args.devices[i].id, id) == 0)
			return true;
	}
	return false;
}

/* What the live XML alone tells. */
static void add_live(struct lend_scan *scan, struct lend_scan_qemu *qemu, uint32_t by,
		     const struct lend_qemu_device *d)
{
	struct lend_device *device;

	if (d->memdev == NULL || d->driver == NULL ||
	    (strcmp(d->driver, "nvdimm") != 0 &&
	     strncmp(d->driver, "virtio-pmem", strlen("virtio-pmem")) != 0))
		return;
	device = lend_collect_device(scan, qemu->vm, d->id, d->memdev);
	if (d->address.has)
		lend_build_u64(&scan->build, &device->node, &device->address, by, d->address.v);
	if (qemu->domain != NULL && d->id != NULL)
		lend_build_u64(&scan->build, &device->node, &device->hotplugged, by,
			       !is_on_cmdline(qemu, d->id));
}

static void add_vm(struct lend_scan *scan, struct lend_scan_qemu *qemu,
		   const struct lend_scan_domain *d, const struct lend_qemu_args *args,
		   uint32_t by)
{
	const struct lend_domain *domain = d->has_live ? &d->live : &d->defined;
	struct lend_vm *vm = qemu->vm;
	struct lend_node *node = &vm->node;

	lend_build_vm_args(&scan->build, vm, lend_collect_trust(scan), by,
			   lend_domain_is_qemu(domain) ? "qemu" : domain->type, args);
	if (scan->options->room_in == NULL)
		lend_build_vm_ways(&scan->build, vm, lend_collect_trust(scan), by, args);
	lend_build_u64(&scan->build, node, &vm->unstable_name, by, false);
	put_text(scan, node, &vm->uuid, by, d->uuid);
	put_text(scan, node, &vm->state, by, d->state);
	put_text(scan, node, &vm->libvirt, by, d->uri);
	lend_build_u64(&scan->build, node, &vm->defined, by, d->persistent);
	for (size_t i = 0; i < args->n_devices; i++)
		add_live(scan, qemu, by, &args->devices[i]);
	lend_collect_domain_memory(scan, d, vm, args, by);
}

/* qemu is its process, NULL when there is none. */
static void add(struct lend_scan *scan, const struct lend_scan_domain *d,
		struct lend_scan_qemu *qemu)
{
	struct lend_qemu_args args;
	uint32_t by;

	lend_domain_args(&scan->memory, d->has_live ? &d->live : &d->defined, d->has_live,
			 &args);
	if (qemu == NULL) {
		qemu = lend_collect_qemu(scan, d->name);
		qemu->args = args;
	}
	by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "libvirt",
				 d->has_live ? "live XML" : "defined XML", qemu->vm->node.id);
	add_vm(scan, qemu, d, &args, by);
	/* Devices that its command line does not know of. */
	if (qemu->domain != NULL)
		lend_predict_vm(&scan->build, qemu->vm, &args);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	(void)err;
	for (size_t i = 0; i < scan->n_qemus; i++) {
		if (scan->qemus[i].domain != NULL)
			add(scan, scan->qemus[i].domain, &scan->qemus[i]);
	}
	for (size_t i = 0; i < scan->n_domains; i++) {
		if (!scan->domains[i].taken)
			add(scan, &scan->domains[i], NULL);
	}
	return 0;
}

extern const struct lend_collector lend_collector_libvirt;
const struct lend_collector lend_collector_libvirt = {
	.id = "libvirt",
	.sees = "domains of libvirt as VMs",
	.of_remote = true,
	.collect = collect,
};
