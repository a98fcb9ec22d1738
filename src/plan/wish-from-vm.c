/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wish of a QEMU that runs: its command line, and what was plugged in since. */

#include "base/err.h"
#include "model/inventory.h"
#include "model/kind-backend.h"
#include "model/kind-device.h"
#include "model/kind-vm.h"
#include "plan/wish-from-args.h"

static const char *text_of(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN ? fact->v.str : NULL;
}

static struct lend_opt_u64 number_of(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN ? lend_opt(fact->v.u64) : (struct lend_opt_u64){ 0 };
}

static enum lend_tri switch_of(const struct lend_fact *fact)
{
	if (fact->known != LEND_KNOWN)
		return LEND_TRI_UNSET;
	return fact->v.u64 != 0 ? LEND_TRI_ON : LEND_TRI_OFF;
}

static bool said_monitor(const struct lend_inventory *inv, const struct lend_fact *fact)
{
	return strcmp(inv->sightings[fact->sighting].by, "qemu-qmp") == 0;
}

/* -set, or a config file, can change what -device says: then the monitor knows. */
static struct lend_opt_u64 slot_of(const struct lend_inventory *inv,
				   const struct lend_device *device)
{
	const struct lend_field *field = lend_kind_field(LEND_KIND_DEVICE, "slot");

	if (device->slot.known != LEND_DISPUTED)
		return number_of(&device->slot);
	if (said_monitor(inv, &device->slot))
		return lend_opt(device->slot.v.u64);
	for (const struct lend_dispute *d = NULL;
	     (d = lend_next_dispute(inv, &device->node, field, d)) != NULL;) {
		if (said_monitor(inv, &d->fact))
			return lend_opt(d->fact.v.u64);
	}
	return (struct lend_opt_u64){ 0 };
}

static struct lend_wish_seen seen_of(const struct lend_inventory *inv,
				     const struct lend_device *device)
{
	const struct lend_node *node = lend_used_of(inv, &device->node, LEND_KIND_BACKEND);
	const struct lend_backend *backend = node == NULL ? NULL : lend_as_backend(node);
	const char *driver = text_of(&device->driver);
	struct lend_wish_seen seen = {
		.id = text_of(&device->device_id),
		.memdev = text_of(&device->memdev),
		.is_nvdimm = driver != NULL && strcmp(driver, "nvdimm") == 0,
		.slot = slot_of(inv, device),
		.node = number_of(&device->numa_node),
		.size_bytes = number_of(&device->size_bytes),
		.label_bytes = number_of(&device->label_bytes),
		.unarmed = switch_of(&device->unarmed),
	};

	if (backend == NULL)
		return seen;
	seen.path = text_of(&backend->path);
	seen.backend_bytes = number_of(&backend->size_bytes);
	seen.share = switch_of(&backend->share);
	seen.pmem = switch_of(&backend->pmem);
	seen.readonly = switch_of(&backend->readonly);
	return seen;
}

/* A daemon goes to "/" once it has opened its files. */
static const char *start_dir(const struct lend_qemu_args *args,
			     const struct lend_cmdline *cmdline)
{
	struct lend_qemu_option option;

	for (size_t at = 0; lend_qemu_args_next(args, &at, &option);) {
		if (option.name != NULL && (strcmp(option.name, "-daemonize") == 0 ||
					    strcmp(option.name, "-chroot") == 0))
			return NULL;
	}
	return cmdline->cwd;
}

int lend_wish_from_vm(struct lend_arena *arena, const struct lend_inventory *inv,
		      const struct lend_node *vm, const char *dir, struct lend_wish_made *ret,
		      struct lend_err *err)
{
	const char *hypervisor = text_of(&lend_as_vm(vm)->hypervisor);
	const struct lend_cmdline *cmdline = lend_cmdline_of(inv, vm);
	struct lend_wish_from from = { .name = vm->name, .dir = dir };
	struct lend_wish_seen *seen = NULL;
	const struct lend_node *used;
	struct lend_qemu_args args;
	size_t cap = 0;

	if (hypervisor == NULL || strcmp(hypervisor, "qemu") != 0)
		return lend_fail(err, LEND_E_USAGE, "VM %s is no QEMU: it has no command line",
				 vm->name);
	if (cmdline == NULL) {
		lend_hint(err, "look at the host itself as root, or at a capture of it");
		return lend_fail(err, LEND_E_USAGE, "the command line of VM %s was not seen",
				 vm->name);
	}
	lend_qemu_args_parse(arena, cmdline->bytes, cmdline->len, &args);
	for (size_t i = 0; (used = lend_used_by(inv, vm, i)) != NULL; i++) {
		if (used->kind == LEND_KIND_DEVICE)
			*LEND_PUSH(arena, seen, from.n_seen, cap) =
				seen_of(inv, lend_as_device(used));
	}
	from.seen = seen;
	if (dir == NULL)
		from.dir = start_dir(&args, cmdline);
	return lend_wish_from_args(arena, &args, &from, ret, err);
}
