/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host of a vSphere server: itself, its PCI functions and who has them, its
 * VMs with their NVDIMMs, disks and functions.  Its disks and volumes:
 * vsphere-storage.c.
 *
 * Asks  nothing: vsphere-ask.c did
 * Adds  host, pci, adapter, disk, datastore, system, vm, device and backing nodes
 *
 * A flag for passthrough that is set and not active yet is somebody else's
 * from the next boot on: "owner" is now, "next_owner" then.
 */

#include "collect/vsphere-inside.h"

#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "base/uuid.h"
#include "format/pci-address.h"
#include "model/kind-backing.h"
#include "model/kind-host.h"

enum { GAPS_MAX = 32, VALUES_MAX = 400 * 1000 };

enum { USED_BY_MAX = 4096 };

bool lend_far_may_say(struct lend_far_host *h)
{
	if (h->n_gaps++ == GAPS_MAX)
		lend_build_gap(h->build, h->about, true, "",
			       "more of it could not be seen than is listed here");
	return h->n_gaps <= GAPS_MAX;
}

const char *lend_far_str(const struct lend_json *doc, const char *key)
{
	return lend_json_str(lend_json_get(doc, key));
}

void lend_far_put_text(struct lend_far_host *h, struct lend_node *node, struct lend_fact *fact,
		       const char *text)
{
	if (text != NULL && text[0] != '\0')
		lend_build_text(h->build, node, fact, h->by, text);
}

void lend_far_put_u64(struct lend_far_host *h, struct lend_node *node, struct lend_fact *fact,
		      const struct lend_json *value)
{
	uint64_t n;

	if (lend_json_u64(value, &n))
		lend_build_u64(h->build, node, fact, h->by, n);
}

bool lend_far_is_list(const struct lend_json *value)
{
	return lend_json_kind(value) == LEND_JSON_ARRAY;
}

/* What the server has, and does not show us. */
static void tell_missing(struct lend_far_host *h, const char *about,
			 const struct lend_json *doc)
{
	const struct lend_json *missing = lend_json_get(doc, "missing");
	const struct lend_json *first = lend_json_at(missing, 0);
	const char *path = lend_far_str(first, "path");
	const char *fault = lend_far_str(first, "fault");

	if (first != NULL && lend_far_may_say(h))
		lend_build_gap(h->build, about, true,
			       "the role Read-only on it is enough to see all",
			       "%s does not show %zu things, %s first: %s", h->vsphere->source,
			       lend_json_count(missing), path != NULL ? path : "one",
			       fault != NULL && fault[0] != '\0' ? fault : "no reason given");
	if (lend_json_has(doc, "cut") && lend_far_may_say(h))
		lend_build_gap(h->build, about, true, "", "it has more devices than are read");
}

/* ---- PCI functions ---- */

struct lend_pci *lend_far_find_pci(struct lend_far_host *h, const char *text, bool make)
{
	struct lend_pci_address address;
	char name[LEND_PCI_ADDRESS_TEXT];

	if (text == NULL || !lend_pci_address_parse(text, strlen(text), &address))
		return NULL;
	lend_pci_address_format(&address, name);
	return (struct lend_pci *)(make ? lend_build_node(h->build, LEND_KIND_PCI, NULL, name)
					: lend_build_find(h->build, LEND_KIND_PCI, NULL, name));
}

static void add_function(struct lend_far_host *h, const struct lend_json *f)
{
	struct lend_pci *pci = lend_far_find_pci(h, lend_far_str(f, "id"), true);
	uint64_t class;

	if (pci == NULL) {
		if (lend_far_may_say(h))
			lend_build_gap(h->build, h->about, true, "",
				       "a PCI function has no address that lend reads: %s",
				       lend_far_str(f, "id") != NULL ? lend_far_str(f, "id")
								     : "none");
		return;
	}
	/* The interface byte is not told. */
	if (lend_json_u64(lend_json_get(f, "class"), &class))
		lend_build_u64(h->build, &pci->node, &pci->class, h->by, class << 8);
	lend_far_put_u64(h, &pci->node, &pci->vendor_id, lend_json_get(f, "vendor"));
	lend_far_put_u64(h, &pci->node, &pci->device_id, lend_json_get(f, "device"));
	lend_far_put_u64(h, &pci->node, &pci->subsystem_vendor, lend_json_get(f, "subvendor"));
	lend_far_put_u64(h, &pci->node, &pci->subsystem_device, lend_json_get(f, "subdevice"));
	lend_far_put_text(h, &pci->node, &pci->vendor, lend_far_str(f, "vendor_name"));
	lend_far_put_text(h, &pci->node, &pci->product, lend_far_str(f, "device_name"));
}

static void add_parent(struct lend_far_host *h, const struct lend_json *f)
{
	struct lend_pci *pci = lend_far_find_pci(h, lend_far_str(f, "id"), false);
	struct lend_pci *parent = lend_far_find_pci(h, lend_far_str(f, "parent"), false);

	if (pci == NULL || parent == NULL || pci == parent)
		return;
	lend_build_text(h->build, &pci->node, &pci->parent, h->by, parent->node.name);
	lend_build_edge(h->build, &pci->node, &parent->node);
}

static void put_owner(struct lend_far_host *h, struct lend_pci *pci, struct lend_fact *fact,
		      const struct lend_json *passthru)
{
	bool is;

	if (lend_json_bool(passthru, &is))
		lend_build_text(h->build, &pci->node, fact, h->by,
				is ? "VM Passthru" : "VMkernel");
	else
		lend_build_unreadable(h->build, &pci->node, fact, h->by,
				      "the server does not say it");
}

static void add_passthru(struct lend_far_host *h, const struct lend_json *p)
{
	struct lend_pci *pci = lend_far_find_pci(h, lend_far_str(p, "id"), true);
	struct lend_pci *with = lend_far_find_pci(h, lend_far_str(p, "with"), false);
	bool capable;

	if (pci == NULL)
		return;
	put_owner(h, pci, &pci->owner, lend_json_get(p, "active"));
	put_owner(h, pci, &pci->next_owner, lend_json_get(p, "enabled"));
	if (lend_json_bool(lend_json_get(p, "capable"), &capable))
		lend_build_u64(h->build, &pci->node, &pci->capable, h->by, capable);
	if (with != NULL && with != pci)
		lend_build_text(h->build, &pci->node, &pci->dependent, h->by, with->node.name);
}

/* What the VMkernel calls it; a function may have several. */
static void add_names(struct lend_far_host *h, const struct lend_json *ports)
{
	for (size_t i = 0; i < lend_json_count(ports); i++) {
		const struct lend_json *port = lend_json_at(ports, i);
		struct lend_pci *pci =
			lend_far_find_pci(h, lend_far_str(port, "function"), false);
		const char *name = lend_far_str(port, "name");

		if (pci == NULL || name == NULL || name[0] == '\0')
			continue;
		lend_far_put_text(h, &pci->node, &pci->driver, lend_far_str(port, "driver"));
		if (pci->vmkernel_name.known != LEND_KNOWN)
			lend_far_put_text(h, &pci->node, &pci->vmkernel_name, name);
		else if (strlen(pci->vmkernel_name.v.str) < USED_BY_MAX)
			pci->vmkernel_name.v.str = lend_build_internf(
				h->build, "%s, %s", pci->vmkernel_name.v.str, name);
	}
}

static void add_pci(struct lend_far_host *h, const struct lend_json *doc)
{
	const struct lend_json *list = lend_json_get(doc, "pci");
	const struct lend_json *passthru = lend_json_get(doc, "passthru");

	if ((!lend_far_is_list(list) || !lend_far_is_list(passthru)) && lend_far_may_say(h))
		lend_build_gap(h->build, h->about, true,
			       "it shows them when it is connected, to who may read",
			       "%s is not told: which PCI functions the host has, or who has "
			       "them",
			       h->about);
	for (size_t i = 0; i < lend_json_count(list); i++)
		add_function(h, lend_json_at(list, i));
	for (size_t i = 0; i < lend_json_count(list); i++)
		add_parent(h, lend_json_at(list, i));
	for (size_t i = 0; i < lend_json_count(passthru); i++)
		add_passthru(h, lend_json_at(passthru, i));
	add_names(h, lend_json_get(doc, "adapters"));
	add_names(h, lend_json_get(doc, "nics"));
}

/* ---- VMs ---- */

/* "[DATASTORE] DIR/FILE" as the path it has on the host. */
static const char *path_of(struct lend_far_host *h, const char *file)
{
	const char *close = file[0] == '[' ? strstr(file, "] ") : NULL;

	return close == NULL ? file
			     : lend_build_internf(h->build, "/vmfs/volumes/%.*s/%s",
						  (int)(close - file) - 1, file + 1, close + 2);
}

/* With dashes, blanks or none. */
static bool parse_uuid(const char *text, uint8_t ret[16])
{
	size_t n = 0;

	for (; text != NULL && *text != '\0'; text++) {
		uint64_t digit;

		if (*text == '-' || *text == ' ')
			continue;
		if (n == 32 || !lend_parse_u64n(text, 1, 16, &digit))
			return false;
		ret[n / 2] = (uint8_t)(n % 2 == 0 ? digit << 4 : ret[n / 2] | digit);
		n++;
	}
	return n == 32;
}

static void put_disk_uuid(struct lend_far_host *h, struct lend_backing *backing,
			  const char *text)
{
	lend_auto_buf digits = { 0 };
	uint8_t uuid[16];

	if (!parse_uuid(text, uuid)) {
		lend_build_unreadable(h->build, &backing->node, &backing->uuid, h->by,
				      "the server says something that is no UUID");
		return;
	}
	for (size_t i = 0; i < 16; i++)
		lend_buf_printf(&digits, "%02x", uuid[i]);
	lend_build_text(h->build, &backing->node, &backing->uuid, h->by, digits.text);
}

static void put_asked_uuid(struct lend_far_host *h, struct lend_backing *backing,
			   const struct lend_json *d)
{
	const struct lend_vsphere_disk *disk = lend_vsphere_disk(
		h->vsphere, lend_far_str(d, "file"), lend_far_str(d, "datastore"));
	const char *why;

	if (disk != NULL && disk->uuid != NULL) {
		put_disk_uuid(h, backing, disk->uuid);
		return;
	}
	why = disk == NULL || disk->fault == NULL
		      ? "the server was not asked for it"
		      : lend_build_internf(h->build, "the server does not tell it: %s",
					   disk->fault);
	lend_build_unreadable(h->build, &backing->node, &backing->uuid, h->by, why);
	if (lend_far_may_say(h))
		lend_build_gap(h->build, backing->node.id, true,
			       "vmkfstools -J getuuid on the host tells it",
			       "which NVDIMM of the guest this is cannot be told: %s", why);
}

/* An NVDIMM decides what a disk is, whoever else attaches it. */
static struct lend_backing *add_backing(struct lend_far_host *h, const struct lend_json *d,
					const char *type)
{
	const char *path = path_of(h, lend_far_str(d, "file"));
	struct lend_backing *backing =
		(struct lend_backing *)lend_build_node(h->build, LEND_KIND_BACKING, NULL, path);

	if (backing->path.known == LEND_NOT_ASKED) {
		lend_build_text(h->build, &backing->node, &backing->path, h->by, path);
		lend_build_text(h->build, &backing->node, &backing->type, h->by, type);
		lend_far_put_u64(h, &backing->node, &backing->size_bytes,
				 lend_json_get(d, "bytes"));
	}
	return backing;
}

static void add_nvdimm(struct lend_far_host *h, struct lend_vm *vm, const struct lend_json *d)
{
	const char *id = lend_far_str(d, "id");
	const char *file = lend_far_str(d, "file");
	struct lend_backing *backing;
	struct lend_device *device;

	if (id == NULL)
		id = lend_build_internf(h->build, "nvdimm-%s",
					lend_far_str(d, "key") != NULL ? lend_far_str(d, "key")
								       : "?");
	device = (struct lend_device *)lend_build_node(
		h->build, LEND_KIND_DEVICE, NULL,
		lend_build_internf(h->build, "%s:%s", vm->node.name, id));
	lend_build_text(h->build, &device->node, &device->vm, h->by, vm->node.name);
	lend_build_text(h->build, &device->node, &device->device_id, h->by, id);
	lend_build_text(h->build, &device->node, &device->driver, h->by, "vmware-nvdimm");
	lend_far_put_u64(h, &device->node, &device->size_bytes, lend_json_get(d, "bytes"));
	lend_build_edge(h->build, &vm->node, &device->node);
	if (file == NULL || file[0] == '\0')
		return;
	backing = add_backing(h, d, "vmdk");
	lend_build_edge(h->build, &device->node, &backing->node);
	lend_far_put_home(h, vm, file);
	put_asked_uuid(h, backing, d);
}

static void add_disk(struct lend_far_host *h, struct lend_vm *vm, const struct lend_json *d)
{
	const char *file = lend_far_str(d, "file");
	struct lend_backing *backing;

	if (file == NULL || file[0] == '\0')
		return;
	backing = add_backing(h, d, "vmdk disk");
	if (lend_far_str(d, "uuid") != NULL)
		put_disk_uuid(h, backing, lend_far_str(d, "uuid"));
	lend_build_edge(h->build, &vm->node, &backing->node);
	lend_far_put_home(h, vm, file);
}

static void add_assigned(struct lend_far_host *h, const struct lend_vm *vm,
			 const struct lend_json *d)
{
	const char *address = lend_far_str(d, "function");
	struct lend_pci *pci = lend_far_find_pci(h, address, false);

	if (pci == NULL) {
		if (lend_far_may_say(h))
			lend_build_gap(h->build, vm->node.id, true,
				       "the VM's settings show it; it may be chosen at the "
				       "VM's start",
				       "%s has a PCI device, and which function of the host "
				       "that is cannot be told: '%s'",
				       vm->node.name, address != NULL ? address : "");
		return;
	}
	lend_build_edge(h->build, &vm->node, &pci->node);
	if (pci->used_by.known != LEND_KNOWN)
		lend_build_text(h->build, &pci->node, &pci->used_by, h->by,
				lend_build_internf(h->build, "VM %s", vm->node.name));
	else if (strlen(pci->used_by.v.str) < USED_BY_MAX)
		pci->used_by.v.str = lend_build_internf(h->build, "%s, VM %s",
							pci->used_by.v.str, vm->node.name);
}

static void add_devices(struct lend_far_host *h, struct lend_vm *vm,
			const struct lend_json *doc)
{
	const struct lend_json *devices = lend_json_get(doc, "devices");

	/* NVDIMMs first: see add_backing. */
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < lend_json_count(devices); i++) {
			const struct lend_json *d = lend_json_at(devices, i);
			const char *kind = lend_far_str(d, "kind");

			if (kind == NULL || (strcmp(kind, "nvdimm") == 0) != (pass == 0))
				continue;
			if (pass == 0)
				add_nvdimm(h, vm, d);
			else if (strcmp(kind, "disk") == 0)
				add_disk(h, vm, d);
			else
				add_assigned(h, vm, d);
		}
	}
}

static const char *state_of(const char *power)
{
	if (power == NULL)
		return NULL;
	return strcmp(power, "poweredOn") == 0    ? "running"
	       : strcmp(power, "poweredOff") == 0 ? "off"
						  : power;
}

static void put_vm(struct lend_far_host *h, struct lend_vm *vm, const struct lend_json *doc)
{
	const char *config = lend_far_str(doc, "config");
	const char *uuid_text = lend_far_str(doc, "uuid");
	char text[LEND_UUID_TEXT];
	uint8_t uuid[16];

	lend_build_text(h->build, &vm->node, &vm->hypervisor, h->by, "esxi");
	lend_far_put_text(h, &vm->node, &vm->state, state_of(lend_far_str(doc, "state")));
	lend_far_put_u64(h, &vm->node, &vm->ram_bytes, lend_json_get(doc, "memory"));
	if (config != NULL && config[0] != '\0')
		lend_far_put_text(h, &vm->node, &vm->config, path_of(h, config));
	lend_far_put_home(h, vm, config);
	if (parse_uuid(uuid_text, uuid)) {
		lend_uuid_format(uuid, text);
		lend_build_text(h->build, &vm->node, &vm->uuid, h->by, text);
	} else if (uuid_text != NULL) {
		lend_build_unreadable(h->build, &vm->node, &vm->uuid, h->by,
				      "the server says something that is no UUID");
	}
}

static void add_vm(struct lend_far_host *h, const struct lend_vsphere_vm *from)
{
	lend_auto_json struct lend_json *doc = NULL;
	const char *name = from->name;
	struct lend_vm *vm;

	if (lend_json_parse_large(from->line.text, from->line.len, VALUES_MAX, &doc, NULL) < 0)
		return;
	if (name[0] == '\0')
		name = lend_far_str(doc, "vm") != NULL ? lend_far_str(doc, "vm") : "?";
	/* They are sorted: those of one name stand together. */
	if (h->last_name == NULL || strcmp(h->last_name, name) != 0)
		h->n_same = 1;
	h->last_name = lend_build_intern(h->build, name);
	for (; lend_build_find(h->build, LEND_KIND_VM, NULL, name) != NULL; h->n_same++)
		name = lend_build_internf(h->build, "%s#%d", h->last_name, h->n_same + 1);
	vm = (struct lend_vm *)lend_build_node(h->build, LEND_KIND_VM, NULL, name);
	put_vm(h, vm, doc);
	add_devices(h, vm, doc);
	if (!lend_far_is_list(lend_json_get(doc, "devices")) && lend_far_may_say(h))
		lend_build_gap(h->build, vm->node.id, true,
			       "look at the VM in the server's own client",
			       "what VM %s has is not told: it is %s", vm->node.name,
			       lend_far_str(doc, "connection") != NULL
				       ? lend_far_str(doc, "connection")
				       : "in no known state");
	tell_missing(h, vm->node.id, doc);
}

/* ---- the host ---- */

static void add_host(struct lend_far_host *h, const struct lend_json *doc)
{
	struct lend_host *host =
		(struct lend_host *)lend_build_node(h->build, LEND_KIND_HOST, NULL, "this");
	const char *connection = lend_far_str(doc, "connection");

	lend_far_put_text(h, &host->node, &host->hostname, lend_far_str(doc, "name"));
	lend_far_put_text(h, &host->node, &host->kernel, lend_far_str(doc, "product"));
	if (connection != NULL && strcmp(connection, "connected") != 0)
		lend_build_gap(h->build, h->about, true,
			       "what is told of it is from before; ask the host itself",
			       "%s is %s", h->about, connection);
	tell_missing(h, h->about, doc);
}

static void tell_rest(struct lend_far_host *h)
{
	const struct lend_vsphere *v = h->vsphere;

	/* Whoever asks what stands on a device must not take silence for nothing. */
	if ((h->scan->wants & LEND_ADDS(LEND_KIND_BLOCK)) != 0)
		lend_build_gap(
			h->build, v->source, true,
			"look at the host itself for that: esxcli there, or a saved host",
			"what a host boots from, and which networks stand on which "
			"device, is not read over vSphere");

	if (v->failed != NULL)
		lend_build_gap(h->build, v->source, true, v->hint, "%s did not tell all: %s",
			       v->source, v->failed);
	else if (!v->whole)
		lend_build_gap(h->build, v->source, true, "look again", "%s did not tell all",
			       v->source);
	if (v->n_homeless > 0)
		lend_build_gap(h->build, v->source, true,
			       "give the user the role Read-only on all hosts",
			       "%zu VMs of %s are on no host that it shows", v->n_homeless,
			       v->source);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	const struct lend_vsphere *v = scan->vsphere;
	const struct lend_vsphere_host *host;
	struct lend_far_host h = { .scan = scan, .build = &scan->build, .vsphere = v };

	if (v == NULL)
		return 0;
	host = &v->hosts[scan->vsphere_host];
	if (lend_json_parse_large(host->line.text, host->line.len, VALUES_MAX, &doc, err) < 0)
		return lend_where(err, "%s", v->source);
	h.about = lend_build_intern(h.build, host->name != NULL ? host->name : host->ref);
	h.by = lend_build_sighting(h.build, lend_collect_trust(scan), "vsphere", "vim25", "");
	add_host(&h, doc);
	add_pci(&h, doc);
	lend_far_put_storage(&h, doc);
	for (size_t i = 0; i < host->n_vms; i++)
		add_vm(&h, &v->vms[host->first_vm + i]);
	tell_rest(&h);
	return 0;
}

extern const struct lend_collector lend_collector_vsphere;
const struct lend_collector lend_collector_vsphere = {
	.id = "vsphere",
	.sees = "hosts of ESXi and vCenter, by their web service",
	.of_remote = true,
	.collect = collect,
};
