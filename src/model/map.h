/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The map: a view of a sealed inventory that says which backing, which device
 * of a VM and which NVDIMM of its guest are the same thing.
 *
 * The inventory is not copied; it has to outlive its map.  Host nodes and
 * guest nodes are never merged, only put into one pair here, and each pair
 * says why.  Orders of listing and nmemN numbers are never evidence.
 *
 * The arithmetic that joins both sides (slot to serial, handle and cookie) is
 * format/nd-id.h: pure, so that the model may use it.
 */

#ifndef LEND_MODEL_MAP_H
#define LEND_MODEL_MAP_H

#include "model/inventory.h"
#include "model/kind-backend.h"
#include "model/kind-backing.h"
#include "model/kind-device.h"
#include "model/kind-nd-dimm.h"
#include "model/kind-nd-namespace.h"
#include "model/kind-nd-region.h"
#include "model/kind-vm.h"

/* A namespace of the guest; dev is NULL when it is only predicted from a label. */
struct lend_map_namespace {
	const char *dev, *mode, *uuid, *blockdev, *chardev; /* each may be NULL */
};

/* What fits as well: a guest device (dimm, region or both), or a backing. */
struct lend_map_candidate {
	const struct lend_nd_dimm *dimm;
	const struct lend_nd_region *region;
	const struct lend_backing *backing;
	const char *text; /* "nmem0 region0", or the backing's path */
};

/* Another row on the same backing; each may be NULL. */
struct lend_map_sharer {
	const char *vm, *device, *path;
};

enum lend_map_columns {
	LEND_MAP_VM,
	LEND_MAP_BACKING,
	LEND_MAP_DEVICE,
	LEND_MAP_SLOT,
	LEND_MAP_DIMM,
	LEND_MAP_REGION,
	LEND_MAP_NAMESPACE,
	LEND_MAP_BLOCKDEV,
	LEND_MAP_VERDICT,
	LEND_MAP_USUAL, /* so many are shown when none is asked for */
	LEND_MAP_CHARDEV = LEND_MAP_USUAL,
	LEND_MAP_MODE,
	LEND_MAP_UUID,
	LEND_MAP_ADDRESS,
	LEND_MAP_SIZE_BYTES,
	LEND_MAP_LABEL_BYTES,
	LEND_MAP_NFIT_ID,
	LEND_MAP_HANDLE,
	LEND_MAP_DEV,
	LEND_MAP_INODE,
	LEND_MAP_EVIDENCE,
	LEND_MAP_PERSISTENCE,
	LEND_MAP_COLUMNS
};

struct lend_pair {
	/* The host's side; each may be NULL. */
	const struct lend_vm *vm;
	const char *vm_name;
	const struct lend_device *device;
	const struct lend_backend *backend;
	const struct lend_backing *backing;

	/* The guest's side; each may be NULL. */
	const struct lend_nd_dimm *dimm;
	const struct lend_nd_region *region;
	struct lend_map_namespace *namespaces;
	size_t n_namespaces, cap_namespaces;

	/* Computed, because nobody looked into the guest. */
	const char *predicted_id; /* NULL: none */
	bool has_predicted_handle;
	uint64_t predicted_handle;

	enum lend_verdict verdict;
	bool by_handle;        /* the DIMM was found so; then the handle has been said */
	const char **evidence; /* those against the pair begin with "AGAINST: " */
	size_t n_evidence, cap_evidence;
	size_t n_against;
	struct lend_map_sharer *shared; /* who else has the same bytes behind it */
	size_t n_shared, cap_shared;
	struct lend_map_candidate *candidates;
	size_t n_candidates, cap_candidates;

	const char *column[LEND_MAP_COLUMNS];
};

/* A sorted index of nodes; text is the guest's name, or "". */
struct lend_map_key {
	const char *text;
	uint64_t number;
	const struct lend_node *node;
};

enum lend_map_index {
	LEND_MAP_REGION_AT,          /* guest, resource */
	LEND_MAP_REGION_OF_GUEST,    /* guest, 0 */
	LEND_MAP_REGION_COOKIE,      /* guest, cookie */
	LEND_MAP_REGION_PLACED,      /* guest, 0: those whose address is known */
	LEND_MAP_DIMM_OF_GUEST,      /* guest, 0 */
	LEND_MAP_NAMESPACE_OF_GUEST, /* guest, 0 */
	LEND_MAP_DIMM_HANDLE,        /* guest, handle */
	LEND_MAP_DIMM_VMWARE,        /* guest, serial */
	LEND_MAP_DIMM_VMWARE_ALL,    /* "", serial */
	LEND_MAP_BACKING_VMDK,       /* "", serial that follows from its UUID */
	LEND_MAP_INDEXES
};

struct lend_map {
	struct lend_arena arena;
	const struct lend_inventory *inv;
	struct lend_pair *pairs;
	size_t n_pairs, cap_pairs;
	struct lend_map_key *index[LEND_MAP_INDEXES];
	size_t n_index[LEND_MAP_INDEXES];
	bool *claimed;      /* by node index: some row shows or names it */
	const char *unseen; /* lend_map_filter asked for a guest device, and nobody looked into
			       the guest of this VM: not being found says nothing */
};

/* ---- for the files map*.c alone ---- */

/* How many candidates or fellow users of a file are listed. */
enum { LEND_MAP_LIST_MAX = 16 };

void lend_map_make_indexes(struct lend_map *map);
/* How many nodes have that key; *ret_first is the first of them. */
size_t lend_map_lookup(const struct lend_map *map, enum lend_map_index index, const char *text,
		       uint64_t number, const struct lend_map_key **ret_first);
int lend_map_compare_keys(const void *a, const void *b);

struct lend_pair *lend_map_new_pair(struct lend_map *map);
void lend_map_note(struct lend_map *map, struct lend_pair *pair, const char *text);
void lend_map_against(struct lend_map *map, struct lend_pair *pair, const char *text);
void lend_map_add_candidate(struct lend_map *map, struct lend_pair *pair,
			    const struct lend_nd_dimm *dimm,
			    const struct lend_nd_region *region,
			    const struct lend_backing *backing);
bool lend_map_has_guest(const struct lend_map *map, const char *vm_name);

/* A new pair with the device, and its VM, backend and backing by its edges. */
struct lend_pair *lend_map_device_pair(struct lend_map *map, const struct lend_device *device);
const struct lend_nd_dimm *lend_map_dimm_of(const struct lend_map *map,
					    const struct lend_nd_region *region);
const struct lend_nd_region *lend_map_region_of(const struct lend_map *map,
						const struct lend_nd_dimm *dimm);
/* lend_map_region_of, with a note when there is none. */
void lend_map_find_region(struct lend_map *map, struct lend_pair *pair);

/* The path of the pair's backing as far as anybody knows it; NULL when nobody does. */
const char *lend_map_path(const struct lend_pair *pair);

void lend_map_qemu(struct lend_map *map, const struct lend_device *device);
void lend_map_esx_device(struct lend_map *map, const struct lend_device *device);
void lend_map_esx_loose(struct lend_map *map); /* VMDKs that no device uses */
bool lend_map_vmdk_serial(const struct lend_backing *backing, uint32_t *ret_serial);

void lend_map_check_qemu(struct lend_map *map, struct lend_pair *pair);
void lend_map_check_size(struct lend_map *map, struct lend_pair *pair,
			 const struct lend_fact *size, const char *whose);
void lend_map_predict_qemu(struct lend_map *map, struct lend_pair *pair);
/* Files by dev and inode, devices by their number; what is unknown is not equal. */
bool lend_map_same_file(const struct lend_backing *a, const struct lend_backing *b);
bool lend_map_is_file(const struct lend_backing *backing, const struct stat *stat);
void lend_map_shared(struct lend_map *map); /* one file, several rows */

void lend_map_columns(struct lend_map *map);
const char *lend_verdict_name(enum lend_verdict verdict);

/* Facts as the checks want them: a predicted one is never held against anything. */
static inline bool lend_map_is_sure(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN && fact->trust != LEND_PREDICTED;
}

static inline const char *lend_map_text_of(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN ? fact->v.str : NULL;
}

#endif
