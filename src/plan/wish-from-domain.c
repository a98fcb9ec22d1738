/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plan/wish-from-domain.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"
#include "format/size.h"
#include "model/domain-args.h"

enum { NOTES_MAX = 64, VM_NAME_MAX = 63, VNC_BASE = 5900 };

struct maker {
	struct lend_arena *arena;
	const struct lend_domain *d;
	struct lend_wish_made *out;
	struct lend_wish *wish;
};

static bool is(const char *text, const char *what)
{
	return text != NULL && strcmp(text, what) == 0;
}

static void note(struct maker *m, const char *fmt, ...) LEND_PRINTF(2, 3);
static void note(struct maker *m, const char *fmt, ...)
{
	struct lend_wish_made *out = m->out;
	lend_auto_buf text = { 0 };
	lend_auto_buf safe = { 0 };
	va_list ap;

	if (out->n_notes == NOTES_MAX)
		return;
	va_start(ap, fmt);
	lend_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	lend_buf_put_safe(&safe, text.text, text.len);
	*LEND_PUSH(m->arena, out->notes, out->n_notes, out->cap_notes) =
		lend_arena_strdup(m->arena, safe.text);
}

/* Letters, digits, "-", "_", ".": what a wish calls things. */
static const char *plain(struct maker *m, const char *text, const char *otherwise)
{
	lend_auto_buf out = { 0 };

	for (; *text != '\0' && out.len < VM_NAME_MAX; text++) {
		bool good = lend_ascii_is_alpha(*text) || lend_ascii_is_digit(*text);

		if (out.len == 0 && !good)
			continue;
		lend_buf_putc(&out, good || strchr("-_.", *text) != NULL ? *text : '-');
	}
	return out.len == 0 ? otherwise : lend_arena_strdup(m->arena, out.text);
}

/* ---- memory ---- */

static const char *stem(struct maker *m, const char *path)
{
	const char *name = basename(path);
	size_t len = strcspn(name, ".");

	return len == 0 ? "pmem" : plain(m, lend_arena_strndup(m->arena, name, len), "pmem");
}

static const char *name_of(struct maker *m, const char *path)
{
	const char *first = stem(m, path);
	const char *name = first;

	for (unsigned int n = 2; lend_wish_find_pmem(m->wish, name) != NULL; n++)
		name = lend_arena_printf(m->arena, "%.50s-%u", first, n);
	return name;
}

/* The device as libvirt makes it, behind what it rounds and chooses. */
static void add_pmem(struct maker *m, const struct lend_qemu_args *args,
		     const struct lend_qemu_device *d)
{
	const struct lend_qemu_backend *b = lend_qemu_args_backend(args, d->memdev);
	uint64_t label = d->label_bytes.has ? d->label_bytes.v : 0;
	struct lend_wish_pmem *pmem;
	const char *name;

	if (b == NULL || b->path == NULL || b->path[0] != '/' || !b->size.has ||
	    b->size.v <= label) {
		note(m, "left out: an NVDIMM without a file, or of no size");
		return;
	}
	name = name_of(m, b->path);
	pmem = LEND_PUSH(m->arena, m->wish->pmem, m->wish->n_pmem, m->wish->cap_pmem);
	*pmem = (struct lend_wish_pmem){
		.name = name,
		.backing = b->path,
		.size_bytes = lend_opt(b->size.v - label),
		.label_bytes = lend_opt(label),
		.slot = d->slot,
		.node = d->node,
		.align_bytes = b->align,
		.pmem = b->pmem,
		.share = b->share == LEND_TRI_ON ? LEND_TRI_UNSET : LEND_TRI_OFF,
	};
	if (d->unarmed == LEND_TRI_ON)
		pmem->persistence = LEND_WISH_PERSISTENCE_NONE;
	if (b->share == LEND_TRI_UNSET)
		note(m,
		     "%s: without access='shared' what the guest writes is lost when it "
		     "stops",
		     name);
}

static void add_memories(struct maker *m)
{
	struct lend_qemu_args args;

	lend_domain_args(m->arena, m->d, m->d->id.has, &args);
	m->wish->memory_bytes = args.ram_bytes;
	m->wish->slots = m->d->slots;
	m->wish->max_memory_bytes = m->d->max_memory_bytes;
	for (size_t i = 0; i < args.n_devices; i++) {
		/* Those of its own arguments stay there. */
		if (args.devices[i].json && is(args.devices[i].driver, "nvdimm"))
			add_pmem(m, &args, &args.devices[i]);
		else if (args.devices[i].json && args.devices[i].memdev != NULL)
			note(m, "left out: a %s device", args.devices[i].driver);
	}
	for (size_t i = 0; i < m->d->n_memories; i++) {
		uint64_t size = m->d->memories[i].size_bytes.v;
		lend_auto_buf text = { 0 };

		if (m->d->id.has || size % LEND_DOMAIN_UNIT == 0 ||
		    !is(m->d->memories[i].model, "nvdimm"))
			continue;
		lend_size_format(&text, size);
		note(m, "%s: libvirt makes whole 2 MiB of %s, and the label area moves with it",
		     m->d->memories[i].path != NULL ? m->d->memories[i].path : "an NVDIMM",
		     text.text);
	}
}

/* One cell with everything is what a DIMM needs, and no more. */
static void add_numa(struct maker *m)
{
	for (size_t i = 0; i < m->d->n_cells && m->d->n_cells > 1; i++) {
		struct lend_wish_numa *node =
			LEND_PUSH(m->arena, m->wish->numa, m->wish->n_numa, m->wish->cap_numa);

		node->memory_bytes = m->d->cells[i].memory_bytes;
		node->cpus = m->d->cells[i].cpus;
	}
}

/* ---- the rest ---- */

static void add_disk(struct maker *m, const struct lend_domain_disk *d)
{
	static const char *const buses[] = { "virtio", "ide", "scsi", "nvme" };
	const char *bus = is(d->bus, "sata") ? "ide" : d->bus;
	struct lend_wish_disk *disk;
	bool known = bus == NULL;

	for (size_t i = 0; i < LEND_COUNT(buses); i++)
		known = known || is(bus, buses[i]);
	if (is(d->device, "cdrom") && d->path != NULL && m->wish->install == NULL) {
		m->wish->install = d->path;
		return;
	}
	if (is(d->device, "cdrom") && d->path == NULL)
		return; /* an empty drive */
	if (d->path == NULL || d->path[0] != '/' || !known ||
	    (d->format != NULL && !is(d->format, "raw") && !is(d->format, "qcow2"))) {
		note(m, "left out: disk %s",
		     d->path != NULL     ? d->path
		     : d->target != NULL ? d->target
					 : "without a name");
		return;
	}
	disk = LEND_PUSH(m->arena, m->wish->disks, m->wish->n_disks, m->wish->cap_disks);
	*disk = (struct lend_wish_disk){
		.path = d->path,
		.format = is(d->format, "raw") ? NULL : d->format,
		.bus = is(bus, "virtio") ? NULL : bus,
		.readonly = d->readonly ? LEND_TRI_ON : LEND_TRI_UNSET,
	};
}

static void add_network(struct maker *m)
{
	const struct lend_domain_interface *net = m->d->interfaces;

	for (size_t i = 1; i < m->d->n_interfaces; i++)
		note(m, "left out: a second network interface");
	if (m->d->n_interfaces == 0)
		return;
	if (is(net->type, "user")) {
		m->wish->network = LEND_WISH_NETWORK_USER;
	} else if (is(net->type, "bridge") && net->source != NULL) {
		m->wish->network = LEND_WISH_NETWORK_BRIDGE;
		m->wish->network_name = net->source;
	} else if (is(net->type, "ethernet") && net->source != NULL) {
		m->wish->network = LEND_WISH_NETWORK_TAP;
		m->wish->network_name = net->source;
	} else {
		note(m, "left out: network interface of the type %s",
		     net->type != NULL ? net->type : "?");
		return;
	}
	m->wish->mac = net->mac;
}

static void add_display(struct maker *m)
{
	for (size_t i = 0; i < m->d->n_graphics; i++) {
		const struct lend_domain_graphics *g = &m->d->graphics[i];
		const char *listen = g->listen != NULL ? g->listen : "127.0.0.1";
		uint64_t display =
			g->port.has && g->port.v >= VNC_BASE ? g->port.v - VNC_BASE : 0;

		if (!is(g->type, "vnc") || m->wish->vnc != NULL) {
			note(m, "left out: display of the type %s",
			     g->type != NULL ? g->type : "?");
			continue;
		}
		m->wish->vnc = g->socket != NULL
				       ? lend_arena_printf(m->arena, "unix:%s", g->socket)
				       : lend_arena_printf(
						 m->arena,
						 strchr(listen, ':') != NULL ? "[%s]:%" PRIu64
									     : "%s:%" PRIu64,
						 is(listen, "0.0.0.0") ? "" : listen, display);
		if (g->has_password)
			note(m, "the display has a password: it is not in the wish");
	}
}

static void add_machine(struct maker *m)
{
	const struct lend_domain *d = m->d;
	struct lend_wish *wish = m->wish;

	wish->uuid = d->uuid;
	wish->machine = d->machine;
	wish->accel = is(d->type, "kvm") ? "kvm" : is(d->type, "qemu") ? "tcg" : NULL;
	if (is(d->cpu_mode, "host-passthrough"))
		wish->cpu = "host";
	else if (is(d->cpu_mode, "maximum"))
		wish->cpu = "max";
	else if (d->cpu_mode != NULL && !is(d->cpu_mode, "custom"))
		note(m, "left out: CPU mode %s", d->cpu_mode);
	else
		wish->cpu = d->cpu_model;
	wish->cpus = d->vcpus;
	wish->firmware = is(d->firmware, "efi") ? "uefi" : d->loader;
	if (d->loader != NULL)
		wish->firmware_vars = d->nvram;
	wish->kernel = d->kernel;
	wish->initrd = d->initrd;
	wish->append = d->cmdline;
	wish->boot = is(d->boot, "cdrom")     ? "install"
		     : is(d->boot, "network") ? "network"
					      : NULL;
	wish->agent = d->agent ? LEND_TRI_UNSET : LEND_TRI_OFF;
	if (!d->acpi && wish->n_pmem > 0)
		note(m, "the domain has no <acpi/>: QEMU refuses its NVDIMMs; lend gives it");
}

static void add_rest(struct maker *m)
{
	static const char *const own[] = { "controller", "memballoon", "audio", "video",
					   "serial",     "console",    "input", "rng" };

	for (size_t i = 0; i < m->d->n_hostdevs; i++) {
		char host[LEND_PCI_ADDRESS_TEXT];

		lend_pci_address_format(&m->d->hostdevs[i].host, host);
		LEND_PUSH(m->arena, m->wish->pci, m->wish->n_pci, m->wish->cap_pci)->device =
			lend_arena_strdup(m->arena, host);
	}
	m->wish->qemu = m->d->emulator;
	m->wish->qemu_args = m->d->qemu_args;
	m->wish->n_qemu_args = m->d->n_qemu_args;
	for (size_t i = 0; i < m->d->n_others; i++) {
		bool known = false;

		for (size_t j = 0; j < LEND_COUNT(own); j++)
			known = known || is(m->d->others[i], own[j]);
		if (!known)
			note(m, "left out: <%.40s>", m->d->others[i]);
	}
}

int lend_wish_from_domain(struct lend_arena *arena, const struct lend_domain *d,
			  struct lend_wish_made *ret, struct lend_err *err)
{
	struct maker m = { .arena = arena, .d = d, .out = ret, .wish = &ret->wish };

	*ret = (struct lend_wish_made){ 0 };
	if (!lend_domain_is_qemu(d))
		return lend_fail(err, LEND_E_USAGE,
				 "domain %.60s is none of QEMU: its type is "
				 "%.40s",
				 d->name, d->type != NULL ? d->type : "not said");
	ret->wish.hypervisor = LEND_WISH_LIBVIRT;
	ret->wish.vm = plain(&m, d->name, "vm");
	if (strcmp(ret->wish.vm, d->name) != 0)
		note(&m, "its name is %s", d->name);
	add_memories(&m);
	add_numa(&m);
	add_machine(&m);
	for (size_t i = 0; i < d->n_disks; i++)
		add_disk(&m, &d->disks[i]);
	add_network(&m);
	add_display(&m);
	add_rest(&m);
	if (ret->wish.n_pmem > LEND_WISH_ITEMS_MAX || ret->wish.n_disks > LEND_WISH_ITEMS_MAX ||
	    ret->wish.n_pci > LEND_WISH_ITEMS_MAX || ret->wish.n_numa > LEND_WISH_ITEMS_MAX ||
	    ret->wish.n_qemu_args > LEND_WISH_ARGS_MAX)
		return lend_fail(err, LEND_E_FORMAT,
				 "domain %.60s has more devices than a wish "
				 "can hold",
				 d->name);
	return 0;
}
