/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: a tree within its limits, or an error that says why. */

#include "format/yaml-tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(const struct lend_yaml_node *node, int depth)
{
	size_t n = 1;
	size_t items = 0;

	if (depth > LEND_YAML_DEPTH_MAX || node->line == 0 || node->column == 0 ||
	    (node->kind == LEND_YAML_TEXT) != (node->text != NULL))
		abort();
	for (const struct lend_yaml_node *item = node->first; item != NULL; item = item->next) {
		if ((node->kind == LEND_YAML_MAP) != (item->key != NULL))
			abort();
		n += count(item, depth + 1);
		items++;
	}
	if (items != node->n)
		abort();
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_yaml_node *root = NULL;
	struct lend_err err = { 0 };

	if (lend_yaml_parse(&arena, "f", (const char *)data, size, &root, &err) < 0) {
		if (err.code == LEND_OK || err.what[0] == '\0')
			abort();
	} else if (root != NULL && count(root, 0) > LEND_YAML_NODES_MAX) {
		abort();
	}
	lend_arena_done(&arena);
	return 0;
}
