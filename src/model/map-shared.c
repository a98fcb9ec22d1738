/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One file behind several devices.  QEMU takes no lock on a
 * memory-backend-file, so two VMs can write to one backing and neither is
 * told; the map tells, on each of the rows.
 */

#include "model/map.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

/* What makes two backings the same bytes: equal kind, text and number. */
struct identity {
	enum identity_kind { BY_FILE, BY_BLOCK, BY_CHAR, BY_NAME } kind;
	const char *text;
	uint64_t number;
};

/*
 * A device node is what its number says, wherever the node lies: /dev of two
 * containers has two inodes and one device.  false when too little is known.
 */
static bool identify(const struct lend_backing *backing, struct identity *ret)
{
	const char *type = lend_map_text_of(&backing->type);
	const char *rdev = lend_map_text_of(&backing->rdev);
	bool block = type != NULL && strcmp(type, "block device") == 0;

	if (rdev != NULL &&
	    (block || (type != NULL && strcmp(type, "character device") == 0))) {
		*ret = (struct identity){ block ? BY_BLOCK : BY_CHAR, rdev, 0 };
		return true;
	}
	*ret = (struct identity){ BY_FILE, lend_map_text_of(&backing->dev), 0 };
	if (ret->text == NULL || backing->inode.known != LEND_KNOWN)
		return false;
	ret->number = backing->inode.v.u64;
	return true;
}

/* As struct identity has it, of the file on the map's host. */
static struct identity identity_of(const struct stat *stat, char text[static 32])
{
	bool block = S_ISBLK(stat->st_mode);
	bool device = block || S_ISCHR(stat->st_mode);
	dev_t dev = device ? stat->st_rdev : stat->st_dev;

	(void)snprintf(text, 32, "%u:%u", major(dev), minor(dev));
	return (struct identity){
		.kind = block    ? BY_BLOCK
			: device ? BY_CHAR
				 : BY_FILE,
		.text = text,
		.number = device ? 0 : stat->st_ino,
	};
}

static int compare_identities(const struct identity *a, const struct identity *b)
{
	int r = (int)a->kind - (int)b->kind;

	if (r == 0)
		r = strcmp(a->text, b->text);
	if (r == 0 && a->number != b->number)
		r = a->number < b->number ? -1 : 1;
	return r;
}

bool lend_map_same_file(const struct lend_backing *a, const struct lend_backing *b)
{
	struct identity one, other;

	return identify(a, &one) && identify(b, &other) &&
	       compare_identities(&one, &other) == 0;
}

bool lend_map_is_file(const struct lend_backing *backing, const struct stat *stat)
{
	struct identity one, other;
	char text[32];

	other = identity_of(stat, text);
	return identify(backing, &one) && compare_identities(&one, &other) == 0;
}

struct user {
	struct identity identity;
	size_t pair;
};

static int compare_users(const void *pa, const void *pb)
{
	const struct user *a = pa;
	const struct user *b = pb;
	int r = compare_identities(&a->identity, &b->identity);

	if (r != 0)
		return r;
	return a->pair == b->pair ? 0 : a->pair < b->pair ? -1 : 1;
}

static struct user user_of(const struct lend_pair *pair, size_t at)
{
	struct user user = { .pair = at };

	if (!identify(pair->backing, &user.identity))
		user.identity = (struct identity){ BY_NAME, pair->backing->node.id, 0 };
	return user;
}

static struct lend_map_sharer sharer_of(const struct lend_pair *pair)
{
	const struct lend_device *device = pair->device;
	struct lend_map_sharer sharer = { .vm = pair->vm_name, .path = lend_map_path(pair) };

	if (device != NULL)
		sharer.device = device->device_id.known == LEND_KNOWN ? device->device_id.v.str
								      : device->node.name;
	return sharer;
}

static const char *describe(struct lend_map *map, const struct lend_map_sharer *sharer)
{
	bool has_vm = sharer->vm != NULL;

	if (sharer->device == NULL)
		return sharer->path;
	return lend_arena_printf(&map->arena, "%s of %s%s (%s)", sharer->device,
				 has_vm ? "VM " : "an unknown VM", has_vm ? sharer->vm : "",
				 sharer->path);
}

static void say_shared(struct lend_map *map, const struct user *users, size_t n, size_t self)
{
	struct lend_pair *pair = &map->pairs[users[self].pair];
	enum identity_kind kind = users[self].identity.kind;
	const char *what = kind == BY_BLOCK || kind == BY_CHAR ? "device" : "file";

	for (size_t i = 0; i < n && pair->n_shared < LEND_MAP_LIST_MAX; i++) {
		struct lend_map_sharer sharer = sharer_of(&map->pairs[users[i].pair]);

		if (i == self)
			continue;
		lend_map_note(map, pair,
			      lend_arena_printf(&map->arena, "SHARED: the same %s is also %s",
						what, describe(map, &sharer)));
		*LEND_PUSH(&map->arena, pair->shared, pair->n_shared, pair->cap_shared) =
			sharer;
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
		while (end < n &&
		       compare_identities(&users[end].identity, &users[at].identity) == 0)
			end++;
		for (size_t i = 0; end - at > 1 && i < end - at; i++)
			say_shared(map, &users[at], end - at, i);
	}
}
