/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verdicts on persistence, from facts in a line and from an inventory. */

#include "model/build.h"
#include "model/kind-vm.h"
#include "model/persistence.h"
#include "tests/must.h"

enum fact_name {
	SHARE,
	PMEM,
	READONLY,
	DISCARD,
	SHARED,
	SYNC,
	LIBPMEM,
	TYPE,
	FS,
	DAX,
	MAP_SYNC,
	DRIVER,
	REGION,
	FACTS
};

static const char *const names[FACTS] = { "share",  "pmem", "readonly", "discard",
					  "shared", "sync", "libpmem",  "type",
					  "fs",     "dax",  "map_sync", "driver",
					  "region" };

#define FILE_ON "share=1 pmem=1 libpmem=1 type=file "
#define DEVICE  "share=1 pmem=0 type=dax-device "

/* "name=1", "name=text" ('-' is a blank), "name=?" for what could not be read. */
static const struct {
	const char *driver, *backend;
	const char *facts;
	const char *want;
} cases[] = {
	/* The four of the crash proof. */
	{ "nvdimm", "file", "share=1 pmem=0 type=file fs=ext4 dax=0 map_sync=0", "no-dax" },
	{ "nvdimm", "file", "share=1 pmem=0 type=file fs=ext4 dax=1 map_sync=1", "pmem-off" },
	{ "nvdimm", "file", FILE_ON "fs=ext4 dax=1 map_sync=1", "map-sync" },
	{ "nvdimm", "file", FILE_ON "dax=1 map_sync=1 shared=1 sync=1", "mapped-sync" },
	{ "nvdimm", "file", FILE_ON "dax=1 map_sync=1 shared=1 sync=0", "mapped-without-sync" },

	{ "nvdimm", "ram", "", "memory-backend" },
	{ "nvdimm", "memfd", "share=1", "memory-backend" },
	{ "nvdimm", NULL, FILE_ON "dax=1 map_sync=1", "backend-unknown" },
	{ "nvdimm", "file", "pmem=1 libpmem=1 type=file dax=1 map_sync=1", "share-unknown" },
	{ "nvdimm", "file", "share=0 pmem=1 type=file dax=1 map_sync=1", "share-off" },
	{ "nvdimm", "file", FILE_ON "dax=1 shared=0", "mapped-private" },
	{ "nvdimm", "file", FILE_ON "readonly=1 dax=1 map_sync=1", "readonly" },
	{ "nvdimm", "file", FILE_ON "discard=1 dax=1 map_sync=1", "discard-data" },
	{ "nvdimm", "file", "share=1 type=directory", "folder" },
	{ "nvdimm", "file", FILE_ON "fs=tmpfs dax=0 map_sync=0", "memory-fs" },
	{ "nvdimm", "file", FILE_ON "fs=hugetlbfs", "memory-fs" },
	{ "nvdimm", "file", "share=1 pmem=1 type=block-device dax=0 map_sync=0",
	  "block-device" },
	{ "nvdimm", "file", "share=1 pmem=1 libpmem=1", "backing-unknown" },
	{ "nvdimm", "file", FILE_ON "dax=? map_sync=?", "dax-unknown" },
	/* On DAX or not, it would not persist. */
	{ "nvdimm", "file", "share=1 pmem=0 type=file", "pmem-off" },
	{ "nvdimm", "file", "share=1 pmem=0 type=character-device", "dax-unknown" },
	{ "nvdimm", "file", FILE_ON "dax=1 map_sync=?", "map-sync-unknown" },
	/* Before Linux 5.8 statx says nothing about DAX. */
	{ "nvdimm", "file", FILE_ON "dax=? map_sync=1", "map-sync" },
	{ "nvdimm", "file", FILE_ON "dax=? map_sync=0", "no-dax" },
	/* DAX of a device that is not synchronous: virtio-pmem in a guest. */
	{ "nvdimm", "file", FILE_ON "dax=1 map_sync=0", "no-map-sync" },
	{ "nvdimm", "file", "share=1 pmem=1 libpmem=0 type=file dax=1 map_sync=1",
	  "no-libpmem" },
	{ "nvdimm", "file", "share=1 pmem=1 type=file dax=1 map_sync=1", "libpmem-unknown" },
	{ "nvdimm", "file", "share=1 libpmem=1 type=file dax=1 map_sync=1", "pmem-unknown" },
	{ "nvdimm", "file", FILE_ON "dax=1 map_sync=1 sync=?", "mapping-unknown" },
	/* What is mapped is seen although nobody knows what QEMU was told. */
	{ "nvdimm", "file", "share=1 type=file dax=1 sync=1", "mapped-sync" },

	{ "nvdimm", "file", DEVICE "dax=1 driver=device_dax map_sync=1", "dax-device" },
	{ "nvdimm", "file", DEVICE "dax=1 driver=device_dax region=region0", "dax-device" },
	{ "nvdimm", "file", DEVICE "dax=1 driver=device_dax region=hmem.0", "memory-device" },
	{ "nvdimm", "file", DEVICE "driver=kmem", "kmem" },
	{ "nvdimm", "file", DEVICE "dax=1", "dax-driver-unknown" },
	{ "nvdimm", "file", "share=1 type=character-device dax=1 map_sync=1", "dax-device" },
	{ "nvdimm", "file", "share=0 type=dax-device driver=device_dax", "share-off" },

	{ "virtio-pmem", "file", "share=1 type=file fs=ext4 dax=0 map_sync=0", "flushed" },
	{ "virtio-pmem", "file", "share=1 type=block-device", "flushed" },
	{ "virtio-pmem", "file", "share=0 type=file", "share-off" },
	{ "virtio-pmem", "file", "share=1 type=file fs=tmpfs", "memory-fs" },
	{ "virtio-pmem", "file", "share=1", "backing-unknown" },
	{ "virtio-pmem", "file", DEVICE "driver=device_dax", "dax-device" },
	{ "vmware-nvdimm", NULL, "", "not-qemu" },
	{ NULL, "file", FILE_ON "dax=1 map_sync=1", "not-qemu" },
};

static void take(char *text, struct lend_fact facts[FACTS])
{
	for (char *rest = NULL, *word = strtok_r(text, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		char *value = strchr(word, '=');
		size_t i = 0;

		must(value != NULL);
		*value++ = '\0';
		while (i < FACTS && strcmp(names[i], word) != 0)
			i++;
		if (i >= FACTS)
			abort();
		facts[i].known = value[0] == '?' ? LEND_UNREADABLE : LEND_KNOWN;
		if (i >= TYPE && i != DAX && i != MAP_SYNC) {
			for (char *p = value; *p != '\0'; p++)
				*p = *p == '-' ? ' ' : *p;
			facts[i].v.str = value;
		} else {
			facts[i].v.u64 = value[0] == '1';
		}
	}
}

static void judge(void)
{
	for (size_t i = 0; i < LEND_COUNT(cases); i++) {
		struct lend_fact facts[FACTS] = { 0 };
		char text[200], type[60];
		struct lend_persistence_facts f = {
			.driver = cases[i].driver,
			.share = &facts[SHARE],
			.pmem = &facts[PMEM],
			.readonly = &facts[READONLY],
			.discard_data = &facts[DISCARD],
			.mapped_shared = &facts[SHARED],
			.mapped_sync = &facts[SYNC],
			.libpmem = &facts[LIBPMEM],
			.type = &facts[TYPE],
			.fs = &facts[FS],
			.dax = &facts[DAX],
			.map_sync = &facts[MAP_SYNC],
			.dax_driver = &facts[DRIVER],
			.dax_region = &facts[REGION],
		};

		(void)snprintf(text, sizeof(text), "%s", cases[i].facts);
		(void)snprintf(type, sizeof(type), "memory-backend-%s",
			       cases[i].backend == NULL ? "" : cases[i].backend);
		take(text, facts);
		if (cases[i].backend != NULL)
			f.backend_type = type;
		must_str(lend_persistence_id(lend_persistence_judge(&f).why), cases[i].want);
	}
}

/* Every reason has its words, and what was never asked is no verdict. */
static void words(void)
{
	static const struct lend_persistence_facts nothing;

	for (enum lend_persists_why why = 0; why < LEND_PERSISTS_REASONS; why++) {
		must(lend_persistence_id(why) != NULL && lend_persistence_text(why) != NULL);
		for (enum lend_persists_why other = 0; other < why; other++)
			must(strcmp(lend_persistence_id(why), lend_persistence_id(other)) != 0);
	}
	must(lend_persistence_judge(&nothing).verdict == LEND_PERSISTS_CANNOT_TELL);
	must_str(lend_persists_name(LEND_PERSISTS_NOT), "not guaranteed");
	must_str(lend_persists_name(LEND_PERSISTS_GUARANTEED), "guaranteed");
}

static void inventory(bool running, bool with_qemu, bool with_backing, const char *want)
{
	struct lend_build b;
	struct lend_inventory *inv;
	struct lend_vm *vm;
	struct lend_device *device;
	struct lend_backend *backend;
	uint32_t by;

	lend_build_init(&b);
	by = lend_build_sighting(&b, LEND_SEEN, "test", "", "");
	vm = (struct lend_vm *)lend_build_node(&b, LEND_KIND_VM, NULL, "v");
	device = (struct lend_device *)lend_build_node(&b, LEND_KIND_DEVICE, NULL, "v:d");
	backend = (struct lend_backend *)lend_build_node(&b, LEND_KIND_BACKEND, NULL, "v:m");
	lend_build_edge(&b, &vm->node, &device->node);
	lend_build_edge(&b, &device->node, &backend->node);
	lend_build_text(&b, &device->node, &device->driver, by, "nvdimm");
	lend_build_text(&b, &backend->node, &backend->type, by, "memory-backend-file");
	lend_build_u64(&b, &backend->node, &backend->share, by, 1);
	lend_build_u64(&b, &backend->node, &backend->pmem, by, 1);
	if (running)
		lend_build_u64(&b, &vm->node, &vm->pid, by, 7);
	if (with_qemu) {
		struct lend_qemu *qemu =
			(struct lend_qemu *)lend_build_node(&b, LEND_KIND_QEMU, NULL, "qemu");

		lend_build_u64(&b, &qemu->node, &qemu->pmem, by, 1);
	}
	if (with_backing) {
		struct lend_backing *backing = (struct lend_backing *)lend_build_node(
			&b, LEND_KIND_BACKING, NULL, "/p");

		lend_build_edge(&b, &backend->node, &backing->node);
		lend_build_text(&b, &backing->node, &backing->type, by, "file");
		lend_build_u64(&b, &backing->node, &backing->dax, by, 1);
		lend_build_u64(&b, &backing->node, &backing->map_sync, by, 1);
	}
	inv = lend_build_seal(&b);
	must_str(lend_persistence_id(lend_persistence_of(inv, device).why), want);
	lend_inventory_free(inv);
}

int main(void)
{
	judge();
	words();
	inventory(false, false, false, "backing-unknown");
	inventory(false, false, true, "libpmem-unknown");
	inventory(false, true, true, "map-sync");
	inventory(true, false, true, "map-sync");
	return 0;
}
