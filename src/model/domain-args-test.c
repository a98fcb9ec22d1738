/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt makes of a domain, held against a command line that it made, and its rules. */

#include "model/domain-args.h"

#include <inttypes.h>

#include "tests/must.h"

#define MIB ((uint64_t)1 << 20)

static void put_u64(struct lend_buf *out, const char *name, struct lend_opt_u64 v)
{
	if (v.has)
		lend_buf_printf(out, " %s=%" PRIu64, name, v.v);
}

static void put_tri(struct lend_buf *out, const char *name, enum lend_tri v)
{
	if (v != LEND_TRI_UNSET)
		lend_buf_printf(out, " %s=%s", name, v == LEND_TRI_ON ? "on" : "off");
}

/* The part about persistent memory. */
static const char *show(struct lend_buf *out, const struct lend_qemu_args *a)
{
	lend_buf_reset(out);
	put_u64(out, "ram", a->ram_bytes);
	put_u64(out, "slots", a->slots);
	put_u64(out, "maxmem", a->maxmem_bytes);
	put_tri(out, "nvdimm", a->nvdimm);
	for (size_t i = 0; i < a->n_backends; i++) {
		const struct lend_qemu_backend *b = &a->backends[i];

		if (strcmp(b->type, "memory-backend-file") != 0)
			continue;
		lend_buf_printf(out, "\n%s %s", b->id == NULL ? "-" : b->id, b->path);
		put_u64(out, "size", b->size);
		put_u64(out, "align", b->align);
		put_tri(out, "share", b->share);
		put_tri(out, "pmem", b->pmem);
		put_tri(out, "prealloc", b->prealloc);
		put_tri(out, "readonly", b->readonly);
	}
	for (size_t i = 0; i < a->n_devices; i++) {
		const struct lend_qemu_device *d = &a->devices[i];

		if (d->memdev == NULL && d->host == NULL)
			continue;
		lend_buf_printf(out, "\n%s %s %s", d->driver, d->id == NULL ? "-" : d->id,
				d->memdev == NULL ? d->host : d->memdev);
		put_u64(out, "slot", d->slot);
		put_u64(out, "addr", d->address);
		put_u64(out, "label", d->label_bytes);
		put_u64(out, "node", d->node);
		put_tri(out, "unarmed", d->unarmed);
	}
	return lend_buf_text(out);
}

static void same_as_libvirt(const char *corpus)
{
	struct lend_arena arena = { 0 };
	struct lend_qemu_args theirs, ours;
	lend_auto_buf a = { 0 };
	lend_auto_buf b = { 0 };
	struct lend_domain domain;
	char path[500];
	char *text;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/qemu-args/libvirt", corpus);
	text = must_read(path, &len);
	must(lend_qemu_args_parse_text(&arena, text, len, &theirs, NULL) == 0);
	free(text);
	(void)snprintf(path, sizeof(path), "%s/domain-xml/small", corpus);
	text = must_read(path, &len);
	must(lend_domain_parse(&arena, "f", text, len, &domain, NULL) == 0);
	free(text);
	lend_domain_args(&arena, &domain, false, &ours);
	must_str(show(&a, &ours), show(&b, &theirs));
	lend_arena_done(&arena);
}

#define HEAD "<domain type='kvm'><name>a</name>"
#define MEMORY(attributes, target, rest)                                                       \
	"<memory " attributes "><source><path>/p</path></source><target>" target               \
	"</target>" rest "</memory>"

static const struct {
	const char *what, *xml;
	bool live;
	const char *args;
} rows[] = {
	{ "memory counts the DIMMs",
	  HEAD "<memory unit='MiB'>640</memory><devices>" MEMORY(
		  "model='nvdimm'", "<size unit='MiB'>128</size>", "") "</devices></domain>",
	  false,
	  " ram=536870912 nvdimm=on\nmemnvdimm0 /p size=134217728 prealloc=on\n"
	  "nvdimm nvdimm0 memnvdimm0 slot=0" },
	{ "cells do not",
	  HEAD "<memory unit='MiB'>640</memory><cpu><numa><cell memory='256' unit='MiB'/>"
	       "<cell memory='1024'/></numa></cpu></domain>",
	  false, " ram=269484032 nvdimm=off" },
	{ "more DIMMs than memory: cannot be told",
	  HEAD "<memory unit='MiB'>64</memory><devices>" MEMORY(
		  "model='dimm'", "<size unit='MiB'>128</size>", "") "</devices></domain>",
	  false, " nvdimm=off\npc-dimm dimm0 memdimm0 slot=0" },
	{ "slots that are taken are left out, sizes are rounded up",
	  HEAD "<devices>" MEMORY("model='nvdimm' access='private'", "<size>1</size>", "")
		  MEMORY("model='dimm'", "<size>1</size>", "")
			  MEMORY("model='nvdimm' access='shared'", "<size>2048</size>",
				 "<address type='dimm' slot='0'/>") "</devices></domain>",
	  false,
	  " nvdimm=on\nmemnvdimm1 /p size=2097152 share=off prealloc=on\n"
	  "memnvdimm0 /p size=2097152 share=on prealloc=on\n"
	  "nvdimm nvdimm1 memnvdimm1 slot=1\npc-dimm dimm2 memdimm2 slot=2\n"
	  "nvdimm nvdimm0 memnvdimm0 slot=0" },
	{ "one that runs is as it is",
	  HEAD "<devices>" MEMORY("model='nvdimm'", "<size>1</size>",
				  "<alias name='ua-x'/>"
				  "<address type='dimm' slot='7' base='0x100000000'/>")
		  MEMORY("model='nvdimm'", "<size>1</size>", "") "</devices></domain>",
	  true,
	  " nvdimm=on\nmemua-x /p size=1024 prealloc=on\n- /p size=1024 prealloc=on\n"
	  "nvdimm ua-x memua-x slot=7 addr=4294967296" },
	{ "sharing comes from the cell, then from the domain",
	  HEAD "<memoryBacking><access mode='shared'/></memoryBacking><cpu><numa>"
	       "<cell id='0' memory='1024'/><cell id='1' memory='1024' memAccess='private'/>"
	       "</numa></cpu><devices>" MEMORY("model='nvdimm'",
					       "<size>2048</size><node>0</node>", "")
		       MEMORY("model='nvdimm'", "<size>2048</size><node>1</node>",
			      "") "</devices></domain>",
	  false,
	  " ram=2097152 nvdimm=on\nmemnvdimm0 /p size=2097152 share=on prealloc=on\n"
	  "memnvdimm1 /p size=2097152 share=off prealloc=on\n"
	  "nvdimm nvdimm0 memnvdimm0 slot=0 node=0\nnvdimm nvdimm1 memnvdimm1 slot=1 node=1" },
	{ "virtio-pmem is shared and has no slot",
	  HEAD "<devices>" MEMORY("model='virtio-pmem'", "<size>2048</size>", "") "</devices>"
										  "</domain>",
	  false,
	  " nvdimm=off\nmemvirtiopmem0 /p size=2097152 share=on\n"
	  "virtio-pmem-pci virtiopmem0 memvirtiopmem0" },
	{ "arguments of its own count",
	  "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>a</name>"
	  "<qemu:commandline><qemu:arg value='-machine'/><qemu:arg value='nvdimm=on'/>"
	  "<qemu:arg value='-object'/>"
	  "<qemu:arg value='memory-backend-file,id=m,mem-path=/q,size=4M,share=on'/>"
	  "<qemu:arg value='-device'/><qemu:arg value='nvdimm,id=d,memdev=m'/>"
	  "</qemu:commandline></domain>",
	  false, " nvdimm=on\nm /q size=4194304 share=on\nnvdimm d m" },
	{ "host devices",
	  HEAD "<devices><hostdev type='pci'><source><address bus='0x3b'/></source>"
	       "<alias name='hostdev0'/></hostdev><hostdev type='pci'><source>"
	       "<address bus='0x3c'/></source><address type='unassigned'/></hostdev></devices>"
	       "</domain>",
	  true, " nvdimm=off\nvfio-pci hostdev0 0000:3b:00.0" },
};

static void follows_the_rules(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_arena arena = { 0 };
		lend_auto_buf out = { 0 };
		struct lend_domain domain;
		struct lend_qemu_args args;

		must_in(rows[i].what);
		must(lend_domain_parse(&arena, "f", rows[i].xml, strlen(rows[i].xml), &domain,
				       NULL) == 0);
		lend_domain_args(&arena, &domain, rows[i].live, &args);
		must_str(show(&out, &args), rows[i].args);
		must(args.argv0 == NULL);
		lend_arena_done(&arena);
	}
	must_in("");
}

int main(int argc, char **argv)
{
	must(argc == 2);
	same_as_libvirt(argv[1]);
	follows_the_rules();
	return 0;
}
