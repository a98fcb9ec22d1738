/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names of disks where udev made no links of them: in a container, in an
 * initramfs, in a tree that somebody copied.
 *
 * Asks  udev's record of each block device; where there is none, its node in
 *       /dev and "blkid", which reads what lies on it (root alone may) and
 *       changes nothing: with -p it has no cache
 *
 * Not of the paths of one disk, which are probed as the disk.  A name that two
 * have is nobody's, unless one stands on the other or both are of one btrfs.
 */

#include <sys/stat.h>

#include "collect/boot.h"
#include "format/disk-names.h"
#include "format/mountinfo.h"

static const struct lend_ask ask_udev = { .via = LEND_VIA_FILE, .key = "run/udev/data/b%s" };
static const struct lend_ask ask_node = { .via = LEND_VIA_STAT, .key = "dev/%p" };
static const struct lend_ask ask_blkid = { .via = LEND_VIA_RUN,
					   .key = "blkid -p -o udev /dev/%s" };

struct lend_boot_name {
	struct lend_block *block;
	struct lend_disk_names names;
	bool may; /* the one that is looked for */
};

static bool has_type(const struct lend_block *block, const char *type)
{
	return block->type.known == LEND_KNOWN && strcmp(block->type.v.str, type) == 0;
}

static bool is_map(const struct lend_block *block)
{
	return block->dm_uuid.known == LEND_KNOWN &&
	       strncmp(block->dm_uuid.v.str, "mpath-", 6) == 0;
}

/* "cciss!c0d0" lies at /dev/cciss/c0d0. */
static const char *node_of(struct lend_boot *l, const struct lend_block *block)
{
	char *name = lend_arena_strdup(&l->scan->memory, block->node.name);

	for (char *c = name; *c != '\0'; c++) {
		if (*c == '!')
			*c = '/';
	}
	return name;
}

static void cannot(struct lend_boot *l, const struct lend_block *block, const char *why)
{
	if (l->names_why == NULL)
		l->names_why = lend_arena_printf(
			&l->scan->memory,
			"there are no links in /dev/disk to tell by, nor what lies on %s: %s",
			block->node.name, why);
}

/* Its node, and no other device's that was left there. */
static bool has_node(struct lend_boot *l, const struct lend_block *block, const char *node)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_node, node);
	uint32_t major, minor;

	if (answer->known == LEND_NOT_ASKED)
		cannot(l, block, "nobody saved it");
	else if (answer->known != LEND_KNOWN)
		cannot(l, block,
		       answer->known == LEND_ABSENT ? "it has no node in /dev" : answer->why);
	else if (!S_ISBLK(answer->stat.mode) ||
		 !lend_device_number_parse(block->dev.v.str, strlen(block->dev.v.str), &major,
					   &minor) ||
		 answer->stat.rdev_major != major || answer->stat.rdev_minor != minor)
		cannot(l, block, "its node in /dev is something else");
	else
		return true;
	return false;
}

/* Status 2 without a word: there is nothing that it knows (blkid(8)). */
static bool found_nothing(const char *why)
{
	static const char end[] = "ended with status 2";
	size_t len = strlen(why);

	return len >= strlen(end) && strcmp(why + len - strlen(end), end) == 0;
}

static bool read_one(struct lend_boot *l, const struct lend_block *block,
		     struct lend_disk_names *ret)
{
	const struct lend_answer *answer =
		lend_io_ask(l->scan->io, &ask_udev, block->dev.v.str);
	const char *node;

	if (answer->known == LEND_NOT_ASKED && lend_io_is_remote(l->scan->io)) {
		cannot(l, block, "the host was not asked");
		return false;
	}
	if (answer->known != LEND_KNOWN) {
		node = node_of(l, block);
		if (!has_node(l, block, node))
			return false;
		answer = lend_io_ask(l->scan->io, &ask_blkid, node);
		if (answer->known != LEND_KNOWN && !found_nothing(answer->why)) {
			cannot(l, block,
			       answer->known == LEND_ABSENT      ? "there is no blkid to ask"
			       : answer->known == LEND_NOT_ASKED ? "nobody saved it"
								 : answer->why);
			return false;
		}
	}
	lend_disk_names_parse((struct lend_span){ answer->bytes, answer->len },
			      &l->scan->memory, ret);
	return true;
}

/* By node index: those that a map has as paths, and their partitions. */
static bool *find_paths(struct lend_boot *l)
{
	const struct lend_inventory *inv = l->scan->build.inv;
	bool *path = lend_arena_array(&l->scan->memory, inv->n_nodes + 1, sizeof(*path));

	for (size_t i = 0; i < inv->n_edges; i++) {
		const struct lend_node *user = inv->nodes[inv->edges[i].user];

		if (user->kind == LEND_KIND_BLOCK && is_map(lend_as_block(user)))
			path[inv->edges[i].used] = true;
	}
	for (size_t i = 0; i < inv->n_edges; i++) {
		const struct lend_node *user = inv->nodes[inv->edges[i].user];

		if (path[inv->edges[i].used] && user->kind == LEND_KIND_BLOCK &&
		    has_type(lend_as_block(user), "part"))
			path[user->index] = true;
	}
	return path;
}

/* Where one refuses because we are not root, all do. */
static void read_names(struct lend_boot *l)
{
	const struct lend_inventory *inv = l->scan->build.inv;
	const bool *path = find_paths(l);

	for (size_t i = 0; i < inv->n_nodes; i++) {
		struct lend_block *block = (struct lend_block *)inv->nodes[i];
		struct lend_disk_names names;

		if (block->node.kind != LEND_KIND_BLOCK || block->node.guest != NULL ||
		    path[i] || has_type(block, "nvme-path") || block->dev.known != LEND_KNOWN ||
		    (block->size_bytes.known == LEND_KNOWN && block->size_bytes.v.u64 == 0))
			continue;
		if (read_one(l, block, &names))
			*LEND_PUSH(&l->scan->memory, l->names, l->n_names, l->cap_names) =
				(struct lend_boot_name){ .block = block, .names = names };
		else if (strstr(l->names_why, "Permission denied") != NULL)
			break;
	}
}

/* Of an array's member: the array. */
static struct lend_block *array_on(struct lend_boot *l, const struct lend_block *member)
{
	const struct lend_inventory *inv = l->scan->build.inv;

	for (size_t i = 0; i < inv->n_edges; i++) {
		struct lend_block *user = (struct lend_block *)inv->nodes[inv->edges[i].user];

		if (inv->edges[i].used == member->node.index &&
		    user->node.kind == LEND_KIND_BLOCK && has_type(user, "md"))
			return user;
	}
	return NULL;
}

/* What others that are called so stand on is not meant. */
static void keep_topmost(struct lend_boot *l)
{
	const struct lend_inventory *inv = l->scan->build.inv;
	struct lend_boot_name **of = lend_arena_array(&l->scan->memory, inv->n_nodes + 1,
						      sizeof(struct lend_boot_name *));

	for (size_t i = 0; i < l->n_names; i++) {
		if (l->names[i].may)
			of[l->names[i].block->node.index] = &l->names[i];
	}
	for (size_t i = 0; i < inv->n_edges; i++) {
		if (of[inv->edges[i].user] != NULL && of[inv->edges[i].used] != NULL)
			of[inv->edges[i].used]->may = false;
	}
}

static bool is_btrfs(const struct lend_boot_name *name)
{
	return strcmp(name->names.type, "btrfs") == 0;
}

static enum lend_known choose(struct lend_boot *l, struct lend_block **ret,
			      const char **ret_why)
{
	const struct lend_boot_name *first = NULL;

	for (size_t i = 0; i < l->n_names; i++) {
		const struct lend_boot_name *name = &l->names[i];

		if (!name->may)
			continue;
		if (first == NULL) {
			first = name;
		} else if (!is_btrfs(first) || !is_btrfs(name)) {
			*ret_why = lend_arena_printf(
				&l->scan->memory, "%s and %s are both called so",
				first->block->node.name, name->block->node.name);
			return LEND_UNREADABLE;
		}
	}
	if (first != NULL) {
		*ret = first->block;
		return LEND_KNOWN;
	}
	*ret_why = l->names_why;
	return l->names_why != NULL ? LEND_UNREADABLE : LEND_ABSENT;
}

bool lend_boot_is_name(const char *folder, const char *name)
{
	static const char *const folders[] = { "by-uuid", "by-label", "by-partuuid",
					       "by-partlabel" };

	for (size_t i = 0; i < LEND_COUNT(folders); i++) {
		if (strcmp(folder, folders[i]) == 0)
			return true;
	}
	return strcmp(folder, "by-id") == 0 &&
	       (strncmp(name, "md-uuid-", 8) == 0 || strncmp(name, "lvm-pv-uuid-", 12) == 0);
}

enum lend_known lend_boot_find_name(struct lend_boot *l, const char *folder, const char *name,
				    struct lend_block **ret, const char **ret_why)
{
	size_t n = 0;

	if (!l->names_read)
		read_names(l);
	l->names_read = true;
	for (size_t i = 0; i < l->n_names; i++) {
		struct lend_boot_name *at = &l->names[i];

		at->may = lend_disk_names_has(&at->names, folder, name);
		if (at->may && strcmp(at->names.type, "linux_raid_member") == 0 &&
		    strcmp(folder, "by-id") == 0) {
			*ret = array_on(l, at->block);
			if (*ret != NULL)
				return LEND_KNOWN;
			at->may = false; /* it has no name before it is put together */
		}
		n += at->may;
	}
	if (n > 1)
		keep_topmost(l);
	return choose(l, ret, ret_why);
}
