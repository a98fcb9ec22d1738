/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/persistence.h"

#include <string.h>

#include "base/attr.h"
#include "model/kind-vm.h"
#include "model/kind-wanted.h"

static const struct {
	const char *id;
	enum lend_persists verdict;
	const char *text;
} reasons[LEND_PERSISTS_REASONS] = {
	[LEND_PERSISTS_DAX_DEVICE] = { "dax-device", LEND_PERSISTS_GUARANTEED,
				       "a DAX device has nothing between guest and medium" },
	[LEND_PERSISTS_MAPPED_SYNC] = { "mapped-sync", LEND_PERSISTS_GUARANTEED,
					"QEMU has mapped it with MAP_SYNC" },
	[LEND_PERSISTS_WILL_MAP_SYNC] = { "map-sync", LEND_PERSISTS_GUARANTEED,
					  "it is on DAX, and QEMU will map it with MAP_SYNC" },
	[LEND_PERSISTS_FLUSHED] = { "flushed", LEND_PERSISTS_GUARANTEED,
				    "QEMU syncs the file when the guest flushes" },

	[LEND_PERSISTS_MEMORY_BACKEND] = { "memory-backend", LEND_PERSISTS_NOT,
					   "there is no file behind it" },
	[LEND_PERSISTS_READONLY] = { "readonly", LEND_PERSISTS_NOT,
				     "it is read-only: nothing is written at all" },
	[LEND_PERSISTS_SHARE_OFF] = { "share-off", LEND_PERSISTS_NOT,
				      "with share=off nothing gets into the file at all" },
	[LEND_PERSISTS_MAPPED_PRIVATE] = { "mapped-private", LEND_PERSISTS_NOT,
					   "QEMU has mapped a copy: nothing gets into the file "
					   "at all" },
	[LEND_PERSISTS_DISCARDED] = { "discard-data", LEND_PERSISTS_NOT,
				      "with discard-data=on QEMU zeroes the file when it "
				      "ends" },
	[LEND_PERSISTS_FOLDER] = { "folder", LEND_PERSISTS_NOT,
				   "in a folder QEMU keeps a file without a name, which goes "
				   "with the VM" },
	[LEND_PERSISTS_MEMORY_FS] = { "memory-fs", LEND_PERSISTS_NOT,
				      "it is memory, which is gone when the host restarts" },
	[LEND_PERSISTS_MEMORY_DEVICE] = { "memory-device", LEND_PERSISTS_NOT,
					  "that DAX device is ordinary memory" },
	[LEND_PERSISTS_KMEM] = { "kmem", LEND_PERSISTS_NOT,
				 "the host uses that DAX device as its own memory (kmem)" },
	[LEND_PERSISTS_BLOCK_DEVICE] = { "block-device", LEND_PERSISTS_NOT,
					 "a block device is mapped by the page cache, also one "
					 "of pmem" },
	[LEND_PERSISTS_NO_DAX] = { "no-dax", LEND_PERSISTS_NOT,
				   "it is not on DAX but in the page cache" },
	[LEND_PERSISTS_MAPPED_WITHOUT_SYNC] = { "mapped-without-sync", LEND_PERSISTS_NOT,
						"QEMU has mapped it without MAP_SYNC: blocks "
						"that are only reserved are lost" },
	[LEND_PERSISTS_NO_MAP_SYNC] = { "no-map-sync", LEND_PERSISTS_NOT,
					"the kernel grants no MAP_SYNC for it" },
	[LEND_PERSISTS_PMEM_OFF] = { "pmem-off", LEND_PERSISTS_NOT,
				     "without pmem=on QEMU does not ask for MAP_SYNC: blocks "
				     "that are only reserved are lost" },
	[LEND_PERSISTS_NO_LIBPMEM] = { "no-libpmem", LEND_PERSISTS_NOT,
				       "this QEMU was built without libpmem" },

	[LEND_PERSISTS_LACKS_BACKEND] = { "backend-unknown", LEND_PERSISTS_CANNOT_TELL,
					  "what kind of backend it has is not known" },
	[LEND_PERSISTS_LACKS_SHARE] = { "share-unknown", LEND_PERSISTS_CANNOT_TELL,
					"whether it has share=on is not known" },
	[LEND_PERSISTS_LACKS_BACKING] = { "backing-unknown", LEND_PERSISTS_CANNOT_TELL,
					  "its backing was not looked at" },
	[LEND_PERSISTS_LACKS_DAX] = { "dax-unknown", LEND_PERSISTS_CANNOT_TELL,
				      "whether it is on DAX is not known" },
	[LEND_PERSISTS_LACKS_DRIVER] = { "dax-driver-unknown", LEND_PERSISTS_CANNOT_TELL,
					 "which driver that DAX device has is not known" },
	[LEND_PERSISTS_LACKS_MAPPING] = { "mapping-unknown", LEND_PERSISTS_CANNOT_TELL,
					  "how QEMU has mapped it cannot be seen" },
	[LEND_PERSISTS_LACKS_MAP_SYNC] = { "map-sync-unknown", LEND_PERSISTS_CANNOT_TELL,
					   "whether the kernel grants MAP_SYNC is not known" },
	[LEND_PERSISTS_LACKS_PMEM] = { "pmem-unknown", LEND_PERSISTS_CANNOT_TELL,
				       "whether it has pmem=on is not known" },
	[LEND_PERSISTS_LACKS_LIBPMEM] = { "libpmem-unknown", LEND_PERSISTS_CANNOT_TELL,
					  "whether this QEMU has libpmem is not known" },
	[LEND_PERSISTS_NOT_QEMU] = { "not-qemu", LEND_PERSISTS_CANNOT_TELL,
				     "what its hypervisor guarantees is not looked at" },
};

static struct lend_persistence because(enum lend_persists_why why)
{
	return (struct lend_persistence){ .verdict = reasons[why].verdict, .why = why };
}

static bool is_known(const struct lend_fact *fact)
{
	return fact != NULL && fact->known == LEND_KNOWN;
}

static bool is_on(const struct lend_fact *fact)
{
	return is_known(fact) && fact->v.u64 != 0;
}

static bool is_off(const struct lend_fact *fact)
{
	return is_known(fact) && fact->v.u64 == 0;
}

static bool is_text(const struct lend_fact *fact, const char *text)
{
	return fact != NULL && fact->known == LEND_KNOWN && strcmp(fact->v.str, text) == 0;
}

/* Somebody looked, and could not see it or saw two things. */
static bool is_hidden(const struct lend_fact *fact)
{
	return fact != NULL && (fact->known == LEND_UNREADABLE || fact->known == LEND_DISPUTED);
}

/* What keeps everything from getting to the file; REASONS when nothing does. */
static enum lend_persists_why before_the_file(const struct lend_persistence_facts *f)
{
	if (f->backend_type != NULL && strcmp(f->backend_type, "memory-backend-file") != 0)
		return LEND_PERSISTS_MEMORY_BACKEND;
	if (is_on(f->readonly))
		return LEND_PERSISTS_READONLY;
	if (is_off(f->share))
		return LEND_PERSISTS_SHARE_OFF;
	if (is_off(f->mapped_shared))
		return LEND_PERSISTS_MAPPED_PRIVATE;
	if (is_on(f->discard_data))
		return LEND_PERSISTS_DISCARDED;
	if (is_text(f->type, "directory"))
		return LEND_PERSISTS_FOLDER;
	if (is_text(f->fs, "tmpfs") || is_text(f->fs, "ramfs") || is_text(f->fs, "hugetlbfs"))
		return LEND_PERSISTS_MEMORY_FS;
	if (f->backend_type == NULL)
		return LEND_PERSISTS_LACKS_BACKEND;
	if (!is_known(f->share))
		return LEND_PERSISTS_LACKS_SHARE;
	return LEND_PERSISTS_REASONS;
}

static bool is_dax_device(const struct lend_persistence_facts *f)
{
	return is_text(f->type, "dax device") ||
	       (is_text(f->type, "character device") && is_on(f->dax));
}

static enum lend_persists_why of_dax_device(const struct lend_persistence_facts *f)
{
	if (is_text(f->dax_driver, "kmem"))
		return LEND_PERSISTS_KMEM;
	if (is_known(f->dax_region) && strncmp(f->dax_region->v.str, "hmem", 4) == 0)
		return LEND_PERSISTS_MEMORY_DEVICE;
	/* Without a driver there is nothing to map; a probe that was granted shows one. */
	if (is_text(f->dax_driver, "device_dax") || is_known(f->map_sync))
		return LEND_PERSISTS_DAX_DEVICE;
	return LEND_PERSISTS_LACKS_DRIVER;
}

/* What QEMU will do when it starts, or when nobody saw what it did. */
static enum lend_persists_why predicted(const struct lend_persistence_facts *f)
{
	if (is_off(f->pmem))
		return LEND_PERSISTS_PMEM_OFF;
	if (is_off(f->libpmem))
		return LEND_PERSISTS_NO_LIBPMEM;
	if (is_hidden(f->mapped_sync))
		return LEND_PERSISTS_LACKS_MAPPING;
	if (!is_known(f->pmem))
		return LEND_PERSISTS_LACKS_PMEM;
	if (!is_known(f->map_sync))
		return LEND_PERSISTS_LACKS_MAP_SYNC;
	if (!is_known(f->libpmem))
		return LEND_PERSISTS_LACKS_LIBPMEM;
	return LEND_PERSISTS_WILL_MAP_SYNC;
}

static enum lend_persists_why of_nvdimm(const struct lend_persistence_facts *f)
{
	if (is_dax_device(f))
		return of_dax_device(f);
	if (is_text(f->type, "block device"))
		return LEND_PERSISTS_BLOCK_DEVICE;
	if (is_on(f->mapped_sync))
		return LEND_PERSISTS_MAPPED_SYNC;
	if (!is_known(f->type) && !is_known(f->dax))
		return LEND_PERSISTS_LACKS_BACKING;
	if (is_off(f->dax))
		return LEND_PERSISTS_NO_DAX;
	if (is_off(f->map_sync))
		return is_on(f->dax) ? LEND_PERSISTS_NO_MAP_SYNC : LEND_PERSISTS_NO_DAX;
	if (is_off(f->mapped_sync))
		return LEND_PERSISTS_MAPPED_WITHOUT_SYNC;
	/* MAP_SYNC is granted on DAX alone: an older kernel may say only the one. */
	if (!is_known(f->dax) && !is_on(f->map_sync))
		return is_text(f->type, "file") && is_off(f->pmem) ? LEND_PERSISTS_PMEM_OFF
								   : LEND_PERSISTS_LACKS_DAX;
	return predicted(f);
}

struct lend_persistence lend_persistence_judge(const struct lend_persistence_facts *f)
{
	bool nvdimm = f->driver != NULL && strcmp(f->driver, "nvdimm") == 0;
	enum lend_persists_why why;

	if (!nvdimm && (f->driver == NULL || strcmp(f->driver, "virtio-pmem") != 0))
		return because(LEND_PERSISTS_NOT_QEMU);
	why = before_the_file(f);
	if (why != LEND_PERSISTS_REASONS)
		return because(why);
	if (nvdimm)
		return because(of_nvdimm(f));
	if (is_dax_device(f))
		return because(of_dax_device(f));
	return because(is_known(f->type) ? LEND_PERSISTS_FLUSHED : LEND_PERSISTS_LACKS_BACKING);
}

/* ---- of nodes ---- */

/* By bisection: it is asked for each device, and the host's nodes come first, kind by kind. */
const struct lend_qemu *lend_persistence_qemu(const struct lend_inventory *inv)
{
	size_t low = 0, high = inv->n_nodes;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct lend_node *node = inv->nodes[middle];

		if (node->guest == NULL && node->kind < LEND_KIND_QEMU)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == inv->n_nodes || inv->nodes[low]->guest != NULL ||
	    inv->nodes[low]->kind != LEND_KIND_QEMU)
		return NULL;
	return lend_as_qemu(inv->nodes[low]);
}

struct lend_persistence lend_persistence_of_path(const struct lend_wanted_node *wanted)
{
	const struct lend_fact on = { .v.u64 = 1, .known = LEND_KNOWN };
	const struct lend_persistence_facts f = {
		.driver = "nvdimm",
		.backend_type = "memory-backend-file",
		.share = &on,
		.pmem = &on,
		.libpmem = &on,
		.type = &wanted->type,
		.fs = &wanted->fs,
		.dax = &wanted->dax,
		.map_sync = &wanted->map_sync,
		.dax_driver = &wanted->dax_driver,
		.dax_region = &wanted->dax_region,
	};

	return lend_persistence_judge(&f);
}

/* One that runs with pmem=on has libpmem: without it QEMU does not start (since 3.1). */
static const struct lend_fact *libpmem_of(const struct lend_inventory *inv,
					  const struct lend_vm *vm)
{
	static const struct lend_fact yes = { .v.u64 = 1, .known = LEND_KNOWN };
	const struct lend_qemu *qemu = lend_persistence_qemu(inv);

	if (qemu != NULL && is_known(&qemu->pmem))
		return &qemu->pmem;
	return vm != NULL && is_known(&vm->pid) ? &yes : NULL;
}

struct lend_persistence lend_persistence_of(const struct lend_inventory *inv,
					    const struct lend_device *device)
{
	struct lend_persistence_facts f = { 0 };
	const struct lend_node *node = lend_used_of(inv, &device->node, LEND_KIND_BACKEND);
	const struct lend_backend *backend;
	const struct lend_backing *backing;

	if (is_known(&device->driver))
		f.driver = device->driver.v.str;
	if (node == NULL)
		return lend_persistence_judge(&f);
	backend = lend_as_backend(node);
	if (is_known(&backend->type))
		f.backend_type = backend->type.v.str;
	f.share = &backend->share;
	f.pmem = &backend->pmem;
	f.readonly = &backend->readonly;
	f.discard_data = &backend->discard_data;
	f.mapped_shared = &backend->mapped_shared;
	f.mapped_sync = &backend->mapped_sync;
	node = lend_user_of_kind(inv, &device->node, LEND_KIND_VM);
	f.libpmem = libpmem_of(inv, node == NULL ? NULL : lend_as_vm(node));
	node = lend_used_of(inv, &backend->node, LEND_KIND_BACKING);
	if (node == NULL)
		return lend_persistence_judge(&f);
	backing = lend_as_backing(node);
	f.type = &backing->type;
	f.fs = &backing->fs;
	f.dax = &backing->dax;
	f.map_sync = &backing->map_sync;
	f.dax_driver = &backing->dax_driver;
	f.dax_region = &backing->dax_region;
	return lend_persistence_judge(&f);
}

/* ---- in words ---- */

const char *lend_persists_name(enum lend_persists verdict)
{
	static const char *const names[] = {
		[LEND_PERSISTS_CANNOT_TELL] = "cannot tell",
		[LEND_PERSISTS_GUARANTEED] = "guaranteed",
		[LEND_PERSISTS_NOT] = "not guaranteed",
	};

	return names[verdict];
}

const char *lend_persistence_id(enum lend_persists_why why)
{
	return reasons[why].id;
}

const char *lend_persistence_text(enum lend_persists_why why)
{
	return reasons[why].text;
}
