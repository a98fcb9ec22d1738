/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files and devices behind memory backends, as QEMU reaches them.
 *
 * Asks  stat, statfs and space of the path below /proc/PID/{root,cwd}; a trial
 *       mapping; label areas; which files the QEMU has open, and how it mapped
 *       those that it shall map with MAP_SYNC
 * Adds  a backing node for each path, label facts and label nodes
 */

#include <inttypes.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/num.h"
#include "collect/collect.h"
#include "collect/labels.h"
#include "collect/mappable.h"
#include "collect/open-files.h"
#include "collect/proc-maps.h"
#include "collect/stat-names.h"
#include "model/kind-backing.h"

/* A backing may lie on a network file system that died. */
static const struct lend_ask ask_stat = { .via = LEND_VIA_STAT,
					  .key = "%p",
					  .flags = LEND_ASK_MAY_HANG };

static const struct lend_ask ask_space = { .via = LEND_VIA_SPACE,
					   .key = "%p",
					   .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_sectors = { .via = LEND_VIA_FILE,
					     .key = "sys/dev/block/%s/size" };
static const struct lend_ask ask_process = { .via = LEND_VIA_STAT, .key = "proc/%s" };

/* The size of a block device, in sectors of 512 bytes whatever its own are. */
static void put_sectors(struct lend_scan *scan, struct lend_backing *backing, uint32_t by,
			const char *number)
{
	const struct lend_answer *answer = lend_io_ask(scan->io, &ask_sectors, number);
	uint64_t sectors, bytes;

	if (answer->known == LEND_KNOWN &&
	    lend_parse_u64n(answer->bytes, strcspn(answer->bytes, "\n"), 10, &sectors) &&
	    lend_mul_u64(sectors, 512, &bytes))
		lend_build_u64(&scan->build, &backing->node, &backing->size_bytes, by, bytes);
}

static void put_stat(struct lend_scan *scan, struct lend_backing *backing, uint32_t by,
		     const struct lend_stat *st)
{
	struct lend_build *b = &scan->build;
	struct lend_node *node = &backing->node;
	bool device = S_ISBLK(st->mode) || S_ISCHR(st->mode);
	const char *number =
		lend_build_internf(b, "%" PRIu32 ":%" PRIu32, st->rdev_major, st->rdev_minor);

	lend_build_text(b, node, &backing->type, by, lend_stat_type(st->mode));
	lend_build_text(
		b, node, &backing->dev, by,
		lend_build_internf(b, "%" PRIu32 ":%" PRIu32, st->dev_major, st->dev_minor));
	lend_build_u64(b, node, &backing->inode, by, st->inode);
	if (device) {
		lend_build_text(b, node, &backing->rdev, by, number);
		if (S_ISBLK(st->mode))
			put_sectors(scan, backing, by, number);
		return;
	}
	lend_build_absent(b, node, &backing->rdev, by);
	lend_build_u64(b, node, &backing->size_bytes, by, st->size_bytes);
	lend_build_u64(b, node, &backing->allocated_bytes, by, st->allocated_bytes);
	lend_build_text(b, node, &backing->fs, by, lend_stat_fs(b, st->fs_magic));
}

/* These number files by themselves: the inode that stat gives is not the one that is mapped. */
static bool renumbers(const struct lend_backing *backing)
{
	static const char *const names[] = { "overlay", "fuse", "9p", "nfs", "cifs", "smb" };

	for (size_t i = 0; i < LEND_COUNT(names); i++) {
		if (backing->fs.known == LEND_KNOWN && strcmp(backing->fs.v.str, names[i]) == 0)
			return true;
	}
	return backing->fs.known == LEND_KNOWN && strncmp(backing->fs.v.str, "0x", 2) == 0;
}

/*
 * A file that was removed or replaced while QEMU maps it: what lies at the
 * path is then not what the guest writes to.  st is NULL when nothing is there.
 */
static bool is_another(struct lend_scan *scan, struct lend_scan_qemu *qemu,
		       struct lend_backing *backing, const char *path,
		       const struct lend_stat *st)
{
	struct lend_mapping m;
	uint64_t other = 0;
	const char *maps;

	if (qemu->waiting != LEND_NOT_WAITING ||
	    (st != NULL && lend_is_beside(scan, path, st)) ||
	    (st != NULL && qemu->has_pid &&
	     lend_has_open(scan, lend_arena_printf(&scan->memory, "%" PRIu64, qemu->pid), path,
			   st->inode)))
		return false;
	maps = lend_collect_maps(scan, qemu);
	if (maps == NULL)
		return false;
	for (const char *at = maps; lend_mapping_next(&at, &m);) {
		if (st != NULL && m.inode == st->inode && m.inode != 0)
			return false;
		if (m.inode != 0 && lend_mapping_is_of(&m, path))
			other = m.inode;
	}
	if (other == 0 && (st == NULL || renumbers(backing)))
		return false;
	/* Two inodes for one path: a dispute, which no rule takes for the one or the other. */
	if (other != 0)
		lend_build_u64(&scan->build, &backing->node, &backing->inode,
			       lend_build_sighting(&scan->build, lend_collect_trust(scan),
						   "backing", "proc/%s/maps",
						   qemu->vm->node.id),
			       other);
	lend_build_gap(
		&scan->build, backing->node.id, true,
		"what lies at the path now is not what the guest writes to: copy the data out from inside the guest",
		"VM %s has mapped a file that was removed or replaced: %s", qemu->vm->node.name,
		path);
	return true;
}

/* The path goes through /proc/PID: when the process has ended, nothing was seen. */
static bool has_ended(struct lend_scan *scan, const struct lend_scan_qemu *qemu)
{
	return qemu->has_pid &&
	       lend_io_ask(scan->io, &ask_process,
			   lend_arena_printf(&scan->memory, "%" PRIu64, qemu->pid))
			       ->known == LEND_ABSENT;
}

static void put_missing(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			struct lend_backing *backing, uint32_t by)
{
	if (!has_ended(scan, qemu)) {
		lend_build_absent(&scan->build, &backing->node, &backing->type, by);
		lend_build_absent(&scan->build, &backing->node, &backing->inode, by);
		return;
	}
	lend_build_unreadable(&scan->build, &backing->node, &backing->inode, by,
			      "its QEMU ended while it was looked at");
	lend_build_gap(&scan->build, qemu->vm->node.id, true, "look again",
		       "VM %s ended while it was looked at", qemu->vm->node.name);
}

/* A node by that path is another file when another VM lives in another world of mounts. */
static bool is_same(const struct lend_backing *there, const struct lend_answer *answer)
{
	const struct lend_stat *st = &answer->stat;
	char dev[32];

	if (there->inode.known != answer->known)
		return false;
	(void)snprintf(dev, sizeof(dev), "%" PRIu32 ":%" PRIu32, st->dev_major, st->dev_minor);
	return answer->known != LEND_KNOWN ||
	       (there->inode.v.u64 == st->inode && there->dev.known == LEND_KNOWN &&
		strcmp(there->dev.v.str, dev) == 0);
}

static struct lend_backing *backing_node(struct lend_scan *scan,
					 const struct lend_scan_qemu *qemu, const char *path,
					 const struct lend_answer *answer)
{
	struct lend_node *node = lend_build_find(&scan->build, LEND_KIND_BACKING, NULL, path);
	const char *name = path;

	/* A relative path in a folder that nobody knows is like no other one. */
	if (path[0] != '/' || (node != NULL && !is_same(lend_as_backing(node), answer)))
		name = lend_build_internf(&scan->build, "%s:%s", qemu->vm->node.name, path);
	return (struct lend_backing *)lend_build_node(&scan->build, LEND_KIND_BACKING, NULL,
						      name);
}

static void put_answer(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
		       struct lend_backing *backing, uint32_t by,
		       const struct lend_answer *answer)
{
	if (answer->known == LEND_KNOWN) {
		put_stat(scan, backing, by, &answer->stat);
	} else if (answer->known == LEND_ABSENT) {
		put_missing(scan, qemu, backing, by);
	} else if (answer->known == LEND_UNREADABLE) {
		lend_build_unreadable(&scan->build, &backing->node, &backing->inode, by,
				      answer->why);
		lend_build_gap(&scan->build, backing->node.id, false, "",
			       "the backing %s cannot be looked at: %s", backing->node.name,
			       answer->why);
	}
}

/* What QEMU would not have started with, or keeps elsewhere. */
static void check_size(struct lend_scan *scan, const struct lend_backend *backend,
		       const struct lend_backing *backing, const struct lend_stat *st)
{
	uint64_t end =
		backend->offset_bytes.known == LEND_KNOWN ? backend->offset_bytes.v.u64 : 0;

	if (S_ISDIR(st->mode))
		lend_build_gap(
			&scan->build, backing->node.id, false, "",
			"%s is a folder: QEMU keeps a file without a name in it, which goes with the VM",
			backing->node.name);
	if (S_ISREG(st->mode) && backend->size_bytes.known == LEND_KNOWN &&
	    lend_add_u64(end, backend->size_bytes.v.u64, &end) && end > st->size_bytes)
		lend_build_gap(&scan->build, backing->node.id, true,
			       "what lies behind its end kills the guest that touches it",
			       "%s is shorter than its VM was told: %" PRIu64 " of %" PRIu64
			       " bytes",
			       backing->node.name, st->size_bytes, end);
}

/* Not where only a place for one more device is looked for. */
static void look_closely(struct lend_scan *scan, struct lend_scan_qemu *qemu,
			 struct lend_backend *backend, struct lend_backing *backing,
			 const char *reach, const struct lend_stat *st)
{
	const struct lend_mappable facts = { .node = &backing->node,
					     .dax = &backing->dax,
					     .map_sync = &backing->map_sync,
					     .dax_driver = &backing->dax_driver,
					     .dax_region = &backing->dax_region,
					     .align_bytes = &backing->align_bytes,
					     .format = &backing->format };
	uint32_t by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "backing",
					  "probe", qemu->vm->node.id);
	uint64_t free;

	if (S_ISREG(st->mode) || S_ISBLK(st->mode))
		lend_collect_labels(scan, qemu, backend, reach,
				    backing->size_bytes.known == LEND_KNOWN
					    ? backing->size_bytes.v.u64
					    : 0);
	/* A trial mapping costs more than all the rest. */
	if ((scan->wants & LEND_ADDS(LEND_KIND_BACKING)) == 0)
		return;
	lend_collect_mappable(scan, &facts, by, reach, st);
	if (S_ISREG(st->mode) &&
	    lend_collect_number_of(lend_io_ask(scan->io, &ask_space, reach), "free", &free))
		lend_build_u64(&scan->build, &backing->node, &backing->free_bytes, by, free);
	lend_collect_mapped(scan, qemu, backend, st);
}

static void look_at(struct lend_scan *scan, struct lend_scan_qemu *qemu,
		    struct lend_backend *backend)
{
	static const struct lend_answer nothing = {
		.known = LEND_UNREADABLE, .why = "a relative path in an unknown folder"
	};
	const char *given = backend->path.v.str;
	const char *path = given;
	const char *reach = lend_collect_reach(scan, qemu, given);
	const struct lend_answer *answer = &nothing;
	struct lend_backing *backing;
	uint32_t by;

	if (given[0] != '/' && qemu->cwd != NULL)
		path = lend_arena_printf(&scan->memory, "%s/%s", qemu->cwd, given);
	if (path[0] == '/')
		answer = lend_io_ask(scan->io, &ask_stat, reach);
	backing = backing_node(scan, qemu, path, answer);
	by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "backing", "stat",
				 qemu->vm->node.id);
	lend_build_text(&scan->build, &backing->node, &backing->path, by, path);
	lend_build_absent(&scan->build, &backing->node, &backing->uuid, by);
	lend_build_edge(&scan->build, &backend->node, &backing->node);
	put_answer(scan, qemu, backing, by, answer);
	if (answer->known == LEND_ABSENT)
		(void)is_another(scan, qemu, backing, path, NULL);
	if (answer->known != LEND_KNOWN || is_another(scan, qemu, backing, path, &answer->stat))
		return;
	check_size(scan, backend, backing, &answer->stat);
	if (scan->options->room_in == NULL)
		look_closely(scan, qemu, backend, backing, reach, &answer->stat);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	(void)err;
	for (size_t i = 0; i < scan->n_qemus; i++) {
		struct lend_scan_qemu *qemu = &scan->qemus[i];
		const char *name = lend_build_intern(&scan->build, qemu->vm->node.name);

		for (size_t n = 0; n < scan->build.inv->n_nodes; n++) {
			struct lend_node *node = scan->build.inv->nodes[n];
			struct lend_backend *backend = (struct lend_backend *)node;

			if (node->kind == LEND_KIND_BACKEND &&
			    backend->path.known == LEND_KNOWN &&
			    backend->vm.known == LEND_KNOWN && backend->vm.v.str == name)
				look_at(scan, qemu, backend);
		}
	}
	return 0;
}

extern const struct lend_collector lend_collector_backing;
const struct lend_collector lend_collector_backing = {
	.id = "backing",
	.sees = "files and devices behind memory backends, and the labels in them",
	.collect = collect,
};
