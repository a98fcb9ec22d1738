/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a host has its disks and volumes on: HostStorageDeviceInfo and
 * HostFileSystemVolumeInfo of the vSphere Web Services API reference.
 *
 * Adapters and disks are named by keys in each other; these are passed on.
 */

#include "format/vim-inside.h"

struct list {
	struct lend_jsonw *w;
	size_t n; /* in it, as far as they are passed on */
	bool cut;
};

static bool has_room(struct list *list)
{
	list->cut = list->cut || list->n == LEND_VIM_DEVICES_MAX;
	return list->n++ < LEND_VIM_DEVICES_MAX;
}

static void end_list(struct list *list)
{
	lend_jsonw_close(list->w, ']');
	if (list->cut)
		lend_jsonw_bool(list->w, "cut", true);
}

static void put_adapters(struct lend_jsonw *w, const struct lend_xml_node *value)
{
	const struct lend_xml_node *a = lend_xml_any(value, "HostHostBusAdapter");
	struct list list = { .w = w };

	if (value == NULL)
		return;
	lend_jsonw_open(w, "adapters", '[');
	for (; a != NULL && has_room(&list); a = lend_xml_any_again(a)) {
		lend_jsonw_open(w, NULL, '{');
		put_child(w, "name", a, "device");
		put_child(w, "function", a, "pci");
		put_child(w, "driver", a, "driver");
		put_child(w, "key", a, "key");
		lend_jsonw_close(w, '}');
	}
	end_list(&list);
}

/* HostDiskDimensionsLba: blocks, and how large they are. */
static void put_capacity(struct lend_jsonw *w, const struct lend_xml_node *capacity)
{
	const char *size = text_of(capacity, "blockSize");
	uint64_t unit;

	if (size != NULL && lend_parse_u64(size, 10, &unit) && unit > 0 && unit <= 1 << 20)
		put_size(w, "bytes", text_of(capacity, "block"), (unsigned int)unit);
}

/* Optical drives and the like are no HostScsiDisk. */
static void put_disks(struct lend_jsonw *w, const struct lend_xml_node *value)
{
	const struct lend_xml_node *lun = lend_xml_any(value, "ScsiLun");
	struct list list = { .w = w };

	if (value == NULL)
		return;
	lend_jsonw_open(w, "disks", '[');
	for (; lun != NULL; lun = lend_xml_any_again(lun)) {
		if (strcmp(lend_vim_type(lun), "HostScsiDisk") != 0)
			continue;
		if (!has_room(&list))
			break;
		lend_jsonw_open(w, NULL, '{');
		put_child(w, "key", lun, "key");
		put_child(w, "name", lun, "canonicalName");
		put_child(w, "display", lun, "displayName");
		put_child(w, "vendor", lun, "vendor");
		put_child(w, "model", lun, "model");
		put_child(w, "state", lun, "operationalState");
		put_bool(w, "local", text_of(lun, "localDisk"));
		put_capacity(w, lend_xml_any(lun, "capacity"));
		lend_jsonw_close(w, '}');
	}
	end_list(&list);
}

/* HostMultipathInfo: each disk with its paths. */
static void put_paths(struct lend_jsonw *w, const struct lend_xml_node *value)
{
	const struct lend_xml_node *lun = lend_xml_any(value, "lun");
	struct list list = { .w = w };

	if (value == NULL)
		return;
	lend_jsonw_open(w, "paths", '[');
	for (; lun != NULL; lun = lend_xml_any_again(lun)) {
		const struct lend_xml_node *path = lend_xml_any(lun, "path");

		for (; path != NULL && has_room(&list); path = lend_xml_any_again(path)) {
			lend_jsonw_open(w, NULL, '{');
			put_child(w, "adapter", path, "adapter");
			put_child(w, "disk", lun, "lun");
			put_text(w, "state",
				 text_of(path, "state") != NULL ? text_of(path, "state")
								: text_of(path, "pathState"));
			lend_jsonw_close(w, '}');
		}
	}
	end_list(&list);
}

static void put_target(struct list *list, const char *adapter,
		       const struct lend_xml_node *target)
{
	const struct lend_xml_node *lun = lend_xml_any(target, "lun");

	for (; lun != NULL && has_room(list); lun = lend_xml_any_again(lun)) {
		lend_jsonw_open(list->w, NULL, '{');
		put_text(list->w, "adapter", adapter);
		put_child(list->w, "disk", lun, "scsiLun");
		lend_jsonw_close(list->w, '}');
	}
}

/* HostScsiTopology: each adapter with what is behind it. */
static void put_topology(struct lend_jsonw *w, const struct lend_xml_node *value)
{
	const struct lend_xml_node *adapter = lend_xml_any(value, "adapter");
	struct list list = { .w = w };

	if (value == NULL)
		return;
	lend_jsonw_open(w, "behind", '[');
	for (; adapter != NULL; adapter = lend_xml_any_again(adapter)) {
		const struct lend_xml_node *target = lend_xml_any(adapter, "target");

		for (; target != NULL; target = lend_xml_any_again(target))
			put_target(&list, text_of(adapter, "adapter"), target);
	}
	end_list(&list);
}

static void put_volume(struct lend_jsonw *w, const struct lend_xml_node *mount)
{
	const struct lend_xml_node *volume = lend_xml_any(mount, "volume");
	const struct lend_xml_node *info = lend_xml_any(mount, "mountInfo");
	const struct lend_xml_node *extent = lend_xml_any(volume, "extent");
	size_t n = 0;

	lend_jsonw_open(w, NULL, '{');
	put_child(w, "name", volume, "name");
	put_child(w, "type", volume, "type");
	put_child(w, "version", volume, "majorVersion");
	put_child(w, "uuid", volume, "uuid");
	put_size(w, "bytes", text_of(volume, "capacity"), 1);
	put_child(w, "server", volume, "remoteHost");
	put_child(w, "path", info, "path");
	put_bool(w, "accessible", text_of(info, "accessible"));
	if (extent != NULL) {
		lend_jsonw_open(w, "disks", '[');
		for (; extent != NULL; extent = next_of(extent, &n))
			put_child(w, NULL, extent, "diskName");
		lend_jsonw_close(w, ']');
	}
	lend_jsonw_close(w, '}');
}

static void put_volumes(struct lend_jsonw *w, const struct lend_xml_node *value)
{
	const struct lend_xml_node *mount = lend_xml_any(value, "HostFileSystemMountInfo");
	struct list list = { .w = w };

	if (value == NULL)
		return;
	lend_jsonw_open(w, "volumes", '[');
	for (; mount != NULL && has_room(&list); mount = lend_xml_any_again(mount))
		put_volume(w, mount);
	end_list(&list);
}

void lend_vim_put_storage(struct lend_jsonw *w, const struct lend_xml_node *host)
{
	const struct lend_xml_node *dump =
		lend_vim_prop(host, "config.activeDiagnosticPartition");

	put_adapters(w, lend_vim_prop(host, "config.storageDevice.hostBusAdapter"));
	put_disks(w, lend_vim_prop(host, "config.storageDevice.scsiLun"));
	put_paths(w, lend_vim_prop(host, "config.storageDevice.multipathInfo"));
	put_topology(w, lend_vim_prop(host, "config.storageDevice.scsiTopology"));
	put_volumes(w, lend_vim_prop(host, "config.fileSystemVolume.mountInfo"));
	put_child(w, "coredump", lend_xml_any(dump, "id"), "diskName");
}
