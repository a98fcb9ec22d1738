/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which paths to a disk with several do not work any more.
 *
 * Asks  of each path of dm-multipath and NVMe multipath the state of its
 *       device (drivers/scsi/scsi_sysfs.c, drivers/nvme/host/sysfs.c), and
 *       "dmsetup" which ones device mapper has given up
 * Adds  the state of paths that do not work; what a map does without any
 *
 * What multipath.conf wants there to be is not read: paths that went away
 * altogether are missed by nobody here.  What it wants when no path is left is
 * a feature of the map (no_path_retry; drivers/md/dm-mpath.c,
 * multipath_status), which is what counts until it is configured anew.
 */

#include "collect/block-find.h"
#include "format/dm-status.h"
#include "model/kind-block.h"

static const struct lend_ask ask_state = { .via = LEND_VIA_FILE,
					   .key = "sys/class/block/%s/device/state" };
static const struct lend_ask ask_maps = { .via = LEND_VIA_RUN,
					  .key = "dmsetup status --target multipath",
					  .limit_bytes = 16 << 20 };

static const struct lend_ask ask_tables = { .via = LEND_VIA_RUN,
					    .key = "dmsetup table --target multipath",
					    .limit_bytes = 16 << 20 };

struct look {
	struct lend_scan *scan;
	uint32_t by;
	struct lend_block_index blocks;
	bool *path; /* by node index */
	size_t n_maps, n_paths;
};

static bool is_map(const struct lend_node *node)
{
	const struct lend_fact *uuid = &lend_as_block(node)->dm_uuid;

	return node->kind == LEND_KIND_BLOCK && node->guest == NULL &&
	       uuid->known == LEND_KNOWN && strncmp(uuid->v.str, "mpath-", 6) == 0;
}

static bool is_nvme_path(const struct lend_node *node)
{
	const struct lend_fact *type = &lend_as_block(node)->type;

	return node->kind == LEND_KIND_BLOCK && node->guest == NULL &&
	       type->known == LEND_KNOWN && strcmp(type->v.str, "nvme-path") == 0;
}

static void put_state(struct look *l, struct lend_block *block, const char *state)
{
	if (block->state.known != LEND_KNOWN)
		lend_build_text(&l->scan->build, &block->node, &block->state, l->by, state);
}

static void find_paths(struct look *l)
{
	const struct lend_inventory *inv = l->scan->build.inv;

	l->path = lend_arena_array(&l->scan->memory, inv->n_nodes + 1, sizeof(*l->path));
	for (size_t i = 0; i < inv->n_nodes; i++) {
		l->n_maps += is_map(inv->nodes[i]);
		l->path[i] = is_nvme_path(inv->nodes[i]);
		l->n_paths += l->path[i];
	}
	for (size_t i = 0; i < inv->n_edges; i++) {
		if (is_map(inv->nodes[inv->edges[i].user]) &&
		    inv->nodes[inv->edges[i].used]->kind == LEND_KIND_BLOCK)
			l->path[inv->edges[i].used] = true;
	}
}

static void ask_devices(struct look *l)
{
	const struct lend_inventory *inv = l->scan->build.inv;

	for (size_t i = 0; i < inv->n_nodes; i++) {
		struct lend_block *block = (struct lend_block *)inv->nodes[i];
		const char *state;

		if (!l->path[i])
			continue;
		state = lend_collect_text_of(
			l->scan, lend_io_ask(l->scan->io, &ask_state, block->node.name));
		if (state != NULL && strcmp(state, "running") != 0 &&
		    strcmp(state, "live") != 0)
			put_state(l, block, state);
	}
}

/* A device may be well, and what is behind it not: device mapper has tried. */
static void ask_mapper(struct look *l)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_maps);
	const struct lend_inventory *inv = l->scan->build.inv;
	struct lend_span rest = { answer->bytes, answer->len };
	struct lend_dm_path path;

	for (size_t i = 0; answer->known != LEND_KNOWN && i < inv->n_nodes; i++) {
		struct lend_block *block = (struct lend_block *)inv->nodes[i];

		if (is_map(&block->node) && block->state.known != LEND_KNOWN)
			lend_build_unreadable(&l->scan->build, &block->node, &block->state,
					      l->by,
					      "which of its paths work is not known: dmsetup "
					      "did not tell");
	}
	while (answer->known == LEND_KNOWN && lend_dm_path_next(&rest, &path)) {
		struct lend_block *block =
			lend_block_by_number(&l->blocks, path.major, path.minor);

		if (block != NULL && path.failed)
			put_state(l, block, "failed");
	}
}

static struct lend_block *map_of(struct look *l, struct lend_span name)
{
	const struct lend_inventory *inv = l->scan->build.inv;

	for (size_t i = 0; i < inv->n_nodes; i++) {
		struct lend_block *block = (struct lend_block *)inv->nodes[i];

		if (is_map(&block->node) && block->dm_name.known == LEND_KNOWN &&
		    lend_dm_is_name(name, block->dm_name.v.str))
			return block;
	}
	return NULL;
}

static void ask_features(struct look *l)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_tables);
	struct lend_span rest = { answer->bytes, answer->len };
	struct lend_dm_map map;

	while (answer->known == LEND_KNOWN && lend_dm_map_next(&rest, &map)) {
		struct lend_block *block = map_of(l, map.name);

		if (block != NULL)
			lend_build_text(&l->scan->build, &block->node, &block->no_path, l->by,
					map.queues ? "wait" : "fail");
	}
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct look l = { .scan = scan };

	(void)err;
	if (lend_scan_is_named(scan) || scan->options->room_in != NULL)
		return 0;
	find_paths(&l);
	if (l.n_maps + l.n_paths == 0)
		return 0;
	l.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "block-paths",
				   ask_state.key, "");
	ask_devices(&l);
	if (l.n_maps == 0)
		return 0;
	lend_block_index(scan, &l.blocks);
	ask_mapper(&l);
	ask_features(&l);
	return 0;
}

extern const struct lend_collector lend_collector_block_paths;
const struct lend_collector lend_collector_block_paths = {
	.id = "block-paths",
	.sees = "paths to a disk that do not work",
	.adds = LEND_ADDS(LEND_KIND_BLOCK) | LEND_ADDS(LEND_KIND_MOUNT),
	.collect = collect,
};
