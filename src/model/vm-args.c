/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/vm-args.h"

#include "base/buf.h"
#include "format/qemu-args-numa.h"
#include "format/qemu-args-ports.h"
#include "model/predict.h"

enum { GUEST_NODES_MAX = 16 };

struct look {
	struct lend_build *b;
	struct lend_vm *vm;
	enum lend_trust trust;
	uint32_t by;
	struct lend_arena memory;
	bool binds_nodes; /* some memory may be bound to nodes of the host */
	struct {
		const char *host_nodes;
		bool looked;
	} nodes[GUEST_NODES_MAX];
};

struct lend_device *lend_build_device(struct lend_build *build, struct lend_vm *vm,
				      enum lend_trust trust, const char *id, const char *memdev)
{
	const char *name = id != NULL
				   ? lend_build_internf(build, "%s:%s", vm->node.name, id)
				   : lend_build_internf(build, "%s:@%s", vm->node.name, memdev);
	struct lend_device *device =
		(struct lend_device *)lend_build_node(build, LEND_KIND_DEVICE, NULL, name);
	uint32_t by;

	if (device->vm.known != LEND_NOT_ASKED)
		return device;
	by = lend_build_sighting(build, trust, "qemu", "devices", vm->node.id);
	lend_build_edge(build, &vm->node, &device->node);
	lend_build_text(build, &device->node, &device->vm, by, vm->node.name);
	if (id != NULL)
		lend_build_text(build, &device->node, &device->device_id, by, id);
	else
		lend_build_absent(build, &device->node, &device->device_id, by);
	return device;
}

struct lend_backend *lend_build_backend(struct lend_build *build, struct lend_vm *vm,
					enum lend_trust trust, const char *id)
{
	const char *name = lend_build_internf(build, "%s:%s", vm->node.name, id);
	struct lend_backend *backend =
		(struct lend_backend *)lend_build_node(build, LEND_KIND_BACKEND, NULL, name);
	uint32_t by;

	if (backend->vm.known != LEND_NOT_ASKED)
		return backend;
	by = lend_build_sighting(build, trust, "qemu", "objects", vm->node.id);
	lend_build_text(build, &backend->node, &backend->vm, by, vm->node.name);
	lend_build_text(build, &backend->node, &backend->object_id, by, id);
	return backend;
}

static void put_opt(struct look *l, struct lend_node *node, struct lend_fact *fact,
		    struct lend_opt_u64 value)
{
	if (value.has)
		lend_build_u64(l->b, node, fact, l->by, value.v);
}

/* What is off by default is off when it is not given. */
static void put_switch(struct look *l, struct lend_node *node, struct lend_fact *fact,
		       enum lend_tri value)
{
	lend_build_u64(l->b, node, fact, l->by, value == LEND_TRI_ON);
}

static void put_text(struct look *l, struct lend_node *node, struct lend_fact *fact,
		     const char *value)
{
	if (value != NULL)
		lend_build_text(l->b, node, fact, l->by, value);
}

static void put_backend(struct look *l, const struct lend_qemu_backend *b)
{
	struct lend_backend *backend;
	struct lend_node *node;

	if (b->id == NULL)
		return;
	backend = lend_build_backend(l->b, l->vm, l->trust, b->id);
	node = &backend->node;
	put_text(l, node, &backend->type, b->type);
	put_text(l, node, &backend->path, b->path);
	put_opt(l, node, &backend->size_bytes, b->size);
	put_opt(l, node, &backend->align_bytes, b->align);
	put_opt(l, node, &backend->offset_bytes, b->offset);
	put_switch(l, node, &backend->share, b->share);
	put_switch(l, node, &backend->pmem, b->pmem);
	put_switch(l, node, &backend->readonly, b->readonly);
	put_switch(l, node, &backend->prealloc, b->prealloc);
	put_switch(l, node, &backend->discard_data, b->discard_data);
}

static bool is_virtio_pmem(const char *driver)
{
	return strncmp(driver, "virtio-pmem", strlen("virtio-pmem")) == 0;
}

/* Without node= it is in node 0.  Each node is looked up once: the command line may be long. */
static void put_host_nodes(struct look *l, struct lend_device *device,
			   const struct lend_qemu_args *args, const struct lend_qemu_device *d)
{
	uint64_t node = d->node.has ? d->node.v : 0;

	if (!l->binds_nodes || node >= GUEST_NODES_MAX)
		return;
	if (!l->nodes[node].looked)
		l->nodes[node].host_nodes = lend_qemu_args_host_nodes(&l->memory, args, node);
	l->nodes[node].looked = true;
	put_text(l, &device->node, &device->host_nodes, l->nodes[node].host_nodes);
}

static void put_device(struct look *l, const struct lend_qemu_args *args,
		       const struct lend_qemu_device *d)
{
	bool dimm = d->driver != NULL && strcmp(d->driver, "nvdimm") == 0;
	struct lend_device *device;
	struct lend_node *node;

	if (d->memdev == NULL || !(dimm || (d->driver != NULL && is_virtio_pmem(d->driver))))
		return;
	device = lend_build_device(l->b, l->vm, l->trust, d->id, d->memdev);
	node = &device->node;
	lend_build_text(l->b, node, &device->driver, l->by, dimm ? "nvdimm" : "virtio-pmem");
	lend_build_text(l->b, node, &device->memdev, l->by, d->memdev);
	lend_build_edge(l->b, node,
			&lend_build_backend(l->b, l->vm, l->trust, d->memdev)->node);
	put_opt(l, node, &device->numa_node, d->node);
	put_host_nodes(l, device, args, d);
	if (dimm) {
		put_opt(l, node, &device->slot, d->slot);
		put_switch(l, node, &device->unarmed, d->unarmed);
		if (d->label_bytes.has)
			put_opt(l, node, &device->label_bytes, d->label_bytes);
		else
			lend_build_absent(l->b, node, &device->label_bytes, l->by);
	} else {
		lend_build_absent(l->b, node, &device->slot, l->by);
		lend_build_absent(l->b, node, &device->label_bytes, l->by);
	}
}

static void put_machine(struct look *l, const struct lend_qemu_args *args)
{
	struct lend_vm *vm = l->vm;
	struct lend_node *node = &vm->node;
	bool x86 = args->machine != NULL &&
		   lend_predict_board_of(args->machine) != LEND_BOARD_UNKNOWN;

	put_text(l, node, &vm->machine, args->machine);
	put_text(l, node, &vm->persistence, args->nvdimm_persistence);
	put_text(l, node, &vm->cpu, args->cpu);
	/* pseries has it on by itself, and a config file may turn it on. */
	if (args->nvdimm != LEND_TRI_UNSET || (x86 && !args->has_readconfig))
		put_switch(l, node, &vm->nvdimm, args->nvdimm);
	if (args->acpi != LEND_TRI_UNSET || (x86 && !args->has_readconfig))
		lend_build_u64(l->b, node, &vm->acpi, l->by, args->acpi != LEND_TRI_OFF);
}

/* ---- where it listens ---- */

static bool is_open_vnc(const struct lend_qemu_port *port)
{
	return port->kind == LEND_QEMU_PORT_VNC && port->reach != LEND_QEMU_REACH_SELF &&
	       !port->locked;
}

static bool is_open_monitor(const struct lend_qemu_port *port)
{
	return port->kind == LEND_QEMU_PORT_MONITOR && port->reach == LEND_QEMU_REACH_ALL &&
	       !port->locked;
}

static bool is_open_port(const struct lend_qemu_port *port)
{
	return (port->kind == LEND_QEMU_PORT_OTHER || port->kind == LEND_QEMU_PORT_SPICE) &&
	       port->reach == LEND_QEMU_REACH_ALL && !port->locked;
}

/* More than these many are not named. */
enum { PORTS_NAMED_MAX = 16 };

static void put_open(struct look *l, struct lend_fact *fact,
		     const struct lend_qemu_ports *ports,
		     bool (*is_open)(const struct lend_qemu_port *port))
{
	struct lend_node *node = &l->vm->node;
	lend_auto_buf text = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < ports->n; i++) {
		if (is_open(&ports->items[i]) && n++ < PORTS_NAMED_MAX)
			lend_buf_printf(&text, "%s%s", n > 1 ? ", " : "", ports->items[i].text);
	}
	if (n > PORTS_NAMED_MAX)
		lend_buf_printf(&text, " and %zu more", n - PORTS_NAMED_MAX);
	if (n > 0)
		lend_build_text(l->b, node, fact, l->by, lend_buf_text(&text));
	else if (!ports->partial)
		lend_build_absent(l->b, node, fact, l->by);
}

static void put_ports(struct look *l, const struct lend_qemu_args *args)
{
	struct lend_qemu_ports ports;

	lend_qemu_args_ports(&l->memory, args, &ports);
	put_open(l, &l->vm->open_vnc, &ports, is_open_vnc);
	put_open(l, &l->vm->open_monitors, &ports, is_open_monitor);
	put_open(l, &l->vm->open_ports, &ports, is_open_port);
}

/* An incoming "exec:" may have secrets in it: the kind is enough. */
static void put_copies(struct look *l, const struct lend_qemu_args *args)
{
	struct lend_vm *vm = l->vm;
	struct lend_node *node = &vm->node;
	const char *incoming = NULL, *rollback = NULL;
	struct lend_qemu_option option;

	for (size_t at = 0; lend_qemu_args_next(args, &at, &option);) {
		if (option.name == NULL)
			continue;
		if (strcmp(option.name, "-incoming") == 0 && option.value != NULL)
			incoming = option.value[0] == '{'
					   ? "channel"
					   : lend_arena_strndup(&l->memory, option.value,
								strcspn(option.value, ":"));
		if (strcmp(option.name, "-loadvm") == 0)
			rollback = "-loadvm";
		if (strcmp(option.name, "-snapshot") == 0 && rollback == NULL)
			rollback = "-snapshot";
	}
	if (incoming == NULL)
		lend_build_absent(l->b, node, &vm->incoming, l->by);
	if (rollback == NULL)
		lend_build_absent(l->b, node, &vm->rollback, l->by);
	put_text(l, node, &vm->incoming, incoming);
	put_text(l, node, &vm->rollback, rollback);
}

static void put_memory(struct look *l, const struct lend_qemu_args *args)
{
	for (size_t i = 0; i < args->n_backends; i++)
		put_backend(l, &args->backends[i]);
	for (size_t i = 0; i < args->n_devices; i++)
		put_device(l, args, &args->devices[i]);
}

void lend_build_vm_args(struct lend_build *build, struct lend_vm *vm, enum lend_trust trust,
			uint32_t by, const char *hypervisor, const struct lend_qemu_args *args)
{
	static const char binds[] = "host-nodes";
	struct look l = { .b = build, .vm = vm, .trust = trust, .by = by };
	struct lend_node *node = &vm->node;

	l.binds_nodes = args->words_len > 0 &&
			memmem(args->words, args->words_len, binds, strlen(binds)) != NULL;

	lend_build_text(build, node, &vm->hypervisor, by, hypervisor);
	put_text(&l, node, &vm->uuid, args->uuid);
	put_machine(&l, args);
	put_opt(&l, node, &vm->ram_bytes, args->ram_bytes);
	put_opt(&l, node, &vm->slots, args->slots);
	put_opt(&l, node, &vm->maxmem_bytes, args->maxmem_bytes);
	put_ports(&l, args);
	put_copies(&l, args);
	put_memory(&l, args);
	lend_arena_done(&l.memory);
}

void lend_build_vm_more(struct lend_build *build, struct lend_vm *vm, enum lend_trust trust,
			uint32_t by, const struct lend_qemu_args *args)
{
	struct look l = { .b = build, .vm = vm, .trust = trust, .by = by };

	put_memory(&l, args);
}
