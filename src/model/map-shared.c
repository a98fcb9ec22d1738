/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One file behind several devices.  QEMU takes no lock on a
 * memory-backend-file, so two VMs can write to one backing and neither is
 * told; the map tells, on each of the rows.
 */

#include "model/map.h"

bool lend_map_same_file(const struct lend_backing *a, const struct lend_backing *b)
{
	return a->dev.known == LEND_KNOWN && b->dev.known == LEND_KNOWN &&
	       a->inode.known == LEND_KNOWN && b->inode.known == LEND_KNOWN &&
	       strcmp(a->dev.v.str, b->dev.v.str) == 0 && a->inode.v.u64 == b->inode.v.u64;
}

/* Pairs with the same text and number have the same bytes behind them. */
struct user {
	const char *text;
	uint64_t number;
	size_t pair;
};

static int compare_users(const void *pa, const void *pb)
{
	const struct user *a = pa;
	const struct user *b = pb;
	int r = strcmp(a->text, b->text);

	if (r != 0)
		return r;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->pair == b->pair ? 0 : a->pair < b->pair ? -1 : 1;
}

static struct user user_of(const struct lend_pair *pair, size_t at)
{
	const struct lend_backing *backing = pair->backing;
	struct user user = { .text = backing->node.id, .pair = at };

	if (backing->dev.known == LEND_KNOWN && backing->inode.known == LEND_KNOWN) {
		user.text = backing->dev.v.str;
		user.number = backing->inode.v.u64;
	}
	return user;
}

static const char *describe(struct lend_map *map, const struct lend_pair *other)
{
	const struct lend_device *device = other->device;
	bool has_vm = other->vm_name != NULL;

	if (device == NULL)
		return lend_map_path(other);
	return lend_arena_printf(&map->arena, "%s of %s%s (%s)",
				 device->device_id.known == LEND_KNOWN ? device->device_id.v.str
								       : device->node.name,
				 has_vm ? "VM " : "an unknown VM", has_vm ? other->vm_name : "",
				 lend_map_path(other));
}

static void say_shared(struct lend_map *map, const struct user *users, size_t n, size_t self)
{
	struct lend_pair *pair = &map->pairs[users[self].pair];
	size_t said = 0;

	pair->shared = true;
	for (size_t i = 0; i < n && said < LEND_MAP_LIST_MAX; i++) {
		if (i == self)
			continue;
		lend_map_note(map, pair,
			      lend_arena_printf(&map->arena, "SHARED: the same file is also %s",
						describe(map, &map->pairs[users[i].pair])));
		said++;
	}
}

void lend_map_shared(struct lend_map *map)
{
	struct user *users = lend_arena_array(&map->arena, map->n_pairs, sizeof(*users));
	size_t n = 0;
	size_t end;

	for (size_t i = 0; i < map->n_pairs; i++) {
		if (map->pairs[i].backing != NULL)
			users[n++] = user_of(&map->pairs[i], i);
	}
	if (n > 0)
		qsort(users, n, sizeof(*users), compare_users);
	for (size_t at = 0; at < n; at = end) {
		end = at + 1;
		while (end < n && users[end].number == users[at].number &&
		       strcmp(users[end].text, users[at].text) == 0)
			end++;
		for (size_t i = 0; end - at > 1 && i < end - at; i++)
			say_shared(map, &users[at], end - at, i);
	}
}
