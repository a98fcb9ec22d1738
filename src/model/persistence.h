/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does what a guest has flushed outlive a crash of its host?
 *
 * Pure, on a sealed inventory: of what runs, by how QEMU has mapped the
 * backing; of what is only wished, or not seen running, by what a trial
 * mapping of the backing and QEMU's own words predict.  A mount option is
 * never evidence: it says what somebody wished for.
 *
 * An NVDIMM is flushed by the guest's CPU alone, which no kernel of the host
 * hears.  So the bytes must lie where the guest puts them (a DAX device, or a
 * file on DAX), and the file system's own records of these blocks must be on
 * the medium before the guest may write: that is MAP_SYNC (mmap(2)).  Without
 * it blocks that were reserved but never written are lost at a crash; blocks
 * that happened to be settled survive, by luck, which is no guarantee.
 * virtio-pmem has a flush that QEMU turns into fsync: there the page cache is
 * good enough.
 */

#ifndef LEND_MODEL_PERSISTENCE_H
#define LEND_MODEL_PERSISTENCE_H

#include "model/inventory.h"
#include "model/kind-backend.h"
#include "model/kind-backing.h"
#include "model/kind-device.h"
#include "model/kind-qemu.h"

enum lend_persists {
	LEND_PERSISTS_CANNOT_TELL,
	LEND_PERSISTS_GUARANTEED,
	LEND_PERSISTS_NOT,
};

/* Why; one of each verdict's own.  lend_persistence_id() is their name in JSON. */
enum lend_persists_why {
	/* guaranteed */
	LEND_PERSISTS_DAX_DEVICE,
	LEND_PERSISTS_MAPPED_SYNC,   /* seen in the running QEMU */
	LEND_PERSISTS_WILL_MAP_SYNC, /* predicted */
	LEND_PERSISTS_FLUSHED,       /* virtio-pmem */
	/* not */
	LEND_PERSISTS_MEMORY_BACKEND,
	LEND_PERSISTS_READONLY,
	LEND_PERSISTS_SHARE_OFF,
	LEND_PERSISTS_MAPPED_PRIVATE,
	LEND_PERSISTS_DISCARDED,
	LEND_PERSISTS_FOLDER,
	LEND_PERSISTS_MEMORY_FS,
	LEND_PERSISTS_MEMORY_DEVICE, /* a DAX device of ordinary memory */
	LEND_PERSISTS_KMEM,
	LEND_PERSISTS_BLOCK_DEVICE,
	LEND_PERSISTS_NO_DAX,
	LEND_PERSISTS_MAPPED_WITHOUT_SYNC,
	LEND_PERSISTS_NO_MAP_SYNC,
	LEND_PERSISTS_PMEM_OFF,
	LEND_PERSISTS_NO_LIBPMEM,
	/* cannot tell: what is missing */
	LEND_PERSISTS_LACKS_BACKEND,
	LEND_PERSISTS_LACKS_SHARE,
	LEND_PERSISTS_LACKS_BACKING,
	LEND_PERSISTS_LACKS_DAX,
	LEND_PERSISTS_LACKS_DRIVER,
	LEND_PERSISTS_LACKS_MAPPING,
	LEND_PERSISTS_LACKS_MAP_SYNC,
	LEND_PERSISTS_LACKS_PMEM,
	LEND_PERSISTS_LACKS_LIBPMEM,
	LEND_PERSISTS_NOT_QEMU,
	LEND_PERSISTS_REASONS
};

struct lend_persistence {
	enum lend_persists verdict;
	enum lend_persists_why why;
};

/*
 * The facts of one device, from wherever they are: of nodes, or of a wish.
 * NULL and NOT_ASKED are the same.
 */
struct lend_persistence_facts {
	const char *driver;       /* nvdimm, virtio-pmem */
	const char *backend_type; /* "memory-backend-file"; NULL: unknown */
	const struct lend_fact *share, *pmem, *readonly, *discard_data;
	const struct lend_fact *mapped_shared, *mapped_sync;
	const struct lend_fact *libpmem; /* of the QEMU that shall run it */
	/* Of what lies at the path. */
	const struct lend_fact *type, *fs, *dax, *map_sync, *dax_driver, *dax_region;
};

struct lend_persistence lend_persistence_judge(const struct lend_persistence_facts *facts);

/* Of a path that was looked at (kind "wanted"), as the best QEMU would map it for an NVDIMM. */
struct lend_wanted_node;
struct lend_persistence lend_persistence_of_path(const struct lend_wanted_node *wanted);

/* Of a device of the inventory. */
struct lend_persistence lend_persistence_of(const struct lend_inventory *inv,
					    const struct lend_device *device);

/* The QEMU of that inventory, by its own word; NULL when it was not asked. */
const struct lend_qemu *lend_persistence_qemu(const struct lend_inventory *inv);

const char *lend_persists_name(enum lend_persists verdict);    /* "guaranteed" ... */
const char *lend_persistence_id(enum lend_persists_why why);   /* "share-off" ... */
const char *lend_persistence_text(enum lend_persists_why why); /* half a sentence */

#endif
