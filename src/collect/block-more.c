/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * More about block devices, when all who use them are known.
 *
 * Asks  backing_dev of zram; the allocation folders of a btrfs on several
 *       disks; what udev found on devices that nobody uses
 * Adds  edges from zram to its backing device; how many disks such a btrfs
 *       can miss; the fact "holds"
 *
 * (Linux Documentation/admin-guide/blockdev/zram.rst, fs/btrfs/sysfs.c; udev(7).)
 */

#include "collect/block-find.h"
#include "format/span.h"
#include "model/kind-boot.h"
#include "model/kind-mount.h"

static const struct lend_ask ask_backing = { .via = LEND_VIA_FILE,
					     .key = "sys/class/block/%s/backing_dev" };
static const struct lend_ask ask_sets = { .via = LEND_VIA_DIR, .key = "sys/fs/btrfs" };
static const struct lend_ask ask_members = { .via = LEND_VIA_DIR,
					     .key = "sys/fs/btrfs/%s/devices" };
static const struct lend_ask ask_profiles = { .via = LEND_VIA_DIR,
					      .key = "sys/fs/btrfs/%s/allocation/%s" };
static const struct lend_ask ask_udev = { .via = LEND_VIA_FILE, .key = "run/udev/data/b%s" };

struct look {
	struct lend_scan *scan;
	uint32_t by;
	struct lend_block_index blocks;
	bool *used; /* by node index */
};

static bool has_type(const struct lend_block *block, const char *type)
{
	return block->type.known == LEND_KNOWN && strcmp(block->type.v.str, type) == 0;
}

static void put_zram(struct look *l, struct lend_block *block)
{
	const struct lend_answer *answer =
		lend_io_ask(l->scan->io, &ask_backing, block->node.name);
	const char *path = lend_collect_text_of(l->scan, answer);
	struct lend_block *backing;

	if (path == NULL || path[0] != '/')
		return;
	backing = lend_block_by_path(l->scan, &l->blocks, path);
	if (backing != NULL)
		lend_build_edge(&l->scan->build, &block->node, &backing->node);
}

/* ---- btrfs ---- */

/* Of one kind of data; false when it cannot be told. */
static bool spare_of(struct look *l, const char *set, const char *data, uint64_t *ret)
{
	static const struct {
		const char *profile;
		uint64_t spare;
	} profiles[] = { { "single", 0 }, { "dup", 0 },     { "raid0", 0 },
			 { "raid1", 1 },  { "raid10", 1 },  { "raid5", 1 },
			 { "raid6", 2 },  { "raid1c3", 2 }, { "raid1c4", 3 } };
	const struct lend_answer *names = lend_io_ask(l->scan->io, &ask_profiles, set, data);
	bool found = false;

	*ret = UINT64_MAX;
	for (size_t i = 0; names->known == LEND_KNOWN && i < names->n_names; i++) {
		for (size_t p = 0; p < LEND_COUNT(profiles); p++) {
			if (strcmp(names->names[i], profiles[p].profile) != 0)
				continue;
			found = true;
			if (profiles[p].spare < *ret)
				*ret = profiles[p].spare;
		}
	}
	return found;
}

/* Those that were taken away are named still: a btrfs has noticed nothing but errors. */
static uint64_t gone_of(struct look *l, const struct lend_answer *members)
{
	uint64_t n = 0;

	for (size_t i = 0; i < members->n_names; i++)
		n += lend_block_by_name(l->scan, members->names[i]) == NULL;
	return n;
}

static void put_spare(struct look *l, const char *set, const struct lend_block *member,
		      uint64_t gone)
{
	static const char *const kinds[] = { "data", "metadata", "system" };
	struct lend_inventory *inv = l->scan->build.inv;
	uint64_t spare = UINT64_MAX;

	for (size_t i = 0; i < LEND_COUNT(kinds); i++) {
		uint64_t of;

		if (!spare_of(l, set, kinds[i], &of))
			return;
		spare = of < spare ? of : spare;
	}
	spare = gone < spare ? spare - gone : 0;
	for (size_t i = 0; i < inv->n_edges; i++) {
		struct lend_mount *mount = (struct lend_mount *)inv->nodes[inv->edges[i].user];

		if (inv->edges[i].used == member->node.index &&
		    mount->node.kind == LEND_KIND_MOUNT && mount->fs.known == LEND_KNOWN &&
		    strcmp(mount->fs.v.str, "btrfs") == 0)
			lend_build_u64(&l->scan->build, &mount->node, &mount->spare, l->by,
				       spare);
	}
}

/* Some file systems of several disks on a host, not thousands. */
static void read_btrfs(struct look *l)
{
	enum { SETS_MAX = 256 };
	const struct lend_answer *sets = lend_io_ask(l->scan->io, &ask_sets);

	for (size_t i = 0; sets->known == LEND_KNOWN && i < sets->n_names && i < SETS_MAX;
	     i++) {
		const struct lend_answer *members;
		struct lend_block *member = NULL;

		if (strlen(sets->names[i]) != 36)
			continue; /* "features" */
		members = lend_io_ask(l->scan->io, &ask_members, sets->names[i]);
		if (members->known != LEND_KNOWN || members->n_names < 2)
			continue;
		for (size_t d = 0; member == NULL && d < members->n_names; d++)
			member = lend_block_by_name(l->scan, members->names[d]);
		if (member != NULL)
			put_spare(l, sets->names[i], member, gone_of(l, members));
	}
}

/* ---- what lies on unused ones ---- */

static const char *value_of(struct lend_scan *scan, const struct lend_answer *answer,
			    const char *key)
{
	struct lend_span rest = { answer->bytes, answer->len };
	struct lend_span line;
	size_t n = strlen(key);

	while (lend_span_next_line(&rest, &line)) {
		line = lend_span_trim(line);
		if (line.len > n && memcmp(line.at, key, n) == 0)
			return lend_arena_strndup(&scan->memory, line.at + n, line.len - n);
	}
	return NULL;
}

static void put_holds(struct look *l, struct lend_block *block)
{
	struct lend_build *b = &l->scan->build;
	const struct lend_answer *answer;
	const char *holds;

	if (block->dev.known != LEND_KNOWN)
		return;
	answer = lend_io_ask(l->scan->io, &ask_udev, block->dev.v.str);
	if (answer->known != LEND_KNOWN)
		return;
	holds = value_of(l->scan, answer, "E:ID_FS_TYPE=");
	if (holds == NULL && value_of(l->scan, answer, "E:ID_PART_TABLE_TYPE=") != NULL)
		holds = "partition table";
	if (holds != NULL)
		lend_build_text(b, &block->node, &block->holds, l->by, holds);
	else
		lend_build_absent(b, &block->node, &block->holds, l->by);
}

/* What the next boot wants is not in use for that; a pool is. */
static bool uses_now(const struct lend_node *user)
{
	return user->kind != LEND_KIND_BOOT || lend_as_boot(user)->spare.known == LEND_KNOWN;
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct lend_inventory *inv = scan->build.inv;
	struct look l = { .scan = scan };

	(void)err;
	if (lend_scan_is_named(scan) || scan->options->room_in != NULL)
		return 0;
	lend_block_index(scan, &l.blocks);
	if (l.blocks.n == 0)
		return 0;
	l.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "block-more",
				   "run/udev/data", "");
	for (size_t i = 0; i < inv->n_nodes; i++) {
		struct lend_block *block = (struct lend_block *)inv->nodes[i];

		if (block->node.kind == LEND_KIND_BLOCK && block->node.guest == NULL &&
		    has_type(block, "zram"))
			put_zram(&l, block);
	}
	read_btrfs(&l);
	l.used = lend_arena_array(&scan->memory, inv->n_nodes + 1, sizeof(*l.used));
	for (size_t i = 0; i < inv->n_edges; i++)
		l.used[inv->edges[i].used] =
			l.used[inv->edges[i].used] || uses_now(inv->nodes[inv->edges[i].user]);
	for (size_t i = 0; i < inv->n_nodes; i++) {
		struct lend_block *block = (struct lend_block *)inv->nodes[i];

		if (block->node.kind == LEND_KIND_BLOCK && block->node.guest == NULL &&
		    !l.used[i])
			put_holds(&l, block);
	}
	return 0;
}

extern const struct lend_collector lend_collector_block_more;
const struct lend_collector lend_collector_block_more = {
	.id = "block-more",
	.sees = "what lies on block devices that nobody uses",
	.adds = LEND_ADDS(LEND_KIND_BLOCK) | LEND_ADDS(LEND_KIND_MOUNT),
	.collect = collect,
};
