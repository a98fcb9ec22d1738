/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An inventory as a tree.
 *
 * The shape is fixed (host, VM, device, backend, backing ...) and only the
 * edges that belong to it are followed.  What is used by several is shown
 * below each; below its first place only with what it uses itself, so that a
 * cycle in a file from outside cannot make it endless.  Bridges stand below
 * bridges and block devices on block devices as deep as a file says: what is
 * too deep starts anew at the top.
 */

#include "base/arena.h"
#include "base/err.h"
#include "render/render.h"
#include "render/table.h"

/* What is said about a node in its line: the fact, behind a word. */
struct detail {
	const char *field;
	const char *word;   /* in front of the value; a yes/no is the word alone, or nothing */
	const char *unless; /* only when this field is not known */
	bool of_place;      /* shown where it does not stand below another device */
	bool of_users; /* shown where no user stands below: as the word alone when unreadable */
};

/* Of bridges below bridges and the like; a real machine has less than ten. */
enum { DEPTH_MAX = 24 };

static const struct detail details_of[LEND_KIND_COUNT][12] = {
	[LEND_KIND_HOST] = { { "hostname", "" }, { "kernel", "kernel " } },
	[LEND_KIND_VM] = { { "hypervisor", "" },
			   { "state", "" },
			   { "qemu_version", "" },
			   { "pid", "pid " },
			   { "machine", "machine " },
			   { "waiting", "waits for a client" },
			   { "monitor", "qmp " },
			   { "agent", "qga " } },
	[LEND_KIND_DEVICE] = { { "driver", "" },
			       { "slot", "slot " },
			       { "address", "at " },
			       { "label_bytes", "label area " },
			       { "label_state", "labels " },
			       { "unarmed", "unarmed" },
			       { "hotplugged", "hot-plugged" } },
	[LEND_KIND_BACKEND] = { { "type", "" },
				{ "path", "" },
				{ "share", "share" },
				{ "pmem", "pmem" },
				{ "readonly", "read-only" } },
	[LEND_KIND_BACKING] = { { "type", "" },
				{ "fs", "on " },
				{ "dev", "dev " },
				{ "inode", "inode " },
				{ "uuid", "uuid " } },
	[LEND_KIND_MEMORY] = { { "model", "" },
			       { "next", "from the next start on" },
			       { "slot", "slot " },
			       { "path", "" } },
	[LEND_KIND_LABEL] = { { "label_name", "name " }, { "mode", "" }, { "uuid", "uuid " } },
	[LEND_KIND_GUEST] = { { "via", "seen by " }, { "source", "" } },
	[LEND_KIND_ND_BUS] = { { "provider", "" } },
	[LEND_KIND_ND_DIMM] = { { "nfit_id", "id " },
				{ "handle", "handle " },
				{ "phys_id", "phys_id " },
				{ "flags", "flags " } },
	[LEND_KIND_ND_REGION] = { { "type", "" },
				  { "resource", "at " },
				  { "state", "" },
				  { "read_only", "read-only" },
				  { "persistence_domain", "persistence " } },
	[LEND_KIND_ND_NAMESPACE] = { { "mode", "" },
				     { "blockdev", "/dev/" },
				     { "chardev", "/dev/" },
				     { "label_name", "name " },
				     { "uuid", "uuid " },
				     { "state", "" } },
	[LEND_KIND_PCI] = { { "class_name", "" },
			    { "class", "class ", "class_name" },
			    { "vendor", "" },
			    { "vendor_id", "vendor ", "vendor" },
			    { "product", "" },
			    { "device_id", "device ", "product" },
			    { "driver", "driver " },
			    { "owner", "of " },
			    { "next_owner", "next of " },
			    { "used_by", "used by " },
			    { "iommu_group", "group " },
			    { "slot", "slot " } },
	[LEND_KIND_VMD] = { { "generation", "" },
			    { "domain", "domain " },
			    { "drives", "drives: " },
			    { "bays", "bays: " },
			    { "empty", "empty: " } },
	[LEND_KIND_BLOCK] = { { "type", "" },
			      { "md_level", "" },
			      { "dm_name", "" },
			      { "backing_file", "" },
			      { "model", "" },
			      { "serial", "serial " },
			      { "pci", "pci ", .of_place = true },
			      { "read_only", "read-only" },
			      { "state", "" },
			      { "holds", "holds " },
			      { "used_by", "used by ", .of_users = true } },
	[LEND_KIND_MOUNT] = { { "fs", "" },
			      { "source", "of " },
			      { "dev", "dev " },
			      { "options", "" },
			      { "covered", "covered" } },
	[LEND_KIND_SWAP] = { { "type", "" }, { "used_bytes", "used " }, { "state", "" } },
	[LEND_KIND_BOOT] = { { "title", "" },
			     { "needs", "needs " },
			     { "required", "required" },
			     { "state", "" } },
	[LEND_KIND_EXPORT] = { { "path", "of " } },
	[LEND_KIND_ROLE] = { { "role", "" }, { "product", "" } },
	[LEND_KIND_PROCESS] = { { "command", "" } },
	[LEND_KIND_ADAPTER] = { { "driver", "" }, { "link", "" }, { "pci", "on " } },
	[LEND_KIND_DISK] = { { "vendor", "" },
			     { "model", "" },
			     { "paths", "paths " },
			     { "boot", "boot " } },
	[LEND_KIND_DATASTORE] = { { "type", "" },
				  { "role", "" },
				  { "mounted", "mounted " },
				  { "server", "of " } },
	[LEND_KIND_SYSTEM] = { { "is", "" }, { "where", "" } },
	[LEND_KIND_VMNIC] = { { "driver", "" },
			      { "link", "" },
			      { "pci", "on " },
			      { "vswitch", "for " } },
	[LEND_KIND_VMK] = { { "ipv4", "" }, { "portgroup", "" }, { "vswitch", "on " } },
	[LEND_KIND_FLAG] = { { "address", "" }, { "there", "there " } },
	[LEND_KIND_NET] = { { "type", "" },
			    { "state", "" },
			    { "bond_mode", "" },
			    { "bond_active", "uses " },
			    { "mac", "" },
			    { "master", "in " } },
	[LEND_KIND_ADDRESS] = { { "scope", "" } },
	[LEND_KIND_ROUTE] = { { "origin", "by " } },
	[LEND_KIND_SESSION] = { { "server", "to " }, { "by", "by " } },
	[LEND_KIND_DAX] = { { "region", "" },
			    { "align", "align " },
			    { "driver", "" },
			    { "target_node", "target node " } },
	[LEND_KIND_NUMA] = { { "state", "" },
			     { "cpus", "cpus " },
			     { "memory_bytes", "memory " },
			     { "distances", "distances " } },
};

struct tree {
	struct lend_table table;
	const struct lend_inventory *inv;
	bool *placed; /* by index: stands somewhere already */
	unsigned int depth;
	bool utf8;
	struct lend_err *err;
};

static bool is_known(const struct lend_node *node, const char *name)
{
	const struct lend_field *field = lend_kind_field(node->kind, name);

	return field != NULL && lend_fact_at(node, field)->known == LEND_KNOWN;
}

static void put_details(struct lend_buf *out, const struct tree *tree,
			const struct lend_node *node)
{
	for (size_t i = 0; i < LEND_COUNT(details_of[0]); i++) {
		const struct detail *detail = &details_of[node->kind][i];
		const struct lend_field *field = NULL;
		const struct lend_fact *fact;

		if (detail->field == NULL)
			return;
		field = lend_kind_field(node->kind, detail->field);
		if (field == NULL || (detail->unless != NULL && is_known(node, detail->unless)))
			continue;
		fact = lend_fact_at(node, field);
		if (fact->known == LEND_NOT_ASKED || fact->known == LEND_ABSENT ||
		    (detail->of_users && lend_user_of(tree->inv, node, 0) != NULL) ||
		    (detail->of_place && lend_used_by(tree->inv, node, 0) != NULL))
			continue;
		if (field->type == LEND_FIELD_BOOL && fact->known == LEND_KNOWN &&
		    fact->v.u64 == 0)
			continue;
		if (out->len > 0)
			lend_buf_puts(out, ", ");
		lend_buf_puts(out, detail->of_users && fact->known == LEND_UNREADABLE
					   ? "cannot tell who uses it"
					   : detail->word);
		if ((detail->of_users && fact->known == LEND_UNREADABLE) ||
		    (field->type == LEND_FIELD_BOOL && fact->known == LEND_KNOWN))
			continue;
		if (field->type == LEND_FIELD_BOOL)
			lend_buf_putc(out, ' ');
		lend_render_fact(out, tree->inv, node, field, tree->utf8);
	}
}

/* Adds the node's line; *ret_first tells whether it stands here for the first time. */
static int put_node(struct tree *tree, struct libscols_line *parent,
		    const struct lend_node *node, struct libscols_line **ret_line,
		    bool *ret_first)
{
	const struct lend_field *size = lend_kind_field(node->kind, "size_bytes");
	lend_auto_buf cell = { 0 };

	if (lend_table_line(&tree->table, parent, ret_line, tree->err) < 0)
		return -1;
	lend_buf_printf(&cell, "%s ", lend_node_kind(node));
	lend_buf_put_safe(&cell, node->name, strlen(node->name));
	if (lend_table_cell(&tree->table, *ret_line, 0, cell.text, tree->err) < 0)
		return -1;
	lend_buf_reset(&cell);
	if (size != NULL)
		lend_render_fact(&cell, tree->inv, node, size, tree->utf8);
	if (lend_table_cell(&tree->table, *ret_line, 1, lend_buf_text(&cell), tree->err) < 0)
		return -1;
	lend_buf_reset(&cell);
	put_details(&cell, tree, node);
	*ret_first = !tree->placed[node->index];
	tree->placed[node->index] = true;
	return lend_table_cell(&tree->table, *ret_line, 2, lend_buf_text(&cell), tree->err);
}

/* USER_ELSEWHERE: unless it stands somewhere already.  USER_LOWEST: unless it stands on another
 * one of its kind, as a multipath disk does on its paths. */
enum how { END, USED, USER, USER_ELSEWHERE, USER_LOWEST };

/* What stands below a node: what it uses, or what uses it. */
static const struct child {
	enum how how;
	uint32_t kind;
} children_of[LEND_KIND_COUNT][10] = {
	[LEND_KIND_VM] = { { USED, LEND_KIND_DEVICE },
			   { USED, LEND_KIND_MEMORY },
			   { USED, LEND_KIND_PCI } },
	[LEND_KIND_DEVICE] = { { USED, LEND_KIND_BACKEND },
			       { USED, LEND_KIND_BACKING },
			       { USER, LEND_KIND_LABEL } },
	[LEND_KIND_BACKEND] = { { USED, LEND_KIND_BACKING } },
	[LEND_KIND_ND_BUS] = { { USER, LEND_KIND_ND_REGION } },
	[LEND_KIND_ND_REGION] = { { USED, LEND_KIND_ND_DIMM },
				  { USER, LEND_KIND_ND_NAMESPACE },
				  { USER, LEND_KIND_DAX } },
	[LEND_KIND_PCI] = { { USER, LEND_KIND_VMD },
			    { USER, LEND_KIND_PCI },
			    { USER, LEND_KIND_ROLE },
			    { USER_LOWEST, LEND_KIND_BLOCK },
			    { USER, LEND_KIND_NET } },
	[LEND_KIND_ND_NAMESPACE] = { { USER, LEND_KIND_BLOCK }, { USER, LEND_KIND_DAX } },
	[LEND_KIND_BLOCK] = { { USER, LEND_KIND_BLOCK },
			      { USER, LEND_KIND_MOUNT },
			      { USER, LEND_KIND_SWAP },
			      { USER, LEND_KIND_BOOT },
			      { USER, LEND_KIND_EXPORT },
			      { USER, LEND_KIND_PROCESS },
			      { USER, LEND_KIND_VM },
			      { USER_ELSEWHERE, LEND_KIND_BACKING } },
	[LEND_KIND_BOOT] = { { USER, LEND_KIND_BOOT }, { USER, LEND_KIND_MOUNT } },
	[LEND_KIND_MOUNT] = { { USER, LEND_KIND_BLOCK },
			      { USER, LEND_KIND_SWAP },
			      { USER, LEND_KIND_EXPORT },
			      { USER, LEND_KIND_VM },
			      { USER, LEND_KIND_BACKING } },
	[LEND_KIND_NET] = { { USER, LEND_KIND_NET },
			    { USER, LEND_KIND_ADDRESS },
			    { USER, LEND_KIND_ROUTE },
			    { USER, LEND_KIND_SESSION },
			    { USER, LEND_KIND_MOUNT } },
	[LEND_KIND_ROUTE] = { { USER, LEND_KIND_SESSION }, { USER, LEND_KIND_MOUNT } },
};

static int put(struct tree *tree, struct libscols_line *parent, const struct lend_node *node);

static int put_children(struct tree *tree, struct libscols_line *line,
			const struct lend_node *node, const struct child *child)
{
	const struct lend_node *other;

	for (size_t i = 0;; i++) {
		other = child->how == USED ? lend_used_by(tree->inv, node, i)
					   : lend_user_of(tree->inv, node, i);
		if (other == NULL)
			return 0;
		if (other->kind != child->kind ||
		    (child->how == USER_ELSEWHERE && tree->placed[other->index]) ||
		    (child->how == USER_LOWEST &&
		     lend_used_of(tree->inv, other, other->kind) != NULL))
			continue;
		if (put(tree, line, other) < 0)
			return -1;
	}
}

static bool is_inside(const struct lend_node *node, const char *guest)
{
	return guest == NULL ? node->guest == NULL
			     : node->guest != NULL && strcmp(node->guest, guest) == 0;
}

/* What is left of that kind inside the guest (NULL: on the host itself). */
static int put_rest(struct tree *tree, struct libscols_line *line, const char *guest,
		    uint32_t kind)
{
	for (const struct lend_node *node = NULL;
	     (node = lend_next_of(tree->inv, kind, node)) != NULL;) {
		if (!tree->placed[node->index] && is_inside(node, guest) &&
		    put(tree, line, node) < 0)
			return -1;
	}
	return 0;
}

static int put_nvdimms(struct tree *tree, struct libscols_line *line, const char *guest)
{
	if (put_rest(tree, line, guest, LEND_KIND_ND_BUS) < 0 ||
	    put_rest(tree, line, guest, LEND_KIND_ND_REGION) < 0 ||
	    put_rest(tree, line, guest, LEND_KIND_ND_DIMM) < 0)
		return -1;
	return put_rest(tree, line, guest, LEND_KIND_ND_NAMESPACE);
}

/* From the root buses down. */
static int put_pci(struct tree *tree, struct libscols_line *line)
{
	for (const struct lend_node *node = NULL;
	     (node = lend_next_of(tree->inv, LEND_KIND_PCI, node)) != NULL;) {
		if (!tree->placed[node->index] && node->guest == NULL &&
		    lend_used_of(tree->inv, node, LEND_KIND_PCI) == NULL &&
		    put(tree, line, node) < 0)
			return -1;
	}
	return 0;
}

static int put_guest_of(struct tree *tree, struct libscols_line *parent,
			const struct lend_node *vm)
{
	for (const struct lend_node *node = NULL;
	     (node = lend_next_of(tree->inv, LEND_KIND_GUEST, node)) != NULL;) {
		if (strcmp(node->name, vm->name) == 0 ||
		    (node->guest != NULL && strcmp(node->guest, vm->name) == 0)) {
			if (put(tree, parent, node) < 0)
				return -1;
		}
	}
	return 0;
}

/* The node with all that stands below it; a second time, the node alone. */
static int put(struct tree *tree, struct libscols_line *parent, const struct lend_node *node)
{
	struct libscols_line *line;
	bool first;
	int r = 0;

	/* What hangs deeper is left for the end of put_all. */
	if (tree->depth == DEPTH_MAX)
		return 0;
	if (put_node(tree, parent, node, &line, &first) < 0)
		return -1;
	if (!first)
		return 0;
	tree->depth++;
	for (const struct child *child = children_of[node->kind]; r == 0 && child->how != END;
	     child++)
		r = put_children(tree, line, node, child);
	tree->depth--;
	if (r < 0)
		return -1;
	if (node->kind == LEND_KIND_VM)
		return put_guest_of(tree, line, node);
	if (node->kind == LEND_KIND_GUEST)
		return put_nvdimms(tree, line, node->guest != NULL ? node->guest : node->name);
	return 0;
}

/* What lies on nothing that stands in the tree already; the others are found below these. */
static int put_disks(struct tree *tree, struct libscols_line *line)
{
	for (const struct lend_node *node = NULL;
	     (node = lend_next_of(tree->inv, LEND_KIND_BLOCK, node)) != NULL;) {
		if (!tree->placed[node->index] && node->guest == NULL &&
		    lend_used_of(tree->inv, node, LEND_KIND_BLOCK) == NULL &&
		    lend_used_of(tree->inv, node, LEND_KIND_MOUNT) == NULL &&
		    put(tree, line, node) < 0)
			return -1;
	}
	return 0;
}

static int put_all(struct tree *tree)
{
	const struct lend_node *host = lend_next_of(tree->inv, LEND_KIND_HOST, NULL);
	struct libscols_line *line = NULL;
	bool first;

	while (host != NULL && host->guest != NULL)
		host = lend_next_of(tree->inv, LEND_KIND_HOST, host);
	if (host != NULL && put_node(tree, NULL, host, &line, &first) < 0)
		return -1;
	if (put_rest(tree, line, NULL, LEND_KIND_VM) < 0 ||
	    put_rest(tree, line, NULL, LEND_KIND_GUEST) < 0 ||
	    put_nvdimms(tree, line, NULL) < 0 ||
	    put_rest(tree, line, NULL, LEND_KIND_DEVICE) < 0 ||
	    put_rest(tree, line, NULL, LEND_KIND_BACKEND) < 0 || put_pci(tree, line) < 0 ||
	    put_disks(tree, line) < 0 || put_rest(tree, line, NULL, LEND_KIND_MOUNT) < 0)
		return -1;
	for (const struct lend_node *node = NULL;
	     (node = lend_next(tree->inv, node)) != NULL;) {
		/* Functions tell their groups themselves. */
		if (!tree->placed[node->index] && node->kind != LEND_KIND_HOST &&
		    node->kind != LEND_KIND_IOMMU_GROUP && put(tree, line, node) < 0)
			return -1;
	}
	return 0;
}

int lend_render_tree(struct lend_buf *out, const struct lend_inventory *inv,
		     const struct lend_style *style, struct lend_err *err)
{
	struct lend_arena arena = { 0 };
	struct tree tree = {
		.inv = inv,
		.placed = lend_arena_array(&arena, inv->n_nodes + 1, sizeof(bool)),
		.utf8 = style->utf8,
		.err = err,
	};
	int r = -1;

	if (lend_table_init(&tree.table, style, err) == 0 &&
	    lend_table_column(&tree.table, "node", LEND_COLUMN_TREE, err) == 0 &&
	    lend_table_column(&tree.table, "size_bytes", LEND_COLUMN_RIGHT, err) == 0 &&
	    lend_table_column(&tree.table, "facts", 0, err) == 0 && put_all(&tree) == 0)
		r = lend_table_print(&tree.table, out, err);
	lend_table_done(&tree.table);
	lend_arena_done(&arena);
	return r;
}
