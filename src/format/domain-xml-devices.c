/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading what stands below <devices> of a domain. */

#include "base/err.h"
#include "format/domain-xml-parse.h"

static bool is(const char *text, const char *what)
{
	return text != NULL && strcmp(text, what) == 0;
}

static const char *alias_of(const struct lend_xml_node *node)
{
	return lend_domain_text(lend_xml_attr(lend_xml_child(node, "alias"), "name"));
}

/* Fields are decimal or 0x, and a domain may have 32 bits. */
static int read_pci(const struct lend_domain_reader *r, const struct lend_xml_node *node,
		    struct lend_pci_address *ret, struct lend_err *err)
{
	static const struct {
		const char *name;
		uint64_t max;
	} parts[] = {
		{ "domain", UINT32_MAX },
		{ "bus", 255 },
		{ "slot", 31 },
		{ "function", 7 },
	};
	struct lend_opt_u64 part[LEND_COUNT(parts)] = { 0 };

	for (size_t i = 0; i < LEND_COUNT(parts); i++) {
		const char *text = lend_xml_attr(node, parts[i].name);

		if (lend_domain_number(r, node, text, &part[i], err) < 0)
			return -1;
		if (part[i].v > parts[i].max) {
			lend_fail(err, LEND_E_FORMAT, "there is no %s '%.40s'", parts[i].name,
				  text);
			return lend_domain_fail(r, node, err);
		}
	}
	*ret = (struct lend_pci_address){
		.domain = (uint32_t)part[0].v,
		.bus = (uint8_t)part[1].v,
		.device = (uint8_t)part[2].v,
		.function = (uint8_t)part[3].v,
	};
	return 0;
}

/* ---- memory ---- */

static int read_memory_address(const struct lend_domain_reader *r,
			       const struct lend_xml_node *address,
			       struct lend_domain_memory *m, struct lend_err *err)
{
	const char *type = lend_xml_attr(address, "type");

	if (is(type, "dimm")) {
		if (lend_domain_number(r, address, lend_xml_attr(address, "slot"), &m->slot,
				       err) < 0)
			return -1;
		return lend_domain_number(r, address, lend_xml_attr(address, "base"), &m->base,
					  err);
	}
	m->has_pci = is(type, "pci");
	return m->has_pci ? read_pci(r, address, &m->pci, err) : 0;
}

static int read_memory(const struct lend_domain_reader *r, const struct lend_xml_node *node,
		       struct lend_domain *d, struct lend_err *err)
{
	const struct lend_xml_node *source = lend_xml_child(node, "source");
	const struct lend_xml_node *target = lend_xml_child(node, "target");
	const struct lend_xml_node *at = lend_xml_child(target, "node");
	struct lend_domain_memory m = {
		.model = lend_domain_text(lend_xml_attr(node, "model")),
		.access = lend_domain_text(lend_xml_attr(node, "access")),
		.uuid = lend_domain_text(lend_xml_text(node, "uuid")),
		.alias = alias_of(node),
		.path = lend_domain_text(lend_xml_text(source, "path")),
		.pmem = lend_xml_child(source, "pmem") != NULL,
		.readonly = lend_xml_child(target, "readonly") != NULL,
		.line = node->line,
	};

	if (m.model == NULL) {
		lend_fail(err, LEND_E_FORMAT, "it has no model");
		return lend_domain_fail(r, node, err);
	}
	if (lend_domain_many(r, node, d->n_memories, err) < 0 ||
	    lend_domain_get_size(r, source, "alignsize", &m.align_bytes, err) < 0 ||
	    lend_domain_get_size(r, target, "size", &m.size_bytes, err) < 0 ||
	    lend_domain_get_size(r, lend_xml_child(target, "label"), "size", &m.label_bytes,
				 err) < 0 ||
	    (at != NULL && lend_domain_number(r, at, at->text, &m.node, err) < 0) ||
	    read_memory_address(r, lend_xml_child(node, "address"), &m, err) < 0)
		return -1;
	*LEND_PUSH(r->arena, d->memories, d->n_memories, d->cap_memories) = m;
	return 0;
}

/* ---- others ---- */

static void add_other(const struct lend_domain_reader *r, const char *name,
		      struct lend_domain *d)
{
	if (d->n_others < LEND_DOMAIN_ITEMS_MAX)
		*LEND_PUSH(r->arena, d->others, d->n_others, d->cap_others) = name;
}

static int read_hostdev(const struct lend_domain_reader *r, const struct lend_xml_node *node,
			struct lend_domain *d, struct lend_err *err)
{
	const struct lend_xml_node *at =
		lend_xml_child(lend_xml_child(node, "source"), "address");
	const char *managed = lend_xml_attr(node, "managed");
	struct lend_domain_hostdev *h;
	struct lend_pci_address host;

	if (!is(lend_xml_attr(node, "type"), "pci") || at == NULL) {
		add_other(r, node->name, d);
		return 0;
	}
	if (lend_domain_many(r, node, d->n_hostdevs, err) < 0 ||
	    read_pci(r, at, &host, err) < 0)
		return -1;
	h = LEND_PUSH(r->arena, d->hostdevs, d->n_hostdevs, d->cap_hostdevs);
	h->host = host;
	h->alias = alias_of(node);
	if (managed != NULL)
		h->managed = is(managed, "yes") ? LEND_TRI_ON : LEND_TRI_OFF;
	h->unassigned =
		is(lend_xml_attr(lend_xml_child(node, "address"), "type"), "unassigned");
	return 0;
}

static int read_disk(const struct lend_domain_reader *r, const struct lend_xml_node *node,
		     struct lend_domain *d, struct lend_err *err)
{
	const struct lend_xml_node *source = lend_xml_child(node, "source");
	const struct lend_xml_node *target = lend_xml_child(node, "target");
	struct lend_domain_disk *disk;

	if (lend_domain_many(r, node, d->n_disks, err) < 0)
		return -1;
	disk = LEND_PUSH(r->arena, d->disks, d->n_disks, d->cap_disks);
	*disk = (struct lend_domain_disk){
		.device = lend_xml_attr(node, "device"),
		.type = lend_xml_attr(node, "type"),
		.path = lend_domain_text(lend_xml_attr(source, "file")),
		.format = lend_xml_attr(lend_xml_child(node, "driver"), "type"),
		.target = lend_xml_attr(target, "dev"),
		.bus = lend_xml_attr(target, "bus"),
		.readonly = lend_xml_child(node, "readonly") != NULL,
	};
	if (disk->path == NULL)
		disk->path = lend_domain_text(lend_xml_attr(source, "dev"));
	return 0;
}

static int read_interface(const struct lend_domain_reader *r, const struct lend_xml_node *node,
			  struct lend_domain *d, struct lend_err *err)
{
	static const char *const sources[] = { "bridge", "network", "dev" };
	const struct lend_xml_node *target = lend_xml_child(node, "target");
	struct lend_domain_interface *net;

	if (lend_domain_many(r, node, d->n_interfaces, err) < 0)
		return -1;
	net = LEND_PUSH(r->arena, d->interfaces, d->n_interfaces, d->cap_interfaces);
	net->type = lend_xml_attr(node, "type");
	net->mac = lend_xml_attr(lend_xml_child(node, "mac"), "address");
	net->model = lend_xml_attr(lend_xml_child(node, "model"), "type");
	for (size_t i = 0; i < LEND_COUNT(sources) && net->source == NULL; i++)
		net->source = lend_xml_attr(lend_xml_child(node, "source"), sources[i]);
	if (is(net->type, "ethernet")) {
		net->source = lend_xml_attr(target, "dev");
		net->unmanaged = is(lend_xml_attr(target, "managed"), "no");
	}
	return 0;
}

static int read_graphics(const struct lend_domain_reader *r, const struct lend_xml_node *node,
			 struct lend_domain *d, struct lend_err *err)
{
	const struct lend_xml_node *listen = lend_xml_child(node, "listen");
	const char *port = lend_xml_attr(node, "port");
	struct lend_domain_graphics *g;

	if (lend_domain_many(r, node, d->n_graphics, err) < 0)
		return -1;
	g = LEND_PUSH(r->arena, d->graphics, d->n_graphics, d->cap_graphics);
	g->type = lend_xml_attr(node, "type");
	g->listen = lend_domain_text(lend_xml_attr(node, "listen"));
	if (g->listen == NULL)
		g->listen = lend_domain_text(lend_xml_attr(listen, "address"));
	g->socket = lend_domain_text(lend_xml_attr(node, "socket"));
	if (g->socket == NULL && is(lend_xml_attr(listen, "type"), "socket"))
		g->socket = lend_domain_text(lend_xml_attr(listen, "socket"));
	g->has_password = lend_xml_attr(node, "passwd") != NULL;
	return is(port, "-1") ? 0 : lend_domain_number(r, node, port, &g->port, err);
}

static int read_channel(const struct lend_domain_reader *r, const struct lend_xml_node *node,
			struct lend_domain *d, struct lend_err *err)
{
	const char *name = lend_xml_attr(lend_xml_child(node, "target"), "name");

	(void)err;
	if (!is(name, "org.qemu.guest_agent.0")) {
		add_other(r, node->name, d);
		return 0;
	}
	d->agent = true;
	d->agent_path = lend_domain_text(lend_xml_attr(lend_xml_child(node, "source"), "path"));
	return 0;
}

typedef int read_device(const struct lend_domain_reader *r, const struct lend_xml_node *node,
			struct lend_domain *d, struct lend_err *err);

static int read_emulator(const struct lend_domain_reader *r, const struct lend_xml_node *node,
			 struct lend_domain *d, struct lend_err *err)
{
	(void)r;
	(void)err;
	d->emulator = lend_domain_text(node->text);
	return 0;
}

static int read_console(const struct lend_domain_reader *r, const struct lend_xml_node *node,
			struct lend_domain *d, struct lend_err *err)
{
	(void)r;
	(void)node;
	(void)err;
	d->console = true;
	return 0;
}

static const struct {
	const char *name;
	read_device *read;
} readers[] = {
	{ "channel", read_channel },     { "console", read_console },
	{ "disk", read_disk },           { "emulator", read_emulator },
	{ "graphics", read_graphics },   { "hostdev", read_hostdev },
	{ "interface", read_interface }, { "memory", read_memory },
};

static int read_one(const struct lend_domain_reader *r, const struct lend_xml_node *node,
		    struct lend_domain *d, struct lend_err *err)
{
	for (size_t i = 0; i < LEND_COUNT(readers); i++) {
		if (node->ns == NULL && strcmp(node->name, readers[i].name) == 0)
			return readers[i].read(r, node, d, err);
	}
	add_other(r, node->name, d);
	return 0;
}

int lend_domain_devices(const struct lend_domain_reader *r, const struct lend_xml_node *devices,
			struct lend_domain *d, struct lend_err *err)
{
	if (devices == NULL)
		return 0;
	for (const struct lend_xml_node *n = devices->first; n != NULL; n = n->next) {
		if (read_one(r, n, d, err) < 0)
			return -1;
	}
	return 0;
}
