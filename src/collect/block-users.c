/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/block-users.h"

#include "model/kind-backing.h"
#include "model/kind-block.h"

/* More than that many are counted, not named. */
enum { NAMED_MAX = 16 };

static int compare(const void *a, const void *b)
{
	const struct lend_block_user *x = a;
	const struct lend_block_user *y = b;

	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return lend_name_compare(x->text, y->text);
}

/* NULL: not said, since the mount that a file lies on stands for it. */
static const char *text_of(struct lend_scan *scan, const struct lend_node *user)
{
	switch (user->kind) {
	case LEND_KIND_BLOCK:
		return user->name;
	case LEND_KIND_SWAP:
		return "swap";
	case LEND_KIND_MOUNT:
	case LEND_KIND_VM:
	case LEND_KIND_BACKING:
		if (user->kind == LEND_KIND_BACKING &&
		    lend_as_backing(user)->rdev.known != LEND_KNOWN)
			return NULL;
		return lend_arena_printf(&scan->memory, "%s %s", lend_node_kind(user),
					 user->name);
	default:
		return NULL;
	}
}

static void add_edges(struct lend_scan *scan, struct lend_block_users *users)
{
	const struct lend_inventory *inv = scan->build.inv;

	for (size_t i = 0; i < inv->n_edges; i++) {
		const struct lend_node *used = inv->nodes[inv->edges[i].used];
		const char *text;

		if (used->kind != LEND_KIND_BLOCK || used->guest != NULL)
			continue;
		text = text_of(scan, inv->nodes[inv->edges[i].user]);
		if (text != NULL)
			*LEND_PUSH(&scan->memory, users->items, users->n, users->cap) =
				(struct lend_block_user){ used->index, text };
	}
	if (users->n > 1)
		qsort(users->items, users->n, sizeof(*users->items), compare);
}

/* The users of one device, from *at on. */
static void put_users(struct lend_scan *scan, const struct lend_block_users *users, size_t *at,
		      struct lend_block *block, uint32_t by)
{
	lend_auto_buf text = { 0 };
	const char *last = NULL;
	size_t n = 0;

	for (; *at < users->n && users->items[*at].block == block->node.index; ++*at) {
		const char *user = users->items[*at].text;

		if (last != NULL && strcmp(last, user) == 0)
			continue;
		last = user;
		if (++n <= NAMED_MAX)
			lend_buf_printf(&text, "%s%s", n > 1 ? ", " : "", user);
	}
	if (n > NAMED_MAX)
		lend_buf_printf(&text, " and %zu more", n - NAMED_MAX);
	lend_build_text(&scan->build, &block->node, &block->used_by, by, text.text);
}

void lend_block_put_users(struct lend_scan *scan, struct lend_block_users *users, uint32_t by)
{
	const struct lend_inventory *inv = scan->build.inv;
	size_t unknown = 0;
	size_t at = 0;

	add_edges(scan, users);
	for (size_t i = 0; i < inv->n_nodes; i++) {
		struct lend_block *block = (struct lend_block *)inv->nodes[i];

		if (block->node.kind != LEND_KIND_BLOCK || block->node.guest != NULL)
			continue;
		while (at < users->n && users->items[at].block < i)
			at++;
		if (at < users->n && users->items[at].block == i)
			put_users(scan, users, &at, block, by);
		else if (users->blind != NULL)
			lend_build_unreadable(&scan->build, &block->node, &block->used_by, by,
					      users->blind);
		else
			lend_build_absent(&scan->build, &block->node, &block->used_by, by);
		unknown += block->used_by.known == LEND_UNREADABLE;
	}
	if (unknown > 0 && users->blind != NULL)
		lend_build_gap(&scan->build, "block", false, users->hint,
			       "who uses %zu block device%s cannot be told: %s", unknown,
			       unknown == 1 ? "" : "s", users->blind);
}
