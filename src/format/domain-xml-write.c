/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing domain XML, in the order in which libvirt writes it. */

#include <inttypes.h>

#include "format/domain-xml.h"
#include "format/xml-tree.h"

static void attr(struct lend_buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	lend_buf_printf(out, " %s='", name);
	lend_xml_put(out, value);
	lend_buf_putc(out, '\'');
}

static void number(struct lend_buf *out, const char *name, struct lend_opt_u64 value)
{
	if (value.has)
		lend_buf_printf(out, " %s='%" PRIu64 "'", name, value.v);
}

static void indent(struct lend_buf *out, int depth)
{
	lend_buf_printf(out, "%*s", depth * 2, "");
}

static void element(struct lend_buf *out, int depth, const char *name, const char *text)
{
	if (text == NULL)
		return;
	indent(out, depth);
	lend_buf_printf(out, "<%s>", name);
	lend_xml_put(out, text);
	lend_buf_printf(out, "</%s>\n", name);
}

/* libvirt keeps memory in KiB and rounds up; said in bytes only where that would change it. */
static void size(struct lend_buf *out, int depth, const char *name, struct lend_opt_u64 value)
{
	bool whole = value.v % 1024 == 0;

	if (!value.has)
		return;
	indent(out, depth);
	lend_buf_printf(out, "<%s unit='%s'>%" PRIu64 "</%s>\n", name, whole ? "KiB" : "b",
			whole ? value.v / 1024 : value.v, name);
}

static void pci_address(struct lend_buf *out, const struct lend_pci_address *a)
{
	lend_buf_printf(out,
			" domain='0x%04" PRIx32 "' bus='0x%02x' slot='0x%02x' "
			"function='0x%x'/>\n",
			a->domain, a->bus, a->device, a->function);
}

/* ---- devices ---- */

static void put_memory(struct lend_buf *out, int depth, const struct lend_domain_memory *m)
{
	indent(out, depth);
	lend_buf_puts(out, "<memory");
	attr(out, "model", m->model);
	attr(out, "access", m->access);
	lend_buf_puts(out, ">\n");
	element(out, depth + 1, "uuid", m->uuid);
	if (m->path != NULL || m->align_bytes.has || m->pmem) {
		indent(out, depth + 1);
		lend_buf_puts(out, "<source>\n");
		element(out, depth + 2, "path", m->path);
		size(out, depth + 2, "alignsize", m->align_bytes);
		if (m->pmem)
			lend_buf_printf(out, "%*s<pmem/>\n", (depth + 2) * 2, "");
		indent(out, depth + 1);
		lend_buf_puts(out, "</source>\n");
	}
	indent(out, depth + 1);
	lend_buf_puts(out, "<target>\n");
	size(out, depth + 2, "size", m->size_bytes);
	if (m->node.has)
		lend_buf_printf(out, "%*s<node>%" PRIu64 "</node>\n", (depth + 2) * 2, "",
				m->node.v);
	if (m->label_bytes.has) {
		indent(out, depth + 2);
		lend_buf_puts(out, "<label>\n");
		size(out, depth + 3, "size", m->label_bytes);
		indent(out, depth + 2);
		lend_buf_puts(out, "</label>\n");
	}
	if (m->readonly)
		lend_buf_printf(out, "%*s<readonly/>\n", (depth + 2) * 2, "");
	indent(out, depth + 1);
	lend_buf_puts(out, "</target>\n");
	if (m->slot.has || m->base.has) {
		indent(out, depth + 1);
		lend_buf_puts(out, "<address type='dimm'");
		number(out, "slot", m->slot);
		if (m->base.has)
			lend_buf_printf(out, " base='0x%" PRIx64 "'", m->base.v);
		lend_buf_puts(out, "/>\n");
	} else if (m->has_pci) {
		indent(out, depth + 1);
		lend_buf_puts(out, "<address type='pci'");
		pci_address(out, &m->pci);
	}
	indent(out, depth);
	lend_buf_puts(out, "</memory>\n");
}

void lend_domain_write_memory(struct lend_buf *out, const struct lend_domain_memory *memory)
{
	put_memory(out, 0, memory);
}

static void put_hostdev(struct lend_buf *out, int depth, const struct lend_domain_hostdev *h)
{
	const char *managed = h->managed == LEND_TRI_ON ? "yes" : "no";

	indent(out, depth);
	lend_buf_puts(out, "<hostdev mode='subsystem' type='pci'");
	attr(out, "managed", h->managed == LEND_TRI_UNSET ? NULL : managed);
	lend_buf_puts(out, ">\n");
	indent(out, depth + 1);
	lend_buf_puts(out, "<source>\n");
	indent(out, depth + 2);
	lend_buf_puts(out, "<address");
	pci_address(out, &h->host);
	indent(out, depth + 1);
	lend_buf_puts(out, "</source>\n");
	if (h->unassigned)
		lend_buf_printf(out, "%*s<address type='unassigned'/>\n", (depth + 1) * 2, "");
	indent(out, depth);
	lend_buf_puts(out, "</hostdev>\n");
}

void lend_domain_write_hostdev(struct lend_buf *out, const struct lend_domain_hostdev *hostdev)
{
	put_hostdev(out, 0, hostdev);
}

static void put_disk(struct lend_buf *out, const struct lend_domain_disk *d)
{
	bool block = d->type != NULL && strcmp(d->type, "block") == 0;

	lend_buf_puts(out, "    <disk");
	attr(out, "type", d->type);
	attr(out, "device", d->device);
	lend_buf_puts(out, ">\n");
	if (d->format != NULL) {
		lend_buf_puts(out, "      <driver name='qemu'");
		attr(out, "type", d->format);
		lend_buf_puts(out, "/>\n");
	}
	if (d->path != NULL) {
		lend_buf_puts(out, "      <source");
		attr(out, block ? "dev" : "file", d->path);
		lend_buf_puts(out, "/>\n");
	}
	if (d->target != NULL) {
		lend_buf_puts(out, "      <target");
		attr(out, "dev", d->target);
		attr(out, "bus", d->bus);
		lend_buf_puts(out, "/>\n");
	}
	if (d->readonly)
		lend_buf_puts(out, "      <readonly/>\n");
	lend_buf_puts(out, "    </disk>\n");
}

static void put_interface(struct lend_buf *out, const struct lend_domain_interface *net)
{
	bool ethernet = net->type != NULL && strcmp(net->type, "ethernet") == 0;
	const char *key = "dev";

	if (net->type != NULL &&
	    (strcmp(net->type, "bridge") == 0 || strcmp(net->type, "network") == 0))
		key = net->type;
	lend_buf_puts(out, "    <interface");
	attr(out, "type", net->type);
	lend_buf_puts(out, ">\n");
	if (net->mac != NULL) {
		lend_buf_puts(out, "      <mac");
		attr(out, "address", net->mac);
		lend_buf_puts(out, "/>\n");
	}
	if (net->source != NULL) {
		lend_buf_printf(out, "      <%s", ethernet ? "target" : "source");
		attr(out, key, net->source);
		if (ethernet && net->unmanaged)
			attr(out, "managed", "no");
		lend_buf_puts(out, "/>\n");
	}
	if (net->model != NULL) {
		lend_buf_puts(out, "      <model");
		attr(out, "type", net->model);
		lend_buf_puts(out, "/>\n");
	}
	lend_buf_puts(out, "    </interface>\n");
}

static void put_graphics(struct lend_buf *out, const struct lend_domain_graphics *g)
{
	lend_buf_puts(out, "    <graphics");
	attr(out, "type", g->type);
	if (g->socket != NULL) {
		attr(out, "socket", g->socket);
	} else {
		if (g->port.has)
			number(out, "port", g->port);
		else
			lend_buf_puts(out, " port='-1'");
		attr(out, "autoport", g->port.has ? "no" : "yes");
		attr(out, "listen", g->listen);
	}
	lend_buf_puts(out, "/>\n");
}

static void put_devices(struct lend_buf *out, const struct lend_domain *d)
{
	lend_buf_puts(out, "  <devices>\n");
	element(out, 2, "emulator", d->emulator);
	for (size_t i = 0; i < d->n_disks; i++)
		put_disk(out, &d->disks[i]);
	for (size_t i = 0; i < d->n_interfaces; i++)
		put_interface(out, &d->interfaces[i]);
	if (d->console)
		lend_buf_puts(out, "    <console type='pty'/>\n");
	if (d->agent) {
		lend_buf_puts(out, "    <channel type='unix'>\n");
		if (d->agent_path != NULL) {
			lend_buf_puts(out, "      <source mode='bind'");
			attr(out, "path", d->agent_path);
			lend_buf_puts(out, "/>\n");
		}
		lend_buf_puts(out, "      <target type='virtio' "
				   "name='org.qemu.guest_agent.0'/>\n    </channel>\n");
	}
	for (size_t i = 0; i < d->n_graphics; i++)
		put_graphics(out, &d->graphics[i]);
	for (size_t i = 0; i < d->n_hostdevs; i++)
		put_hostdev(out, 2, &d->hostdevs[i]);
	for (size_t i = 0; i < d->n_memories; i++)
		put_memory(out, 2, &d->memories[i]);
	lend_buf_puts(out, "  </devices>\n");
}

/* ---- above them ---- */

static void put_os(struct lend_buf *out, const struct lend_domain *d)
{
	lend_buf_puts(out, "  <os");
	attr(out, "firmware", d->firmware);
	lend_buf_puts(out, ">\n    <type");
	attr(out, "arch", d->arch);
	attr(out, "machine", d->machine);
	lend_buf_putc(out, '>');
	lend_xml_put(out, d->os_type != NULL ? d->os_type : "hvm");
	lend_buf_puts(out, "</type>\n");
	if (d->loader != NULL) {
		lend_buf_puts(out, "    <loader readonly='yes' type='pflash'>");
		lend_xml_put(out, d->loader);
		lend_buf_puts(out, "</loader>\n");
	}
	element(out, 2, "nvram", d->nvram);
	element(out, 2, "kernel", d->kernel);
	element(out, 2, "initrd", d->initrd);
	element(out, 2, "cmdline", d->cmdline);
	if (d->boot != NULL) {
		lend_buf_puts(out, "    <boot");
		attr(out, "dev", d->boot);
		lend_buf_puts(out, "/>\n");
	}
	lend_buf_puts(out, "  </os>\n");
}

static void put_cell(struct lend_buf *out, const struct lend_domain_cell *cell)
{
	lend_buf_puts(out, "      <cell");
	number(out, "id", cell->id);
	attr(out, "cpus", cell->cpus);
	if (cell->memory_bytes.has) {
		bool whole = cell->memory_bytes.v % 1024 == 0;

		lend_buf_printf(out, " memory='%" PRIu64 "' unit='%s'",
				whole ? cell->memory_bytes.v / 1024 : cell->memory_bytes.v,
				whole ? "KiB" : "b");
	}
	attr(out, "memAccess", cell->access);
	lend_buf_puts(out, "/>\n");
}

static void put_cpu(struct lend_buf *out, const struct lend_domain *d)
{
	if (d->cpu_mode == NULL && d->cpu_model == NULL && d->n_cells == 0)
		return;
	lend_buf_puts(out, "  <cpu");
	attr(out, "mode", d->cpu_mode);
	lend_buf_puts(out, ">\n");
	element(out, 2, "model", d->cpu_model);
	if (d->n_cells > 0) {
		lend_buf_puts(out, "    <numa>\n");
		for (size_t i = 0; i < d->n_cells; i++)
			put_cell(out, &d->cells[i]);
		lend_buf_puts(out, "    </numa>\n");
	}
	lend_buf_puts(out, "  </cpu>\n");
}

static void put_memory_of(struct lend_buf *out, const struct lend_domain *d)
{
	if (d->max_memory_bytes.has) {
		lend_buf_puts(out, "  <maxMemory");
		number(out, "slots", d->slots);
		/* A multiple of KiB, or libvirt makes one. */
		lend_buf_printf(out, " unit='KiB'>%" PRIu64 "</maxMemory>\n",
				(d->max_memory_bytes.v + 1023) / 1024);
	}
	size(out, 1, "memory", d->memory_bytes);
	if (d->access != NULL) {
		lend_buf_puts(out, "  <memoryBacking>\n    <access");
		attr(out, "mode", d->access);
		lend_buf_puts(out, "/>\n  </memoryBacking>\n");
	}
}

static void put_qemu_args(struct lend_buf *out, const struct lend_domain *d)
{
	if (d->n_qemu_args == 0)
		return;
	lend_buf_puts(out, "  <qemu:commandline>\n");
	for (size_t i = 0; i < d->n_qemu_args; i++) {
		lend_buf_puts(out, "    <qemu:arg");
		attr(out, "value", d->qemu_args[i]);
		lend_buf_puts(out, "/>\n");
	}
	lend_buf_puts(out, "  </qemu:commandline>\n");
}

void lend_domain_write(struct lend_buf *out, const struct lend_domain *d)
{
	lend_buf_puts(out, "<domain");
	attr(out, "type", d->type);
	if (d->n_qemu_args > 0)
		attr(out, "xmlns:qemu", "http://libvirt.org/schemas/domain/qemu/1.0");
	lend_buf_puts(out, ">\n");
	element(out, 1, "name", d->name);
	element(out, 1, "uuid", d->uuid);
	put_memory_of(out, d);
	if (d->vcpus.has)
		lend_buf_printf(out, "  <vcpu>%" PRIu64 "</vcpu>\n", d->vcpus.v);
	put_os(out, d);
	if (d->acpi)
		lend_buf_puts(out, "  <features>\n    <acpi/>\n  </features>\n");
	put_cpu(out, d);
	put_devices(out, d);
	put_qemu_args(out, d);
	lend_buf_puts(out, "</domain>\n");
}
