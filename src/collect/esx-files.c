/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Saved files of an ESXi host that tell which disk is which guest NVDIMM:
 * descriptors (.vmdk), what "vmkfstools -J getuuid" printed, and .vmx.
 *
 * Asks  nothing: the scan has read the files
 * Adds  a vm for each .vmx, a device for each of its NVDIMMs, a backing for
 *       each disk; which names mean one disk is decided in esx-disks.c
 */

#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"
#include "base/uuid.h"
#include "collect/esx-disks.h"
#include "collect/esx.h"
#include "format/esx-uuid.h"
#include "format/vmdk.h"
#include "format/vmx.h"

/* More than any host has; beyond it somebody made the files up. */
enum { VMS_MAX = 1024 };

struct files {
	struct lend_scan *scan;
	struct lend_esx_disks disks;
	size_t n_vms;
	struct lend_arena scratch; /* for one descriptor at a time */
	bool is_host;              /* files of one host of ESXi, whose volumes are known */
};

static uint32_t sighting(struct files *f, const struct lend_scan_file *file, const char *what)
{
	return lend_build_sighting(
		&f->scan->build, LEND_RECORDED, "esx-files",
		lend_build_internf(&f->scan->build, "%s: %s", file->name, what), "");
}

/* A file of a known kind that is broken: it is told, and the others still count. */
static void broken(struct files *f, const struct lend_scan_file *file, const char *kind,
		   const struct lend_err *err)
{
	const char *hint = err->hint[0] != '\0' ? err->hint : "copy it from the host again";

	if (lend_esx_may_say(&f->disks))
		lend_build_gap(&f->scan->build, file->name, true, hint, "%s, %s: %s",
			       file->name, kind, err->what);
}

/* ---- descriptors ---- */

static bool is_disk(const struct lend_scan_file *file)
{
	/* A sparse disk has its descriptor inside. */
	return lend_vmdk_is_descriptor(file->bytes, file->len) ||
	       (file->len >= 4 && memcmp(file->bytes, "KDMV", 4) == 0);
}

static struct lend_esx_mention *mention_host(struct files *f, const char *path)
{
	return lend_esx_mention(&f->disks, LEND_ESX_HOST,
				f->is_host ? lend_esx_tidy_path(f->scan->esx, path) : path);
}

/* Without what nobody asks of it: there may be ten thousand. */
static const struct lend_vmdk *keep_vmdk(struct files *f, const struct lend_vmdk *vmdk)
{
	struct lend_vmdk *kept = LEND_NEW(&f->scan->memory, struct lend_vmdk);

	kept->has_uuid = vmdk->has_uuid;
	kept->uuid_ambiguous = vmdk->uuid_ambiguous;
	kept->uuid_unreadable = vmdk->uuid_unreadable;
	kept->has_size = vmdk->has_size;
	kept->size_bytes = vmdk->size_bytes;
	for (size_t i = 0; i < vmdk->n_entries; i++) {
		const struct lend_vmdk_entry *e = &vmdk->entries[i];
		struct lend_vmdk_entry *to;

		if (lend_ascii_casecmp(e->key, "ddb.uuid") != 0)
			continue;
		to = LEND_PUSH(&f->scan->memory, kept->entries, kept->n_entries,
			       kept->cap_entries);
		*to = *e;
		to->key = "ddb.uuid";
		to->value = lend_arena_strdup(&f->scan->memory, e->value);
	}
	return kept;
}

/*
 * "vmfsRawDeviceMap", "vmfsPassthroughRawDeviceMap", "vmfsRaw": the VM has a disk
 * of the host, and the descriptor names none.
 */
static void tell_raw(struct files *f, const struct lend_scan_file *file,
		     const struct lend_vmdk *vmdk)
{
	const char *type = vmdk->create_type != NULL ? vmdk->create_type : "";
	bool raw = lend_ascii_has_prefix(type, strlen(type), "vmfsRaw") ||
		   lend_ascii_has_prefix(type, strlen(type), "vmfsPassthroughRaw") ||
		   lend_ascii_has_prefix(type, strlen(type), "fullDevice") ||
		   lend_ascii_has_prefix(type, strlen(type), "partitionedDevice");

	if (f->is_host && raw && lend_esx_may_say(&f->disks))
		lend_build_gap(
			&f->scan->build, file->name, true,
			"vmkfstools -q of it, on the host, may say (not confirmed here)",
			"%s is a raw disk of the host (createType %.40s): which one, and "
			"what its VM loses with an adapter, is not known",
			file->name, type);
}

static void read_disk(struct files *f, const struct lend_scan_file *file)
{
	struct lend_vmdk vmdk;
	struct lend_esx_mention *m;
	struct lend_err err = { 0 };

	lend_arena_clear(&f->scratch);
	if (lend_vmdk_parse(file->bytes, file->len, &f->scratch, &vmdk, &err) < 0) {
		broken(f, file, "a disk descriptor", &err);
		return;
	}
	tell_raw(f, file, &vmdk);
	if (f->is_host && file->on_host != NULL)
		m = mention_host(f, file->on_host);
	else
		m = lend_esx_mention(&f->disks, LEND_ESX_LOCAL, file->name);
	if (m == NULL)
		return;
	m->says = LEND_ESX_DESCRIPTOR;
	m->by = sighting(f, file, "descriptor");
	m->vmdk = keep_vmdk(f, &vmdk);
}

/* ---- getuuid ---- */

static struct lend_esx_mention *mention_typed(struct files *f, const char *dir,
					      const char *name)
{
	if (name[0] != '/' && dir != NULL)
		name = lend_arena_printf(&f->scan->memory, "%s/%s", dir, name);
	return name[0] == '/' ? mention_host(f, name)
			      : lend_esx_mention(&f->disks, LEND_ESX_LOOSE, name);
}

/* A UUID that nothing in the text names: the name of the file may. */
static struct lend_esx_mention *mention_unnamed(struct files *f,
						const struct lend_scan_file *file, bool only,
						unsigned int line)
{
	static const char tail[] = ".vmdk.uuid";
	size_t len = strlen(file->name);
	struct lend_esx_mention *m;
	const char *key = file->name;

	if (only && len > strlen(tail) &&
	    lend_ascii_casecmp(file->name + len - strlen(tail), tail) == 0)
		return lend_esx_mention(&f->disks, LEND_ESX_LOCAL,
					lend_arena_strndup(&f->scan->memory, file->name,
							   len - strlen(".uuid")));
	if (!only)
		key = lend_arena_printf(&f->scan->memory, "%s:%u", file->name, line);
	m = lend_esx_mention(&f->disks, LEND_ESX_LOOSE, key);
	if (m != NULL)
		m->key = key;
	return m;
}

static void put_failed(struct files *f, const struct lend_scan_file *file,
		       const struct lend_esx_uuid_failed *failed, uint32_t by)
{
	const char *why = failed->why != NULL ? failed->why : "no UUID was printed";
	const char *name = failed->file != NULL ? failed->file : "a disk";
	struct lend_esx_mention *m;

	if (lend_esx_may_say(&f->disks))
		lend_build_gap(&f->scan->build, name, true,
			       "run it again on the host; the VM may have to be off",
			       "%s, line %u: getuuid of %s gave nothing: %s", file->name,
			       failed->line, name, why);
	m = failed->file == NULL ? NULL : mention_typed(f, failed->dir, failed->file);
	if (m == NULL)
		return;
	m->says = LEND_ESX_NO_UUID;
	m->by = by;
	m->why = why;
}

static void read_uuids(struct files *f, const struct lend_scan_file *file)
{
	struct lend_esx_uuids uuids;
	struct lend_err err = { 0 };
	size_t n_unnamed = 0;
	uint32_t by;

	if (lend_esx_uuids_parse(file->bytes, file->len, &f->scan->memory, &uuids, &err) < 0) {
		broken(f, file, "output of vmkfstools", &err);
		return;
	}
	by = sighting(f, file, "vmkfstools -J getuuid");
	for (size_t i = 0; i < uuids.n_found; i++)
		n_unnamed += uuids.found[i].file == NULL;
	for (size_t i = 0; i < uuids.n_found; i++) {
		const struct lend_esx_uuid *u = &uuids.found[i];
		struct lend_esx_mention *m =
			u->file == NULL ? mention_unnamed(f, file, n_unnamed == 1, u->line)
					: mention_typed(f, u->dir, u->file);

		if (m == NULL)
			return;
		m->says = LEND_ESX_UUID;
		m->by = by;
		memcpy(m->uuid, u->uuid, sizeof(m->uuid));
	}
	for (size_t i = 0; i < uuids.n_failed; i++)
		put_failed(f, file, &uuids.failed[i], by);
}

/* ---- .vmx ---- */

/* "saved/vm1/vm1.vmx": "vm1" */
static const char *stem_of(struct files *f, const char *name)
{
	const char *base = strrchr(name, '/');
	size_t len;

	base = base == NULL ? name : base + 1;
	len = strlen(base);
	if (len > 4 && lend_ascii_casecmp(base + len - 4, ".vmx") == 0)
		len -= 4;
	return lend_arena_strndup(&f->scan->memory, base, len);
}

static void put_vm_facts(struct files *f, struct lend_vm *vm, const struct lend_vmx *vmx,
			 uint32_t by)
{
	struct lend_build *b = &f->scan->build;
	const char *uuid_text = lend_vmx_get(vmx, "uuid.bios");
	const char *memory = lend_vmx_get(vmx, "memSize");
	uint8_t uuid[16];
	char text[LEND_UUID_TEXT];
	uint64_t bytes;

	lend_build_text(b, &vm->node, &vm->hypervisor, by, "esxi");
	if (uuid_text == NULL) {
		lend_build_absent(b, &vm->node, &vm->uuid, by);
	} else if (lend_esx_uuid_parse(uuid_text, strlen(uuid_text), uuid)) {
		lend_uuid_format(uuid, text);
		lend_build_text(b, &vm->node, &vm->uuid, by, text);
	} else {
		lend_build_unreadable(b, &vm->node, &vm->uuid, by, "uuid.bios is no UUID");
	}
	if (memory == NULL)
		lend_build_absent(b, &vm->node, &vm->ram_bytes, by);
	else if (lend_parse_u64(memory, 10, &bytes) &&
		 lend_mul_u64(bytes, UINT64_C(1) << 20, &bytes))
		lend_build_u64(b, &vm->node, &vm->ram_bytes, by, bytes);
	else
		lend_build_unreadable(b, &vm->node, &vm->ram_bytes, by,
				      "memSize is no number of MB");
}

/* For those who ask what stands on the host (esx-vms.c). */
static void note_config(struct files *f, const struct lend_scan_file *file, struct lend_vm *vm,
			const struct lend_vmx *vmx, uint32_t by)
{
	struct lend_esx_host *esx = lend_esx_host_of(f->scan);

	*LEND_PUSH(&f->scan->memory, esx->configs, esx->n_configs, esx->cap_configs) =
		(struct lend_esx_config){ .vm = vm,
					  .path = f->is_host && file->on_host != NULL
							  ? lend_esx_tidy_path(esx,
									       file->on_host)
							  : NULL,
					  .vmx = vmx,
					  .by = by };
}

static struct lend_vm *add_vm(struct files *f, const struct lend_scan_file *file,
			      const struct lend_vmx *vmx)
{
	const char *name = lend_vmx_get(vmx, "displayName");
	uint32_t by = sighting(f, file, "configuration");
	struct lend_vm *vm;

	if (name == NULL || name[strspn(name, " \t")] == '\0')
		name = stem_of(f, file->name);
	vm = lend_collect_vm(f->scan, name);
	put_vm_facts(f, vm, vmx, by);
	note_config(f, file, vm, vmx, by);
	return vm;
}

/* A disk as a .vmx names it: "[DATASTORE] DIR/FILE", a full path, or one in its own folder. */
static struct lend_esx_mention *mention_attached(struct files *f,
						 const struct lend_scan_file *file,
						 const struct lend_vm *vm, const char *name)
{
	const char *close = name[0] == '[' ? strstr(name, "] ") : NULL;
	bool placed = f->is_host && file->on_host != NULL;
	const char *from = placed ? file->on_host : file->name;
	const char *slash = strrchr(from, '/');
	struct lend_esx_mention *m;

	if (close != NULL)
		name = lend_arena_printf(&f->scan->memory, "/vmfs/volumes/%.*s/%s",
					 (int)(close - name) - 1, name + 1, close + 2);
	if (name[0] == '/')
		return mention_host(f, name);
	if (slash != NULL)
		name = lend_arena_printf(&f->scan->memory, "%.*s/%s", (int)(slash - from), from,
					 name);
	if (placed)
		return mention_host(f, name);
	m = lend_esx_mention(&f->disks, LEND_ESX_HOME, name);
	if (m != NULL)
		m->home = vm->node.name;
	return m;
}

/* The key names are those of other devices: no public .vmx with an NVDIMM is known. */
static void add_nvdimms(struct files *f, const struct lend_scan_file *file, struct lend_vm *vm,
			const struct lend_vmx *vmx)
{
	struct lend_build *b = &f->scan->build;
	struct lend_vmx_nvdimm *items;
	size_t n;
	uint32_t by;

	lend_vmx_nvdimms(vmx, &f->scan->memory, &items, &n);
	by = n == 0 ? 0 : sighting(f, file, "nvdimmN:M.fileName (key name not confirmed)");
	for (size_t i = 0; i < n; i++) {
		struct lend_device *device;
		struct lend_esx_mention *m;
		const char *id;

		if (!items[i].present)
			continue;
		id = lend_build_internf(b, "nvdimm%u:%u", items[i].controller, items[i].unit);
		device = (struct lend_device *)lend_build_node(
			b, LEND_KIND_DEVICE, NULL,
			lend_build_internf(b, "%s:%s", vm->node.name, id));
		lend_build_text(b, &device->node, &device->vm, by, vm->node.name);
		lend_build_text(b, &device->node, &device->device_id, by, id);
		lend_build_text(b, &device->node, &device->driver, by, "vmware-nvdimm");
		lend_build_edge(b, &vm->node, &device->node);
		if (items[i].file[0] == '\0')
			continue;
		m = mention_attached(f, file, vm, items[i].file);
		if (m == NULL)
			return;
		m->says = LEND_ESX_NVDIMM;
		m->by = by;
		m->device = &device->node;
	}
}

/* "scsi0:1.fileName" and its like; *ret_len is the length up to the dot. */
static bool is_ordinary(const char *key, size_t *ret_len)
{
	static const char *const buses[] = { "scsi", "sata", "nvme", "ide" };
	const char *dot = strrchr(key, '.');

	if (dot == NULL || lend_ascii_casecmp(dot, ".fileName") != 0)
		return false;
	for (size_t i = 0; i < LEND_COUNT(buses); i++) {
		size_t len = strlen(buses[i]);

		if (lend_ascii_has_prefix(key, strlen(key), buses[i]) &&
		    lend_ascii_is_digit(key[len])) {
			*ret_len = (size_t)(dot - key);
			return true;
		}
	}
	return false;
}

/* A disk on the PMem volume that is no NVDIMM is a vPMemDisk: the guest sees it on SCSI. */
static void stand_on(struct files *f, const struct lend_vm *vm, struct lend_esx_mention *m)
{
	const char *rest;
	struct lend_datastore *ds = lend_esx_volume_of(f->scan->esx, m->path, &rest);

	if (ds == NULL)
		return;
	lend_build_edge(&f->scan->build, &vm->node, &ds->node);
	if (lend_esx_is_pmem(ds))
		m->says = LEND_ESX_VPMEM_DISK;
}

/* Disks that the guest sees on a bus of their own: those are not its NVDIMMs. */
static void add_ordinary(struct files *f, const struct lend_scan_file *file,
			 const struct lend_vm *vm, const struct lend_vmx *vmx)
{
	uint32_t by = sighting(f, file, "disks on other buses");

	for (size_t i = 0; i < vmx->n_lines; i++) {
		const struct lend_vmx_line *line = &vmx->lines[i];
		struct lend_esx_mention *m;
		const char *present;
		size_t len;
		bool yes = true;

		if (line->key == NULL || line->remark == LEND_VMX_DUPLICATE ||
		    line->value[0] == '\0' || !is_ordinary(line->key, &len))
			continue;
		present = lend_vmx_get(vmx, lend_arena_printf(&f->scan->memory, "%.*s.present",
							      (int)len, line->key));
		if (present != NULL && lend_vmx_bool(present, &yes) && !yes)
			continue;
		m = mention_attached(f, file, vm, line->value);
		if (m == NULL)
			return;
		m->says = LEND_ESX_ORDINARY;
		m->by = by;
		if (f->is_host && m->place == LEND_ESX_HOST)
			stand_on(f, vm, m);
	}
}

/* Of a host: a disk or a function that is not read is one that nobody stands on. */
static void tell_cut(struct files *f, const struct lend_scan_file *file,
		     const struct lend_vmx *vmx)
{
	static const char hint[] = "copy it from the host again";
	const struct lend_vmx_line *last =
		vmx->n_lines == 0 ? NULL : &vmx->lines[vmx->n_lines - 1];
	bool cut = last != NULL && last->remark == LEND_VMX_UNQUOTED && last->raw_len > 0 &&
		   last->raw[last->raw_len - 1] != '\n';
	unsigned int first = 0;

	if (!f->is_host)
		return;
	for (size_t i = 0; i < vmx->n_lines && first == 0; i++) {
		if (vmx->lines[i].remark == LEND_VMX_JUNK)
			first = vmx->lines[i].number;
	}
	if (vmx->n_junk > 0 && lend_esx_may_say(&f->disks))
		lend_build_gap(&f->scan->build, file->name, true, hint,
			       "%s: %zu lines are no settings, the first of them line %u: what "
			       "else the VM has is not known",
			       file->name, vmx->n_junk, first);
	else if (cut && lend_esx_may_say(&f->disks))
		lend_build_gap(&f->scan->build, file->name, true, hint,
			       "%s ends inside line %u: what else the VM has is not known",
			       file->name, last->number);
}

/* By its name only: empty, not in UTF-8, too long. */
static void tell_no_vmx(struct files *f, const struct lend_scan_file *file)
{
	if (lend_esx_may_say(&f->disks))
		lend_build_gap(
			&f->scan->build, file->name, true, "copy it from the host again",
			"%s cannot be read as a .vmx (%zu bytes, %s): what the VM has is "
			"not known",
			file->name, file->len,
			file->len == 0             ? "empty"
			: file->len > LEND_VMX_MAX ? "too long"
						   : "none of its settings");
}

static void read_vmx(struct files *f, const struct lend_scan_file *file)
{
	struct lend_vmx *vmx = LEND_NEW(&f->scan->memory, struct lend_vmx);
	struct lend_err err = { 0 };
	struct lend_vm *vm;

	if (lend_vmx_parse(file->bytes, file->len, &f->scan->memory, vmx, &err) < 0) {
		broken(f, file, "a .vmx", &err);
		return;
	}
	if (f->n_vms == VMS_MAX) {
		lend_build_gap(&f->scan->build, "esx-files", true, "give fewer files at a time",
			       "more than %d .vmx files: the rest is left out", VMS_MAX);
		return;
	}
	f->n_vms++;
	vm = add_vm(f, file, vmx);
	add_nvdimms(f, file, vm, vmx);
	add_ordinary(f, file, vm, vmx);
	tell_cut(f, file, vmx);
	if (vmx->n_duplicates > 0 && lend_esx_may_say(&f->disks))
		lend_build_gap(&f->scan->build, vm->node.id, false,
			       "leave one line for each key",
			       "%s has a key twice: the first counts here, ESXi refuses the VM",
			       file->name);
}

/* A terminal session may show a .vmx, and a .vmx may quote a command: most lines decide. */
static bool is_vmx(struct files *f, const struct lend_scan_file *file, bool is_session)
{
	struct lend_vmx vmx;

	if (!lend_vmx_recognise(file->bytes, file->len))
		return false;
	return !is_session ||
	       (lend_vmx_parse(file->bytes, file->len, &f->scan->memory, &vmx, NULL) == 0 &&
		vmx.n_junk * 2 < vmx.n_lines);
}

static bool has_ending(const char *name, const char *end)
{
	size_t len = strlen(name);

	return len > strlen(end) && strcmp(name + len - strlen(end), end) == 0;
}

static void read_file(struct files *f, struct lend_scan_file *file)
{
	bool is_session;

	if (f->is_host && file->broken == NULL && has_ending(file->name, ".vmx") &&
	    (file->len == 0 || !lend_vmx_recognise(file->bytes, file->len))) {
		file->taken = true;
		tell_no_vmx(f, file);
		return;
	}
	/* Of a saved host it is a list, or of a guest: not even looked into. */
	if (file->len == 0 || (f->is_host && has_ending(file->name, ".json")))
		return;
	file->taken = true;
	if (is_disk(file)) {
		read_disk(f, file);
		return;
	}
	is_session = lend_esx_uuids_recognise(file->bytes, file->len);
	if (is_vmx(f, file, is_session))
		read_vmx(f, file);
	else if (is_session)
		read_uuids(f, file);
	else
		file->taken = false;
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct files f = { .scan = scan,
			   .disks = { .scan = scan },
			   .is_host = lend_esx_is_host(scan->esx) };

	(void)err;
	for (size_t i = 0; i < scan->n_files; i++) {
		if (!scan->files[i].taken)
			read_file(&f, &scan->files[i]);
	}
	lend_arena_done(&f.scratch);
	lend_esx_disks_put(&f.disks);
	return 0;
}

extern const struct lend_collector lend_collector_esx_files;
const struct lend_collector lend_collector_esx_files = {
	.id = "esx-files",
	.sees = "VMs and disks of an ESXi host, out of saved files",
	.of_files = true,
	.collect = collect,
};
