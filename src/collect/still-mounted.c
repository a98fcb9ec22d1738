/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File systems that the kernel still has, and that no list of mounts shows.
 *
 * Asks  the folders below /sys/fs/ext4, xfs, f2fs and btrfs
 * Adds  a mount for each whose devices no mount that was seen lies on
 *
 * One that was unmounted lazily lives on as long as a program has a file or a
 * folder of it open (umount(2), MNT_DETACH), and one in a mount namespace that
 * no process is in is in no /proc/PID/mountinfo.  Their drivers have a folder
 * for each as long as it lives (fs/ext4/sysfs.c, fs/xfs/xfs_mount.c,
 * fs/f2fs/sysfs.c, fs/btrfs/sysfs.c).
 */

#include "collect/block-find.h"
#include "collect/btrfs-sets.h"
#include "collect/mount-list.h"
#include "model/kind-mount.h"

static const struct lend_ask ask_mounted = { .via = LEND_VIA_DIR, .key = "sys/fs/%s" };

struct look {
	struct lend_scan *scan;
	uint32_t by;
	bool *mounted; /* by node index */
	size_t n_mounted;
};

static bool is_mounted(const struct look *l, const struct lend_block *block)
{
	return block->node.index < l->n_mounted && l->mounted[block->node.index];
}

static struct lend_node *put(struct look *l, const char *fs, const struct lend_block *block)
{
	struct lend_build *b = &l->scan->build;
	struct lend_mount *mount = (struct lend_mount *)lend_build_node(
		b, LEND_KIND_MOUNT, NULL,
		lend_build_internf(b, "%s on %s, in no list of mounts", fs, block->node.name));

	lend_build_text(b, &mount->node, &mount->fs, l->by, fs);
	lend_build_unreadable(b, &mount->node, &mount->path, l->by,
			      "it is in no list of mounts that was seen");
	lend_build_text(b, &mount->node, &mount->space, l->by, "not known");
	lend_build_edge(b, &mount->node, &block->node);
	return &mount->node;
}

static void put_sets(struct look *l)
{
	struct lend_btrfs_sets sets;

	lend_btrfs_sets_read(l->scan, &sets);
	for (size_t i = 0, end; i < sets.n; i = end) {
		const struct lend_node *mount;
		bool seen = false;

		for (end = i; end < sets.n && sets.members[end].set == sets.members[i].set;
		     end++)
			seen = seen || is_mounted(l, sets.members[end].block);
		if (seen)
			continue;
		mount = put(l, "btrfs", sets.members[i].block);
		for (size_t m = i + 1; m < end; m++)
			lend_build_edge(&l->scan->build, mount, &sets.members[m].block->node);
	}
}

static void put_driver(struct look *l, const char *driver)
{
	const struct lend_answer *names = lend_io_ask(l->scan->io, &ask_mounted, driver);

	for (size_t i = 0; names->known == LEND_KNOWN && i < names->n_names; i++) {
		const struct lend_block *block = lend_block_by_name(l->scan, names->names[i]);

		if (block != NULL && !is_mounted(l, block))
			(void)put(l, driver, block);
	}
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	static const char *const drivers[] = { "ext4", "xfs", "f2fs" };
	struct look l = { .scan = scan };

	(void)err;
	if (lend_scan_is_named(scan) || scan->options->room_in != NULL ||
	    scan->options->n_kinds == 0)
		return 0;
	l.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "still-mounted",
				   ask_mounted.key, "");
	l.mounted = lend_mounted_nodes(scan, &l.n_mounted);
	put_sets(&l);
	for (size_t i = 0; i < LEND_COUNT(drivers); i++)
		put_driver(&l, drivers[i]);
	return 0;
}

extern const struct lend_collector lend_collector_still_mounted;
const struct lend_collector lend_collector_still_mounted = {
	.id = "still-mounted",
	.sees = "file systems that live on in no list of mounts",
	.adds = LEND_ADDS(LEND_KIND_PROCESS),
	.collect = collect,
};
