/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/qemu-args-numa.h"

#include <inttypes.h>

#include "base/json.h"
#include "base/num.h"
#include "format/qemu-opts.h"

/* hostmem.c: MAX_NODES */
enum { NODES_MAX = 128 };

static const char *get(struct lend_arena *arena, const char *value, const char *implied,
		       const char *key)
{
	struct lend_qemu_opts opts;
	struct lend_err ignored = { 0 };

	return lend_qemu_opts_parse(arena, value, implied, &opts, &ignored) < 0
		       ? NULL
		       : lend_qemu_opts_get(&opts, key);
}

static bool is(const char *text, const char *wanted)
{
	return text != NULL && wanted != NULL && strcmp(text, wanted) == 0;
}

/* The backend that is the memory of that node. */
static const char *memory_of(struct lend_arena *arena, const struct lend_qemu_args *args,
			     uint64_t guest_node)
{
	struct lend_qemu_option option;
	uint64_t next = 0, number;
	bool any = false;

	for (size_t at = 0; lend_qemu_args_next(args, &at, &option);) {
		const char *id;

		if (!is(option.name, "-numa") || option.value == NULL ||
		    !is(get(arena, option.value, "type", "type"), "node"))
			continue;
		any = true;
		id = get(arena, option.value, "type", "nodeid");
		/* Without a number they are counted. */
		number = next;
		if (id != NULL && !lend_parse_u64(id, 10, &number))
			return NULL;
		next = number + 1;
		if (number == guest_node)
			return get(arena, option.value, "type", "memdev");
	}
	return any || guest_node != 0 ? NULL : args->memory_backend;
}

/* Of the JSON form, as libvirt writes it: an array. */
static const char *nodes_of_json(struct lend_arena *arena, const char *value)
{
	lend_auto_json struct lend_json *doc = NULL;
	struct lend_err ignored = { 0 };
	lend_auto_buf text = { 0 };
	const struct lend_json *nodes;
	uint64_t number;

	if (lend_json_parse(value, strlen(value), &doc, &ignored) < 0)
		return NULL;
	nodes = lend_json_get(doc, "host-nodes");
	for (size_t i = 0; i < lend_json_count(nodes) && i < NODES_MAX; i++) {
		if (!lend_json_u64(lend_json_at(nodes, i), &number))
			return NULL;
		lend_buf_printf(&text, "%s%" PRIu64, i > 0 ? "," : "", number);
	}
	return text.len == 0 ? NULL : lend_arena_strdup(arena, text.text);
}

/* host-nodes=0-1, and once more for others */
static const char *nodes_of(struct lend_arena *arena, const char *value)
{
	struct lend_qemu_opts opts;
	struct lend_err ignored = { 0 };
	lend_auto_buf text = { 0 };
	size_t n = 0;

	if (value[0] == '{')
		return nodes_of_json(arena, value);
	if (lend_qemu_opts_parse(arena, value, "qom-type", &opts, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < opts.n && n < NODES_MAX; i++) {
		if (strcmp(opts.pairs[i].key, "host-nodes") == 0)
			lend_buf_printf(&text, "%s%s", n++ > 0 ? "," : "", opts.pairs[i].value);
	}
	return n == 0 ? NULL : lend_arena_strdup(arena, text.text);
}

const char *lend_qemu_args_host_nodes(struct lend_arena *arena,
				      const struct lend_qemu_args *args, uint64_t guest_node)
{
	const char *memory = memory_of(arena, args, guest_node);
	struct lend_qemu_option option;

	if (memory == NULL)
		return NULL;
	for (size_t at = 0; lend_qemu_args_next(args, &at, &option);) {
		if (is(option.name, "-object") && option.value != NULL &&
		    is(get(arena, option.value, "qom-type", "id"), memory))
			return nodes_of(arena, option.value);
	}
	return NULL;
}
