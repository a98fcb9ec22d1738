/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block devices with what they lie on, as sysfs has them.
 *
 * Asks  /sys/class/block (a tree without it: /sys/block): one link for each
 *       device, a few attributes, slaves, holders; the controllers of an NVMe
 *       subsystem
 * Adds  block nodes; edges from partitions, device mapper, md and NVMe
 *       multipath heads to what they lie on, to PCI functions and to
 *       namespaces of persistent memory that others have seen
 *
 * (Linux Documentation/ABI/stable/sysfs-block; drivers/nvme/host/multipath.c,
 * drivers/md/dm-sysfs.c, drivers/block/loop.c.)  Who uses them without being a
 * block device is told by mounts.c.
 */

#include <errno.h>

#include "base/ascii.h"
#include "base/num.h"
#include "collect/block-names.h"
#include "collect/collect.h"
#include "collect/open-files.h"
#include "format/mountinfo.h"
#include "format/pci-address.h"
#include "format/scsi-vpd.h"
#include "model/kind-block.h"
#include "model/kind-nd-namespace.h"

/* Sectors of the size attribute, whatever those of the device are. */
enum { SECTOR = 512 };
/* Large machines have some thousands, with all paths and partitions. */
enum { DEVICES_MAX = 65536 };

static const struct lend_ask ask_class = { .via = LEND_VIA_DIR, .key = "sys/class/block" };
static const struct lend_ask ask_old = { .via = LEND_VIA_DIR, .key = "sys/block" };
static const struct lend_ask ask_inside = { .via = LEND_VIA_DIR, .key = "%p" };
static const struct lend_ask ask_path = { .via = LEND_VIA_LINK, .key = "%p" };
static const struct lend_ask ask_slaves = { .via = LEND_VIA_DIR, .key = "%p/slaves" };
static const struct lend_ask ask_holders = { .via = LEND_VIA_DIR, .key = "%p/holders" };

#define FILE_ASK(name_, file_)                                                                 \
	static const struct lend_ask name_ = { .via = LEND_VIA_FILE, .key = "%p/" file_ }
static const struct lend_ask ask_with_sectors = { .via = LEND_VIA_FILE,
						  .key = "proc/partitions",
						  .flags = LEND_ASK_NOT_RECORDED };
FILE_ASK(ask_partition, "partition");
FILE_ASK(ask_dev, "dev");
FILE_ASK(ask_size, "size");
FILE_ASK(ask_ro, "ro");
FILE_ASK(ask_model, "device/model");
FILE_ASK(ask_serial, "device/serial");
FILE_ASK(ask_own_serial, "serial"); /* virtio */
FILE_ASK(ask_scsi_serial, "device/vpd_pg80");
FILE_ASK(ask_wwid, "wwid"); /* NVMe */
FILE_ASK(ask_device_wwid, "device/wwid");
FILE_ASK(ask_dm_name, "dm/name");
FILE_ASK(ask_dm_uuid, "dm/uuid");
FILE_ASK(ask_md_level, "md/level");
FILE_ASK(ask_md_metadata, "md/metadata_version");
FILE_ASK(ask_md_disks, "md/raid_disks");
FILE_ASK(ask_md_degraded, "md/degraded");
FILE_ASK(ask_backing_file, "loop/backing_file");

#define SUBSYSTEM "sys/class/nvme-subsystem/%s"
static const struct lend_ask ask_subsystem = { .via = LEND_VIA_DIR, .key = SUBSYSTEM };
static const struct lend_ask ask_controller = { .via = LEND_VIA_LINK, .key = SUBSYSTEM "/%s" };

struct device {
	const char *name;
	const char *at;   /* folder with its attributes */
	const char *path; /* where the link to it leads; NULL when that is not known */
	struct lend_block *block;
};

struct look {
	struct lend_scan *scan;
	uint32_t by;
	bool seen;       /* by lend itself: what is not in the list is not there */
	size_t refused;  /* devices of which something is for root alone */
	bool refused_it; /* the one at hand */
	bool cut;        /* the list was too long */
	bool files_only; /* nobody wants to know of devices */
	struct device *devices;
	size_t n, cap;
	size_t n_named;  /* nodes of devices that only others name */
	size_t left_out; /* beyond DEVICES_MAX */
};

/* ---- one attribute ---- */

static bool is_refused(const struct lend_answer *answer)
{
	return answer->known == LEND_UNREADABLE &&
	       (answer->os_errno == EACCES || answer->os_errno == EPERM);
}

static const struct lend_answer *answer_of(struct look *l, const struct lend_ask *ask,
					   const struct device *d)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, ask, d->at);

	if (is_refused(answer))
		l->refused_it = true;
	return answer;
}

/* An empty line says "none". */
static void put_text(struct look *l, const struct device *d, struct lend_fact *fact,
		     const struct lend_ask *ask)
{
	const struct lend_answer *answer = answer_of(l, ask, d);
	const char *text = lend_collect_text_of(l->scan, answer);

	if (text != NULL && *text == '\0')
		lend_build_absent(&l->scan->build, &d->block->node, fact, l->by);
	else
		lend_collect_text(l->scan, &d->block->node, fact, l->by, answer);
}

static void put_number(struct look *l, const struct device *d, struct lend_fact *fact,
		       const struct lend_ask *ask)
{
	lend_collect_u64(l->scan, &d->block->node, fact, l->by, answer_of(l, ask, d));
}

static void put_word(struct look *l, const struct device *d, struct lend_fact *fact,
		     const char *word)
{
	lend_build_text(&l->scan->build, &d->block->node, fact, l->by, word);
}

static void put_size(struct look *l, const struct device *d)
{
	const struct lend_answer *answer = answer_of(l, &ask_size, d);
	const char *text = lend_collect_text_of(l->scan, answer);
	struct lend_block *block = d->block;
	uint64_t bytes;

	if (text != NULL && lend_parse_u64(text, 10, &bytes) &&
	    lend_mul_u64(bytes, SECTOR, &bytes))
		lend_build_u64(&l->scan->build, &block->node, &block->size_bytes, l->by, bytes);
	else if (text != NULL)
		lend_build_unreadable(&l->scan->build, &block->node, &block->size_bytes, l->by,
				      "not a number of sectors");
	else
		lend_collect_u64(l->scan, &block->node, &block->size_bytes, l->by, answer);
}

static void put_read_only(struct look *l, const struct device *d)
{
	const struct lend_answer *answer = answer_of(l, &ask_ro, d);
	const char *text = lend_collect_text_of(l->scan, answer);
	struct lend_block *block = d->block;

	if (text != NULL && strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
		lend_build_unreadable(&l->scan->build, &block->node, &block->read_only, l->by,
				      "neither 0 nor 1");
	else
		lend_collect_u64(l->scan, &block->node, &block->read_only, l->by, answer);
}

static void put_dev(struct look *l, const struct device *d)
{
	const char *text = lend_collect_text_of(l->scan, answer_of(l, &ask_dev, d));
	uint32_t major, minor;

	if (text == NULL || lend_device_number_parse(text, strlen(text), &major, &minor))
		put_text(l, d, &d->block->dev, &ask_dev);
	else
		lend_build_unreadable(&l->scan->build, &d->block->node, &d->block->dev, l->by,
				      "not a device number");
}

/* ---- names ---- */

static bool is_inside(const struct device *d, const char *what)
{
	return d->path != NULL && strstr(d->path, what) != NULL;
}

static struct lend_block *find(struct look *l, const char *name)
{
	return (struct lend_block *)lend_build_find(&l->scan->build, LEND_KIND_BLOCK, NULL,
						    name);
}

/* The disk of a partition: the folder it lies in; without a path, the name before its number.
 */
static struct lend_block *disk_of(struct look *l, const struct device *d)
{
	const char *end = d->path == NULL ? NULL : strrchr(d->path, '/');
	const char *start = end;
	size_t len = strlen(d->name);

	if (end != NULL) {
		while (start > d->path && start[-1] != '/')
			start--;
		len = (size_t)(end - start);
		if (len >= strlen(d->name) || strncmp(d->name, start, len) != 0)
			return NULL;
	} else {
		while (len > 0 && lend_ascii_is_digit(d->name[len - 1]))
			len--;
		if (len > 1 && d->name[len - 1] == 'p' && lend_ascii_is_digit(d->name[len - 2]))
			len--;
		if (len == 0 || len == strlen(d->name) ||
		    answer_of(l, &ask_partition, d)->known != LEND_KNOWN)
			return NULL;
	}
	return find(l, lend_arena_strndup(&l->scan->memory, d->name, len));
}

/* ---- edges ---- */

/* A device that another one names: when it is not in the list, it was taken away below its
 * user. */
static struct lend_block *named(struct look *l, const struct device *by, const char *name)
{
	struct lend_block *block = find(l, name);

	if (block != NULL)
		return block;
	if (l->n + l->n_named >= DEVICES_MAX) {
		/* One of the list was counted there. */
		l->left_out += !l->cut;
		return NULL;
	}
	l->n_named++;
	block = (struct lend_block *)lend_build_node(&l->scan->build, LEND_KIND_BLOCK, NULL,
						     name);
	if (!l->seen || l->cut)
		return block;
	lend_build_text(&l->scan->build, &block->node, &block->state, l->by, "gone");
	lend_build_gap(&l->scan->build, by->block->node.id, false, "",
		       "%s names the block device %s, which is gone", by->name, name);
	return block;
}

static void put_edges(struct look *l, const struct device *d, const struct lend_ask *ask)
{
	const struct lend_answer *answer = answer_of(l, ask, d);

	for (size_t i = 0; answer->known == LEND_KNOWN && i < answer->n_names; i++) {
		struct lend_block *other = named(l, d, answer->names[i]);
		bool holds = ask == &ask_holders;

		if (other != NULL && other != d->block)
			lend_build_edge(&l->scan->build, holds ? &other->node : &d->block->node,
					holds ? &d->block->node : &other->node);
	}
	if (ask == &ask_holders && answer->known == LEND_UNREADABLE)
		lend_build_unreadable(&l->scan->build, &d->block->node, &d->block->used_by,
				      l->by, answer->why);
}

/* The collector of PCI functions has run before; where nobody wanted it, there is no node. */
static void edge_to_pci(struct look *l, const struct device *d, const char *address)
{
	struct lend_node *pci = lend_build_find(&l->scan->build, LEND_KIND_PCI, NULL, address);

	if (pci != NULL)
		lend_build_edge(&l->scan->build, &d->block->node, pci);
}

/* The path of a multipath head has no controller in it; its subsystem links to them. */
static void put_controllers(struct look *l, const struct device *d)
{
	const char *at = strstr(d->path, "/nvme-subsystem/") + strlen("/nvme-subsystem/");
	const char *subsystem = lend_arena_strndup(&l->scan->memory, at, strcspn(at, "/"));
	const struct lend_answer *names = lend_io_ask(l->scan->io, &ask_subsystem, subsystem);
	lend_auto_buf all = { 0 };

	for (size_t i = 0; names->known == LEND_KNOWN && i < names->n_names; i++) {
		const struct lend_answer *link;
		struct lend_pci_address address;
		char text[LEND_PCI_ADDRESS_TEXT];

		if (!lend_block_is_controller(names->names[i]))
			continue;
		link = lend_io_ask(l->scan->io, &ask_controller, subsystem, names->names[i]);
		if (link->known != LEND_KNOWN ||
		    !lend_pci_address_in_path(link->bytes, &address))
			continue;
		lend_pci_address_format(&address, text);
		if (strstr(lend_buf_text(&all), text) == NULL)
			lend_buf_printf(&all, "%s%s", all.len > 0 ? "," : "", text);
		edge_to_pci(l, d, text);
	}
	if (all.len > 0)
		put_word(l, d, &d->block->pci, all.text);
	else if (names->known == LEND_UNREADABLE)
		lend_build_unreadable(&l->scan->build, &d->block->node, &d->block->pci, l->by,
				      names->why);
}

static void put_pci(struct look *l, const struct device *d, const struct lend_block *disk)
{
	struct lend_pci_address address;
	char text[LEND_PCI_ADDRESS_TEXT];

	if (d->path == NULL)
		return;
	if (disk != NULL && disk->pci.known == LEND_KNOWN) {
		put_word(l, d, &d->block->pci, disk->pci.v.str);
	} else if (disk == NULL && is_inside(d, "/nvme-subsystem/")) {
		put_controllers(l, d);
	} else if (lend_pci_address_in_path(d->path, &address)) {
		lend_pci_address_format(&address, text);
		put_word(l, d, &d->block->pci, text);
		edge_to_pci(l, d, text);
	} else {
		lend_build_absent(&l->scan->build, &d->block->node, &d->block->pci, l->by);
	}
}

/* ---- one device ---- */

/* SCSI and SATA: in a page of bytes. */
static void put_scsi_serial(struct look *l, const struct device *d)
{
	const struct lend_answer *answer = answer_of(l, &ask_scsi_serial, d);
	const char *serial =
		answer->known != LEND_KNOWN
			? NULL
			: lend_scsi_serial(&l->scan->memory, answer->bytes, answer->len);

	if (serial != NULL && *serial != '\0')
		put_word(l, d, &d->block->serial, serial);
	else if (answer->known == LEND_KNOWN && serial == NULL)
		lend_build_unreadable(&l->scan->build, &d->block->node, &d->block->serial,
				      l->by, "no page with a serial number");
}

static void put_hardware(struct look *l, const struct device *d)
{
	struct lend_block *block = d->block;

	put_text(l, d, &block->model, &ask_model);
	put_text(l, d, &block->serial, &ask_serial);
	if (block->serial.known != LEND_KNOWN)
		put_text(l, d, &block->serial, &ask_own_serial);
	if (block->serial.known != LEND_KNOWN)
		put_scsi_serial(l, d);
	put_text(l, d, &block->wwid, &ask_wwid);
	if (block->wwid.known != LEND_KNOWN)
		put_text(l, d, &block->wwid, &ask_device_wwid);
}

/* What has no name of its own is a disk, if there is anything: a link may lead nowhere. */
static const char *put_type(struct look *l, const struct device *d,
			    const struct lend_block *disk)
{
	struct lend_block *block = d->block;
	const struct lend_fact *read[] = { &block->dev, &block->size_bytes, &block->read_only };
	const char *type = disk != NULL ? "part" : lend_block_type_by_name(d->name, d->path);
	const char *why = NULL;

	for (size_t i = 0; type == NULL && i < LEND_COUNT(read); i++) {
		if (read[i]->known == LEND_KNOWN)
			type = "disk";
		else if (read[i]->known == LEND_UNREADABLE && why == NULL)
			why = read[i]->v.str;
	}
	if (type != NULL)
		put_word(l, d, &block->type, type);
	else if (why != NULL)
		lend_build_unreadable(&l->scan->build, &block->node, &block->type, l->by, why);
	return type != NULL ? type : "";
}

static void put_own(struct look *l, const struct device *d, const char *type)
{
	if (strcmp(type, "dm") == 0) {
		put_text(l, d, &d->block->dm_name, &ask_dm_name);
		put_text(l, d, &d->block->dm_uuid, &ask_dm_uuid);
	} else if (strcmp(type, "md") == 0) {
		put_text(l, d, &d->block->md_level, &ask_md_level);
		put_text(l, d, &d->block->md_metadata, &ask_md_metadata);
		put_number(l, d, &d->block->md_disks, &ask_md_disks);
		put_number(l, d, &d->block->md_missing, &ask_md_degraded);
	} else if (strcmp(type, "loop") == 0) {
		put_text(l, d, &d->block->backing_file, &ask_backing_file);
	}
	if (!is_inside(d, "/virtual/") || strcmp(type, "nvme-head") == 0)
		put_hardware(l, d);
	if (is_inside(d, "/virtual/") || d->path == NULL)
		put_edges(l, d, &ask_slaves);
}

static void look_at(struct look *l, const struct device *d)
{
	struct lend_block *disk = disk_of(l, d);
	const char *head = lend_block_head_name(&l->scan->memory, d->name);
	const char *type;

	l->refused_it = false;
	put_dev(l, d);
	put_size(l, d);
	put_read_only(l, d);
	type = put_type(l, d, disk);
	if (disk != NULL)
		lend_build_edge(&l->scan->build, &d->block->node, &disk->node);
	else
		put_own(l, d, type);
	if (head != NULL && find(l, head) != NULL)
		lend_build_edge(&l->scan->build, &find(l, head)->node, &d->block->node);
	put_edges(l, d, &ask_holders);
	put_pci(l, d, disk);
	l->refused += l->refused_it;
}

/* ---- all of them ---- */

/* The folder "loop" is there as long as a file is (drivers/block/loop.c, loop_configure). */
static bool is_idle(struct look *l, const struct device *d)
{
	const char *sectors;

	if (!lend_block_may_wait(d->name))
		return false;
	if (lend_block_is_loop(d->name) &&
	    answer_of(l, &ask_backing_file, d)->known == LEND_ABSENT && l->seen)
		return true;
	sectors = lend_collect_text_of(l->scan, answer_of(l, &ask_size, d));
	return sectors != NULL && strcmp(sectors, "0") == 0;
}

static void add(struct look *l, struct device d)
{
	if (l->n == DEVICES_MAX) {
		l->left_out++;
		l->cut = true;
		return;
	}
	d.block = (struct lend_block *)lend_build_node(&l->scan->build, LEND_KIND_BLOCK, NULL,
						       d.name);
	*LEND_PUSH(&l->scan->memory, l->devices, l->n, l->cap) = d;
}

/* Where there is no class, partitions lie in the folders of their disks. */
static void add_partitions(struct look *l, const struct device *disk)
{
	const struct lend_answer *inside = answer_of(l, &ask_inside, disk);

	for (size_t i = 0; inside->known == LEND_KNOWN && i < inside->n_names; i++) {
		struct lend_arena *memory = &l->scan->memory;
		struct device d = { .name = lend_arena_strdup(memory, inside->names[i]) };

		if (strncmp(d.name, disk->name, strlen(disk->name)) != 0)
			continue;
		d.at = lend_arena_printf(memory, "%s/%s", disk->at, d.name);
		d.path = lend_arena_printf(
			memory, "%s/%s", disk->path != NULL ? disk->path : disk->name, d.name);
		if (!is_idle(l, &d) && answer_of(l, &ask_partition, &d)->known == LEND_KNOWN)
			add(l, d);
	}
}

/* As many as will be looked at: the answer itself dies with all that are asked after it. */
static const char **copy_names(struct look *l, const struct lend_answer *answer, size_t *ret_n)
{
	size_t n = answer->n_names < DEVICES_MAX ? answer->n_names : DEVICES_MAX;
	const char **names = lend_arena_array(&l->scan->memory, n + 1, sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = lend_arena_strdup(&l->scan->memory, answer->names[i]);
	l->left_out = answer->n_names - n;
	l->cut = l->left_out > 0;
	*ret_n = n;
	lend_io_forget(l->scan->io);
	return names;
}

static void list(struct look *l, const struct lend_answer *answer, const char *folder)
{
	struct lend_arena *memory = &l->scan->memory;
	size_t n;
	const char **names = copy_names(l, answer, &n);
	const char *table = NULL;

	/* Often there are ten loop devices, all idle. */
	if (l->files_only && l->seen)
		table = lend_collect_text_of(l->scan,
					     lend_io_ask(l->scan->io, &ask_with_sectors));
	for (size_t i = 0; i < n; i++) {
		struct device d = { .name = names[i] };

		/* A file may be what a loop device is made of; the others lie on none. */
		if (l->files_only &&
		    (!lend_block_is_loop(d.name) ||
		     (table != NULL && !lend_block_has_sectors(table, d.name))))
			continue;
		d.at = lend_arena_printf(memory, "%s/%s", folder, d.name);
		if (is_idle(l, &d))
			continue;
		d.path = lend_collect_text_of(l->scan, answer_of(l, &ask_path, &d));
		add(l, d);
		if (strcmp(folder, ask_old.key) == 0)
			add_partitions(l, &d);
		lend_io_forget(l->scan->io);
	}
}

/* Any of those that were seen may be used by one of the others. */
static void put_left_out(struct look *l)
{
	if (l->left_out == 0)
		return;
	for (size_t i = 0; i < l->n; i++)
		lend_build_unreadable(&l->scan->build, &l->devices[i].block->node,
				      &l->devices[i].block->used_by, l->by,
				      "there are too many block devices");
	lend_build_gap(&l->scan->build, "block", true, "",
		       "more than %d block devices: %zu others were not looked at", DEVICES_MAX,
		       l->left_out);
}

/* /dev/pmemN lies on the namespace whose block device it is. */
static void put_namespaces(struct look *l)
{
	struct lend_inventory *inv = l->scan->build.inv;

	for (size_t i = 0; i < inv->n_nodes; i++) {
		const struct lend_nd_namespace *ns = lend_as_nd_namespace(inv->nodes[i]);
		struct lend_block *block;

		if (ns->node.kind != LEND_KIND_ND_NAMESPACE || ns->node.guest != NULL ||
		    ns->blockdev.known != LEND_KNOWN)
			continue;
		block = find(l, ns->blockdev.v.str);
		if (block != NULL)
			lend_build_edge(&l->scan->build, &block->node, &ns->node);
	}
}

static const struct lend_answer *list_of(struct lend_scan *scan, const char **ret_folder)
{
	const struct lend_answer *names = lend_io_ask(scan->io, &ask_class);
	const struct lend_answer *failed = names;

	*ret_folder = ask_class.key;
	if (names->known == LEND_KNOWN)
		return names;
	*ret_folder = ask_old.key;
	names = lend_io_ask(scan->io, &ask_old);
	/* Why the folder of today cannot be read is the better reason. */
	if (names->known != LEND_KNOWN && failed->known != LEND_UNREADABLE)
		failed = names;
	if (names->known != LEND_KNOWN && failed->known == LEND_UNREADABLE)
		lend_build_gap(
			&scan->build, "block", true, is_refused(failed) ? "run as root" : "",
			"the block devices of the host cannot be listed: %s", failed->why);
	return names;
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct look l = { .scan = scan };
	const struct lend_answer *names;
	const char *folder;

	(void)err;
	if (lend_scan_is_named(scan))
		return 0; /* their QEMUs are all that was asked for */
	names = list_of(scan, &folder);
	if (names->known != LEND_KNOWN || names->n_names == 0)
		return 0;
	l.seen = lend_collect_trust(scan) == LEND_SEEN;
	l.files_only = lend_wants_files_only(scan);
	l.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "block", folder, "");
	list(&l, names, folder);
	for (size_t i = 0; i < l.n; i++) {
		look_at(&l, &l.devices[i]);
		lend_io_forget(scan->io);
	}
	put_left_out(&l);
	put_namespaces(&l);
	if (l.refused > 0)
		lend_build_gap(&scan->build, "block", false, "run as root",
			       "some of what %zu block device%s tell%s is for root only",
			       l.refused, l.refused == 1 ? "" : "s", l.refused == 1 ? "s" : "");
	return 0;
}

extern const struct lend_collector lend_collector_block;
const struct lend_collector lend_collector_block = {
	.id = "block",
	.sees = "block devices of this host and what they lie on",
	.adds = LEND_ADDS(LEND_KIND_BLOCK) | LEND_ADDS(LEND_KIND_MOUNT) |
		LEND_ADDS(LEND_KIND_SWAP) | LEND_ADDS(LEND_KIND_BOOT) |
		LEND_ADDS(LEND_KIND_EXPORT) | LEND_ADDS(LEND_KIND_PROCESS),
	.collect = collect,
};
