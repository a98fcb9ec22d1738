/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks and volumes of a host of ESXi, and what it stands on itself: boot
 * device, banks, OSDATA, scratch, coredump, console.
 *
 * The host does not tell on which disk a vfat volume lies: it is the disk that
 * it booted from.  A volume that VMs name and the host does not have was on an
 * adapter that it gave away, when it gave one away: that is a guess, and said.
 */

#include <stdlib.h>

#include "collect/esx.h"
#include "model/kind-adapter.h"
#include "model/kind-disk.h"
#include "model/kind-system.h"

#define VOLUMES "/vmfs/volumes/"

static struct lend_node *node_of(struct lend_esx_host *esx, uint32_t kind, const char *name)
{
	return lend_build_node(&esx->scan->build, kind, NULL, name);
}

static struct lend_node *find(struct lend_esx_host *esx, uint32_t kind, const char *name)
{
	return lend_build_find(&esx->scan->build, kind, NULL, name);
}

static bool is_text(const struct lend_fact *fact, const char *text)
{
	return fact->known == LEND_KNOWN && strcmp(fact->v.str, text) == 0;
}

/* The only one of that kind; NULL when there is none, or several. */
static struct lend_node *only_one(struct lend_esx_host *esx, uint32_t kind)
{
	const struct lend_inventory *inv = esx->scan->build.inv;
	struct lend_node *found = NULL;

	for (size_t i = 0; i < inv->n_nodes; i++) {
		if (inv->nodes[i]->kind != kind)
			continue;
		if (found != NULL)
			return NULL;
		found = inv->nodes[i];
	}
	return found;
}

/* ---- disks ---- */

/* A stick may say so in one of its two lines only. */
static void put_is_boot(struct lend_esx_host *esx, struct lend_disk *disk,
			const struct lend_esx_device *d, uint32_t by)
{
	lend_esx_put_tri(esx, &disk->node, &disk->boot, by,
			 d->is_boot_usb == LEND_TRI_ON ? LEND_TRI_ON : d->is_boot);
	if (d->is_boot_usb == LEND_TRI_ON && d->is_boot == LEND_TRI_OFF)
		lend_esx_gap(esx, disk->node.id, "vmkfstools -P of a bank names its disk",
			     "%s says Is Boot USB Device: true, and Is Boot Device: false: "
			     "taken for the one that the host booted from",
			     d->name);
}

static void put_disks(struct lend_esx_host *esx)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_DEVICE_LIST];
	const struct lend_esx_device *items =
		LEND_ESX_ITEMS(esx, LEND_ESX_DEVICE_LIST, struct lend_esx_device);

	for (size_t i = 0; i < list->n; i++) {
		const struct lend_esx_device *d = &items[i];
		struct lend_disk *disk;

		if (d->name == NULL || d->name[0] == '\0')
			continue;
		disk = (struct lend_disk *)node_of(esx, LEND_KIND_DISK, d->name);
		lend_esx_put_text(esx, &disk->node, &disk->display_name, list->by,
				  d->display_name);
		lend_esx_put_text(esx, &disk->node, &disk->vendor, list->by, d->vendor);
		lend_esx_put_text(esx, &disk->node, &disk->model, list->by, d->model);
		lend_esx_put_text(esx, &disk->node, &disk->status, list->by, d->status);
		lend_esx_put_tri(esx, &disk->node, &disk->local, list->by, d->is_local);
		put_is_boot(esx, disk, d, list->by);
		if (d->size_mb.has && d->size_mb.v <= UINT64_MAX >> 20)
			lend_build_u64(&esx->scan->build, &disk->node, &disk->size_bytes,
				       list->by, d->size_mb.v << 20);
	}
}

/* A dead path carries nothing; paths that say nothing of it do. */
static void put_paths(struct lend_esx_host *esx, size_t *n_paths)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_PATH_LIST];
	const struct lend_esx_path *items =
		LEND_ESX_ITEMS(esx, LEND_ESX_PATH_LIST, struct lend_esx_path);

	for (size_t i = 0; i < list->n; i++) {
		const struct lend_esx_path *p = &items[i];
		struct lend_node *disk;

		if (p->device == NULL || p->device[0] == '\0' || p->adapter == NULL ||
		    p->adapter[0] == '\0' ||
		    (p->state != NULL && strcmp(p->state, "dead") == 0))
			continue;
		disk = find(esx, LEND_KIND_DISK, p->device);
		/* "No associated device" and its like. */
		if (disk == NULL && esx->lists[LEND_ESX_DEVICE_LIST].n > 0)
			continue;
		disk = node_of(esx, LEND_KIND_DISK, p->device);
		n_paths[disk->index]++;
		lend_build_edge(&esx->scan->build, disk,
				node_of(esx, LEND_KIND_ADAPTER, p->adapter));
	}
}

/* "mpx.vmhba1:C0:T0:L0" names its adapter; without another word the only one has it. */
static void guess_adapter(struct lend_esx_host *esx, struct lend_node *disk)
{
	struct lend_node *adapter = NULL;

	if (strncmp(disk->name, "mpx.vmhba", 9) == 0)
		adapter = node_of(esx, LEND_KIND_ADAPTER,
				  lend_arena_strndup(&esx->scan->memory, disk->name + 4,
						     strcspn(disk->name + 4, ":")));
	else
		adapter = only_one(esx, LEND_KIND_ADAPTER);
	if (adapter != NULL)
		lend_build_edge(&esx->scan->build, disk, adapter);
	else
		lend_esx_gap(esx, disk->id, "save esxcli storage core path list, too",
			     "on which adapter %s is, is not known", disk->name);
}

static void put_disk_paths(struct lend_esx_host *esx)
{
	const struct lend_inventory *inv = esx->scan->build.inv;
	size_t n = inv->n_nodes, more = 2 * esx->lists[LEND_ESX_PATH_LIST].n;
	/* Two nodes a path at most are new. */
	size_t *n_paths = lend_arena_array(&esx->scan->memory, n + more + 1, sizeof(*n_paths));

	put_paths(esx, n_paths);
	n = inv->n_nodes;
	for (size_t i = 0; i < n; i++) {
		struct lend_disk *disk = (struct lend_disk *)inv->nodes[i];

		if (disk->node.kind != LEND_KIND_DISK)
			continue;
		if (n_paths[i] == 0)
			guess_adapter(esx, &disk->node);
		else
			lend_build_u64(&esx->scan->build, &disk->node, &disk->paths,
				       esx->lists[LEND_ESX_PATH_LIST].by, n_paths[i]);
	}
}

/* ---- volumes ---- */

static void add_alias(struct lend_esx_host *esx, const char *name, struct lend_datastore *ds)
{
	if (name != NULL && name[0] != '\0')
		*LEND_PUSH(&esx->scan->memory, esx->aliases, esx->n_aliases, esx->cap_aliases) =
			(struct lend_esx_alias){ name, ds };
}

static int by_name(const void *pa, const void *pb)
{
	const struct lend_esx_alias *a = pa;
	const struct lend_esx_alias *b = pb;

	return strcmp(a->name, b->name);
}

static void sort_aliases(struct lend_esx_host *esx)
{
	if (esx->n_aliases > 1)
		qsort(esx->aliases, esx->n_aliases, sizeof(*esx->aliases), by_name);
}

/* By its name; two of one name by their UUIDs. */
static struct lend_datastore *new_volume(struct lend_esx_host *esx, const char *name,
					 const char *uuid)
{
	struct lend_datastore *ds;

	if (name == NULL || name[0] == '\0' || find(esx, LEND_KIND_DATASTORE, name) != NULL)
		name = uuid != NULL && uuid[0] != '\0' ? uuid : name;
	if (name == NULL || name[0] == '\0')
		return NULL;
	ds = (struct lend_datastore *)node_of(esx, LEND_KIND_DATASTORE, name);
	add_alias(esx, name, ds);
	add_alias(esx, uuid, ds);
	return ds;
}

/* On 7.0 and later banks and OSDATA have names; vfat without a name is no more than that. */
static const char *role_of(const char *name, bool boots)
{
	if (boots)
		return "bootbank";
	if (name != NULL && strncmp(name, "BOOTBANK", 8) == 0)
		return "bank";
	if (name != NULL && strncmp(name, "OSDATA", 6) == 0)
		return "osdata";
	if (name != NULL && strncmp(name, "LOCKER", 6) == 0)
		return "locker";
	return NULL;
}

static const struct lend_esx_boot *boot_of(const struct lend_esx_host *esx)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_BOOT_GET];

	return list->n == 0 ? NULL
			    : LEND_ESX_ITEMS(esx, LEND_ESX_BOOT_GET, struct lend_esx_boot);
}

static void put_volume(struct lend_esx_host *esx, const struct lend_esx_filesystem *fs,
		       uint32_t by)
{
	struct lend_datastore *ds = new_volume(esx, fs->volume, fs->uuid);
	const struct lend_esx_boot *boot = boot_of(esx);
	bool boots = boot != NULL && boot->filesystem_uuid != NULL && fs->uuid != NULL &&
		     fs->uuid[0] != '\0' && strcmp(boot->filesystem_uuid, fs->uuid) == 0;

	if (ds == NULL)
		return;
	lend_esx_put_text(esx, &ds->node, &ds->uuid, by, fs->uuid);
	lend_esx_put_text(esx, &ds->node, &ds->type, by, fs->type);
	lend_esx_put_text(esx, &ds->node, &ds->role, by, role_of(fs->volume, boots));
	lend_esx_put_tri(esx, &ds->node, &ds->mounted, by, fs->mounted);
	lend_esx_put_u64(esx, &ds->node, &ds->size_bytes, by, fs->size_bytes);
	lend_esx_put_u64(esx, &ds->node, &ds->free_bytes, by, fs->free_bytes);
	if (fs->mount != NULL && fs->mount[0] == '\0')
		lend_build_absent(&esx->scan->build, &ds->node, &ds->mount, by);
	lend_esx_put_text(esx, &ds->node, &ds->mount, by, fs->mount);
	if (fs->mount != NULL && strncmp(fs->mount, VOLUMES, strlen(VOLUMES)) == 0)
		add_alias(esx, fs->mount + strlen(VOLUMES), ds);
}

static void put_volumes(struct lend_esx_host *esx)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_FILESYSTEM_LIST];
	const struct lend_esx_filesystem *fs =
		LEND_ESX_ITEMS(esx, LEND_ESX_FILESYSTEM_LIST, struct lend_esx_filesystem);
	const struct lend_esx_list *nfs_list = &esx->lists[LEND_ESX_NFS_LIST];
	const struct lend_esx_nfs *nfs =
		LEND_ESX_ITEMS(esx, LEND_ESX_NFS_LIST, struct lend_esx_nfs);

	for (size_t i = 0; i < list->n; i++)
		put_volume(esx, &fs[i], list->by);
	for (size_t i = 0; i < nfs_list->n; i++) {
		struct lend_datastore *ds;

		if (nfs[i].volume == NULL || nfs[i].volume[0] == '\0')
			continue;
		ds = (struct lend_datastore *)node_of(esx, LEND_KIND_DATASTORE, nfs[i].volume);
		if (ds->type.known == LEND_NOT_ASKED)
			lend_build_text(&esx->scan->build, &ds->node, &ds->type, nfs_list->by,
					"NFS");
		lend_esx_put_text(esx, &ds->node, &ds->server, nfs_list->by, nfs[i].host);
		if (ds->mounted.known == LEND_NOT_ASKED)
			lend_esx_put_tri(esx, &ds->node, &ds->mounted, nfs_list->by,
					 nfs[i].mounted);
	}
}

static bool has_alias(const struct lend_esx_host *esx, size_t n, const char *name)
{
	struct lend_esx_alias want = { .name = name };

	return n > 0 && bsearch(&want, esx->aliases, n, sizeof(want), by_name) != NULL;
}

/* Volumes that only the list of extents has: it has both of their names, too. */
static void put_extent_names(struct lend_esx_host *esx)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_EXTENT_LIST];
	const struct lend_esx_extent *items =
		LEND_ESX_ITEMS(esx, LEND_ESX_EXTENT_LIST, struct lend_esx_extent);
	size_t n = esx->n_aliases;

	for (size_t i = 0; i < list->n; i++) {
		const struct lend_esx_extent *e = &items[i];
		const struct lend_node *known;
		struct lend_datastore *ds;

		if (e->uuid == NULL || e->uuid[0] == '\0' || has_alias(esx, n, e->uuid) ||
		    find(esx, LEND_KIND_DATASTORE, e->uuid) != NULL)
			continue;
		known = e->volume == NULL || e->volume[0] == '\0'
				? NULL
				: find(esx, LEND_KIND_DATASTORE, e->volume);
		/* Another extent of the same. */
		if (known != NULL && is_text(&lend_as_datastore(known)->uuid, e->uuid))
			continue;
		ds = new_volume(esx, e->volume, e->uuid);
		lend_esx_put_text(esx, &ds->node, &ds->uuid, list->by, e->uuid);
	}
	sort_aliases(esx);
}

static void put_extents(struct lend_esx_host *esx)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_EXTENT_LIST];
	const struct lend_esx_extent *items =
		LEND_ESX_ITEMS(esx, LEND_ESX_EXTENT_LIST, struct lend_esx_extent);

	for (size_t i = 0; i < list->n; i++) {
		const struct lend_esx_extent *e = &items[i];
		struct lend_datastore *ds;
		const char *unused;

		if (e->uuid == NULL || e->uuid[0] == '\0')
			continue;
		if (e->device == NULL || e->device[0] == '\0') {
			lend_esx_gap(esx, e->uuid, "save the list again",
				     "a part of volume %.80s is on a disk that the list of "
				     "extents does not name",
				     e->volume != NULL ? e->volume : e->uuid);
			continue;
		}
		ds = lend_esx_volume_of(
			esx, lend_arena_printf(&esx->scan->memory, VOLUMES "%s/", e->uuid),
			&unused);
		lend_build_edge(&esx->scan->build, &ds->node,
				node_of(esx, LEND_KIND_DISK, e->device));
	}
}

struct lend_datastore *lend_esx_volume_of(struct lend_esx_host *esx, const char *path,
					  const char **ret_rest)
{
	struct lend_esx_alias want = { 0 };
	const struct lend_esx_alias *found;
	struct lend_datastore *ds;
	size_t len;

	if (strncmp(path, VOLUMES, strlen(VOLUMES)) != 0)
		return NULL;
	path += strlen(VOLUMES);
	len = strcspn(path, "/");
	if (len == 0 || path[len] == '\0')
		return NULL;
	*ret_rest = path + len + 1;
	want.name = lend_esx_volume_name(&esx->scan->memory, path, len);
	found = esx->n_aliases == 0
			? NULL
			: bsearch(&want, esx->aliases, esx->n_aliases, sizeof(want), by_name);
	if (found != NULL)
		return found->datastore;
	ds = (struct lend_datastore *)node_of(esx, LEND_KIND_DATASTORE, want.name);
	if (esx->lists[LEND_ESX_FILESYSTEM_LIST].seen && ds->mounted.known == LEND_NOT_ASKED)
		lend_build_u64(&esx->scan->build, &ds->node, &ds->mounted,
			       esx->lists[LEND_ESX_FILESYSTEM_LIST].by, 0);
	return ds;
}

const char *lend_esx_tidy_path(struct lend_esx_host *esx, const char *path)
{
	const char *rest;
	struct lend_datastore *ds;

	path = lend_esx_flat_path(&esx->scan->memory, path);
	ds = lend_esx_volume_of(esx, path, &rest);
	return ds == NULL ? path
			  : lend_arena_printf(&esx->scan->memory, VOLUMES "%s/%s",
					      ds->node.name, rest);
}

bool lend_esx_is_pmem(const struct lend_datastore *ds)
{
	return (ds->type.known == LEND_KNOWN && strcmp(ds->type.v.str, "PMEM") == 0) ||
	       strncmp(ds->node.name, "PMemDS-", 7) == 0;
}

/* ---- what the host stands on ---- */

static struct lend_system *new_system(struct lend_esx_host *esx, const char *name,
				      const char *is, uint32_t by, const char *where)
{
	struct lend_system *s = (struct lend_system *)node_of(esx, LEND_KIND_SYSTEM, name);

	lend_build_text(&esx->scan->build, &s->node, &s->is, by, is);
	lend_esx_put_text(esx, &s->node, &s->where, by, where);
	return s;
}

struct boot_disks {
	struct lend_node **disks;
	size_t n, cap;
};

static bool is_on(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN && fact->v.u64 != 0;
}

/* Those that say so; else the only one, unless it says that it is none. */
static void find_boot_disks(struct lend_esx_host *esx, struct boot_disks *ret)
{
	const struct lend_inventory *inv = esx->scan->build.inv;
	struct lend_node *only = only_one(esx, LEND_KIND_DISK);

	for (size_t i = 0; i < inv->n_nodes; i++) {
		if (inv->nodes[i]->kind == LEND_KIND_DISK &&
		    is_on(&lend_as_disk(inv->nodes[i])->boot))
			*LEND_PUSH(&esx->scan->memory, ret->disks, ret->n, ret->cap) =
				inv->nodes[i];
	}
	if (ret->n == 0 && only != NULL && lend_as_disk(only)->boot.known == LEND_NOT_ASKED)
		*LEND_PUSH(&esx->scan->memory, ret->disks, ret->n, ret->cap) = only;
	if (ret->n > 1)
		lend_esx_gap(esx, "system/boot", "vmkfstools -P of a bank names its disk",
			     "%zu disks say that the host booted from them, %s and %s among "
			     "them: taken to need all",
			     ret->n, ret->disks[0]->name, ret->disks[1]->name);
}

/* The installer puts these beside the banks; the list of extents may have them, or not. */
static bool is_of_boot_disk(const struct lend_esx_host *esx, const struct lend_datastore *ds)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_EXTENT_LIST];
	const struct lend_esx_extent *items =
		LEND_ESX_ITEMS(esx, LEND_ESX_EXTENT_LIST, struct lend_esx_extent);

	if (is_text(&ds->type, "vfat"))
		return true;
	if (!is_text(&ds->role, "osdata") && !is_text(&ds->role, "locker"))
		return false;
	for (size_t i = 0; i < list->n; i++) {
		if (items[i].uuid != NULL && is_text(&ds->uuid, items[i].uuid))
			return false;
	}
	return true;
}

static void put_boot(struct lend_esx_host *esx)
{
	const struct lend_inventory *inv = esx->scan->build.inv;
	const struct lend_esx_boot *get = boot_of(esx);
	const struct lend_esx_list *by = get != NULL ? &esx->lists[LEND_ESX_BOOT_GET]
						     : &esx->lists[LEND_ESX_DEVICE_LIST];
	struct boot_disks found = { 0 };
	struct lend_system *boot;
	size_t n = inv->n_nodes;

	if (get != NULL && get->nic != NULL && get->nic[0] != '\0')
		return; /* by the network */
	find_boot_disks(esx, &found);
	if (found.n == 0 && get == NULL)
		return;
	boot = new_system(esx, "boot", "the device that it boots from", by->by,
			  get != NULL ? get->filesystem_uuid : NULL);
	for (size_t d = 0; d < found.n; d++)
		lend_build_edge(&esx->scan->build, &boot->node, found.disks[d]);
	for (size_t i = 0; i < n; i++) {
		const struct lend_datastore *ds = lend_as_datastore(inv->nodes[i]);

		/* Of several, by way of the boot device: one edge, however many they are. */
		if (found.n > 0 && ds->node.kind == LEND_KIND_DATASTORE &&
		    is_of_boot_disk(esx, ds))
			lend_build_edge(&esx->scan->build, &ds->node,
					found.n == 1 ? found.disks[0] : &boot->node);
	}
}

static bool is_given_away(struct lend_esx_host *esx, const struct lend_node *adapter)
{
	const struct lend_fact *at = &lend_as_adapter(adapter)->pci;
	const struct lend_node *pci =
		at->known != LEND_KNOWN ? NULL : find(esx, LEND_KIND_PCI, at->v.str);

	return pci != NULL && is_text(&lend_as_pci(pci)->owner, "VM Passthru");
}

/* Adapters that it has, of which it needs one; when it has none, those that it had. */
static void put_adapters(struct lend_esx_host *esx)
{
	const struct lend_inventory *inv = esx->scan->build.inv;
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_ADAPTER_LIST];
	uint32_t by = list->seen ? list->by : esx->lists[LEND_ESX_PCI_LIST].by;
	struct lend_system *storage = NULL;
	size_t n = inv->n_nodes, has = 0;

	for (size_t i = 0; i < n; i++)
		has += inv->nodes[i]->kind == LEND_KIND_ADAPTER &&
		       !is_given_away(esx, inv->nodes[i]);
	for (size_t i = 0; i < n; i++) {
		struct lend_node *adapter = inv->nodes[i];

		if (adapter->kind != LEND_KIND_ADAPTER ||
		    (has > 0 && is_given_away(esx, adapter)))
			continue;
		if (storage == NULL)
			storage = new_system(esx, "storage", "any storage adapter", by, NULL);
		lend_build_edge(&esx->scan->build, &storage->node, adapter);
	}
}

static void put_console(struct lend_esx_host *esx)
{
	const struct lend_inventory *inv = esx->scan->build.inv;
	struct lend_system *console = NULL;
	size_t n = inv->n_nodes;

	for (size_t i = 0; i < n; i++) {
		const struct lend_pci *pci = lend_as_pci(inv->nodes[i]);

		if (pci->node.kind != LEND_KIND_PCI || pci->class.known != LEND_KNOWN ||
		    pci->class.v.u64 >> 16 != 3)
			continue;
		if (console == NULL)
			console = new_system(esx, "console", "its screen",
					     esx->lists[LEND_ESX_PCI_LIST].by, NULL);
		lend_build_edge(&esx->scan->build, &console->node, &pci->node);
	}
}

static void put_place(struct lend_esx_host *esx, const char *name, const char *is, uint32_t by,
		      const char *path)
{
	const char *rest;
	struct lend_system *s;
	struct lend_datastore *ds;
	struct lend_node *disk;

	if (path == NULL || path[0] == '\0')
		return;
	s = new_system(esx, name, is, by, path);
	ds = lend_esx_volume_of(esx, lend_arena_printf(&esx->scan->memory, "%s/", path), &rest);
	/* "t10.ATA...:9" is partition 9 of that disk. */
	disk = find(esx, LEND_KIND_DISK,
		    lend_arena_strndup(&esx->scan->memory, path,
				       strrchr(path, ':') == NULL
					       ? strlen(path)
					       : (size_t)(strrchr(path, ':') - path)));
	if (ds != NULL)
		lend_build_edge(&esx->scan->build, &s->node, &ds->node);
	else if (disk != NULL)
		lend_build_edge(&esx->scan->build, &s->node, disk);
}

static void put_coredumps(struct lend_esx_host *esx)
{
	const struct lend_esx_list *lists[] = { &esx->lists[LEND_ESX_COREDUMP_GET],
						&esx->coredump_file };

	for (size_t i = 0; i < LEND_COUNT(lists); i++) {
		const struct lend_esx_coredump *c = lists[i]->items;

		if (lists[i]->n > 0 && c->active != NULL && c->active[0] != '\0')
			put_place(esx, i == 0 ? "coredump" : "coredump2",
				  "where it dumps its core", lists[i]->by, c->active);
	}
}

void lend_esx_put_storage(struct lend_esx_host *esx)
{
	put_disks(esx);
	put_volumes(esx);
	sort_aliases(esx);
	put_extent_names(esx);
	put_extents(esx);
	put_disk_paths(esx);
	put_boot(esx);
	put_adapters(esx);
	put_console(esx);
	put_coredumps(esx);
	/* UNVERIFIED: the key. */
	if (esx->has_conf)
		put_place(esx, "scratch", "its scratch space", esx->by_conf,
			  lend_esx_conf_get(&esx->conf,
					    "/adv/ScratchConfig/ConfiguredScratchLocation"));
}
