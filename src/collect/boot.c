/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What wants block devices when the host boots next.
 *
 * Asks  /etc/fstab, crypttab, mdadm.conf, the devices file of LVM,
 *       /proc/cmdline, the load options of UEFI firmware; the links in
 *       /dev/disk for the names that are found there, or what lies on the disks
 *       (boot-names.c); multipath's own files (boot-multipath.c)
 * Adds  boot nodes with edges to the devices they mean
 *
 * A name that no device has is said.  What the image of the initramfs has of
 * these files, and what a boot loader is configured to, is not looked at.
 *
 * (fstab(5), systemd.mount(5), systemd-fstab-generator(8); crypttab(5);
 * mdadm.conf(5); lvmdevices(8); dracut.cmdline(7); Linux init/do_mounts.c.)
 */

#include "collect/boot.h"
#include "format/boot-files.h"
#include "format/mountinfo.h"
#include "model/kind-mount.h"

enum { FILE_MAX_BYTES = 256 * 1024 };

#define FILE_ASK(name_, key_)                                                                  \
	static const struct lend_ask name_ = { .via = LEND_VIA_FILE,                           \
					       .key = (key_),                                  \
					       .limit_bytes = FILE_MAX_BYTES }
FILE_ASK(ask_fstab, "etc/fstab");
FILE_ASK(ask_crypttab, "etc/crypttab");
FILE_ASK(ask_mdadm, "etc/mdadm/mdadm.conf");
FILE_ASK(ask_mdadm_old, "etc/mdadm.conf");
FILE_ASK(ask_lvm, "etc/lvm/devices/system.devices");
FILE_ASK(ask_cmdline, "proc/cmdline");

/* A device of a mounted btrfs. */
struct btrfs {
	uint32_t mount, block;
};

struct entry {
	const char *point;
	struct lend_boot_want *want;
};

struct look {
	struct lend_boot boot;
	struct btrfs *btrfs;
	size_t n_btrfs, cap_btrfs;
	struct entry *entries; /* of fstab */
	size_t n_entries, cap_entries;
};

static struct lend_span span_of(const struct lend_answer *answer)
{
	return (struct lend_span){ answer->bytes, answer->len };
}

static const char *printf_name(struct look *l, const char *what, const char *name)
{
	return lend_arena_printf(&l->boot.scan->memory, "%s %s", what, name);
}

static void put(struct look *l, const char *name, const char *needs, bool required)
{
	struct lend_block *block;
	const char *why;
	enum lend_known known = lend_boot_find(&l->boot, needs, &block, &why);
	const struct lend_node *map;
	struct lend_boot_want *want;

	if (known == LEND_NOT_ASKED)
		return;
	want = lend_boot_want(&l->boot, name, needs, required);
	map = known == LEND_ABSENT ? lend_boot_multipath_of(&l->boot, needs) : NULL;
	if (map != NULL)
		lend_build_edge(&l->boot.scan->build, &want->node, map);
	else
		lend_boot_settle(&l->boot, want, known, block, why);
}

/* ---- crypttab: before fstab, which names what it opens ---- */

static void read_crypttab(struct look *l)
{
	const struct lend_answer *answer = lend_io_ask(l->boot.scan->io, &ask_crypttab);
	struct lend_span rest = span_of(answer);
	struct lend_crypttab_line line;

	l->boot.source = "/etc/crypttab";
	while (lend_boot_has(&l->boot, answer) &&
	       lend_crypttab_line_next(&rest, &l->boot.scan->memory, &line) == 0)
		put(l, printf_name(l, "crypttab", line.name), line.source, false);
}

/* "/dev/mapper/NAME" of a container that is not open. */
static const struct lend_node *crypttab_of(struct look *l, const char *needs)
{
	static const char mapper[] = "/dev/mapper/";

	if (strncmp(needs, mapper, strlen(mapper)) != 0)
		return NULL;
	return lend_build_find(&l->boot.scan->build, LEND_KIND_BOOT, NULL,
			       printf_name(l, "crypttab", needs + strlen(mapper)));
}

/* ---- fstab ---- */

static void find_btrfs(struct look *l)
{
	const struct lend_inventory *inv = l->boot.scan->build.inv;

	for (size_t i = 0; i < inv->n_edges; i++) {
		const struct lend_node *user = inv->nodes[inv->edges[i].user];
		const struct lend_node *used = inv->nodes[inv->edges[i].used];
		const struct lend_fact *fs = &lend_as_mount(user)->fs;

		if (user->kind == LEND_KIND_MOUNT && used->kind == LEND_KIND_BLOCK &&
		    fs->known == LEND_KNOWN && strcmp(fs->v.str, "btrfs") == 0)
			*LEND_PUSH(&l->boot.scan->memory, l->btrfs, l->n_btrfs, l->cap_btrfs) =
				(struct btrfs){ user->index, used->index };
	}
}

/* A btrfs is called by one of its devices, or by the name of all. */
static void put_members(struct look *l, const struct lend_node *user,
			const struct lend_block *block)
{
	struct lend_inventory *inv = l->boot.scan->build.inv;
	size_t at = 0;

	while (at < l->n_btrfs && l->btrfs[at].block != block->node.index)
		at++;
	for (size_t i = 0; at < l->n_btrfs && i < l->n_btrfs; i++) {
		if (l->btrfs[i].mount == l->btrfs[at].mount)
			lend_build_edge(&l->boot.scan->build, user,
					inv->nodes[l->btrfs[i].block]);
	}
}

/*
 * systemd goes into emergency mode without it: not for swap, for what comes
 * with a network, or is mounted when it is used.
 */
static bool is_required(const struct lend_fstab_line *line)
{
	static const char *const not [] = { "nofail", "noauto", "_netdev",
					    "x-systemd.automount" };

	for (size_t i = 0; i < LEND_COUNT(not ); i++) {
		if (lend_mount_has_option(line->options, not [i]))
			return false;
	}
	return strcmp(line->fs, "swap") != 0;
}

static void put_entry(struct look *l, const struct lend_fstab_line *line)
{
	bool placed = line->point[0] == '/';
	struct lend_boot_want *want;
	struct lend_block *block;
	const char *why;
	enum lend_known known = lend_boot_find(&l->boot, line->source, &block, &why);
	const struct lend_node *opened;

	if (known == LEND_NOT_ASKED && line->source[0] != '/')
		return; /* of the network, or of no device at all */
	want = lend_boot_want(&l->boot,
			      placed ? printf_name(l, "fstab", line->point)
				     : printf_name(l, "fstab swap", line->source),
			      line->source, is_required(line));
	if (placed)
		*LEND_PUSH(&l->boot.scan->memory, l->entries, l->n_entries, l->cap_entries) =
			(struct entry){ line->point, want };
	if (known == LEND_NOT_ASKED)
		return; /* a file: find_files */
	opened = known == LEND_ABSENT ? crypttab_of(l, line->source) : NULL;
	if (opened == NULL && known == LEND_ABSENT)
		opened = lend_boot_multipath_of(&l->boot, line->source);
	if (opened != NULL) {
		lend_build_edge(&l->boot.scan->build, &want->node, opened);
		return;
	}
	lend_boot_settle(&l->boot, want, known, block, why);
	if (known == LEND_KNOWN && strcmp(line->fs, "btrfs") == 0)
		put_members(l, &want->node, block);
}

/* A file that is mounted or used for swap, and a folder that is mounted again. */
static void put_file(struct look *l, const struct lend_fstab_line *line)
{
	const struct lend_node *user = lend_build_find(
		&l->boot.scan->build, LEND_KIND_BOOT, NULL,
		line->point[0] == '/' ? printf_name(l, "fstab", line->point)
				      : printf_name(l, "fstab swap", line->source));
	const struct entry *best = NULL;

	for (size_t i = 0; i < l->n_entries; i++) {
		const char *point = l->entries[i].point;
		size_t len = strcmp(point, "/") == 0 ? 0 : strlen(point);

		if (strncmp(point, line->source, len) == 0 &&
		    (line->source[len] == '/' || line->source[len] == '\0') &&
		    (best == NULL || strlen(point) > strlen(best->point)))
			best = &l->entries[i];
	}
	if (user != NULL && best != NULL && &best->want->node != user)
		lend_build_edge(&l->boot.scan->build, user, &best->want->node);
}

static void read_fstab(struct look *l)
{
	const struct lend_answer *answer = lend_io_ask(l->boot.scan->io, &ask_fstab);
	struct lend_arena *memory = &l->boot.scan->memory;
	struct lend_span rest = span_of(answer);
	struct lend_fstab_line line;
	int r;

	l->boot.source = "/etc/fstab";
	if (answer->known == LEND_NOT_ASKED)
		lend_build_gap(&l->boot.scan->build, "boot", true,
			       "make it anew with lend capture",
			       "nobody saved what the next boot wants");
	if (!lend_boot_has(&l->boot, answer))
		return;
	find_btrfs(l);
	while ((r = lend_fstab_line_next(&rest, memory, &line)) != 1) {
		if (r == 0)
			put_entry(l, &line);
	}
	rest = span_of(answer);
	while ((r = lend_fstab_line_next(&rest, memory, &line)) != 1) {
		if (r == 0 && line.source[0] == '/' && strncmp(line.source, "/dev/", 5) != 0)
			put_file(l, &line);
	}
}

/* ---- md and LVM ---- */

static void put_array(struct look *l, const struct lend_mdadm_array *array)
{
	struct lend_arena *memory = &l->boot.scan->memory;
	struct lend_block *block = NULL;
	struct lend_boot_want *want;
	const char *why = "", *other;
	enum lend_known known = LEND_ABSENT;
	bool has_path = strncmp(array->device, "/dev/", 5) == 0;

	if (strcmp(array->device, "<ignore>") == 0 || (!has_path && *array->uuid == '\0'))
		return;
	if (*array->uuid != '\0')
		known = lend_boot_find_link(
			&l->boot, "by-id", lend_arena_printf(memory, "md-uuid-%s", array->uuid),
			&block, &why);
	if (known != LEND_KNOWN && has_path &&
	    lend_boot_find(&l->boot, array->device, &block, &other) == LEND_KNOWN)
		known = LEND_KNOWN;
	/* A container has no name of its own to be found by. */
	if (known != LEND_KNOWN && !has_path)
		return;
	want = lend_boot_want(
		&l->boot, printf_name(l, "mdadm", has_path ? array->device : array->uuid),
		*array->uuid == '\0' ? array->device
				     : lend_arena_printf(memory, "UUID=%s", array->uuid),
		false);
	lend_boot_settle(&l->boot, want, known, block, why);
}

static void read_mdadm(struct look *l)
{
	const struct lend_answer *answer = lend_io_ask(l->boot.scan->io, &ask_mdadm);
	struct lend_mdadm_array array;
	struct lend_span rest;

	l->boot.source = "/etc/mdadm/mdadm.conf";
	if (answer->known == LEND_ABSENT || answer->known == LEND_NOT_ASKED) {
		l->boot.source = "/etc/mdadm.conf";
		answer = lend_io_ask(l->boot.scan->io, &ask_mdadm_old);
	}
	rest = span_of(answer);
	while (lend_boot_has(&l->boot, answer) &&
	       lend_mdadm_array_next(&rest, &l->boot.scan->memory, &array) == 0)
		put_array(l, &array);
}

/* PVID without the dashes that udev has in its link: 6-4-4-4-4-4-6 (lvm2, id_write_format). */
static const char *pv_link(struct look *l, const char *pv)
{
	static const uint8_t groups[] = { 6, 4, 4, 4, 4, 4, 6 };
	lend_auto_buf out = { 0 };

	if (strlen(pv) != 32)
		return "";
	lend_buf_puts(&out, "lvm-pv-uuid");
	for (size_t i = 0; i < LEND_COUNT(groups); i++) {
		lend_buf_putc(&out, '-');
		lend_buf_put(&out, pv, groups[i]);
		pv += groups[i];
	}
	return lend_arena_strdup(&l->boot.scan->memory, lend_buf_text(&out));
}

/* By the volume's own id first: a name of the kernel may be another disk's by then. */
static void put_volume(struct look *l, const struct lend_lvm_device *device)
{
	struct lend_block *block = NULL;
	const char *why = "", *other;
	enum lend_known known =
		lend_boot_find_link(&l->boot, "by-id", pv_link(l, device->pv), &block, &why);
	const char *needs = *device->pv != '\0' ? device->pv : device->id;

	if (known != LEND_KNOWN &&
	    lend_boot_find(&l->boot, device->device, &block, &other) == LEND_KNOWN)
		known = LEND_KNOWN;
	if (*needs == '\0')
		return;
	lend_boot_settle(
		&l->boot,
		lend_boot_want(
			&l->boot,
			printf_name(l, "lvm", *device->device != '\0' ? device->device : needs),
			needs, false),
		known, block, why);
}

static void read_lvm(struct look *l)
{
	const struct lend_answer *answer = lend_io_ask(l->boot.scan->io, &ask_lvm);
	struct lend_lvm_device device;
	struct lend_span rest = span_of(answer);

	l->boot.source = "/etc/lvm/devices/system.devices";
	while (lend_boot_has(&l->boot, answer) &&
	       lend_lvm_device_next(&rest, &l->boot.scan->memory, &device) == 0)
		put_volume(l, &device);
}

/* ---- the kernel's command line ---- */

/* dracut waits for these, and then gives a shell: luks-UUID, a UUID of md, vg/lv. */
static void put_dracut(struct look *l, const char *key, const char *value)
{
	struct lend_arena *memory = &l->boot.scan->memory;
	const char *name = lend_arena_printf(memory, "%s=%s", key, value);

	if (*value == '\0')
		return;
	if (strcmp(key, "rd.lvm.lv") == 0)
		put(l, name, lend_arena_printf(memory, "/dev/%s", value), true);
	else if (strcmp(key, "rd.luks.uuid") == 0)
		put(l, name,
		    lend_arena_printf(memory, "UUID=%s",
				      strncmp(value, "luks-", 5) == 0 ? value + 5 : value),
		    true);
	else if (strcmp(key, "rd.md.uuid") == 0)
		put(l, name, lend_arena_printf(memory, "/dev/disk/by-id/md-uuid-%s", value),
		    true);
}

static void read_cmdline(struct look *l)
{
	const struct lend_answer *answer = lend_io_ask(l->boot.scan->io, &ask_cmdline);
	struct lend_span rest = span_of(answer);
	struct lend_kernel_word word;
	const char *root = NULL, *resume = NULL;

	l->boot.source = "/proc/cmdline";
	if (!lend_boot_has(&l->boot, answer))
		return;
	while (lend_kernel_word_next(&rest, &l->boot.scan->memory, &word) == 0) {
		if (word.value == NULL)
			continue;
		if (strcmp(word.key, "root") == 0)
			root = word.value; /* the last one counts */
		else if (strcmp(word.key, "resume") == 0)
			resume = word.value;
		else
			put_dracut(l, word.key, word.value);
	}
	if (root != NULL)
		put(l, "root=", strncmp(root, "block:", 6) == 0 ? root + 6 : root, true);
	if (resume != NULL)
		put(l, "resume=", resume, false);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct look l = { 0 };

	(void)err;
	if (lend_scan_is_named(scan) || scan->options->room_in != NULL)
		return 0;
	lend_boot_init(scan, "boot", "etc/fstab", &l.boot);
	/* A source without disks is no host, or not the part of one that could tell. */
	if (l.boot.blocks.n == 0)
		return 0;
	lend_boot_read_multipath(&l.boot);
	read_crypttab(&l);
	read_fstab(&l);
	read_mdadm(&l);
	read_lvm(&l);
	read_cmdline(&l);
	lend_boot_read_efi(&l.boot);
	return 0;
}

extern const struct lend_collector lend_collector_boot;
const struct lend_collector lend_collector_boot = {
	.id = "boot",
	.sees = "what wants block devices of this host when it boots next",
	.adds = LEND_ADDS(LEND_KIND_BOOT),
	.collect = collect,
};
