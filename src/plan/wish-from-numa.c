/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NUMA nodes of a command line: all of them are keys, or none is. */

#include "format/size.h"
#include "format/wish-yaml-rows.h"
#include "plan/wish-from-parts.h"

/* cpus=0-3,cpus=8 into "0-3,8"; NULL when there are none. */
static const char *cpus_of(struct lend_wish_maker *m, const struct lend_wish_item *item)
{
	lend_auto_buf out = { 0 };

	for (size_t i = 0; i < item->opts.n; i++) {
		if (strcmp(item->opts.pairs[i].key, "cpus") == 0)
			lend_buf_printf(&out, "%s%s", out.len > 0 ? "," : "",
					item->opts.pairs[i].value);
	}
	return out.len == 0 ? NULL : lend_arena_strdup(m->arena, out.text);
}

/* As much as a node of a wish can have. */
static bool is_size(struct lend_opt_u64 size)
{
	return size.has && (size.v == 0 || size.v >= 1 << 20) && size.v <= LEND_WISH_SIZE_MAX;
}

static struct lend_opt_u64 size_of(const char *text)
{
	struct lend_opt_u64 size = { 0 };

	size.has =
		text != NULL && lend_size_parse(text, LEND_SIZE_QEMU_MIB, &size.v, NULL) == 0;
	return size;
}

/* The n-th node; false when a wish cannot say it. */
static bool node_of(struct lend_wish_maker *m, struct lend_wish_item *item, size_t n,
		    struct lend_wish_numa *ret_node, struct lend_wish_item **ret_ram)
{
	const char *id = lend_wish_get(item, "nodeid");
	const char *memdev = lend_wish_get(item, "memdev");
	const char *mem = lend_wish_get(item, "mem");
	char number[24];

	(void)snprintf(number, sizeof(number), "%zu", n);
	*ret_node = (struct lend_wish_numa){ .cpus = cpus_of(m, item),
					     .memory_bytes = size_of(mem) };
	*ret_ram = NULL;
	if (strcmp(lend_wish_get(item, "type"), "node") != 0 ||
	    !lend_wish_has_only(item, "type nodeid cpus mem memdev") ||
	    (id != NULL && strcmp(id, number) != 0) ||
	    (mem != NULL && !is_size(ret_node->memory_bytes)) ||
	    (ret_node->cpus != NULL &&
	     lend_wish_check_cpus(m->arena, &ret_node->cpus, NULL) < 0))
		return false;
	if (memdev == NULL)
		return true;
	*ret_ram = lend_wish_find(&m->objects, memdev);
	if (*ret_ram == NULL || !lend_wish_has_only(*ret_ram, "qom-type id size") ||
	    strcmp(lend_wish_get(*ret_ram, "qom-type"), "memory-backend-ram") != 0)
		return false;
	ret_node->memory_bytes = lend_qemu_args_backend(m->args, memdev)->size;
	return is_size(ret_node->memory_bytes);
}

void lend_wish_from_numa(struct lend_wish_maker *m)
{
	struct lend_wish *wish = m->wish;
	struct lend_wish_item *ram;
	struct lend_wish_numa node;
	size_t n = 0;

	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (item->part != LEND_WISH_PART_NUMA)
			continue;
		if (n == LEND_WISH_ITEMS_MAX || lend_wish_get(item, "type") == NULL ||
		    !node_of(m, item, n++, &node, &ram))
			return;
	}
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (item->part != LEND_WISH_PART_NUMA)
			continue;
		(void)node_of(m, item, wish->n_numa, &node, &ram);
		*LEND_PUSH(m->arena, wish->numa, wish->n_numa, wish->cap_numa) = node;
		lend_wish_say(m, item, NULL);
		if (ram != NULL)
			lend_wish_say(m, ram, NULL);
	}
}
