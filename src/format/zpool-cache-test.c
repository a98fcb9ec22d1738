/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Argument: the corpus of this format. */

#include "format/zpool-cache.h"

#include "tests/must.h"

enum { FILE_MAX = 1 << 16 };

static int parse(struct lend_arena *arena, const char *dir, const char *name,
		 struct lend_zpools *ret)
{
	static char bytes[FILE_MAX];
	lend_auto_buf path = { 0 };
	FILE *file;
	size_t n;

	lend_buf_printf(&path, "%s/%s", dir, name);
	file = fopen(lend_buf_text(&path), "rb");
	must(file != NULL);
	n = fread(bytes, 1, sizeof(bytes), file);
	(void)fclose(file);
	return lend_zpool_cache_parse(arena, bytes, n, ret, NULL);
}

static void test_pools(struct lend_arena *arena, const char *dir)
{
	struct lend_zpools pools;
	const struct lend_zpool *tank;

	must(parse(arena, dir, "two-pools", &pools) == 0);
	must_u64(pools.n, 2);
	tank = &pools.items[0];
	must_str(tank->name, "tank");
	must_u64(tank->n, 3);
	must_str(tank->parts[0].type, "mirror");
	must_u64(tank->parts[0].n, 2);
	must_u64(tank->parts[0].spare, 1);
	must_str(tank->parts[0].paths[1], "/dev/disk/by-id/nvme-B-part1");
	must_u64(tank->parts[1].n, 3);
	must_u64(tank->parts[1].spare, 1);
	must_u64(tank->parts[2].n, 3);
	must_u64(tank->parts[2].spare, 1);
	must_str(pools.items[1].name, "scratch");
	must_str(pools.items[1].parts[0].type, "disk");
	must_u64(pools.items[1].parts[0].spare, 0);
	must_str(pools.items[1].parts[0].paths[0], "/dev/nvme9n1p1");
}

int main(int argc, char **argv)
{
	static const char *const bad[] = { "cut-bad", "native-bad", "head-bad", "deep-bad",
					   "huge-count-bad" };
	struct lend_arena arena = { 0 };
	struct lend_zpools pools;

	must(argc == 2);
	test_pools(&arena, argv[1]);
	must(parse(&arena, argv[1], "empty", &pools) == 0 && pools.n == 0);
	for (size_t i = 0; i < LEND_COUNT(bad); i++)
		must(parse(&arena, argv[1], bad[i], &pools) < 0);
	lend_arena_done(&arena);
	return 0;
}
