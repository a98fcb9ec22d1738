/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/block-find.h"

#include <sys/stat.h>

#include "format/mountinfo.h"

static const struct lend_ask ask_stat = { .via = LEND_VIA_STAT, .key = "%p" };

static uint64_t number_of(uint32_t major, uint32_t minor)
{
	return (uint64_t)major << 32 | minor;
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = ((const struct lend_block_key *)a)->number;
	uint64_t y = ((const struct lend_block_key *)b)->number;

	return (x > y) - (x < y);
}

static int compare_dm_names(const void *a, const void *b)
{
	return strcmp(((const struct lend_block_key *)a)->dm_name,
		      ((const struct lend_block_key *)b)->dm_name);
}

static void sort(struct lend_block_key *keys, size_t n,
		 int (*compare)(const void *, const void *))
{
	if (n > 1)
		qsort(keys, n, sizeof(*keys), compare);
}

void lend_block_index(struct lend_scan *scan, struct lend_block_index *ret)
{
	const struct lend_inventory *inv = scan->build.inv;
	struct lend_block_index index = { 0 };
	size_t n_numbers = 0, n_dm_names = 0;

	for (size_t i = 0; i < inv->n_nodes; i++) {
		struct lend_block *block = (struct lend_block *)inv->nodes[i];
		struct lend_block_key key = { .block = block };
		uint32_t major, minor;

		if (block->node.kind != LEND_KIND_BLOCK || block->node.guest != NULL)
			continue;
		index.n++;
		if (block->dev.known == LEND_KNOWN &&
		    lend_device_number_parse(block->dev.v.str, strlen(block->dev.v.str), &major,
					     &minor)) {
			key.number = number_of(major, minor);
			*LEND_PUSH(&scan->memory, index.by_number, index.n_numbers, n_numbers) =
				key;
		}
		if (block->dm_name.known == LEND_KNOWN) {
			key.dm_name = block->dm_name.v.str;
			*LEND_PUSH(&scan->memory, index.by_dm_name, index.n_dm_names,
				   n_dm_names) = key;
		}
	}
	sort(index.by_number, index.n_numbers, compare_numbers);
	sort(index.by_dm_name, index.n_dm_names, compare_dm_names);
	*ret = index;
}

struct lend_block *lend_block_by_number(const struct lend_block_index *index, uint32_t major,
					uint32_t minor)
{
	struct lend_block_key key = { .number = number_of(major, minor) };
	const struct lend_block_key *found =
		index->n_numbers == 0 ? NULL
				      : bsearch(&key, index->by_number, index->n_numbers,
						sizeof(key), compare_numbers);

	return found == NULL ? NULL : found->block;
}

struct lend_block *lend_block_by_name(struct lend_scan *scan, const char *name)
{
	return (struct lend_block *)lend_build_find(&scan->build, LEND_KIND_BLOCK, NULL, name);
}

static struct lend_block *by_dm_name(const struct lend_block_index *index, const char *name)
{
	struct lend_block_key key = { .dm_name = name };
	const struct lend_block_key *found =
		index->n_dm_names == 0 ? NULL
				       : bsearch(&key, index->by_dm_name, index->n_dm_names,
						 sizeof(key), compare_dm_names);

	return found == NULL ? NULL : found->block;
}

/* A "!" in the kernel's name is a "/" below /dev. */
static struct lend_block *by_dev_name(struct lend_scan *scan, const char *name)
{
	char *kernel = lend_arena_strdup(&scan->memory, name);

	for (char *c = kernel; *c != '\0'; c++) {
		if (*c == '/')
			*c = '!';
	}
	return lend_block_by_name(scan, kernel);
}

struct lend_block *lend_block_by_path(struct lend_scan *scan,
				      const struct lend_block_index *index, const char *path)
{
	static const char mapper[] = "mapper/";
	const struct lend_answer *answer;
	struct lend_block *block;

	if (strncmp(path, "/dev/", 5) != 0)
		return NULL;
	block = by_dev_name(scan, path + 5);
	if (block == NULL && strncmp(path + 5, mapper, strlen(mapper)) == 0)
		block = by_dm_name(index, path + 5 + strlen(mapper));
	if (block != NULL)
		return block;
	answer = lend_io_ask(scan->io, &ask_stat, path);
	if (answer->known != LEND_KNOWN || !S_ISBLK(answer->stat.mode))
		return NULL;
	return lend_block_by_number(index, answer->stat.rdev_major, answer->stat.rdev_minor);
}
