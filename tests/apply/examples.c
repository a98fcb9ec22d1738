/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The worlds and plans of the loop; every kind of step is in one of them. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "format/domain-xml.h"
#include "format/nd-label.h"
#include "tests/apply/example.h"
#include "tests/must.h"

enum { LABEL = 128 << 10, SMALL = LABEL + (64 << 10), LARGE = SMALL + 2 * LABEL };

/* ---- words ---- */

static const char *in(struct lend_plan *plan, const char *folder, const char *name)
{
	return lend_arena_printf(&plan->arena, "%s/%s", folder, name);
}

static void put(struct lend_plan *plan, struct lend_state *state, const char *key,
		const char *value)
{
	lend_pairs_add(&plan->arena, &state->pairs, key, value);
}

static void put_sizes(struct lend_plan *plan, struct lend_state *state, uint64_t size)
{
	lend_pairs_add_u64(&plan->arena, &state->pairs, "size", size);
	lend_pairs_add_u64(&plan->arena, &state->pairs, "label-size", LABEL);
}

static struct lend_step *add(struct lend_plan *plan, const char *kind, const char *name,
			     enum lend_back back)
{
	struct lend_step *step = lend_plan_step(plan, kind, name);

	step->before.absent = true;
	step->back = back;
	return step;
}

static void add_backing(struct lend_plan *plan, const struct world *world, const char *name)
{
	struct lend_step *step =
		add(plan, "backing", in(plan, world->things, name), LEND_BACK_IF_UNUSED);

	lend_plan_arg(plan, step, "vm", "db1");
	lend_plan_arg(plan, step, "label-size", "131072");
	put_sizes(plan, &step->after, SMALL);
}

static void add_record(struct lend_plan *plan, const struct world *world, const char *before,
		       const char *after)
{
	struct lend_step *step = add(plan, "record", "db1", LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "path", in(plan, world->places.state, "vms/db1/wish.yaml"));
	step->before.absent = before == NULL;
	if (before != NULL)
		put(plan, &step->before, "text", before);
	put(plan, &step->after, "text", after);
}

static const char *word_of(struct lend_arena *arena, const struct world *world)
{
	return lend_arena_printf(arena,
				 "socket,id=lend-qmp,path=%s/db1/qmp.sock,server=on,wait=off",
				 world->places.run);
}

/* ---- files ---- */

static struct lend_plan *plan_files(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("files", "db1", "vm-db1");
	struct lend_step *step;

	add_backing(plan, world, "log.img");
	step = add(plan, "disk", in(plan, world->things, "disk.img"), LEND_BACK_IF_UNUSED);
	lend_plan_arg(plan, step, "format", "raw");
	lend_pairs_add_u64(&plan->arena, &step->after.pairs, "size", 1 << 20);
	add_record(plan, world, NULL, "vm: db1\n");
	return plan;
}

/* One record after the other: the second finds what the first has left. */
static struct lend_plan *plan_records(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("records", "db1", "vm-db1");

	add_record(plan, world, NULL, "vm: db1\n");
	add_record(plan, world, "vm: db1\n", "vm: db1\nslots: 4\n");
	return plan;
}

/* ---- what holds data ---- */

static void write_at(int fd, const void *bytes, size_t len, off_t offset)
{
	must(pwrite(fd, bytes, len, offset) == (ssize_t)len);
}

/* A file with a label area, and data that has to outlive everything. */
static void before_data(struct world *world)
{
	static uint8_t label[LABEL];
	char path[300];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/log.img", world->things);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(fd >= 0);
	must(lend_nd_area_init(label, LABEL, 2, NULL) == 0);
	write_at(fd, "data", 4, 4096);
	write_at(fd, label, LABEL, SMALL - LABEL);
	(void)close(fd);
}

static struct lend_plan *plan_grow(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("grow", NULL, "host");
	struct lend_step *step =
		add(plan, "grow", in(plan, world->things, "log.img"), LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "label-size", "131072");
	step->before.absent = false;
	put_sizes(plan, &step->before, SMALL);
	put_sizes(plan, &step->after, LARGE);
	return plan;
}

static void add_copy(struct lend_plan *plan, const struct world *world)
{
	struct lend_step *step =
		add(plan, "copy", in(plan, world->things, "copy.img"), LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "from", in(plan, world->things, "log.img"));
	lend_plan_arg(plan, step, "label-size", "131072");
	put_sizes(plan, &step->after, SMALL);
}

static struct lend_plan *plan_copy(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("copy", NULL, "host");

	add_copy(plan, world);
	return plan;
}

/* As from one file system to another. */
static struct lend_plan *plan_move_far(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("move far", NULL, "host");
	struct lend_step *step;

	add_copy(plan, world);
	step = add(plan, "remove", in(plan, world->things, "log.img"), LEND_BACK_EXACT);
	lend_plan_arg(plan, step, "copy", in(plan, world->things, "copy.img"));
	lend_plan_arg(plan, step, "label-size", "131072");
	step->before.absent = false;
	put_sizes(plan, &step->before, SMALL);
	step->after.absent = true;
	return plan;
}

static struct lend_plan *plan_move(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("move", NULL, "host");
	const char *from = in(plan, world->things, "log.img");
	const char *to = in(plan, world->things, "new.img");
	struct lend_step *step = add(plan, "move", to, LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "from", from);
	step->before.absent = false;
	put(plan, &step->before, "at", from);
	put(plan, &step->after, "at", to);
	return plan;
}

static struct lend_plan *plan_relabel(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("relabel", NULL, "host");
	struct lend_step *step =
		add(plan, "relabel", in(plan, world->things, "slot.img"), LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "label-size", "131072");
	step->before.absent = false;
	put(plan, &step->before, "slot", "0");
	put(plan, &step->after, "slot", "3");
	return plan;
}

/* Two namespaces of slot 0, so that there is a moment with one of each slot. */
static void before_relabel(struct world *world)
{
	static uint8_t label[LABEL];
	char path[300];
	int fd;

	must(lend_nd_area_init(label, LABEL, 2, NULL) == 0);
	for (int i = 0; i < 2; i++) {
		/* v1.2 cookie of slot 0: facts of QEMU's NFIT. */
		struct lend_nd_label ns = { .nlabel = 1,
					    .has_v12 = true,
					    .rawsize = 32 << 10,
					    .dpa = (uint64_t)i * (32 << 10),
					    .isetcookie = 0xba90120012b4dc };
		uint32_t place;

		memcpy(ns.type_guid, lend_nd_type_pmem, sizeof(ns.type_guid));
		must(lend_nd_area_add(label, LABEL, &ns, &place, NULL) == 0);
	}
	(void)snprintf(path, sizeof(path), "%s/slot.img", world->things);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(fd >= 0);
	write_at(fd, label, LABEL, SMALL - LABEL);
	(void)close(fd);
}

/* Labels are never put over labels, so going back makes other bytes that say the same. */
static void see_labels(const struct world *world, struct lend_buf *out)
{
	char path[300];
	struct lend_nd_index index;
	size_t len;
	uint8_t *bytes;

	(void)snprintf(path, sizeof(path), "%s/slot.img", world->things);
	bytes = (uint8_t *)must_read(path, &len);
	must_u64(len, SMALL);
	must(lend_nd_index_read(bytes + SMALL - LABEL, LABEL, LABEL, &index, NULL) == 0);
	for (uint32_t i = 0; i < index.nslot; i++) {
		struct lend_nd_label ns;

		if (!lend_nd_index_slot_used(&index, i))
			continue;
		must(lend_nd_label_read(
			     bytes + SMALL - LABEL + lend_nd_index_slot_offset(&index, i),
			     index.label_bytes, i, index.label_bytes, &ns, NULL) == 0);
		lend_buf_printf(out, "%llu %llx\n", (unsigned long long)ns.dpa,
				(unsigned long long)ns.isetcookie);
	}
	free(bytes);
}

/* ---- QEMUs ---- */

static void put_vm_args(struct lend_plan *plan, struct lend_step *step,
			const struct world *world)
{
	lend_plan_arg(plan, step, "vm", "db1");
	lend_plan_arg(plan, step, "monitor", in(plan, world->places.run, "db1/qmp.sock"));
	lend_plan_arg(plan, step, "word", word_of(&plan->arena, world));
	lend_plan_arg(plan, step, "patience-s", "0");
}

static void add_vm(struct lend_plan *plan, const struct world *world)
{
	struct lend_step *step = add(plan, "vm", "db1", LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "argv", "qemu-system-x86_64");
	lend_plan_arg(plan, step, "argv", "-chardev");
	lend_plan_arg(plan, step, "argv", word_of(&plan->arena, world));
	put_vm_args(plan, step, world);
	lend_plan_arg(plan, step, "folder", in(plan, world->places.run, "db1"));
	lend_plan_arg(plan, step, "log", in(plan, world->places.state, "vms/db1/qemu.log"));
	put(plan, &step->after, "runs", "yes");
}

static struct lend_plan *plan_whole(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("start db1", "db1", "vm-db1");

	add_backing(plan, world, "log.img");
	add_backing(plan, world, "data.img");
	add_record(plan, world, NULL, "vm: db1\n");
	add_vm(plan, world);
	return plan;
}

static void before_plug(struct world *world)
{
	struct lend_arena arena = { 0 };
	const char *argv[] = { "qemu-system-x86_64", "-chardev", word_of(&arena, world), NULL };

	fakehost_vm(world->host, argv);
	lend_arena_done(&arena);
}

static void release_plug(struct world *world)
{
	fakehost_end_all(world->host);
}

static void add_plugs(struct lend_plan *plan, const struct world *world)
{
	struct lend_step *step;

	step = add(plan, "plug-backend", "db1:mem-log", LEND_BACK_EXACT);
	put_vm_args(plan, step, world);
	put(plan, &step->after, "qom-type", "memory-backend-file");
	put(plan, &step->after, "mem-path", in(plan, world->things, "log.img"));
	lend_pairs_add_u64(&plan->arena, &step->after.pairs, "size", SMALL);
	put(plan, &step->after, "share", "on");
	step = add(plan, "plug-device", "db1:log", LEND_BACK_NEXT_START);
	put_vm_args(plan, step, world);
	put(plan, &step->after, "driver", "nvdimm");
	put(plan, &step->after, "memdev", "mem-log");
	put(plan, &step->after, "slot", "2");
	put(plan, &step->after, "label-size", "131072");
}

static struct lend_plan *plan_plug(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("attach log", "db1", "vm-db1");

	add_backing(plan, world, "log.img");
	add_plugs(plan, world);
	add_record(plan, world, NULL, "vm: db1\npmem: []\n");
	return plan;
}

/* Both intents go to the disk at once. */
static struct lend_plan *plan_plug_there(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("attach log", "db1", "vm-db1");

	add_plugs(plan, world);
	return plan;
}

/* ---- a person ---- */

static struct lend_plan *plan_manual(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("manual", NULL, "host");
	struct lend_step *step;

	add_backing(plan, world, "log.img");
	step = add(plan, "manual", "the switch", LEND_BACK_NEVER);
	lend_plan_arg(plan, step, "do", "flip the switch");
	lend_plan_arg(plan, step, "verify", "there");
	lend_plan_arg(plan, step, "path", in(plan, world->things, "switch"));
	put(plan, &step->after, "is", "yes");
	add_record(plan, world, NULL, "vm: db1\n");
	return plan;
}

/* ---- the host's own persistent memory ---- */

#define NAMESPACE "0b1e6c2a-7d1f-4a52-9c0e-3f5a0c1d2e3f"
#define FS_UUID   "5d3c2b1a-0f9e-4d8c-b7a6-958473625140"

static void before_nd(struct world *world)
{
	fakehost_nd(world->host, world->things);
}

static struct lend_step *add_nd(struct lend_plan *plan, const struct world *world,
				const char *kind, const char *name, enum lend_back back)
{
	struct lend_step *step = add(plan, kind, name, back);

	lend_plan_arg(plan, step, "namespace", NAMESPACE);
	lend_plan_arg(plan, step, "sys", in(plan, world->things, "sys"));
	lend_plan_arg(plan, step, "dev", in(plan, world->things, "dev"));
	lend_plan_arg(plan, step, "mounts", in(plan, world->things, "mounts"));
	return step;
}

static void add_namespace(struct lend_plan *plan, const struct world *world, const char *mode)
{
	struct lend_step *step =
		add_nd(plan, world, "nd-namespace", "region0:lend", LEND_BACK_IF_UNUSED);

	lend_plan_arg(plan, step, "region", "region0");
	lend_plan_arg(plan, step, "mode", mode);
	put(plan, &step->after, "mode", mode);
	put(plan, &step->after, "uuid", NAMESPACE);
}

static struct lend_plan *plan_fsdax(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("provision region0", NULL, "host");
	struct lend_step *step;

	add_namespace(plan, world, "fsdax");
	step = add_nd(plan, world, "file-system", "region0:lend", LEND_BACK_IF_UNUSED);
	put(plan, &step->after, "type", "ext4");
	put(plan, &step->after, "uuid", FS_UUID);
	step = add_nd(plan, world, "mount", in(plan, world->things, "mnt"), LEND_BACK_EXACT);
	put(plan, &step->after, "namespace", NAMESPACE);
	put(plan, &step->after, "type", "ext4");
	put(plan, &step->after, "dax", "on");
	return plan;
}

static struct lend_plan *plan_devdax(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("provision region0", NULL, "host");

	add_namespace(plan, world, "devdax");
	return plan;
}

/* ---- libvirt ---- */

#define URI "qemu:///system"

static const char domain_start[] = "<domain type='qemu'><name>db1</name>\n";
static const char domain_end[] =
	"<maxMemory slots='4' unit='GiB'>8</maxMemory><memory unit='MiB'>512</memory>"
	"<os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>"
	"<cpu><numa><cell id='0' cpus='0' memory='512' unit='MiB'/></numa></cpu>"
	"<devices></devices></domain>\n";
static const char nvdimm[] =
	"<memory model='nvdimm' access='shared'><source><path>/p/log.img</path></source>"
	"<target><size unit='MiB'>130</size><node>0</node>"
	"<label><size unit='MiB'>2</size></label></target>"
	"<address type='dimm' slot='1'/></memory>";

static struct lend_step *add_domain_step(struct lend_plan *plan, const char *kind,
					 const char *name, enum lend_back back)
{
	struct lend_step *step = add(plan, kind, name, back);

	lend_plan_arg(plan, step, "uri", URI);
	lend_plan_arg(plan, step, "vm", "db1");
	lend_plan_arg(plan, step, "patience-s", "0");
	return step;
}

static struct lend_plan *plan_domain(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("start db1", "db1", "vm-db1");
	struct lend_step *step;

	add_backing(plan, world, "log.img");
	step = add_domain_step(plan, "libvirt-define", "db1", LEND_BACK_EXACT);
	lend_plan_arg(plan, step, "xml",
		      lend_arena_printf(&plan->arena, "%s%s", domain_start, domain_end));
	put(plan, &step->after, "memory", "536870912");
	step = add_domain_step(plan, "libvirt-start", "db1", LEND_BACK_EXACT);
	step->before.absent = false;
	put(plan, &step->before, "runs", "no");
	put(plan, &step->after, "runs", "yes");
	return plan;
}

static void put_domain(struct world *world, const char *device, bool runs)
{
	struct lend_arena arena = { 0 };
	const char *end = strstr(domain_end, "</devices>");

	fakehost_domain(world->host,
			lend_arena_printf(&arena, "%s<uuid>" NAMESPACE "</uuid>%.*s%s%s",
					  domain_start, (int)(end - domain_end), domain_end,
					  device, end),
			runs);
	lend_arena_done(&arena);
}

static void before_attach(struct world *world)
{
	put_domain(world, "", true);
}

static void before_detach(struct world *world)
{
	put_domain(world, nvdimm, false);
}

static void add_attach(struct lend_plan *plan, const char *where, bool back)
{
	struct lend_step *step = add_domain_step(
		plan, "libvirt-attach", lend_arena_printf(&plan->arena, "db1:log:%s", where),
		strcmp(where, "live") == 0 ? LEND_BACK_NEXT_START : LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "where", where);
	lend_plan_arg(plan, step, "slot", "1");
	lend_plan_arg(plan, step, "uuid", NAMESPACE);
	lend_plan_arg(plan, step, "xml", nvdimm);
	step->before.absent = !back;
	step->after.absent = back;
	put(plan, back ? &step->before : &step->after, "slot-1",
	    "/p/log.img size=136314880 label=2097152");
}

static struct lend_plan *plan_domain_attach(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("attach log", "db1", "vm-db1");

	add_backing(plan, world, "log.img");
	add_attach(plan, "config", false);
	add_attach(plan, "live", false);
	return plan;
}

static struct lend_plan *plan_domain_detach(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("detach log", "db1", "vm-db1");

	(void)world;
	add_attach(plan, "config", true);
	return plan;
}

/* What it is the step learns. */
static struct lend_plan *plan_domain_leave_out(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("detach log", "db1", "vm-db1");
	struct lend_step *step =
		add_domain_step(plan, "libvirt-detach", "db1:nvdimm1", LEND_BACK_EXACT);

	(void)world;
	lend_plan_arg(plan, step, "where", "config");
	lend_plan_arg(plan, step, "slot", "1");
	step->before.absent = false;
	step->after.absent = true;
	return plan;
}

/* As lend writes it, so that it is the same when it is back. */
static void before_leave_out(struct world *world)
{
	const struct lend_domain_memory memory = {
		.model = "nvdimm",
		.access = "shared",
		.path = "/p/log.img",
		.size_bytes = lend_opt(136314880),
		.node = lend_opt(0),
		.label_bytes = lend_opt(2 << 20),
		.slot = lend_opt(1),
	};
	lend_auto_buf xml = { 0 };

	lend_domain_write_memory(&xml, &memory);
	put_domain(world, lend_buf_text(&xml), false);
}

/* ---- all of them ---- */

const struct example *const examples[] = {
	&(const struct example){
		.name = "files", .kinds = "backing disk record", .plan = plan_files },
	&(const struct example){ .name = "records", .kinds = "record", .plan = plan_records },
	&(const struct example){
		.name = "grow", .kinds = "grow", .before = before_data, .plan = plan_grow },
	&(const struct example){
		.name = "copy", .kinds = "copy", .before = before_data, .plan = plan_copy },
	&(const struct example){ .name = "move far",
				 .kinds = "copy remove",
				 .before = before_data,
				 .plan = plan_move_far },
	&(const struct example){
		.name = "move", .kinds = "move", .before = before_data, .plan = plan_move },
	&(const struct example){ .name = "relabel",
				 .kinds = "relabel",
				 .before = before_relabel,
				 .see = see_labels,
				 .plan = plan_relabel },
	&(const struct example){
		.name = "whole", .kinds = "backing record vm", .plan = plan_whole },
	&(const struct example){ .name = "plug",
				 .kinds = "plug-backend plug-device",
				 .before = before_plug,
				 .plan = plan_plug,
				 .release = release_plug },
	&(const struct example){ .name = "plug-there",
				 .kinds = "plug-backend plug-device",
				 .before = before_plug,
				 .plan = plan_plug_there,
				 .release = release_plug },
	&(const struct example){ .name = "manual", .kinds = "manual", .plan = plan_manual },
	&(const struct example){ .name = "fsdax",
				 .kinds = "nd-namespace file-system mount",
				 .before = before_nd,
				 .plan = plan_fsdax },
	&(const struct example){ .name = "devdax",
				 .kinds = "nd-namespace",
				 .before = before_nd,
				 .plan = plan_devdax },
	&(const struct example){ .name = "domain",
				 .kinds = "libvirt-define libvirt-start",
				 .plan = plan_domain },
	&(const struct example){ .name = "domain-attach",
				 .kinds = "libvirt-attach",
				 .before = before_attach,
				 .plan = plan_domain_attach,
				 .release = release_plug },
	&(const struct example){ .name = "domain-detach",
				 .kinds = "libvirt-attach",
				 .before = before_detach,
				 .plan = plan_domain_detach },
	&(const struct example){ .name = "domain-leave-out",
				 .kinds = "libvirt-detach",
				 .before = before_leave_out,
				 .plan = plan_domain_leave_out },
	NULL,
};
