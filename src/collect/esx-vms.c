/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VMs of a host of ESXi: which are registered, which run, on which volumes
 * they lie and which PCI functions they have.
 *
 * Asks  nothing: esx-host.c and esx-files.c have read the files
 * Adds  vms of getallvms whose .vmx is not there; states; edges to volumes and
 *       functions; of a volume that the host does not have, where it was
 */

#include <stdlib.h>

#include "base/num.h"
#include "collect/esx.h"
#include "model/kind-adapter.h"
#include "model/kind-system.h"

struct place {
	const char *path; /* tidied */
	struct lend_vm *vm;
};

struct vms {
	struct lend_esx_host *esx;
	struct place *places; /* by path */
	size_t n, cap;
	const char **used_by; /* by node index: names of VMs */
	size_t n_used;
};

static int by_path(const void *pa, const void *pb)
{
	return strcmp(((const struct place *)pa)->path, ((const struct place *)pb)->path);
}

static struct lend_vm *vm_at(const struct vms *vms, size_t n, const char *path)
{
	struct place want = { .path = path };
	const struct place *found =
		n == 0 ? NULL : bsearch(&want, vms->places, n, sizeof(want), by_path);

	return found == NULL ? NULL : found->vm;
}

static void add_place(struct vms *vms, const char *path, struct lend_vm *vm)
{
	*LEND_PUSH(&vms->esx->scan->memory, vms->places, vms->n, vms->cap) =
		(struct place){ path, vm };
}

static void sort_places(struct vms *vms)
{
	if (vms->n > 1)
		qsort(vms->places, vms->n, sizeof(*vms->places), by_path);
}

static void put_home(struct lend_esx_host *esx, struct lend_vm *vm, const char *path,
		     uint32_t by)
{
	const char *rest;
	struct lend_datastore *ds = lend_esx_volume_of(esx, path, &rest);

	if (vm->config.known == LEND_NOT_ASKED)
		lend_build_text(&esx->scan->build, &vm->node, &vm->config, by, path);
	if (ds != NULL)
		lend_build_edge(&esx->scan->build, &vm->node, &ds->node);
}

/* ---- who there is ---- */

static struct lend_vm *new_vm(struct lend_esx_host *esx, const char *name, uint32_t by)
{
	struct lend_vm *vm = lend_collect_vm(esx->scan, name);

	lend_build_text(&esx->scan->build, &vm->node, &vm->hypervisor, by, "esxi");
	return vm;
}

static void take_registered(struct vms *vms)
{
	struct lend_esx_host *esx = vms->esx;
	size_t n = vms->n;

	for (size_t i = 0; i < esx->vms.n_vms; i++) {
		lend_auto_buf full = { 0 };
		struct lend_vm *vm;
		const char *path;

		lend_vim_vm_put_path(&esx->vms.vms[i], &full);
		path = lend_esx_tidy_path(
			esx, lend_arena_strdup(&esx->scan->memory, lend_buf_text(&full)));
		vm = vm_at(vms, n, path);
		if (vm == NULL) {
			vm = new_vm(esx, esx->vms.vms[i].name, esx->by_vms);
			add_place(vms, path, vm);
		}
		put_home(esx, vm, path, esx->by_vms);
		lend_build_u64(&esx->scan->build, &vm->node, &vm->registered, esx->by_vms, 1);
	}
	sort_places(vms);
}

/* "/vmfs/volumes/ds/web/web.vmx": what it calls itself only its .vmx says */
static const char *stem_of(struct lend_esx_host *esx, const char *path)
{
	const char *base = strrchr(path, '/') + 1;

	return lend_arena_strndup(&esx->scan->memory, base, strlen(base) - strlen(".vmx"));
}

static void take_inventory(struct vms *vms)
{
	struct lend_esx_host *esx = vms->esx;
	size_t n = vms->n;

	for (size_t i = 0; i < esx->inventory.n_paths; i++) {
		const char *path = lend_esx_tidy_path(esx, esx->inventory.paths[i]);
		struct lend_vm *vm = vm_at(vms, n, path);

		if (vm == NULL) {
			vm = new_vm(esx, stem_of(esx, path), esx->by_inventory);
			add_place(vms, path, vm);
		}
		put_home(esx, vm, path, esx->by_inventory);
		if (vm->registered.known == LEND_NOT_ASKED)
			lend_build_u64(&esx->scan->build, &vm->node, &vm->registered,
				       esx->by_inventory, 1);
	}
	sort_places(vms);
}

/*
 * Only a list that was read whole tells who is not in it; not vmInventory.xml,
 * the form of which is not confirmed.
 */
static void tell_unregistered(struct vms *vms)
{
	struct lend_esx_host *esx = vms->esx;

	for (size_t i = 0; i < esx->n_configs && esx->has_vms && esx->vms.n_odd == 0; i++) {
		struct lend_vm *vm = esx->configs[i].vm;

		if (esx->configs[i].path != NULL && vm->registered.known == LEND_NOT_ASKED)
			lend_build_u64(&esx->scan->build, &vm->node, &vm->registered,
				       esx->by_vms, 0);
	}
}

static void take_running(struct vms *vms)
{
	struct lend_esx_host *esx = vms->esx;
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_PROCESS_LIST];
	const struct lend_esx_process *items =
		LEND_ESX_ITEMS(esx, LEND_ESX_PROCESS_LIST, struct lend_esx_process);
	size_t n = vms->n;

	for (size_t i = 0; i < list->n; i++) {
		const char *path = items[i].config_file;
		struct lend_vm *vm;

		if (path == NULL || path[0] == '\0')
			continue;
		path = lend_esx_tidy_path(esx, path);
		vm = vm_at(vms, n, path);
		if (vm == NULL) {
			vm = new_vm(esx, items[i].name != NULL ? items[i].name : path,
				    list->by);
			add_place(vms, path, vm);
			put_home(esx, vm, path, list->by);
		}
		lend_build_text(&esx->scan->build, &vm->node, &vm->state, list->by, "running");
	}
	/* When nothing was printed, none runs, or the command failed. */
	for (size_t i = 0; i < n && list->seen && !list->silent; i++) {
		struct lend_vm *vm = vms->places[i].vm;

		if (vm->state.known == LEND_NOT_ASKED)
			lend_build_text(&esx->scan->build, &vm->node, &vm->state, list->by,
					"off");
	}
}

/* ---- functions they have ---- */

static void note_user(struct vms *vms, const struct lend_pci *pci, const struct lend_vm *vm)
{
	const char **names = &vms->used_by[pci->node.index];

	*names = *names == NULL ? vm->node.name
				: lend_arena_printf(&vms->esx->scan->memory, "%.200s, %s",
						    *names, vm->node.name);
}

static void note_other(struct vms *vms, struct lend_vm *vm, uint32_t by,
		       const struct lend_pci *pci, const struct lend_vmx_passthru *p)
{
	if (!p->vendor.has || !p->device.has || pci->vendor_id.known != LEND_KNOWN ||
	    pci->device_id.known != LEND_KNOWN ||
	    (pci->vendor_id.v.u64 == p->vendor.v && pci->device_id.v.u64 == p->device.v) ||
	    vm->passthru_other.known != LEND_NOT_ASKED)
		return;
	lend_build_text(&vms->esx->scan->build, &vm->node, &vm->passthru_other, by,
			lend_arena_printf(&vms->esx->scan->memory,
					  "at %s is %04x:%04x, and it was made for %04x:%04x",
					  pci->node.name, (unsigned int)pci->vendor_id.v.u64,
					  (unsigned int)pci->device_id.v.u64,
					  (unsigned int)p->vendor.v & 0xffff,
					  (unsigned int)p->device.v & 0xffff));
}

static void put_function(struct vms *vms, const struct lend_esx_config *config,
			 const struct lend_vmx_passthru *p)
{
	struct lend_esx_host *esx = vms->esx;
	struct lend_pci_address address;
	struct lend_pci *pci;

	if (!p->present || p->pf_id != NULL || p->spelling == LEND_VMX_ID_NONE)
		return;
	if (p->spelling == LEND_VMX_ID_HEX || p->spelling == LEND_VMX_ID_ODD) {
		lend_esx_gap(esx, config->vm->node.id, "write the address decimal",
			     "%s: pciPassthru%u.id \"%.40s\" is no address that ESXi finds",
			     config->vm->node.name, p->number, p->id);
		return;
	}
	address = lend_pci_of_decimal(&p->at);
	pci = lend_esx_find_pci(esx, &address);
	if (pci == NULL || pci->node.index >= vms->n_used)
		return;
	lend_build_edge(&esx->scan->build, &config->vm->node, &pci->node);
	note_user(vms, pci, config->vm);
	note_other(vms, config->vm, config->by, pci, p);
}

static void put_functions(struct vms *vms)
{
	struct lend_esx_host *esx = vms->esx;
	const struct lend_inventory *inv = esx->scan->build.inv;
	uint32_t by = esx->n_configs == 0 ? 0 : esx->configs[0].by;

	vms->n_used = inv->n_nodes;
	vms->used_by =
		lend_arena_array(&esx->scan->memory, vms->n_used + 1, sizeof(*vms->used_by));
	for (size_t i = 0; i < esx->n_configs; i++) {
		struct lend_vmx_passthru *items;
		size_t n;

		lend_vmx_passthrus(esx->configs[i].vmx, &esx->scan->memory, &items, &n);
		for (size_t j = 0; j < n; j++)
			put_function(vms, &esx->configs[i], &items[j]);
	}
	for (size_t i = 0; i < vms->n_used; i++) {
		struct lend_pci *pci = (struct lend_pci *)inv->nodes[i];

		if (vms->used_by[i] != NULL)
			lend_build_text(&esx->scan->build, &pci->node, &pci->used_by, by,
					vms->used_by[i]);
	}
}

/* One that was given away may be that of a VM whose .vmx is not here. */
static void tell_owners_unknown(struct vms *vms)
{
	struct lend_esx_host *esx = vms->esx;
	const struct lend_inventory *inv = esx->scan->build.inv;
	size_t n_read = 0;

	for (size_t i = 0; i < esx->n_configs; i++)
		n_read += esx->configs[i].path != NULL;
	for (size_t i = 0; i < vms->n_used && n_read < vms->n; i++) {
		struct lend_pci *pci = (struct lend_pci *)inv->nodes[i];

		if (pci->node.kind == LEND_KIND_PCI && vms->used_by[i] == NULL &&
		    pci->owner.known == LEND_KNOWN &&
		    strcmp(pci->owner.v.str, "VM Passthru") == 0)
			lend_build_unreadable(&esx->scan->build, &pci->node, &pci->used_by,
					      esx->lists[LEND_ESX_PCI_LIST].by,
					      "not all .vmx files of the VMs are here");
	}
}

/* ---- what the host does not have any more ---- */

static bool is_given_away(const struct lend_pci *pci)
{
	return pci->node.kind == LEND_KIND_PCI && pci->class.known == LEND_KNOWN &&
	       pci->class.v.u64 >> 16 == 1 && pci->owner.known == LEND_KNOWN &&
	       strcmp(pci->owner.v.str, "VM Passthru") == 0;
}

/* The adapter that the function was, by the name that stays with it. */
static const struct lend_node *adapter_of(struct lend_esx_host *esx, const struct lend_pci *pci)
{
	struct lend_node *adapter =
		pci->vmkernel_name.known != LEND_KNOWN
			? NULL
			: lend_build_find(&esx->scan->build, LEND_KIND_ADAPTER, NULL,
					  pci->vmkernel_name.v.str);

	return adapter != NULL ? adapter : &pci->node;
}

/* On storage that was given away; how many functions that may be. */
static size_t put_guess(struct lend_esx_host *esx, struct lend_node *node)
{
	const struct lend_inventory *inv = esx->scan->build.inv;
	size_t n = 0;

	for (size_t i = 0; i < inv->n_nodes; i++) {
		const struct lend_pci *pci = lend_as_pci(inv->nodes[i]);

		if (is_given_away(pci)) {
			lend_build_edge(&esx->scan->build, node, adapter_of(esx, pci));
			n++;
		}
	}
	return n;
}

static void put_missing(struct lend_esx_host *esx)
{
	static const char why[] = "the host does not have it, and gave storage away: taken to "
				  "have been there";
	const struct lend_inventory *inv = esx->scan->build.inv;
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_BOOT_GET];
	const struct lend_esx_boot *boot = list->items;
	size_t n = inv->n_nodes;

	for (size_t i = 0; i < n; i++) {
		struct lend_datastore *ds = (struct lend_datastore *)inv->nodes[i];

		if (ds->node.kind != LEND_KIND_DATASTORE || ds->mounted.known != LEND_KNOWN ||
		    ds->mounted.v.u64 != 0 || ds->server.known == LEND_KNOWN)
			continue;
		if (put_guess(esx, &ds->node) > 0)
			lend_build_text(&esx->scan->build, &ds->node, &ds->guess,
					esx->lists[LEND_ESX_PCI_LIST].by, why);
	}
	if (list->n > 0 && boot->filesystem_uuid != NULL && boot->filesystem_uuid[0] == '\0' &&
	    (boot->nic == NULL || boot->nic[0] == '\0')) {
		struct lend_system *s = (struct lend_system *)lend_build_node(
			&esx->scan->build, LEND_KIND_SYSTEM, NULL, "boot");

		if (put_guess(esx, &s->node) > 0)
			lend_build_text(&esx->scan->build, &s->node, &s->guess, list->by, why);
	}
}

/* An NFS volume that a VM of this host serves, known by the VM's name. */
static void put_servers(struct lend_esx_host *esx)
{
	const struct lend_inventory *inv = esx->scan->build.inv;
	size_t n = inv->n_nodes;

	for (size_t i = 0; i < n; i++) {
		struct lend_datastore *ds = (struct lend_datastore *)inv->nodes[i];
		struct lend_node *vm;

		if (ds->node.kind != LEND_KIND_DATASTORE || ds->server.known != LEND_KNOWN)
			continue;
		vm = lend_build_find(&esx->scan->build, LEND_KIND_VM, NULL, ds->server.v.str);
		if (vm == NULL)
			vm = lend_build_find(
				&esx->scan->build, LEND_KIND_VM, NULL,
				lend_arena_strndup(&esx->scan->memory, ds->server.v.str,
						   strcspn(ds->server.v.str, ".")));
		if (vm != NULL)
			lend_build_edge(&esx->scan->build, &ds->node, vm);
	}
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct vms vms = { .esx = scan->esx };

	(void)err;
	if (!lend_esx_is_host(scan->esx) &&
	    (scan->esx == NULL || (!scan->esx->has_vms && !scan->esx->has_inventory)))
		return 0;
	for (size_t i = 0; i < scan->esx->n_configs; i++) {
		const struct lend_esx_config *c = &scan->esx->configs[i];

		if (c->path == NULL)
			continue;
		put_home(scan->esx, c->vm, c->path, c->by);
		lend_esx_put_places(scan->esx, c);
		add_place(&vms, c->path, c->vm);
	}
	sort_places(&vms);
	take_registered(&vms);
	take_inventory(&vms);
	tell_unregistered(&vms);
	take_running(&vms);
	put_functions(&vms);
	tell_owners_unknown(&vms);
	put_missing(scan->esx);
	put_servers(scan->esx);
	return 0;
}

extern const struct lend_collector lend_collector_esx_vms;
const struct lend_collector lend_collector_esx_vms = {
	.id = "esx-vms",
	.sees = "VMs of a host of ESXi, on which volumes and with which functions",
	.of_files = true,
	.collect = collect,
};
