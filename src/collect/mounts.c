/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands on block devices without being one: mounts, swap, VMs.
 *
 * Asks  /proc/self/mountinfo, /proc/swaps; /sys/fs/btrfs, ext4, xfs and f2fs;
 *       what QEMUs have open
 * Adds  mounts of block devices, and those that hold the file of a loop
 *       device, a backing, swap or a VM; swap; edges from all of them to what
 *       they lie on; who uses a block device, or that this cannot be told
 *
 * Pseudo file systems are no news.  Other mount namespaces are not looked
 * into: that a file system is mounted in one is known only where its driver
 * has a folder for it below /sys/fs.
 *
 * (proc(5); Linux Documentation/filesystems/btrfs, fs/ext4/sysfs.c,
 * fs/xfs/xfs_sysfs.c, fs/btrfs/sysfs.c.)
 */

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "collect/block-find.h"
#include "collect/block-users.h"
#include "collect/btrfs-sets.h"
#include "collect/mount-list.h"
#include "collect/open-files.h"
#include "collect/pid-space.h"
#include "model/kind-backing.h"
#include "model/kind-mount.h"
#include "model/kind-swap.h"

static const struct lend_ask ask_swaps = { .via = LEND_VIA_FILE,
					   .key = "proc/swaps",
					   .limit_bytes = 1 << 20 };
static const struct lend_ask ask_mounted = { .via = LEND_VIA_DIR, .key = "sys/fs/%s" };
static const struct lend_ask ask_open = { .via = LEND_VIA_STAT,
					  .key = "proc/%s/fd/%s",
					  .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_file = { .via = LEND_VIA_STAT,
					  .key = "%p",
					  .flags = LEND_ASK_MAY_HANG };
/* Whoever may look at the first process may look at all. */
static const struct lend_ask ask_first = { .via = LEND_VIA_MAGIC, .key = "proc/1/root" };

struct look {
	struct lend_scan *scan;
	uint32_t by;
	struct lend_block_index blocks;
	struct lend_mount_list mounts;
	struct lend_btrfs_sets sets;
	bool *mounted; /* by node index: a mount in this list uses it */
	size_t n_mounted;
	struct lend_block_users users;
	bool files_only; /* nobody wants to know who uses a device */
};

/* ---- mounts ---- */

static const char *number_text(struct look *l, const struct lend_mount_line *line)
{
	return lend_arena_printf(&l->scan->memory, "%" PRIu32 ":%" PRIu32, line->major,
				 line->minor);
}

/* File systems of the network, by the names of their drivers. */
static bool is_remote(const struct lend_mount_line *line)
{
	static const char *const names[] = { "nfs",    "nfs4",           "cifs",
					     "smb3",   "ceph",           "afs",
					     "lustre", "fuse.glusterfs", "fuse.sshfs" };

	for (size_t i = 0; i < LEND_COUNT(names); i++) {
		if (strcmp(line->fs, names[i]) == 0)
			return true;
	}
	return false;
}

/* Its node, made when something wants it. */
static struct lend_node *node_of(struct look *l, struct lend_mounted *m)
{
	struct lend_build *b = &l->scan->build;
	struct lend_mount *mount;
	struct lend_node *node;

	if (m->node != NULL)
		return m->node;
	node = lend_build_node(
		b, LEND_KIND_MOUNT, NULL,
		m->covered ? lend_build_internf(b, "%s#%" PRIu64, m->line.point, m->line.id)
			   : m->line.point);
	mount = (struct lend_mount *)node;
	m->node = node;
	lend_build_text(b, node, &mount->path, l->by, m->line.point);
	lend_build_text(b, node, &mount->source, l->by, m->line.source);
	lend_build_text(b, node, &mount->fs, l->by, m->line.fs);
	lend_build_text(b, node, &mount->dev, l->by, number_text(l, &m->line));
	lend_build_text(b, node, &mount->root, l->by, m->line.root);
	lend_build_text(b, node, &mount->options, l->by, m->line.options);
	if (!is_remote(&m->line))
		lend_build_absent(b, node, &mount->server, l->by);
	lend_build_u64(b, node, &mount->covered, l->by, m->covered);
	return node;
}

static void edge_to_block(struct look *l, struct lend_mounted *m, struct lend_block *block)
{
	if (block == NULL)
		return;
	lend_build_edge(&l->scan->build, node_of(l, m), &block->node);
	if (m->block == NULL)
		m->block = block;
	if (block->node.index < l->n_mounted)
		l->mounted[block->node.index] = true;
}

/* A btrfs says one device of several; its folder in sysfs has all. */
static void edge_to_members(struct look *l, struct lend_mounted *m)
{
	const struct lend_btrfs_sets *sets = &l->sets;
	size_t set = lend_btrfs_set_of(sets, m->block);

	for (size_t i = 0; set > 0 && i < sets->n; i++) {
		if (sets->members[i].set == set)
			edge_to_block(l, m, sets->members[i].block);
	}
}

/* Logs and real-time parts on devices of their own; all devices of a bcachefs. */
static void edge_to_others(struct look *l, struct lend_mounted *m)
{
	static const char *const options[] = { "logdev", "rtdev", "journal_path" };
	struct lend_arena *memory = &l->scan->memory;

	for (size_t i = 0; i < LEND_COUNT(options); i++) {
		const char *path = lend_mount_option(memory, m->line.super, options[i]);

		if (path != NULL)
			edge_to_block(l, m, lend_block_by_path(l->scan, &l->blocks, path));
	}
	for (const char *at = m->line.source; strcmp(m->line.fs, "bcachefs") == 0;) {
		size_t len = strcspn(at, ":");
		struct lend_block *block = lend_block_by_path(
			l->scan, &l->blocks, lend_arena_strndup(memory, at, len));

		edge_to_block(l, m, block);
		if (block == NULL)
			lend_build_gap(&l->scan->build, "block", true, "",
				       "%s is mounted from a bcachefs, one device of which is "
				       "not known: %.*s",
				       m->line.point, (int)(len < 100 ? len : 100), at);
		if (at[len] == '\0')
			break;
		at += len + 1;
	}
}

/* The source of a mount is "POOL/DATASET". */
static void edge_to_pool(struct look *l, struct lend_mounted *m)
{
	const char *name = lend_arena_printf(&l->scan->memory, "zpool %.*s",
					     (int)strcspn(m->line.source, "/"), m->line.source);
	struct lend_node *pool = lend_build_find(&l->scan->build, LEND_KIND_BOOT, NULL, name);

	if (pool != NULL)
		lend_build_edge(&l->scan->build, node_of(l, m), pool);
	else
		lend_build_gap(&l->scan->build, "block", true, "",
			       "%s is mounted from a pool of ZFS whose devices are not told",
			       m->line.point);
}

/* "192.0.2.1:6789,[fd00::1]:6789:/home" of ceph: a list of monitors, without their ports. */
static const char *monitors_of(struct lend_arena *memory, const char *source)
{
	lend_auto_buf out = { 0 };

	while (*source != '\0' && *source != '/') {
		bool v6 = *source == '[';
		size_t len = v6 ? strcspn(++source, "]") : strcspn(source, ":,/");

		lend_buf_puts(&out, out.len > 0 ? "," : "");
		lend_buf_put(&out, source, len);
		source += len;
		source += strcspn(source, ",/");
		source += *source == ',';
	}
	return lend_arena_strdup(memory, lend_buf_text(&out));
}

static void put_server(struct look *l, struct lend_mounted *m)
{
	struct lend_mount *mount = (struct lend_mount *)node_of(l, m);
	const char *server = lend_mount_option(&l->scan->memory, m->line.super, "addr");

	if (server == NULL && strcmp(m->line.fs, "ceph") == 0)
		server = monitors_of(&l->scan->memory, m->line.source);
	if (server != NULL && *server != '\0')
		lend_build_text(&l->scan->build, &mount->node, &mount->server, l->by, server);
	else
		lend_build_unreadable(&l->scan->build, &mount->node, &mount->server, l->by,
				      "its options do not say it");
}

static void put_mount(struct look *l, struct lend_mounted *m)
{
	struct lend_block *block =
		m->line.major != 0
			? lend_block_by_number(&l->blocks, m->line.major, m->line.minor)
			: NULL;

	if (l->files_only) {
		if (m->line.major != 0)
			(void)node_of(l, m); /* a file lies there, maybe */
		return;
	}
	if (is_remote(&m->line)) {
		put_server(l, m);
		return;
	}
	/* btrfs and its like have a number of no device, and the path of one. */
	if (block == NULL)
		block = lend_block_by_path(l->scan, &l->blocks, m->line.source);
	edge_to_block(l, m, block);
	if (m->block != NULL && strcmp(m->line.fs, "btrfs") == 0)
		edge_to_members(l, m);
	edge_to_others(l, m);
	if (strcmp(m->line.fs, "zfs") == 0)
		edge_to_pool(l, m);
}

/* ---- file systems as their drivers tell them, mounted wherever ---- */

/* Without a list of mounts, it may as well be mounted right here. */
static void add_elsewhere(struct look *l, const struct lend_block *block, const char *fs)
{
	const char *where = l->mounts.known == LEND_KNOWN ? "mounted elsewhere" : "mounted";

	if (block == NULL ||
	    (block->node.index < l->n_mounted && l->mounted[block->node.index]))
		return;
	*LEND_PUSH(&l->scan->memory, l->users.items, l->users.n, l->users.cap) =
		(struct lend_block_user){ block->node.index,
					  lend_arena_printf(&l->scan->memory, "%s %s", fs,
							    where) };
}

static void find_elsewhere(struct look *l)
{
	static const char *const drivers[] = { "ext4", "xfs", "f2fs" };

	for (size_t i = 0; i < l->sets.n; i++)
		add_elsewhere(l, l->sets.members[i].block, "btrfs");
	for (size_t d = 0; d < LEND_COUNT(drivers); d++) {
		const struct lend_answer *names =
			lend_io_ask(l->scan->io, &ask_mounted, drivers[d]);

		for (size_t i = 0; names->known == LEND_KNOWN && i < names->n_names; i++)
			add_elsewhere(l, lend_block_by_name(l->scan, names->names[i]),
				      drivers[d]);
	}
}

/* ---- what lies on mounts ---- */

static void edge_to_mount(struct look *l, struct lend_node *user, struct lend_mounted *m)
{
	if (m != NULL)
		lend_build_edge(&l->scan->build, user, node_of(l, m));
}

/* As put_loop_file: a backing is told from it by number, not by path. */
static void put_swap_file(struct look *l, struct lend_swap *swap, const char *path)
{
	struct lend_build *b = &l->scan->build;
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_file, path);

	if (answer->known != LEND_KNOWN)
		return;
	lend_build_text(b, &swap->node, &swap->file_dev, l->by,
			lend_build_internf(b, "%" PRIu32 ":%" PRIu32, answer->stat.dev_major,
					   answer->stat.dev_minor));
	lend_build_u64(b, &swap->node, &swap->file_inode, l->by, answer->stat.inode);
}

static void put_swap(struct look *l, const struct lend_swap_line *line)
{
	struct lend_build *b = &l->scan->build;
	struct lend_node *node = lend_build_node(b, LEND_KIND_SWAP, NULL, line->path);
	struct lend_swap *swap = (struct lend_swap *)node;
	struct lend_block *block;

	lend_build_text(b, node, &swap->path, l->by, line->path);
	lend_build_text(b, node, &swap->type, l->by, line->type);
	lend_build_u64(b, node, &swap->size_bytes, l->by, line->size_bytes);
	lend_build_u64(b, node, &swap->used_bytes, l->by, line->used_bytes);
	lend_build_text(b, node, &swap->priority, l->by, line->priority);
	if (line->deleted) {
		/* A device of that name may be another one by now. */
		lend_build_text(b, node, &swap->state, l->by, "deleted");
		lend_build_gap(b, node->id, false, "only a reboot ends it",
			       "there is swap on %s, which was removed", line->path);
		return;
	}
	lend_build_absent(b, node, &swap->state, l->by);
	if (strcmp(line->type, "file") == 0) {
		edge_to_mount(l, node, lend_mount_of_path(&l->mounts, line->path));
		put_swap_file(l, swap, line->path);
		return;
	}
	block = lend_block_by_path(l->scan, &l->blocks, line->path);
	if (block != NULL)
		lend_build_edge(b, node, &block->node);
}

static void read_swaps(struct look *l)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_swaps);
	struct lend_span rest = { answer->bytes, answer->len };
	struct lend_swap_line line;
	int r;

	while (answer->known == LEND_KNOWN &&
	       (r = lend_swap_line_next(&rest, &l->scan->memory, &line)) != 1) {
		if (r == 0)
			put_swap(l, &line);
	}
	/* A kernel without swap has no such file. */
	if (answer->known == LEND_NOT_ASKED && l->users.blind == NULL)
		l->users.blind = "nobody saved /proc/swaps";
	if (answer->known == LEND_UNREADABLE && l->users.blind == NULL)
		l->users.blind =
			lend_arena_printf(&l->scan->memory, "/proc/swaps: %s", answer->why);
}

/* One file has many paths: its number tells whether a VM has it, too. */
static void put_loop_file(struct look *l, struct lend_block *block, const struct lend_stat *st)
{
	struct lend_build *b = &l->scan->build;

	lend_build_text(
		b, &block->node, &block->file_dev, l->by,
		lend_build_internf(b, "%" PRIu32 ":%" PRIu32, st->dev_major, st->dev_minor));
	lend_build_u64(b, &block->node, &block->file_inode, l->by, st->inode);
}

/* "losetup -f /dev/sdb": what it lies on is that device, not the file system of /dev. */
static bool is_on_device(struct look *l, struct lend_block *block, const char *path,
			 const struct lend_answer *answer)
{
	const struct lend_mounted *m = lend_mount_of_path(&l->mounts, path);
	struct lend_block *below;

	if (answer != NULL && answer->known == LEND_KNOWN && !S_ISBLK(answer->stat.mode))
		return false;
	if (answer != NULL && answer->known == LEND_KNOWN)
		below = lend_block_by_number(&l->blocks, answer->stat.rdev_major,
					     answer->stat.rdev_minor);
	else
		below = lend_block_by_path(l->scan, &l->blocks, path);
	if (below != NULL)
		lend_build_edge(&l->scan->build, &block->node, &below->node);
	else if ((answer != NULL && answer->known == LEND_KNOWN) ||
		 (m != NULL && strcmp(m->line.fs, "devtmpfs") == 0))
		lend_build_gap(
			&l->scan->build, "block", true, "",
			"%s lies on %s, which is none of the block devices that were seen",
			block->node.name, path);
	else
		return false;
	return true;
}

/* The file of a loop device, as the kernel names it for us. */
static void put_loop(struct look *l, struct lend_block *block)
{
	static const char gone[] = " (deleted)";
	const char *path = block->backing_file.v.str;
	const struct lend_answer *answer = NULL;
	size_t len = strlen(path);
	bool deleted = len > strlen(gone) && strcmp(path + len - strlen(gone), gone) == 0;

	if (deleted)
		len -= strlen(gone);
	else if (!l->files_only && path[0] == '/')
		answer = lend_io_ask(l->scan->io, &ask_file, path);
	path = lend_arena_strndup(&l->scan->memory, path, len);
	if (!l->files_only && is_on_device(l, block, path, answer))
		return;
	if (answer != NULL && answer->known == LEND_KNOWN)
		put_loop_file(l, block, &answer->stat);
	edge_to_mount(l, &block->node, lend_mount_of_path(&l->mounts, path));
}

/* The number that stat gives for a file on btrfs is of its subvolume, in no list of mounts. */
static struct lend_mounted *mount_of_file(struct look *l, uint32_t major, uint32_t minor,
					  const char *path, bool is_btrfs)
{
	struct lend_mounted *m = lend_mount_of_number(&l->mounts, major, minor, path);

	if (m != NULL || !is_btrfs)
		return m;
	m = lend_mount_of_path(&l->mounts, path);
	return m != NULL && strcmp(m->line.fs, "btrfs") == 0 ? m : NULL;
}

static void put_backing(struct look *l, struct lend_backing *backing)
{
	const struct lend_fact *device = &backing->rdev;
	struct lend_block *block = NULL;
	uint32_t major, minor;

	if (backing->rdev.known == LEND_KNOWN) {
		if (lend_device_number_parse(device->v.str, strlen(device->v.str), &major,
					     &minor) &&
		    backing->type.known == LEND_KNOWN &&
		    strcmp(backing->type.v.str, "block device") == 0)
			block = lend_block_by_number(&l->blocks, major, minor);
	} else if (backing->dev.known == LEND_KNOWN && backing->path.known == LEND_KNOWN &&
		   lend_device_number_parse(backing->dev.v.str, strlen(backing->dev.v.str),
					    &major, &minor)) {
		struct lend_mounted *m =
			mount_of_file(l, major, minor, backing->path.v.str,
				      backing->fs.known == LEND_KNOWN &&
					      strcmp(backing->fs.v.str, "btrfs") == 0);

		edge_to_mount(l, &backing->node, m);
		block = m != NULL ? m->block : lend_block_by_number(&l->blocks, major, minor);
	}
	if (block != NULL)
		lend_build_edge(&l->scan->build, &backing->node, &block->node);
}

static void put_files(struct look *l)
{
	const struct lend_inventory *inv = l->scan->build.inv;
	size_t n = inv->n_nodes;

	for (size_t i = 0; i < n; i++) {
		struct lend_node *node = inv->nodes[i];

		if (node->guest != NULL)
			continue;
		if (node->kind == LEND_KIND_BACKING)
			put_backing(l, (struct lend_backing *)node);
		if (node->kind == LEND_KIND_BLOCK &&
		    ((struct lend_block *)node)->backing_file.known == LEND_KNOWN)
			put_loop(l, (struct lend_block *)node);
	}
}

/* ---- VMs ---- */

/* What a path of /proc/PID/fd says before anybody asks a file system. */
static bool may_matter(const char *link)
{
	static const char *const none[] = { "/dev/kvm",  "/dev/null", "/dev/zero",
					    "/dev/net/", "/dev/vfio", "/dev/vhost",
					    "/dev/pts",  "/dev/ptmx", "/dev/urandom",
					    "/memfd:",   "/proc/",    "/sys/" };

	for (size_t i = 0; i < LEND_COUNT(none); i++) {
		if (strncmp(link, none[i], strlen(none[i])) == 0)
			return false;
	}
	return link[0] == '/';
}

/* Its input, output and log: where that lies is nothing that the VM lives on. */
static bool is_standard(const char *fd)
{
	return strlen(fd) == 1 && fd[0] >= '0' && fd[0] <= '2';
}

/* Disks and images of a QEMU, by its descriptors: true however they were given to it. */
static void put_vm(struct look *l, const struct lend_scan_qemu *qemu)
{
	enum { BTRFS = 0x9123683e }; /* linux/magic.h */
	const char *pid = lend_arena_printf(&l->scan->memory, "%" PRIu64, qemu->pid);
	const struct lend_open_files *open = lend_open_files(l->scan, pid, true);

	if (!open->listed && l->users.blind == NULL)
		l->users.blind =
			lend_arena_printf(&l->scan->memory, "what VM %s has open is not known",
					  qemu->vm->node.name);
	for (size_t i = 0; i < open->n; i++) {
		const struct lend_answer *answer;
		struct lend_block *block;
		const char *link;

		if (is_standard(open->items[i].fd))
			continue;
		link = lend_open_link(l->scan, i);
		if (!may_matter(link))
			continue;
		answer = lend_io_ask(l->scan->io, &ask_open, pid, open->items[i].fd);
		if (answer->known != LEND_KNOWN)
			continue;
		if (S_ISREG(answer->stat.mode))
			edge_to_mount(l, &qemu->vm->node,
				      mount_of_file(l, answer->stat.dev_major,
						    answer->stat.dev_minor, link,
						    answer->stat.fs_magic == BTRFS));
		if (!S_ISBLK(answer->stat.mode))
			continue;
		block = lend_block_by_number(&l->blocks, answer->stat.rdev_major,
					     answer->stat.rdev_minor);
		if (block != NULL)
			lend_build_edge(&l->scan->build, &qemu->vm->node, &block->node);
	}
}

static void put_vms(struct look *l)
{
	/* Who has a file open makes no difference to a place for a device. */
	if (l->files_only)
		return;
	for (size_t i = 0; i < l->scan->n_qemus; i++) {
		if (l->scan->qemus[i].has_pid)
			put_vm(l, &l->scan->qemus[i]);
	}
}

/* ---- all of it ---- */

/* The first reason for which somebody may stand on a device unseen. */
static void find_blind(struct look *l)
{
	struct lend_block_users *users = &l->users;

	users->hint = "";
	if (lend_collect_trust(l->scan) != LEND_SEEN) {
		users->blind = "a copied tree does not say what programs have open";
	} else if (lend_io_ask(l->scan->io, &ask_first)->known == LEND_UNREADABLE) {
		users->hint = "run as root, outside of any container";
		users->blind = "what other users' programs have open is hidden";
	} else if (lend_hides_processes(l->scan)) {
		users->hint = "run it outside of any container";
		users->blind = "programs outside of this PID namespace are hidden";
	}
	if (l->mounts.known == LEND_NOT_ASKED)
		users->blind = "nobody saved the list of mounts";
	else if (l->mounts.known != LEND_KNOWN)
		users->blind = "the list of mounts cannot be read";
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct look l = { .scan = scan };

	(void)err;
	if (lend_scan_is_named(scan))
		return 0; /* their QEMUs are all that was asked for */
	lend_block_index(scan, &l.blocks);
	lend_mount_list_read(scan, &l.mounts);
	if (l.blocks.n == 0 && l.mounts.known != LEND_KNOWN)
		return 0;
	l.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "mounts",
				   "proc/self/mountinfo", "");
	l.n_mounted = scan->build.inv->n_nodes;
	l.mounted = lend_arena_array(&scan->memory, l.n_mounted + 1, sizeof(*l.mounted));
	l.files_only = lend_wants_files_only(scan);
	if (!l.files_only) {
		find_blind(&l);
		lend_btrfs_sets_read(scan, &l.sets);
	}
	for (size_t i = 0; i < l.mounts.n; i++)
		put_mount(&l, &l.mounts.items[i]);
	if (!l.files_only)
		find_elsewhere(&l);
	read_swaps(&l);
	put_files(&l);
	put_vms(&l);
	if (!l.files_only)
		lend_block_put_users(scan, &l.users, l.by);
	return 0;
}

extern const struct lend_collector lend_collector_mounts;
const struct lend_collector lend_collector_mounts = {
	.id = "mounts",
	.sees = "mounts, swap and VMs on the block devices of this host",
	.adds = LEND_ADDS(LEND_KIND_BLOCK) | LEND_ADDS(LEND_KIND_MOUNT) |
		LEND_ADDS(LEND_KIND_SWAP) | LEND_ADDS(LEND_KIND_BOOT) |
		LEND_ADDS(LEND_KIND_EXPORT) | LEND_ADDS(LEND_KIND_PROCESS),
	.collect = collect,
};
