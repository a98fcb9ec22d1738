/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * More about block devices, when all who use them are known.
 *
 * Asks  backing_dev of zram; the allocation folders of a btrfs on several
 *       disks, and which of these it lacks; what udev found on devices that nobody uses
 * Adds  edges from zram to its backing device; how many disks such a btrfs
 *       can miss; the fact "holds"
 *
 * A btrfs that was mounted without some of its devices has no link to them, but
 * a folder that says so (since Linux 5.6); before, the option "degraded" says
 * that it may lack some, and a mount without it that it does not.
 *
 * (Linux Documentation/admin-guide/blockdev/zram.rst, fs/btrfs/sysfs.c; udev(7).)
 */

#include "collect/block-find.h"
#include "collect/mount-list.h"
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
static const struct lend_ask ask_ids = { .via = LEND_VIA_DIR,
					 .key = "sys/fs/btrfs/%s/devinfo" };
static const struct lend_ask ask_missing = { .via = LEND_VIA_FILE,
					     .key = "sys/fs/btrfs/%s/devinfo/%s/missing" };
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

static bool is_member(const struct lend_answer *members, const struct lend_block *block)
{
	for (size_t i = 0; block != NULL && i < members->n_names; i++) {
		if (strcmp(members->names[i], block->node.name) == 0)
			return true;
	}
	return block == NULL;
}

/* Was it, or one that nobody knows, mounted so? */
static bool may_lack_some(struct look *l, const struct lend_answer *members)
{
	struct lend_mount_list list;

	lend_mount_list_read(l->scan, &list);
	for (size_t i = 0; i < list.n; i++) {
		const struct lend_mount_line *line = &list.items[i].line;

		if (strcmp(line->fs, "btrfs") == 0 &&
		    lend_mount_has_option(line->super, "degraded") &&
		    is_member(members, lend_block_by_path(l->scan, &l->blocks, line->source)))
			return true;
	}
	return list.known != LEND_KNOWN;
}

/* Those that it lacked when it was mounted; false when it cannot be told. */
static bool missing_of(struct look *l, const char *set, const struct lend_answer *members,
		       uint64_t *ret)
{
	const struct lend_answer *ids = lend_io_ask(l->scan->io, &ask_ids, set);
	bool tells = true;

	*ret = 0;
	if (ids->known != LEND_KNOWN)
		return !may_lack_some(l, members);
	for (size_t i = 0; i < ids->n_names; i++) {
		const char *text = lend_collect_text_of(
			l->scan, lend_io_ask(l->scan->io, &ask_missing, set, ids->names[i]));

		tells = tells && text != NULL &&
			(strcmp(text, "0") == 0 || strcmp(text, "1") == 0);
		*ret += tells && *text == '1';
	}
	return tells;
}

/* To each mount of it; NULL: not known. */
static void put_spare(struct look *l, const struct lend_block *member, const uint64_t *spare)
{
	struct lend_inventory *inv = l->scan->build.inv;

	for (size_t i = 0; i < inv->n_edges; i++) {
		struct lend_mount *mount = (struct lend_mount *)inv->nodes[inv->edges[i].user];

		if (inv->edges[i].used != member->node.index ||
		    mount->node.kind != LEND_KIND_MOUNT || mount->fs.known != LEND_KNOWN ||
		    strcmp(mount->fs.v.str, "btrfs") != 0)
			continue;
		if (spare != NULL)
			lend_build_u64(&l->scan->build, &mount->node, &mount->spare, l->by,
				       *spare);
		else
			lend_build_unreadable(&l->scan->build, &mount->node, &mount->spare,
					      l->by, "which of its devices it lacks");
	}
}

static const char *const kinds[] = { "data", "metadata", "system" };

/* What will be asked next: another host is asked for many things at a time, and seldom. */
static void ask_ahead(struct look *l, const char *set)
{
	(void)lend_io_ask(l->scan->io, &ask_ids, set);
	for (size_t i = 0; i < LEND_COUNT(kinds); i++)
		(void)lend_io_ask(l->scan->io, &ask_profiles, set, kinds[i]);
}

static void read_spare(struct look *l, const char *set, const struct lend_block *member,
		       const struct lend_answer *members)
{
	uint64_t spare = UINT64_MAX, missing, gone = gone_of(l, members);

	for (size_t i = 0; i < LEND_COUNT(kinds); i++) {
		uint64_t of;

		if (!spare_of(l, set, kinds[i], &of))
			return;
		spare = of < spare ? of : spare;
	}
	if (!missing_of(l, set, members, &missing)) {
		put_spare(l, member, NULL);
		return;
	}
	gone += missing;
	spare = gone < spare ? spare - gone : 0;
	put_spare(l, member, &spare);
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
		if (members->known == LEND_NOT_ASKED)
			ask_ahead(l, sets->names[i]);
		if (members->known != LEND_KNOWN || members->n_names < 2)
			continue;
		for (size_t d = 0; member == NULL && d < members->n_names; d++)
			member = lend_block_by_name(l->scan, members->names[d]);
		if (member != NULL)
			read_spare(l, sets->names[i], member, members);
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
	return user->kind != LEND_KIND_BOOT || (lend_as_boot(user)->spare.known == LEND_KNOWN &&
						strncmp(user->name, "multipath ", 10) != 0);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct lend_inventory *inv = scan->build.inv;
	struct look l = { .scan = scan };

	(void)err;
	if (lend_scan_is_named(scan) || scan->options->room_in != NULL)
		return 0;
	lend_block_index(scan, &l.blocks);
	if (l.blocks.n == 0) {
		read_btrfs(&l); /* of another host whose disks are not known yet */
		return 0;
	}
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
