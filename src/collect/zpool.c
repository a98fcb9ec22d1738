/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pools of ZFS and what they are made of, which sysfs does not tell.
 *
 * Asks  /etc/zfs/zpool.cache; the links in /dev/disk that it names
 * Adds  boot nodes: one for a pool, one for each of its parts, with edges to
 *       their devices.  mounts.c puts the mounts of a pool on it.
 */

#include "base/err.h"
#include "collect/boot.h"
#include "format/zpool-cache.h"

static const struct lend_ask ask_cache = { .via = LEND_VIA_FILE,
					   .key = "etc/zfs/zpool.cache",
					   .limit_bytes = 1 << 20 };

static void put_part(struct lend_boot *l, const char *name, const struct lend_zpool_part *part,
		     const struct lend_boot_want *pool)
{
	struct lend_build *b = &l->scan->build;
	struct lend_boot_want *want = lend_boot_want(l, name, part->type, false);
	uint32_t spare = part->spare;

	lend_build_edge(b, &pool->node, &want->node);
	for (size_t i = 0; i < part->n; i++) {
		struct lend_block *block;
		const char *why;

		if (lend_boot_find(l, part->paths[i], &block, &why) == LEND_KNOWN) {
			lend_build_edge(b, &want->node, &block->node);
			continue;
		}
		lend_build_gap(b, want->node.id, true, "",
			       "which device %s of the pool is cannot be told", part->paths[i]);
		spare -= spare > 0; /* it may be gone */
	}
	lend_build_u64(b, &want->node, &want->spare, l->by, spare);
}

static void put_pool(struct lend_boot *l, const struct lend_zpool *pool)
{
	struct lend_arena *memory = &l->scan->memory;
	const char *name = lend_arena_printf(memory, "zpool %s", pool->name);
	struct lend_boot_want *want = lend_boot_want(l, name, pool->name, false);

	for (size_t i = 0; i < pool->n; i++)
		put_part(l, lend_arena_printf(memory, "%s part %zu", name, i + 1),
			 &pool->parts[i], want);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	const struct lend_answer *answer;
	struct lend_zpools pools = { 0 };
	struct lend_err why = { 0 };
	struct lend_boot l;

	(void)err;
	if (lend_scan_is_named(scan) || scan->options->room_in != NULL)
		return 0;
	answer = lend_io_ask(scan->io, &ask_cache);
	if (answer->known == LEND_ABSENT || answer->known == LEND_NOT_ASKED)
		return 0;
	lend_boot_init(scan, "zpool", ask_cache.key, &l);
	l.source = "/etc/zfs/zpool.cache";
	if (!lend_boot_has(&l, answer))
		return 0;
	if (lend_zpool_cache_parse(&scan->memory, answer->bytes, answer->len, &pools, &why) <
	    0) {
		lend_build_gap(&scan->build, "boot", true, "", "%s: %s", l.source, why.what);
		return 0;
	}
	for (size_t i = 0; i < pools.n; i++)
		put_pool(&l, &pools.items[i]);
	return 0;
}

extern const struct lend_collector lend_collector_zpool;
const struct lend_collector lend_collector_zpool = {
	.id = "zpool",
	.sees = "pools of ZFS on the block devices of this host",
	.adds = LEND_ADDS(LEND_KIND_BLOCK) | LEND_ADDS(LEND_KIND_BOOT) |
		LEND_ADDS(LEND_KIND_MOUNT),
	.collect = collect,
};
