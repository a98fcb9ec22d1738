/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks and the medium to install from, and what is booted first; firmware,
 * which comes by the same options.
 *
 * A disk whose format QEMU guesses stays in qemu-args: a wish without a format
 * means raw, and a qcow2 image taken for raw is damaged.
 */

#include "format/wish-yaml-rows.h"
#include "plan/wish-from-parts.h"

static const char drive_keys[] = "file if format media index id readonly read-only";

/* A switch under its old and its new name. */
static enum lend_tri readonly_of(const struct lend_wish_item *item)
{
	enum lend_tri value = lend_wish_switch(item, "readonly");

	return value != LEND_TRI_UNSET ? value : lend_wish_switch(item, "read-only");
}

bool lend_wish_drive_of(struct lend_wish_maker *m, struct lend_wish_item *drive,
			const char *keys, struct lend_wish_block *ret)
{
	const char *file = lend_wish_get(drive, "file");

	if (!lend_wish_has_only(drive, keys) || file == NULL)
		return false;
	*ret = (struct lend_wish_block){
		.path = lend_wish_path(m, file),
		.format = lend_wish_get(drive, "format"),
		.readonly = readonly_of(drive),
		.items = { drive },
	};
	return ret->path != NULL;
}

/* The node that has the bytes. */
static bool storage_of(struct lend_wish_maker *m, const char *driver, const char *filename,
		       struct lend_wish_block *ret)
{
	if (driver == NULL || filename == NULL ||
	    !lend_wish_is_one_of(driver, "file host_device"))
		return false;
	ret->path = lend_wish_path(m, filename);
	return ret->path != NULL;
}

static bool has_only_and(const struct lend_wish_item *item, const char *keys, const char *also)
{
	lend_auto_buf all = { 0 };

	lend_buf_printf(&all, "%s %s", keys, also);
	return lend_wish_has_only(item, all.text);
}

bool lend_wish_blockdev_of(struct lend_wish_maker *m, const char *node, const char *also,
			   struct lend_wish_block *ret)
{
	static const char storage_keys[] = "driver node-name filename read-only auto-read-only";
	struct lend_wish_item *top = lend_wish_find(&m->blocks, node);
	struct lend_wish_item *below;
	const char *driver;

	if (top == NULL || top->part != LEND_WISH_PART_BLOCKDEV)
		return false;
	driver = lend_wish_get(top, "driver");
	*ret = (struct lend_wish_block){ .readonly = readonly_of(top), .items = { top } };
	if (driver == NULL)
		return false;
	ret->format = driver;
	if (!lend_wish_is_one_of(driver, "raw qcow2")) {
		ret->format = "raw";
		return has_only_and(top, storage_keys, also) &&
		       storage_of(m, driver, lend_wish_get(top, "filename"), ret);
	}
	if (lend_wish_get(top, "file") == NULL)
		return has_only_and(top, "driver node-name read-only file.driver file.filename",
				    also) &&
		       storage_of(m, lend_wish_get(top, "file.driver"),
				  lend_wish_get(top, "file.filename"), ret);
	below = lend_wish_find(&m->blocks, lend_wish_get(top, "file"));
	ret->items[1] = below;
	return below != NULL && below->part == LEND_WISH_PART_BLOCKDEV &&
	       has_only_and(top, "driver node-name read-only file", also) &&
	       has_only_and(below, storage_keys, also) &&
	       storage_of(m, lend_wish_get(below, "driver"), lend_wish_get(below, "filename"),
			  ret);
}

void lend_wish_say_block(struct lend_wish_maker *m, const struct lend_wish_block *block)
{
	for (size_t i = 0; i < LEND_COUNT(block->items); i++) {
		if (block->items[i] != NULL)
			lend_wish_say(m, block->items[i], NULL);
	}
}

/* ---- disks ---- */

static bool ends_in(const char *text, const char *end)
{
	const size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

/* The name tells where the option does not: QEMU refuses what is no qcow2. */
static bool settle_format(struct lend_wish_block *block)
{
	if (block->format == NULL && ends_in(block->path, ".qcow2"))
		block->format = "qcow2";
	if (block->format == NULL && ends_in(block->path, ".raw"))
		block->format = "raw";
	return block->format != NULL && lend_wish_is_one_of(block->format, "raw qcow2");
}

/* What the walk over the disks remembers: so many came before on that bus. */
struct disks {
	int n_ide, n_virtio;
};

static bool add_disk(struct lend_wish_maker *m, struct lend_wish_block *block, const char *bus)
{
	struct lend_wish *wish = m->wish;
	struct lend_wish_disk *disk;

	if (!settle_format(block)) {
		if (block->format == NULL)
			lend_wish_note(m,
				       "the disk %s stays in qemu-args: its format is not said",
				       block->path);
		return false;
	}
	if (wish->n_disks == LEND_WISH_ITEMS_MAX)
		return false;
	disk = LEND_PUSH(m->arena, wish->disks, wish->n_disks, wish->cap_disks);
	disk->path = block->path;
	/* raw and virtio are what a wish means without a word. */
	disk->format = strcmp(block->format, "raw") == 0 ? NULL : block->format;
	disk->bus = strcmp(bus, "virtio") == 0 ? NULL : bus;
	if (block->readonly == LEND_TRI_ON)
		disk->readonly = LEND_TRI_ON;
	lend_wish_say_block(m, block);
	return true;
}

static bool add_medium(struct lend_wish_maker *m, const struct lend_wish_block *block)
{
	if (m->wish->install != NULL ||
	    (block->format != NULL && strcmp(block->format, "raw") != 0))
		return false;
	m->wish->install = block->path;
	lend_wish_say_block(m, block);
	return true;
}

/* A URL is no path, but a medium can be one. */
static bool add_remote_medium(struct lend_wish_maker *m, struct lend_wish_item *item,
			      const char *file)
{
	if (file == NULL || strstr(file, "://") == NULL || m->wish->install != NULL ||
	    lend_wish_check_install(m->arena, &file, NULL) < 0)
		return false;
	m->wish->install = file;
	lend_wish_say(m, item, NULL);
	return true;
}

/* -hda FILE, -cdrom FILE, FILE */
static void take_image(struct lend_wish_maker *m, struct lend_wish_item *item,
		       struct disks *disks)
{
	const bool cdrom = strcmp(item->name, "-cdrom") == 0;
	const int index = *item->name == '\0' ? 0 : item->name[3] - 'a';
	struct lend_wish_block block = { .items = { item } };
	bool said = false;

	if (cdrom && add_remote_medium(m, item, item->value))
		return;
	block.path = lend_wish_path(m, item->value);
	if (block.path != NULL && cdrom)
		said = add_medium(m, &block);
	else if (block.path != NULL && index == disks->n_ide)
		said = add_disk(m, &block, "ide");
	disks->n_ide += !cdrom;
	m->has_other_disks |= !said;
}

/* The bus of -drive; NULL: none, a device takes it, or one that a wish has no word for. */
static const char *bus_of(const struct lend_wish_maker *m, const struct lend_wish_item *drive)
{
	const char *interface = lend_wish_get(drive, "if");
	const char *machine = m->wish->machine;

	if (interface == NULL)
		return machine != NULL && (strcmp(machine, "q35") == 0 ||
					   strncmp(machine, "pc", 2) == 0)
			       ? "ide"
			       : NULL;
	if (strcmp(interface, "ide") == 0)
		return "ide";
	return strcmp(interface, "virtio") == 0 ? "virtio" : NULL;
}

static void take_drive(struct lend_wish_maker *m, struct lend_wish_item *item,
		       struct disks *disks)
{
	const char *media = lend_wish_get(item, "media");
	const char *index = lend_wish_get(item, "index");
	const bool cdrom = media != NULL && strcmp(media, "cdrom") == 0;
	const char *bus = bus_of(m, item);
	const bool ide = bus != NULL && strcmp(bus, "ide") == 0;
	struct lend_wish_block block;
	char next[16];
	bool said = false;

	if (bus == NULL)
		return;
	(void)snprintf(next, sizeof(next), "%d", ide ? disks->n_ide : disks->n_virtio);
	if (cdrom && lend_wish_has_only(item, drive_keys) &&
	    add_remote_medium(m, item, lend_wish_get(item, "file")))
		return;
	if (cdrom)
		said = lend_wish_drive_of(m, item, drive_keys, &block) && add_medium(m, &block);
	else if (media == NULL || strcmp(media, "disk") == 0)
		said = (index == NULL || strcmp(index, next) == 0) &&
		       lend_wish_drive_of(m, item, drive_keys, &block) &&
		       add_disk(m, &block, bus);
	disks->n_ide += ide && !cdrom;
	disks->n_virtio += !ide && !cdrom;
	m->has_other_disks |= !said && !cdrom;
}

/* -device with drive=: the drive of if=none, or the node */
static void take_device(struct lend_wish_maker *m, struct lend_wish_item *item)
{
	static const struct {
		const char *driver, *bus;
	} drivers[] = {
		{ "virtio-blk-pci", "virtio" },
		{ "virtio-blk", "virtio" },
		{ "ide-hd", "ide" },
		{ "ide-cd", NULL },
	};
	const char *driver = lend_wish_get(item, "driver");
	const char *id = lend_wish_get(item, "drive");
	struct lend_wish_item *drive = lend_wish_find(&m->blocks, id);
	struct lend_wish_block block;
	bool said = false;
	size_t i = 0;

	if (driver == NULL || id == NULL)
		return;
	while (i < LEND_COUNT(drivers) && strcmp(driver, drivers[i].driver) != 0)
		i++;
	if (i < LEND_COUNT(drivers) && drive != NULL &&
	    lend_wish_has_only(item, "driver drive id") &&
	    (drive->part == LEND_WISH_PART_BLOCKDEV
		     ? lend_wish_blockdev_of(m, id, "", &block)
		     : lend_wish_drive_of(
			       m, drive, "if id file format media readonly read-only", &block)))
		said = drivers[i].bus == NULL ? add_medium(m, &block)
					      : add_disk(m, &block, drivers[i].bus);
	if (said)
		lend_wish_say(m, item, NULL);
	m->has_other_disks |= !said;
}

void lend_wish_from_disks(struct lend_wish_maker *m)
{
	struct disks disks = { 0 };

	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (!lend_wish_is_open(item))
			continue;
		if (item->part == LEND_WISH_PART_IMAGE)
			take_image(m, item, &disks);
		else if (item->part == LEND_WISH_PART_DRIVE)
			take_drive(m, item, &disks);
		else if (item->part == LEND_WISH_PART_DEVICE)
			take_device(m, item);
	}
}

/* ---- boot ---- */

/* QEMU tries disks before media. */
void lend_wish_from_boot(struct lend_wish_maker *m)
{
	struct lend_wish *wish = m->wish;
	const char *word = NULL;

	if (wish->install != NULL)
		word = wish->n_disks > 0 || m->has_other_disks ? "disk" : "install";
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		const char *order;

		if (item->part != LEND_WISH_PART_BOOT || !item->is_pairs)
			continue;
		order = lend_wish_get(item, "order");
		if (order == NULL || lend_wish_get(item, "once") != NULL)
			continue;
		if (strcmp(order, "c") == 0)
			word = "disk";
		else if (strcmp(order, "d") == 0 && wish->install != NULL)
			word = "install";
		else if (strcmp(order, "n") == 0 && wish->network != LEND_WISH_NETWORK_NONE)
			word = "network";
		else
			continue;
		lend_wish_say(m, item, "order");
	}
	wish->boot = word;
}
