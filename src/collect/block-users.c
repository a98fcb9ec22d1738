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
	case LEND_KIND_BOOT: /* a part of a pool; the others come later */
		return user->name;
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

/* The users of one device, from *at on; others may be there when some could not be seen. */
static void put_users(struct lend_scan *scan, const struct lend_block_users *users, size_t *at,
		      struct lend_block *block, uint32_t by, bool others)
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
	if (others)
		lend_buf_printf(&text, ", maybe others");
	lend_build_text(&scan->build, &block->node, &block->used_by, by, text.text);
}

void lend_block_put_users(struct lend_scan *scan, struct lend_block_users *users, uint32_t by)
{
	const struct lend_inventory *inv = scan->build.inv;
	const char *first_why = NULL;
	size_t n = 0;
	size_t at = 0;

	add_edges(scan, users);
	for (size_t i = 0; i < inv->n_nodes; i++) {
		struct lend_block *block = (struct lend_block *)inv->nodes[i];
		const char *why = users->blind;

		if (block->node.kind != LEND_KIND_BLOCK || block->node.guest != NULL)
			continue;
		/* its holders could not be listed */
		if (why == NULL && block->used_by.known == LEND_UNREADABLE)
			why = block->used_by.v.str;
		while (at < users->n && users->items[at].block < i)
			at++;
		if (at < users->n && users->items[at].block == i)
			put_users(scan, users, &at, block, by, why != NULL);
		else if (why != NULL)
			lend_build_unreadable(&scan->build, &block->node, &block->used_by, by,
					      why);
		else
			lend_build_absent(&scan->build, &block->node, &block->used_by, by);
		n += why != NULL;
		if (first_why == NULL)
			first_why = why;
	}
	if (n > 0)
		lend_build_gap(&scan->build, "block", false,
			       users->blind != NULL ? users->hint : "",
			       "%zu block device%s may have users that were not seen: %s", n,
			       n == 1 ? "" : "s", first_why);
}
