/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/vm-inventory.h"

#include "base/err.h"
#include "format/xml-tree.h"

static const char file_name[] = "vmInventory.xml";
static const char volumes[] = "/vmfs/volumes/";

static bool is_path(const char *text)
{
	size_t len = strlen(text);

	return strncmp(text, volumes, sizeof(volumes) - 1) == 0 && len > 4 &&
	       strcmp(text + len - 4, ".vmx") == 0;
}

static int take(struct lend_arena *arena, const struct lend_xml_node *node,
		struct lend_vm_inventory *ret, struct lend_err *err)
{
	if (strcmp(node->name, "vmxCfgPath") == 0) {
		if (ret->n_paths == LEND_VM_INVENTORY_MAX)
			return lend_fail(err, LEND_E_FORMAT, "more than %d VMs",
					 LEND_VM_INVENTORY_MAX);
		if (is_path(node->text)) {
			*LEND_PUSH(arena, ret->paths, ret->n_paths, ret->cap_paths) =
				node->text;
			return 0;
		}
		ret->first_odd = ret->n_odd++ == 0 ? node->line : ret->first_odd;
	}
	for (const struct lend_xml_node *child = node->first; child != NULL;
	     child = child->next) {
		if (take(arena, child, ret, err) < 0)
			return -1;
	}
	return 0;
}

int lend_vm_inventory_parse(const char *text, size_t len, struct lend_arena *arena,
			    struct lend_vm_inventory *ret, struct lend_err *err)
{
	struct lend_vm_inventory found = { 0 };
	struct lend_xml_node *root;

	if (lend_xml_parse(arena, file_name, text, len, &root, err) < 0)
		return -1;
	if (strcmp(root->name, "ConfigRoot") != 0)
		return lend_fail(err, LEND_E_FORMAT,
				 "it begins with <%.60s>, not with <ConfigRoot>", root->name);
	if (take(arena, root, &found, err) < 0)
		return -1;
	*ret = found;
	return 0;
}
